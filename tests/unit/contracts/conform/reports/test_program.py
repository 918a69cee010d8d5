"""The program that shows a failure again: it is Python, it has everything that was sent, and nobody's secrets."""

from __future__ import annotations

import ast
import base64
import io
import json
import time
from dataclasses import replace
from typing import Any

import jwt
import pytest
import requests

from realtime_contracts.conform.observed import Observed
from realtime_contracts.conform.reports.program import MOST_LINES, program
from realtime_contracts.conform.rest import Rest
from realtime_contracts.conform.results import Failure, Result, Step, Verdict, Wire
from realtime_contracts.conform.scenario import _lines
from realtime_contracts.wire import tokens
from realtime_contracts.wire.redaction import shown
from realtime_contracts.wire.tokens import ANOTHER_KEY, FORGERS, auth_payload
from tests.unit.contracts.conform.playing import SECRET
from tests.unit.contracts.conform.reports.making import HOSTILE, results, wire

URLS = ("http://127.0.0.1:5001", "http://127.0.0.1:5002")
ANA, BEN = "Ana's tab 1 (node 1)", "Ben's tab 2 (node 2)"


def sent(who: str, name: str, payload: object = None, kind: str = "event") -> Wire:
    return Wire(0.1, who, "sent", kind, name, payload)


def failed(*lines: Wire, expected: str = "a", actual: str = "b", steps: tuple[Step, ...] = ()) -> Result:
    failure = Failure(expected, actual)
    return Result("presence/1.1", 0, "x", "websocket", Verdict.FAIL, failure, steps=steps, wire=lines)


def source(result: Result) -> str:
    text = program(result, URLS)
    compile(text, "program.py", "exec")
    return text


def said(result: Result) -> list[str]:
    """The lines behind the definitions, without the last sleep and the comments."""
    body = ast.parse(source(result)).body
    kinds = (ast.Import, ast.FunctionDef)
    return [ast.unparse(node) for node in body if not isinstance(node, kinds)][2:-1]


@pytest.mark.parametrize("result", results(), ids=lambda result: f"{result.id}-{result.transport}")
def test_it_is_python_whatever_the_result(result: Result) -> None:
    source(result)


def test_everything_that_was_sent_is_said_in_its_order() -> None:
    lines = (
        sent(ANA, "connect", {"token": "<token>"}),
        Wire(0.2, ANA, "received", "event", "presence:list", {"users": []}),
        sent(BEN, "connect", {"token": "<token>"}),
        sent(ANA, "room:join", {"entity_type": "invoice", "entity_id": "42"}),
        sent(BEN, "heartbeat"),
        sent(BEN, "presence:update", {"current_page": None, "status": "busy"}),
        Wire(0.3, ANA, "note", "closed", "transport close"),
        sent(ANA, "(goodbye)"),
    )
    assert said(failed(*lines)) == [
        "ana1 = tab('Ana', {'token': token('ana', 'acme')}, node=1)",
        "ben2 = tab('Ben', {'token': token('ben', 'acme')}, node=2)",
        "say(ana1, 'room:join', {'entity_type': 'invoice', 'entity_id': '42'})",
        "say(ben2, 'heartbeat')",
        "say(ben2, 'presence:update', {'current_page': None, 'status': 'busy'})",
        "ana1.disconnect()",
    ]


def test_it_names_the_servers_the_transport_and_what_was_expected() -> None:
    text = source(replace(failed(expected="a list", actual="none\nat all"), transport="polling"))
    assert f"URLS = {list(URLS)!r}" in text
    assert 'transports=["polling"]' in text
    assert text.endswith("# expected: a list\n# got: none\n#   at all\n")


def test_what_took_no_failure_has_no_end() -> None:
    assert source(replace(failed(), failure=None)).endswith("time.sleep(1)\n")


def test_people_work_where_the_scenario_says() -> None:
    steps = (Step("Given", 'Ana and Ben work at "acme"', "passed"), Step("And", 'Zoe works at "globex"', "passed"))
    good = {"token": "<token>"}
    lines = [sent(f"{name}'s tab {n} (node 1)", "connect", good) for n, name in enumerate(("Ben", "Zoe"), 1)]
    assert said(failed(*lines, steps=steps)) == [
        "ben1 = tab('Ben', {'token': token('ben', 'acme')}, node=1)",
        "zoe2 = tab('Zoe', {'token': token('zoe', 'globex')}, node=1)",
    ]


