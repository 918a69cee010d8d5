"""Socket.IO 5's packets at the wire: CONNECT and its refusals, namespaces, events, acks, the ends.

A session without a connection is treated as the reference server treats it: what is no CONNECT ends it. But events do
nothing: the contract promises that. With a connection, what the reference would end it for is answered by an `error`.
"""

from __future__ import annotations

import json

import pytest

from realtime_contracts.wire.tokens import Mint
from tests.e2e.transport.wire import (
    BINARY,
    POLICY_VIOLATION,
    Client,
    Polling,
    WebSocket,
    ack_of,
    connect_packet,
    event_of,
    event_packet,
    frame,
    shows,
)

SOON = 3.0


def opened(url: str) -> WebSocket:
    """A session without a connection."""
    ws = WebSocket(url)
    assert ws.text().startswith("0{")
    return ws


def error_of(ana: WebSocket) -> dict[str, object]:
    """The next `error`."""
    error: dict[str, object] = event_of(ana.until(lambda packet: packet.startswith('42["error"')))[1]
    return error


def test_a_connection_begins_with_its_id_and_its_list(url: str, token: str) -> None:
    with opened(url) as ana:
        ana.say(connect_packet(token))
        greeting = ana.text()
        assert greeting.startswith("40{")
        assert set(json.loads(greeting[2:])) == {"sid"}
        name, listed = event_of(ana.text())
        assert name == "presence:list"
        assert [user["user_id"] for user in listed["users"]] == ["ana"]


@pytest.mark.parametrize(
    ("packet", "code"),
    [
        ("40", "unauthenticated"),
        ("40{}", "unauthenticated"),
        ('40{"token":null}', "unauthenticated"),
        ('40{"token":7}', "unauthenticated"),
        ('40{"token":"garbage"}', "unauthenticated"),
        ("40[]", "unauthenticated"),
        ("40{", "unauthenticated"),
        ('40"x"', "unauthenticated"),
        ("40/,{}", "unauthenticated"),
    ],
)
def test_a_refused_connection_is_told_why(url: str, packet: str, code: str) -> None:
    with opened(url) as ws:
        ws.say(packet)
        answer = ws.text()
        assert answer.startswith("44{")
        assert json.loads(answer[2:])["data"]["code"] == code


def test_what_needs_no_redis_is_not_answered_before_what_was_sent_earlier(url: str, token: str) -> None:
    """A heartbeat and a cursor are answered at once, but in their turn: all of this comes in one read."""
    room = {"entity_type": "invoice", "entity_id": "42"}
    moved = {"room_id": "invoice:42", "line": 1, "column": 1}
    asked: list[tuple[str, object]] = [("heartbeat", {}), ("room:join", room), ("cursor:move", moved)]
    asked += [("heartbeat", {}), ("room:leave", {"room_id": "invoice:42"}), ("cursor:move", moved)]
    with Client(url, token) as ana:
        assert ana.ask("heartbeat")["ok"]
        sent = [event_packet(event, data, ack) for ack, (event, data) in enumerate(asked * 2, 100)]
        ana.send(b"".join(frame(packet.encode()) for packet in sent))
        acks = [ana.until(lambda packet: packet.startswith("43")) for _ in sent]
    assert [int(ack[2:].partition("[")[0]) for ack in acks] == list(range(100, 100 + len(sent)))
    answers = [ack_of(ack)["ok"] for ack in acks]
    assert answers == [True, True, True, True, True, False] * 2  # the last move is of nobody in the room


@pytest.mark.parametrize("who", ["nobody", "a user"])
@pytest.mark.parametrize("packet", ["40/other", "40/other,", '40/other,{"token":"x"}', "40/other?token=x,"])
def test_there_is_no_other_namespace(url: str, token: str, packet: str, who: str) -> None:
    with Client(url, token) if who == "a user" else opened(url) as ws:
        ws.say(packet)
        answer = ws.until(lambda answer: answer.startswith("44"))
        assert answer.startswith("44/other")
        assert json.loads(answer[answer.index("{") :])["message"] == "Invalid namespace"
        if who == "a user":
            ws.say('421["heartbeat"]')
            assert ws.until(lambda answer: answer.startswith("431["))


@pytest.mark.parametrize(
    "packet",
    [
        "43[]",
        "431[]",
        "41",
        "41/other,",
        '44{"message":"no"}',
        "45",
        '451-["x",{"_placeholder":true,"num":0}]',
        "461-[]",
        "47",
        "4",
        "4abc",
        "4{}",
        "abc",
        "",
        "0",
        "2",
        "2probe",
        "6",
        "9",
        "b",
    ],
)
def test_before_a_connection_what_is_no_event_and_no_connect_ends_the_session(url: str, packet: str) -> None:
    ws = opened(url)
    ws.say(packet)
    assert ws.closes(SOON) == POLICY_VIOLATION


def test_before_a_connection_bytes_end_the_session(url: str) -> None:
    ws = opened(url)
    ws.send(frame(b"\x01\x02", BINARY))
    assert ws.closes(SOON) == POLICY_VIOLATION


