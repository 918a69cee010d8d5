"""Logs of JSON lines, and single messages."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from realtime_contracts.check.result import Verdict
from realtime_contracts.check.source import Kind
from realtime_contracts.contract.registry import Direction
from tests.unit.contracts.check.making import BEGAN, JOIN, JOINED, MOVE, OPEN, ack, checked, event, lines, told


def test_messages_and_frames_may_stand_in_one_log(tmp_path: Path) -> None:
    text = lines(
        {"direction": "client", "event": "room:join", "payload": JOIN, "id": 3},
        {"direction": "server", "frame": ack(3, {"ok": True})},
        {"direction": "server", "event": "heartbeat_ack", "payload": {}},
        {"direction": "request", "event": "presence:status", "payload": {"status": "gone"}},
    )
    result = checked(tmp_path, text)
    assert result.kind is Kind.LOG
    assert [(f.place.line, *told(f)[:2]) for f in result.findings] == [
        (2, "ack", "room:join"),
        (3, "server", "heartbeat_ack"),
        (4, "request", "presence:status"),
    ]


def test_an_ack_names_its_event_or_has_its_id(tmp_path: Path) -> None:
    text = lines(
        {"direction": "ack", "event": "room:join", "payload": JOINED},
        {"direction": "ack", "event": "room:join"},
        {"direction": "client", "event": "room:join", "payload": JOIN, "id": 3},
        {"direction": "ack", "id": 3, "payload": {"ok": True}},
    )
    result = checked(tmp_path, text)
    assert [(f.place.line, f.keyword) for f in result.findings] == [(2, "arguments"), (4, "required")]


def test_connections_pair_their_own_acks(tmp_path: Path) -> None:
    text = lines(
        {"direction": "client", "frame": event("room:join", JOIN, number=0), "connection": "ana"},
        {"direction": "client", "frame": event("cursor:move", MOVE, number=0), "connection": "ben"},
        {"direction": "server", "frame": ack(0, {"ok": True}), "connection": "ben"},
        {"direction": "server", "frame": ack(0, {"ok": True}), "connection": "ana"},
    )
    [finding] = checked(tmp_path, text).findings
    assert (finding.connection, finding.event, finding.place.line) == ("ana", "room:join", 4)


def test_an_open_packet_begins_a_new_connection_under_the_same_name(tmp_path: Path) -> None:
    frames = OPEN, ack(0, JOINED), OPEN, "2"
    result = checked(tmp_path, lines(*[{"direction": "server", "frame": frame} for frame in frames]))
    assert [(f.place.line, f.keyword) for f in result.findings] == [(2, "ack")]
    assert result.connections == 2


def test_packets_of_a_polling_body_are_counted_one_by_one(tmp_path: Path) -> None:
    body = "\x1e".join([event("heartbeat"), event("heartbeat", 5), "b" + "AAAA"])
    result = checked(tmp_path, lines({"direction": "client", "frame": body}))
    assert (result.frames, [f.place.frame for f in result.findings]) == (3, [2])


@pytest.mark.parametrize(
    "times", [(1.5, 3), (BEGAN, BEGAN + 1.5), ("2026-01-31T09:30:00Z", "2026-01-31T10:30:01.5+01:00")]
)
def test_times_are_seconds_or_rfc_3339(tmp_path: Path, times: tuple[object, object]) -> None:
    text = lines(
        {"direction": "client", "event": "heartbeat", "time": times[0]},
        {"direction": "client", "event": "heartbeat", "payload": 1, "time": times[1]},
    )
    result = checked(tmp_path, text)
    assert result.seconds(result.findings[0].place) == 1.5


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("nonsense", "line 2 is not JSON"),
        ("[1]", "line 2 is not an object"),
        ("{}", "line 2 has no direction: expected one of client, server, ack, request, response"),
        ('{"direction": "client"}', "line 2 has neither an event nor a frame of client or server"),
        (
            '{"direction": "ack", "frame": "430[]"}',
            "line 2 has neither an event nor a frame of client or server",
        ),
        (
            '{"direction": "client", "event": "heartbeat", "connection": {}}',
            "line 2 has a connection that is neither text nor a number",
        ),
        ("[" * 100_000 + "]" * 100_000, "line 2 is nested too deep to be read"),
        ('{"direction": "client", "event"', "line 2 is not JSON"),
        ("\udcff", "line 2 is not JSON"),
    ],
)
def test_a_line_that_is_none_is_named_and_the_others_are_read(tmp_path: Path, line: str, why: str) -> None:
    fine, wrong = ({"direction": "client", "event": "heartbeat", "payload": payload} for payload in ({}, 5))
    text = f"{json.dumps(fine)}\n{line}\n\n{json.dumps(wrong)}\n".encode("utf-8", "surrogateescape")
    result = checked(tmp_path, text)
    assert (result.verdict, result.reason) == (Verdict.UNREADABLE, why)
    assert [f.place.line for f in result.findings] == [4]


def test_many_bad_lines_are_counted(tmp_path: Path) -> None:
    text = lines({"direction": "client", "event": "heartbeat"}) + "x\n" * 5
    assert checked(tmp_path, text).reason == "line 2 is not JSON; nor can 4 more be read"


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({"direction": "client", "event": "room:join", "payload": {"entity_type": "invoice"}}),
        json.dumps({"direction": "client", "event": "room:join", "payload": {"entity_type": "invoice"}}, indent=2),
        "\ufeff" + event("room:join", {"entity_type": "invoice"}),
        event("room:join", {"entity_type": "invoice"}) + "\n",
    ],
    ids=["an object", "an object over several lines", "a packet after a BOM", "a packet and a line's end"],
)
def test_a_single_message_comes_in_several_forms(tmp_path: Path, text: str) -> None:
    result = checked(tmp_path, text)
    assert [told(f) for f in result.findings] == [("client", "room:join", "", "required")]


def test_a_bare_payload_is_that_of_the_event_asked_for(tmp_path: Path) -> None:
    result = checked(tmp_path, "[1,\n2]", event="room:join", direction=Direction.ACK)
    assert [told(f) for f in result.findings] == [("ack", "room:join", "", "type")]


def test_a_single_message_with_an_unknown_event_is_a_violation_with_a_hint(tmp_path: Path) -> None:
    [finding] = checked(tmp_path, event("rom:join", JOIN)).findings
    assert finding.reason == "not in the contract; did you mean room:join?"


def test_a_packet_may_be_the_servers(tmp_path: Path) -> None:
    result = checked(tmp_path, event("heartbeat_ack", {}), direction=Direction.SERVER)
    assert [told(f) for f in result.findings] == [("server", "heartbeat_ack", "", "required")]


@pytest.mark.parametrize(
    ("text", "options", "why"),
    [
        ("{\n", {}, "the message is not JSON"),
        ('{"a"', {"event": "room:join"}, "the payload is not JSON"),
        ('42["a"]\n42["b"]', {}, 'it holds several packets: give each as a line {"direction": …, "frame": …}'),
        ("430[]", {"direction": Direction.ACK}, "a packet comes from client or server, got --direction ack"),
        ("2026-01-31 started", {}, "expected a HAR, a log of JSON lines or a message"),
    ],
)
def test_what_is_no_message_is_told_in_a_sentence(tmp_path: Path, text: str, options: dict, why: str) -> None:
    result = checked(tmp_path, text, **options)
    assert (result.verdict, result.reason) == (Verdict.UNREADABLE, why)


def test_another_connect_under_the_same_name_is_another_connection_with_ids_of_its_own(tmp_path: Path) -> None:
    opened = {"direction": "client", "event": "connect", "payload": {"token": "secret-of-ana"}}
    text = lines(
        opened,
        {"direction": "client", "event": "room:join", "payload": JOIN, "id": 0},
        opened,
        {"direction": "client", "event": "cursor:move", "payload": MOVE, "id": 0},
        {"direction": "ack", "id": 0, "payload": 5},
    )
    result = checked(tmp_path, text)
    assert [told(finding)[:2] for finding in result.findings] == [("ack", "cursor:move")]
    assert result.connections == 2


def test_a_single_polling_body_is_all_its_packets(tmp_path: Path) -> None:
    result = checked(tmp_path, "\x1e".join([event("heartbeat"), event("heartbeat", 5)]))
    assert [(finding.place.frame, *told(finding)[:2]) for finding in result.findings] == [(2, "client", "heartbeat")]


@pytest.mark.parametrize("number", ["9" * 5_000, "1e99999999999999999999"])
def test_a_number_that_no_reader_takes_is_no_crash_of_a_log(tmp_path: Path, number: str) -> None:
    text = f'{{"time":{number},"direction":"client","event":"heartbeat"}}\n' + lines(
        {"direction": "client", "event": "heartbeat", "payload": 5}
    )
    result = checked(tmp_path, text)
    assert [finding.place.line for finding in result.findings] == [2]
