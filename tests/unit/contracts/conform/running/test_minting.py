"""Where a run gets its tokens, and what it says if it gets none."""

from __future__ import annotations

import json
import pickle
import shlex
import sys
from pathlib import Path
from typing import Any

import jwt
import pytest

from realtime_contracts.conform.running import minting
from realtime_contracts.conform.running.minting import NoToken, TokenSource
from realtime_contracts.wire import tokens
from realtime_contracts.wire.tokens import ABSENT
from tests.unit.contracts.conform.playing import DEAF_CHILD, SECRET, gone

#: Signs the claims on its stdin, as a back end's own script would.
SIGN = f"""\
import json, sys
from realtime_contracts.wire import tokens
print(tokens.sign(json.load(sys.stdin), {SECRET!r}))
"""


def command(code: str) -> str:
    return f"{sys.executable} -c {json.dumps(code)}"


def claims(token: str) -> dict[str, Any]:
    decoded: dict[str, Any] = jwt.decode(
        token, SECRET, algorithms=["HS256"], options={"verify_exp": False, "verify_nbf": False}
    )
    return decoded


@pytest.fixture
def hook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A module beside which the command was called."""
    code = (
        f"from realtime_contracts.wire import tokens\n\ndef make(claims):\n    return tokens.sign(claims, {SECRET!r})\n"
    )
    (tmp_path / "minting_hook_of_a_test.py").write_text(code, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    return "minting_hook_of_a_test:make"


def raising(_: dict[str, Any]) -> str:
    raise RuntimeError("the vault is sealed")


def mute(_: dict[str, Any]) -> None:
    return None


def empty(_: dict[str, Any]) -> str:
    return ""


def leaving(_: dict[str, Any]) -> str:
    sys.exit("bye")


HERE = __name__


def why_not(source: TokenSource) -> str:
    with pytest.raises(NoToken) as caught:
        source.check()
    return str(caught.value)


def test_every_source_signs_the_claims_it_is_given(tmp_path: Path, hook: str) -> None:
    script = tmp_path / "sign it.py"
    script.write_text(SIGN, encoding="utf-8")
    sources = [TokenSource(SECRET), TokenSource(command=f"{sys.executable} '{script}'"), TokenSource(hook=hook)]
    for source in sources:
        source.check()
        made = claims(source.mint("ana", "acme", name="Ana", role="service"))
        assert (made["sub"], made["tenant_id"], made["name"], made["role"]) == ("ana", "acme", "Ana", "service")
        assert made["type"] == "access"


def test_claims_are_signed_as_they_are_however_wrong(hook: str) -> None:
    for source in (TokenSource(SECRET), TokenSource(hook=hook)):
        made = claims(source.mint("ana", "acme", ttl=-60, changed={"tenant_id": ABSENT, "type": "refresh"}))
        assert "tenant_id" not in made
        assert made["type"] == "refresh"
        assert made["exp"] < made["iat"] + 1


def test_a_source_goes_to_another_process_as_it_is() -> None:
    for source in (TokenSource(SECRET), TokenSource(command="make-a-token"), TokenSource(hook="a:b")):
        assert pickle.loads(pickle.dumps(source)) == source


def test_a_source_is_named_without_its_secret() -> None:
    assert str(TokenSource(SECRET)) == "the secret"
    assert str(TokenSource(command="make a-token")) == "`make a-token`"
    assert str(TokenSource(hook="a.b:c")) == "a.b:c"


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (command("import sys; print('first', file=sys.stderr); sys.exit('no key')"), "ended with 1: no key"),
        (command("import sys; print('on stdout'); sys.exit(3)"), "ended with 3: on stdout"),
        (command("raise SystemExit(4)"), "ended with 4: it said nothing"),
        (command("print()"), "printed no token"),
        (command("pass"), "printed no token"),
        ("/no/such/command --at all", "gives no token: [Errno 2]"),
        ("echo 'unclosed", "gives no token: No closing quotation"),
        (str(Path(__file__).parent), "gives no token: [Errno 13]"),
    ],
    ids=[
        "an error",
        "an error on stdout",
        "a silent end",
        "a blank",
        "silence",
        "nothing",
        "a broken line",
        "a folder",
    ],
)
def test_a_command_without_a_token_says_why(words: str, reason: str) -> None:
    told = why_not(TokenSource(command=words))
    assert told.startswith(f"`{words}` ")
    assert reason in told


@pytest.mark.parametrize("printed", ["a b", "a\nb", "a\rb", "ä", "a\tb"], ids=repr)
def test_what_no_header_can_carry_is_no_token(printed: str) -> None:
    code = f"print({printed!r})"
    with pytest.raises(NoToken, match="which is no token"):
        TokenSource(command=shlex.join([sys.executable, "-c", code])).check()


def test_a_command_that_takes_too_long_is_ended_with_what_it_has_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(minting, "PATIENCE", 2.0)
    script = tmp_path / "mint.py"
    script.write_text(DEAF_CHILD + "time.sleep(600)\n")
    with pytest.raises(NoToken, match="timed out after 2 seconds"):
        TokenSource(command=f"{sys.executable} {script} {tmp_path / 'pid'}").check()
    assert gone(int((tmp_path / "pid").read_text()))


@pytest.mark.parametrize(
    ("hook", "reason"),
    [
        (f"{HERE}:raising", "gives no token: RuntimeError: the vault is sealed"),
        (f"{HERE}:mute", "gave None, which is no token"),
        (f"{HERE}:empty", "gave '', which is no token"),
        (f"{HERE}:absent", "gives no token: AttributeError: "),
        (f"{HERE}:leaving", "gives no token: SystemExit: bye"),
        ("no_such_module:make", "gives no token: ModuleNotFoundError: No module named 'no_such_module'"),
    ],
)
def test_a_function_without_a_token_says_why(hook: str, reason: str) -> None:
    assert why_not(TokenSource(hook=hook)).startswith(f"{hook} {reason}")


def test_the_secret_signs_what_the_server_would() -> None:
    assert claims(TokenSource(SECRET).mint("ana", "acme")).keys() == tokens.claims("ana", "acme").keys()
