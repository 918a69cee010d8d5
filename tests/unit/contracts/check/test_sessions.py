"""Packets put together to messages, and what the protocol does not allow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from realtime_contracts.check.result import Verdict
from tests.unit.contracts.check.making import (
    JOIN,
    JOINED,
    MOVE,
    ack,
    checked,
    event,
    har,
    received,
    sent,
    socket,
    told,
    whole,
)


def findings(folder: Path, *messages: dict[str, Any]) -> list[tuple[str, str | None, str, str]]:
    """What is found in a connection that was captured from its start."""
    return [told(finding) for finding in checked(folder, har(whole(*messages))).findings]


ASKED = sent(event("room:join", JOIN, number=7))
FINDINGS = {
    "null is no empty object, as no argument is": (
        [sent(event("heartbeat")), sent(event("heartbeat", None))],
        ("client", "heartbeat", "", "type"),
    ),
    "two arguments": ([sent(event("heartbeat", {}, {}))], ("client", "heartbeat", "", "arguments")),
    "an ack with none": ([ASKED, received(ack(7))], ("ack", "room:join", "", "arguments")),
    "an ack with two": ([ASKED, received(ack(7, JOINED, JOINED))], ("ack", "room:join", "", "arguments")),
    "acks are of the event with their id": (
        [
            ASKED,
            sent(event("cursor:move", MOVE, number=2)),
            received(ack(2, {"ok": True})),
            received(ack(7, {"ok": True})),
        ],
        ("ack", "room:join", "", "required"),
    ),
    "an ack of nothing": ([received(ack(9, {"ok": True}))], ("ack", None, "", "ack")),
    "an ack of the client": ([sent(ack(0, {}))], ("client", None, "", "ack")),
    "a refusal, after one that is right": (
        [
            received('44{"message":"Not authenticated","data":{"code":"unauthenticated"}}'),
            received('44{"message":"no"}'),
        ],
        ("server", "connect_error", "", "required"),
    ),
    "a lone surrogate": (
        [sent(r'42["typing:start",{"room_id":"invoice:42","field":"\ud800"}]')],
        ("client", "typing:start", "/field", "json"),
    ),
}


@pytest.mark.parametrize("name", FINDINGS)
def test_what_is_found_in_a_connection_captured_from_its_start(tmp_path: Path, name: str) -> None:
    messages, found = FINDINGS[name]
    assert findings(tmp_path, *messages) == [found]


def test_an_ack_whose_event_came_before_the_capture_is_only_counted(tmp_path: Path) -> None:
    result = checked(tmp_path, har(socket(sent(event("heartbeat")), received(ack(9, {"ok": True})))))
    assert (result.verdict, result.skipped.strayed_acks) == (Verdict.CONFORMS, 1)


def test_of_very_many_acks_without_event_only_some_wait(tmp_path: Path) -> None:
    result = checked(tmp_path, har(socket(sent(event("heartbeat")), *[received(ack(n, {})) for n in range(3_000)])))
    assert result.skipped.strayed_acks == 3_000


def test_an_event_of_the_other_direction_is_unknown_in_this_one(tmp_path: Path) -> None:
    result = checked(tmp_path, har(whole(sent(event("heartbeat")), sent(event("presence:user_left", {})))))
    [finding] = result.findings
    assert told(finding) == ("client", "presence:user_left", "", "unknown_event")
    assert finding.reason == "not in the contract in this direction; the server sends it"


def test_the_auth_of_a_connection_is_judged_without_being_quoted(tmp_path: Path) -> None:
    result = checked(tmp_path, har(socket(sent('40{"token":"abc","tenant":"acme"}'), sent(event("heartbeat")))))
    [finding] = result.findings
    assert told(finding) == ("client", "connect", "", "additionalProperties")
    assert "tenant" not in finding.reason


def test_bytes_in_a_payload_are_no_json(tmp_path: Path) -> None:
    header = '451-["cursor:move",{"room_id":"invoice:42","line":{"_placeholder":true,"num":0},"column":1}]'
    messages = sent(header), sent("aGVsbG8=", opcode=2)
    [finding] = checked(tmp_path, har(whole(*messages))).findings
    assert (told(finding), finding.place.frame) == (("client", "cursor:move", "/line", "json"), 4)
    assert finding.reason == "expected JSON, got bytes"


@pytest.mark.parametrize("namespace", ["/admin", "/admin?x=1"])
def test_other_namespaces_are_counted_and_not_judged(tmp_path: Path, namespace: str) -> None:
    texts = f'42{namespace},["x"]', f"42{namespace},not json", f'451-{namespace},["x",{{"_placeholder":true,"num":0}}]'
    messages = [*map(sent, texts), sent("AA==", opcode=2), sent(event("heartbeat"))]
    result = checked(tmp_path, har(whole(*messages)))
    assert (result.verdict, result.skipped.other_namespaces) == (Verdict.CONFORMS, 3)


NO_PACKETS = ["", "x", "7", "49", "4", "42", "42{}", "42[]", "42[5]", '43["x"]', "431{}", "44", '45["x"]', "b!", "40[]"]


@pytest.mark.parametrize("text", [*NO_PACKETS, '451-["x",5]2'])
def test_what_is_no_packet_is_a_violation_and_no_crash(tmp_path: Path, text: str) -> None:
    assert [keyword for *_, keyword in findings(tmp_path, sent(text))] in (["protocol"], ["json"])


@pytest.mark.parametrize(
    "payload",
    ["[" * 5_000, "[" * 100_000 + "]" * 100_000, '{"a":' * 500 + "1" + "}" * 500, "NaN", "1e999", "9" * 30, "9" * 5000],
    ids=["open", "deep", "rather deep", "NaN", "large float", "large integer", "very large integer"],
)
def test_json_that_not_every_reader_takes_is_a_violation_and_no_crash(tmp_path: Path, payload: str) -> None:
    text = f'42["cursor:move",{{"room_id":"invoice:42","column":1,"line":{payload}}}]'
    [found] = findings(tmp_path, sent(text))
    assert found[:2] == ("client", "cursor:move")


@pytest.mark.parametrize(
    "messages",
    [
        [sent('451-["x",{"_placeholder":true,"num":0}]'), sent(event("heartbeat"))],
        [sent("AA==", opcode=2)],
        [sent('451-["x",{"_placeholder":true,"num":3}]'), sent("AA==", opcode=2)],
        [sent("not base64!", opcode=2)],
    ],
    ids=["an attachment lacks", "an attachment strays", "a placeholder leads nowhere", "an attachment is no base64"],
)
def test_binary_messages_have_all_their_parts(tmp_path: Path, messages: list[dict[str, Any]]) -> None:
    assert [keyword for *_, keyword in findings(tmp_path, *messages)] == ["protocol"]


def test_parts_of_a_binary_message_from_before_the_capture_are_only_counted(tmp_path: Path) -> None:
    result = checked(tmp_path, har(socket(sent("AA==", opcode=2), sent(event("heartbeat")))))
    assert (result.verdict, result.skipped.torn_messages) == (Verdict.CONFORMS, 1)


def test_an_event_of_the_server_that_asks_for_an_ack_is_a_violation(tmp_path: Path) -> None:
    asking = received(event("heartbeat_ack", {"server_time": "2026-01-01T00:00:00.000Z"}, number=7))
    assert ("server", "heartbeat_ack", "", "ack") in findings(tmp_path, sent(event("heartbeat")), asking)


@pytest.mark.parametrize("name", ["connect", "connect_error", "disconnect", "disconnecting", "newListener"])
def test_an_event_with_a_name_of_socket_ios_own_is_a_violation(tmp_path: Path, name: str) -> None:
    assert findings(tmp_path, sent(event(name, {"token": "secret-of-ana"}))) == [("client", name, "", "protocol")]


@pytest.mark.parametrize("text", ["0", "0{}", '0{"sid":1}', "40", '40{"sid":1}', "41[]", "41{}"])
def test_packets_that_open_and_close_have_what_belongs_in_them(tmp_path: Path, text: str) -> None:
    assert [(way, event) for way, event, *_ in findings(tmp_path, received(text))] == [("server", None)]