def test_what_the_harness_says_for_itself_is_not_in_it() -> None:
    lines = [sent(f"{name}'s tab 3 (node 1)", "connect") for name in ("Barrier",)]
    assert said(failed(*lines, sent(ANA, "heartbeat"))) == ["say(ana1, 'heartbeat')"]


def test_requests_are_in_it_with_what_they_need_and_only_then() -> None:
    get = sent("REST", "GET http://127.0.0.1:5001/api/presence?x=1", None, "request")
    post = sent("REST", "POST http://127.0.0.1:5001/api/activity", {"action": "x"}, "request")
    assert said(failed(get, post)) == [
        "rest('GET', 'http://127.0.0.1:5001/api/presence?x=1')",
        "rest('POST', 'http://127.0.0.1:5001/api/activity', json={'action': 'x'})",
    ]
    assert "def rest(" in source(failed(get))
    assert "def rest(" not in source(failed(sent(ANA, "heartbeat")))


def test_what_is_sent_as_it_is_goes_past_the_client() -> None:
    packet, frame = sent(ANA, "packet", '2["x"'), sent(ANA, "frame", "9nonsense")
    assert said(failed(packet, frame)) == ["ana1.eio.send('2[\"x\"')", "ana1.eio.ws.send('9nonsense')"]


def test_what_is_too_long_to_read_is_left_to_the_log() -> None:
    text = source(failed(sent(ANA, "doc:edit", {"text": "xy" * 500})))
    assert "xy" * 50 not in text
    assert "# doc:edit with 1,0" in text
    assert "see the wire log" in text


@pytest.mark.parametrize("where", ["expected", "actual", "payload", "name", "who"])
def test_nothing_that_a_server_or_a_scenario_says_becomes_code(where: str) -> None:
    evil = f"one\nraise SystemExit('two')\rimport os\x0c\x00{HOSTILE}"
    line = sent(ANA, "note:add", {"text": evil} if where == "payload" else None)
    line = replace(line, name=evil) if where == "name" else line
    line = replace(line, who=f"{evil.replace(chr(39), '')}'s tab 1 (node 1)") if where == "who" else line
    text = source(
        failed(line, expected=evil if where == "expected" else "a", actual=evil if where == "actual" else "b")
    )
    assert not any(isinstance(node, ast.Raise) for node in ast.walk(ast.parse(text)))


@pytest.mark.parametrize("name", ["Ana", "Ana Núñez", "O Hara", "7of9", "Ana-1", "class"])
def test_any_name_makes_a_variable(name: str) -> None:
    tab = f"{name}'s tab 1 (node 1)"
    connects, speaks = said(failed(sent(tab, "connect"), sent(tab, "heartbeat")))
    variable = connects.partition(" = ")[0]
    assert variable.isidentifier()
    assert speaks == f"say({variable}, 'heartbeat')"


def test_no_token_is_in_it_but_the_one_that_it_makes() -> None:
    token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbmEifQ.c2lnbmF0dXJl"
    text = source(failed(sent(ANA, "connect", {"token": token}), *wire()))
    assert token not in text
    assert "<token>" not in text
    assert "SECRET = sys.argv[1]" in text


@pytest.mark.parametrize(("pages", "told"), [(29, []), (30, []), (33, ["# … 3 lines before: see the wire log"])])
def test_of_a_long_scenario_the_connections_and_the_last_lines_are_said(pages: int, told: list[str]) -> None:
    moves = [sent(ANA, "presence:update", {"current_page": f"/{page}"}) for page in range(pages)]
    text = source(failed(sent(ANA, "connect", {"token": "<token>"}), *moves))
    assert [line for line in text.splitlines() if "see the wire log" in line] == told
    assert (text.count(" = tab("), text.count("say(ana1")) == (1, min(pages, MOST_LINES))


