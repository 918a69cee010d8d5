"""The program that shows a failure again: it is Python, it has everything that was sent, and nobody's secrets."""

from __future__ import annotations

import ast
from dataclasses import replace

import pytest

from realtime_contracts.conformance.reports.program import MOST_LINES, program
from realtime_contracts.conformance.results import Failure, Result, Step, Verdict, Wire
from tests.unit.contracts.conformance.reports.making import HOSTILE, results, wire

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
        "ana1 = tab('ana', 'acme', 'Ana', node=1)",
        "ben2 = tab('ben', 'acme', 'Ben', node=2)",
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
    lines = [sent(f"{name}'s tab {n} (node 1)", "connect") for n, name in enumerate(("Ben", "Zoe"), 1)]
    assert said(failed(*lines, steps=steps)) == [
        "ben1 = tab('ben', 'acme', 'Ben', node=1)",
        "zoe2 = tab('zoe', 'globex', 'Zoe', node=1)",
    ]


def test_what_the_harness_says_for_itself_is_not_in_it() -> None:
    lines = [sent(f"{name}'s tab 3 (node 1)", "connect") for name in ("Herald", "Stranger")]
    assert said(failed(*lines, sent(ANA, "heartbeat"))) == ["say(ana1, 'heartbeat')"]


def test_requests_are_in_it_with_what_they_need_and_only_then() -> None:
    get = sent("REST", "GET http://127.0.0.1:5001/api/presence?x=1", None, "request")
    post = sent("REST", "POST http://127.0.0.1:5001/api/activity", {"action": "x"}, "request")
    assert said(failed(get, post)) == [
        "rest('GET', 'http://127.0.0.1:5001/api/presence?x=1', None)",
        "rest('POST', 'http://127.0.0.1:5001/api/activity', {'action': 'x'}, role='service')",
    ]
    assert "def rest(" in source(failed(get))
    assert "def rest(" not in source(failed(sent(ANA, "heartbeat")))


def test_what_is_sent_as_it_is_goes_past_the_client() -> None:
    packet, frame = sent(ANA, "packet", '2["x"'), sent(ANA, "frame", "9nonsense")
    assert said(failed(packet, frame)) == ["ana1.eio.send('2[\"x\"')", "ana1.eio.ws.send('9nonsense')"]


def test_what_is_too_long_to_read_is_left_to_the_log() -> None:
    text = source(failed(sent(ANA, "doc:edit", {"text": "x" * 1000})))
    assert "x" * 100 not in text
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


@pytest.mark.parametrize(("beats", "told"), [(29, []), (30, []), (33, ["# … 3 lines before: see the wire log"])])
def test_of_a_long_scenario_the_connections_and_the_last_lines_are_said(beats: int, told: list[str]) -> None:
    lines = [sent(ANA, "connect", {"token": "<token>"})] + [sent(ANA, "heartbeat")] * beats
    text = source(failed(*lines))
    assert [line for line in text.splitlines() if "see the wire log" in line] == told
    assert (text.count(" = tab("), text.count("say(ana1")) == (1, min(beats, MOST_LINES))
