"""Tokens never leave a capture, in no format and by no door; nor does what a terminal obeys."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from time import process_time
from urllib.parse import quote

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from realtime_contracts.cli.check import check
from realtime_contracts.wire.redaction import HIDDEN, Redactor
from tests.unit.contracts.check.making import JOIN, JWT, MOVE, OPEN, URL, event, har, lines, received, sent, socket

#: Seconds for a thousand texts: they take 0.05, and took 3 when every secret was looked for in each.
SECONDS_OF_A_THOUSAND = 1.0
OPAQUE = "0pAqu3/t~k+n=with;all'sorts\"of\\signs and ümlauts"
#: Where a token that a connection was opened with may turn up again.
PLACES: dict[str, Callable[[str], str]] = {
    "a wrong value": lambda token: event("cursor:move", {**MOVE, "line": token}),
    "a wrong value after others": lambda token: event("cursor:move", {**MOVE, "line": f"Bearer {token}"}),
    "a wrong value at its cut": lambda token: event("cursor:move", {**MOVE, "line": "." * 45 + token}),
    "a property's name": lambda token: event("room:join", {**JOIN, token: 1}),
    "the path": lambda token: event(
        "doc:edit", {"room_id": "invoice:42", "base_version": 1, "changes": [{"op": "add", "path": token, token: 1}]}
    ),
    "an event's name": lambda token: event(token, {}),
    "a long event's name": lambda token: event("." * 100 + token, {}),
    "an unknown enum": lambda token: event("presence:update", {"status": token}),
    "a value of a pattern": lambda token: event("room:leave", {"room_id": token}),
    "broken JSON": lambda token: f'42["{token}",{{]',
    "no packet": lambda token: token,
}
FORMATS = ["human", "json", "junit", "sarif"]


def reported(folder: Path, text: str, form: str) -> str:
    """All that the command writes, on both streams."""
    path = folder / "capture"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    done = CliRunner().invoke(check, [str(path), "--format", form])
    assert done.exit_code in {1, 3, 4}
    assert done.exception is None or isinstance(done.exception, SystemExit)
    return done.output


def assert_absent(token: str, output: str) -> None:
    """No eight characters of the token's beginning, however they are written."""
    start = token[:8]
    written = {start, quote(start, safe=""), json.dumps(start)[1:-1], start.replace("~", "~0").replace("/", "~1")}
    assert not [form for form in written if form in output]


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("token", [JWT, OPAQUE], ids=["a JWT", "an opaque token"])
def test_a_token_of_the_auth_is_in_no_report(tmp_path: Path, token: str, place: str, form: str) -> None:
    connect = sent("40" + json.dumps({"token": f"Bearer {token}"}))
    entry = socket(received(OPEN), connect, sent(event("heartbeat")), sent(PLACES[place](token)))
    assert_absent(token, reported(tmp_path, har(entry), form))


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("place", PLACES)
def test_a_token_of_an_url_is_in_no_report(tmp_path: Path, place: str, form: str) -> None:
    entry = socket(sent(event("heartbeat")), sent(PLACES[place](OPAQUE)), url=f"{URL}&token={quote(OPAQUE, safe='')}")
    output = reported(tmp_path, har(entry), form)
    assert_absent(OPAQUE, output)
    assert quote(OPAQUE, safe="")[:12] not in output


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("place", PLACES)
def test_a_jwt_is_in_no_report_wherever_it_came_from(tmp_path: Path, place: str, form: str) -> None:
    frames = [{"direction": "client", "frame": text} for text in (event("heartbeat"), PLACES[place](JWT))]
    output = reported(tmp_path, lines(*frames, {"direction": JWT}), form)
    assert not re.search(r"eyJ\w", output)


def test_a_token_that_comes_up_later_is_hidden_before_too(tmp_path: Path) -> None:
    frames = event("cursor:move", {**MOVE, "line": OPAQUE}), "40" + json.dumps({"token": OPAQUE})
    text = lines(*[{"direction": "client", "frame": frame} for frame in frames])
    assert_absent(OPAQUE, reported(tmp_path, text, "json"))