@pytest.mark.parametrize(
    ("lines", "loop"),
    [
        ([sent(ANA, "heartbeat")] * 3, "for _ in range(3):\n    say(ana1, 'heartbeat', wait=0)"),
        (
            [sent("REST", "GET http://x/y", None, "request")] * 500,
            "for _ in range(500):\n    rest('GET', 'http://x/y')",
        ),
        ([sent(ANA, "heartbeat")] * 2, "say(ana1, 'heartbeat')\nsay(ana1, 'heartbeat')"),
    ],
    ids=["what is said", "what is asked", "two are no loop"],
)
def test_what_is_sent_again_and_again_is_a_loop(lines: list[Wire], loop: str) -> None:
    assert "\n".join(said(failed(*lines))) == loop


def test_messages_that_the_log_has_not_are_not_left_out_in_silence() -> None:
    gap = Wire(0.1, "", "note", "left out", "left out", "1,234 messages")
    assert "# … 1,234 messages are left out here\n" in source(failed(gap, sent(ANA, "heartbeat")))


# Tokens


def mint(user_id: str, tenant_id: str, **options: Any) -> str:
    return tokens.mint(SECRET, user_id, tenant_id, **options)


def run(text: str, expression: str) -> Any:
    """What an expression is in a program: the tokens that it makes."""
    body = [node for node in ast.parse(text).body if getattr(node, "name", "") in ("token", "altered")]
    names: dict[str, Any] = {"SECRET": SECRET, "time": time, "jwt": jwt}
    exec(compile(ast.Module(body, []), "program.py", "exec"), names)
    return eval(expression, names)


def what_matters(auth: Any) -> Any:
    """An auth payload with its tokens as what a server sees in them."""
    if isinstance(auth, dict):
        return {key: what_matters(part) for key, part in auth.items()}
    if isinstance(auth, list):
        return [what_matters(part) for part in auth]
    if not isinstance(auth, str) or not auth.startswith("eyJ"):
        return auth
    head, body, signature = auth.split(".")
    algorithm, claims = (json.loads(base64.urlsafe_b64decode(part + "==")) for part in (head, body))
    end, early = claims.get("exp"), [claims["nbf"] - claims["iat"] > seconds for seconds in (0, 60)]
    if isinstance(end, int) and end < 10**15:
        end = max(-60, min(end - claims["iat"], 60)) or -60
    keys = [key for key in (SECRET, ANOTHER_KEY) if tokens.sign(claims, key).rpartition(".")[2] == signature]
    who = {claim: claims.get(claim) for claim in ("sub", "tenant_id", "type", "role")}
    return who, end, early, algorithm["alg"], len(keys) if len(auth) < 8000 else len(auth), len(signature) > 0


@pytest.mark.parametrize("words", FORGERS)
def test_a_bad_token_is_made_as_the_scenario_made_it(words: str) -> None:
    auth = auth_payload(words, mint, "ana", "acme")
    kept = shown(auth, owner="Ana")
    text = source(failed(sent(ANA, "connect", kept)))
    [line] = [line for line in text.splitlines() if " = tab(" in line]
    call = ast.parse(line).body[0].value  # type: ignore[attr-defined]
    assert what_matters(run(text, ast.unparse(call.args[1]))) == what_matters(auth)
    assert "eyJ" not in json.dumps(kept)


def connecting(auth: Any, name: str = "connect") -> str:
    return said(failed(sent(ANA, name, auth)))[0].partition(" = ")[2]


def test_a_token_is_sent_the_way_it_was_sent() -> None:
    bearer = {"token": "Bearer <token>"}
    assert connecting(bearer) == "tab('Ana', {'token': 'Bearer ' + token('ana', 'acme')}, node=1)"
    query = connecting({"token": "garbage"}, "connect ?token=Bearer+<token without name>")
    good = "'?token=Bearer+' + token('ana', 'acme', name=None)"
    assert query == f"tab('Ana', {{'token': 'garbage'}}, node=1, query={good})"
    assert connecting(None, "connect /admin") == "tab('Ana', None, node=1, namespace='/admin')"


@pytest.mark.parametrize(
    ("words", "made"),
    [
        ("<token with name Anna at acme>", "token('ana', 'acme', name='Anna')"),
        ('<token with name "Anna B" at acme>', "token('ana', 'acme', name='Anna B')"),
        ("<token with ttl 2 at acme>", "token('ana', 'acme', ttl=2)"),
        ("<expired token of ben at globex>", "token('ben', 'globex', name='Ana', ttl=-60)"),
        ("<refresh service expired token at acme>", "token('ana', 'acme', type='refresh', role='service', ttl=-60)"),
    ],
)
def test_the_words_for_a_token_make_it(words: str, made: str) -> None:
    assert connecting({"token": words}) == f"tab('Ana', {{'token': {made}}}, node=1)"