@pytest.mark.parametrize("packet", ["x", "9", "{}", "bAAA", "é", "", "0", "2", "2probe", "6", "abc"])
def test_with_a_connection_what_is_no_packet_of_engine_io_is_answered_by_an_error(
    url: str, token: str, packet: str
) -> None:
    with Client(url, token) as ana:
        ana.say(packet)
        assert error_of(ana)["code"] == "invalid_payload"
        assert ana.ask("heartbeat")["ok"]


@pytest.mark.parametrize(
    "packet",
    [
        "4",
        "4abc",
        "47",
        "42",
        "42{}",
        '42"x"',
        "42[]",
        "42[5]",
        "42[null]",
        '42abc["heartbeat"]',
        '42["heartbeat"',
        "42[[]]",
        "43",
        "43{}",
        "44{}",
        '44"no"',
        "45",
        '45["x"]',
        '45-["x"]',
        '450-["x"]',
        '451-["heartbeat",{"_placeholder":true,"num":0}]',
        '459999999999-["heartbeat"]',
        "461-[]",
    ],
)
def test_with_a_connection_what_cannot_be_read_is_answered_by_an_error(url: str, token: str, packet: str) -> None:
    with Client(url, token) as ana:
        ana.say(packet)
        assert error_of(ana)["code"] == "invalid_payload"
        assert ana.ask("heartbeat")["ok"]


@pytest.mark.parametrize(
    "packet",
    [
        "40",
        '40{"token":"garbage"}',
        '42/other,["heartbeat"]',
        "41/other,",
        "43[]",
        "4399999999999999999999[1]",
        '43/other,1["x"]',
        '44/other,{"message":"no"}',
    ],
)
def test_with_a_connection_what_concerns_nobody_does_nothing(url: str, token: str, ben: Client, packet: str) -> None:
    with Client(url, token) as ana:
        ana.say(packet)
        assert ana.ask("heartbeat")["ok"]
        update = ana.ask("presence:update", {"current_page": "/still"})
        assert update["user_id"] == "ana"


def test_a_second_connect_opens_no_second_connection(url: str, token: str) -> None:
    from tests.e2e.transport.wire import metrics

    with Client(url, token) as ana:
        before = metrics(url)["realtime_connections"]
        ana.say(connect_packet(token))
        assert ana.ask("heartbeat")["ok"]
        assert metrics(url)["realtime_connections"] == before


def test_attachments_are_answered_by_an_error_and_their_ack(url: str, token: str) -> None:
    with Client(url, token) as ana:
        ana.say('451-77["presence:update",{"_placeholder":true,"num":0}]')
        ana.send(frame(b"\x01", BINARY))
        refused = json.loads(ana.until(lambda packet: packet.startswith("4377["))[4:])[0]
        assert (refused["ok"], refused["error"]["code"]) == (False, "invalid_payload")
        assert ana.ask("heartbeat")["ok"]


@pytest.mark.parametrize("number", ["0", "7", "999999999999"])
def test_an_ack_has_the_number_that_was_asked_for(url: str, token: str, number: str) -> None:
    with Client(url, token) as ana:
        ana.say(f'42{number}["heartbeat"]')
        assert ana.until(lambda packet: packet.startswith(f"43{number}["))


def test_an_event_may_name_the_namespace_that_there_is(url: str, token: str) -> None:
    with Client(url, token) as ana:
        ana.say('42/,5["heartbeat"]')
        assert ana.until(lambda packet: packet.startswith("435["))


def test_after_a_goodbye_the_session_may_connect_anew(url: str, token: str, ben: Client) -> None:
    with Client(url, token) as ana:
        ana.say("41")
        ben.until(lambda packet: packet.startswith('42["presence:user_left"'))
        ana.say(connect_packet(token))
        assert ana.until(lambda packet: packet.startswith("40{")) != ana.greeting
        assert ana.ask("heartbeat")["ok"]


def test_what_follows_a_goodbye_is_not_done(url: str, token: str, ben: Client) -> None:
    ana = Client(url, token)
    ana.send(frame("41") + frame(event_packet("presence:update", {"current_page": "/late"})))
    heard = []
    ben.until(lambda packet: heard.append(packet) or packet.startswith('42["presence:user_left"'))
    begin = ben.emit("presence:update", {"current_page": "/barrier"})
    ben.until(lambda packet: heard.append(packet) or packet.startswith(begin))
    assert not any(map(shows("/late"), heard))
    ana.close()


def test_one_session_has_one_user_whatever_the_transport(url: str, mint: Mint, tenant: str) -> None:
    with Client(url, mint("ana", tenant)) as ana:
        ben = Polling(url, mint("ben", tenant))
        _, joined = event_of(ana.until(lambda packet: packet.startswith('42["presence:user_joined"')))
        assert joined["user_id"] == "ben"
        assert ben.post("41").status == 200
        _, left = event_of(ana.until(lambda packet: packet.startswith('42["presence:user_left"')))
        assert left["user_id"] == "ben"