def test_a_token_of_one_capture_is_hidden_in_another(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(event("cursor:move", {**MOVE, "line": OPAQUE}))
    (tmp_path / "b.json").write_text("40" + json.dumps({"token": OPAQUE}))
    done = CliRunner().invoke(check, [str(tmp_path / "a.json"), str(tmp_path / "b.json")])
    assert HIDDEN in done.output
    assert_absent(OPAQUE, done.output)


@pytest.mark.parametrize("auth", [{"jwt": OPAQUE}, {"Token": {"deep": [OPAQUE]}}, {"session": OPAQUE}])
def test_a_token_under_another_name_is_one(tmp_path: Path, auth: object) -> None:
    frames = "40" + json.dumps(auth), event("cursor:move", {**MOVE, "line": OPAQUE})
    text = lines(*[{"direction": "client", "frame": frame} for frame in frames])
    assert_absent(OPAQUE, reported(tmp_path, text, "json"))


def test_tokens_of_other_namespaces_and_of_connections_that_are_not_read_are_hidden() -> None:
    redactor = Redactor()
    redactor.learn_url("wss://vite.example/?token=v1t3-t0k3n")
    assert redactor.clean("got v1t3-t0k3n") == f"got {HIDDEN}"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("keyJoin and eyJ", f"keyJoin and {HIDDEN}"),
        (f'got "{JWT[:57]}…', f'got "{HIDDEN}…'),
        (f"x{JWT}y z", f"x{HIDDEN} z"),
        ("eyJhbGciOi…", f"{HIDDEN}…"),
        ("xeyJhbGciOi…", f"x{HIDDEN}…"),
        ("secret-of-bob, who begins as the token does", f"{HIDDEN}bob, who begins as the token does"),
        ("secret-of-ana-and", f"{HIDDEN}-and"),
        ("secret-o", HIDDEN),
        ("secret-", "secret-"),
        ("pin 1234, 12345", f"pin {HIDDEN}, 12345"),
    ],
)
def test_what_is_hidden_and_what_is_not(text: str, shown: str) -> None:
    redactor = Redactor()
    redactor.learn_auth({"token": ["secret-of-ana", 1234]})
    assert redactor.clean(text) == shown


@given(st.text(min_size=1, max_size=40), st.text(max_size=20), st.text(max_size=20))
def test_no_start_of_a_learned_token_is_ever_left(token: str, before: str, after: str) -> None:
    redactor = Redactor()
    redactor.learn({"x": token})
    shown = redactor.clean(before + token + after)
    if len(token.strip()) >= 8 and token[:8] not in HIDDEN + before + after:
        assert token[:8] not in shown


@given(st.text())
def test_nothing_that_a_terminal_obeys_is_left(text: str) -> None:
    shown = Redactor().clean(text)
    assert not re.search("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", shown)
    shown.encode("utf-8")


@pytest.mark.parametrize("form", FORMATS)
def test_escape_sequences_of_a_capture_reach_no_terminal(tmp_path: Path, form: str) -> None:
    evil = "\x1b]0;owned\x07\x1b[31m\x9b1m\u202e\r\n"
    frames = event(evil, {}), event("cursor:move", {**MOVE, "line": evil}), event("room:join", {**JOIN, evil: 1})
    items = [{"direction": "client", "frame": frame, "connection": frame} for frame in frames]
    output = reported(tmp_path, lines(*items), form)
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", output)


def test_a_url_is_shown_without_its_query_its_user_and_its_fragment(tmp_path: Path) -> None:
    url = "wss://ana:p4ss@app.example/socket.io/?EIO=4&transport=websocket&room=secret-room#frag"
    output = reported(tmp_path, har(socket(sent(event("heartbeat", 5)), url=url)), "human")
    assert "wss://app.example/socket.io/," in output
    assert not re.search("p4ss|secret-room|frag", output)


def test_secrets_that_overlap_leave_nothing_of_either() -> None:
    redactor = Redactor()
    redactor.learn(["abcdefgh-and-more", "efgh-secret-of-ana"])
    assert redactor.clean("got abcdefgh-secret-of-ana!") == f"got {HIDDEN}!"


def test_very_many_secrets_do_not_slow_a_report_down() -> None:
    redactor = Redactor()
    for number in range(20_000):
        redactor.learn_url(f"https://cdn.example/?key={number}&token={number:032x}")
    began = process_time()
    for number in range(1_000):
        assert HIDDEN in redactor.clean(f"expected integer, got {number:032x}")
    assert process_time() - began < SECONDS_OF_A_THOUSAND