class Caught(Rest):
    """REST without a server: what is journalled of a request."""

    def line(self, method: str, path: str, **options: Any) -> str:
        self._session.mount("http://", Nowhere())
        self.send(method, path, **options)
        entry = self.journal.since()[0]
        [wire_line] = [line for line in _lines("REST", self.journal) if line.kind == "request"]
        assert "eyJ" not in entry.name
        return said(failed(wire_line))[0]


class Nowhere(requests.adapters.BaseAdapter):
    def send(self, request: requests.PreparedRequest, **_: Any) -> requests.Response:  # type: ignore[override]
        answer = requests.Response()
        answer.status_code, answer.request, answer.raw, answer.url = 200, request, io.BytesIO(b"{}"), str(request.url)
        return answer

    def close(self) -> None:
        pass


def asked(method: str, path: str, **options: Any) -> str:
    return Caught(lambda: "http://x", Observed(), 0.0).line(method, path, **options)


@pytest.mark.parametrize(
    ("token", "made"),
    [
        (mint("cy", "acme", name="Cy"), "token('cy', 'acme')"),
        (mint("backend", "acme", role="service"), "token('backend', 'acme', role='service')"),
        (mint("ana", "globex", ttl=-60), "token('ana', 'globex', ttl=-60)"),
        ("garbage", ""),
    ],
    ids=["a user", "a back end", "an expired one", "garbage"],
)
def test_a_request_is_made_by_whoever_made_it(token: str, made: str) -> None:
    line = asked("GET", "/presence", headers={"Authorization": f"Bearer {token}"})
    header = f"'Bearer ' + {made}" if made else "'Bearer garbage'"
    assert line == f"rest('GET', 'http://x/presence', {{'Authorization': {header}}})"


def test_a_request_has_the_headers_the_body_and_the_query_that_it_had() -> None:
    assert asked("GET", "/presence", query={"token": mint("cy", "acme")}) == (
        "rest('GET', 'http://x/presence?token=' + token('cy', 'acme'))"
    )
    assert asked("POST", "/n", body={"a": [1, None]}, headers={"Idempotency-Key": "k, 1"}) == (
        "rest('POST', 'http://x/n', {'Idempotency-Key': 'k, 1'}, json={'a': [1, None]})"
    )


@pytest.mark.parametrize(
    ("data", "kind"),
    [('{"broken": 1', ""), ("null", ""), ('{"a":NaN}', ""), (r'{"a":"\ud800"}', ""), ('{"a":1}', "text/plain")],
)
def test_what_is_no_json_is_sent_as_it_was(data: str, kind: str) -> None:
    headers = {"Content-Type": kind} if kind else {}
    told = {"Content-Type": kind or "application/json"}
    assert asked("POST", "/n", data=data.encode(), headers=headers) == (
        f"rest('POST', 'http://x/n', {told}, data={data!r}.encode())"
    )


def test_what_was_cut_is_not_sent_as_if_it_were_whole() -> None:
    text = source(failed(sent(ANA, "doc:edit", shown({"text": "x" * 2000}))))
    assert "say(ana1" not in text
    assert "see the wire log" in text


def test_what_it_cannot_do_it_says_in_that_place() -> None:
    what = "Ana sends events on a transport without having connected"
    steps = (Step("Given", "Ben is connected", "passed", 0.2), Step("When", what, "passed", 0.1))
    before, after = sent(BEN, "heartbeat"), replace(sent(BEN, "presence:list"), at=0.3)
    lines = source(failed(before, after, steps=steps)).splitlines()
    place = lines.index("say(ben2, 'heartbeat')")
    assert lines[place : place + 3] == [
        "say(ben2, 'heartbeat')",
        f"# this program cannot show it: {what}",
        "say(ben2, 'presence:list')",
    ]


def test_over_polling_a_frame_is_the_body_of_a_request() -> None:
    result = replace(failed(sent(ANA, "frame", "9nonsense")), transport="polling")
    assert said(result)[0].startswith("requests.post(ana1.eio.base_url, '9nonsense'.encode()")
