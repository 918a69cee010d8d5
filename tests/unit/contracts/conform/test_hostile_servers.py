"""Servers that mean no good: nothing they say hangs the harness, ends in a traceback or fills a report."""

from __future__ import annotations

import time

import pytest

from realtime_contracts.conform.observed import SHOWN, Observed, describe
from realtime_contracts.conform.results import Breach, Wire
from realtime_contracts.conform.scenario import MOST_CHARACTERS, MOST_LINES, _middle_left_out, _shortened
from realtime_contracts.conform.tab import Tab
from realtime_contracts.wire.transport import Client

ATTACHMENT = '51-["x",{"_placeholder":true,"num":0}]'
EVENT = '2["presence:list",{"seq":1}]'


@pytest.fixture
def client() -> Client:
    return Client()


@pytest.fixture
def unreadable(client: Client) -> list[str | bytes]:
    """The packets that the client could not read."""
    packets: list[str | bytes] = []
    client.unreadable = lambda packet, _: packets.append(packet)
    return packets


@pytest.fixture
def heard(client: Client) -> list[tuple[object, ...]]:
    """The events that the client has heard."""
    events: list[tuple[object, ...]] = []
    client.on("*", lambda *said: events.append(said))
    return events


# Packets


@pytest.mark.parametrize(
    "packet",
    [
        *("2", "2[]", "2{}", "2[1,2]", "2[null]", '2[["a"]]', "3", '3{"a":1}', "9", "", "x", "43[", '2["a"', b"\x00"),
        *(f'2["{name}"]' for name in ("connect", "connect_error", "disconnect", "__disconnect_final", "*")),
        f'2["a",{"[" * 5000}{"]" * 5000}]',
    ],
    ids=lambda packet: repr(packet[:20]),
)
def test_a_packet_that_cannot_be_read_is_told_and_the_next_is_heard(
    client: Client,
    unreadable: list[str | bytes],
    heard: list[tuple[object, ...]],
    capfd: pytest.CaptureFixture[str],
    packet: str | bytes,
) -> None:
    client._handle_eio_message(packet)
    client._handle_eio_message(EVENT)
    assert unreadable == [packet]
    assert heard == [("presence:list", {"seq": 1})]
    assert client.defects == []
    assert capfd.readouterr() == ("", "")


def test_a_text_is_no_attachment(
    client: Client, unreadable: list[str | bytes], heard: list[tuple[object, ...]]
) -> None:
    for packet in (ATTACHMENT, EVENT, ATTACHMENT, b"abc"):
        client._handle_eio_message(packet)
    assert unreadable == [EVENT]
    assert heard == [("presence:list", {"seq": 1}), ("x", b"abc")]


def test_no_server_can_say_that_a_connection_is_there_or_has_ended() -> None:
    connection = Tab("Ana's tab", "http://127.0.0.1:1", ["websocket"], time.monotonic(), observed=Observed())
    for name in ("connect", "disconnect", "connect_error"):
        connection.client._handle_eio_message(f'2["{name}",1,2,3]')
    assert (connection.connected, connection.refusal, len(connection.journal)) == (False, None, 0)
    breaches = [breach for _, breach in connection.observed.breaches]
    assert {(breach.direction, breach.message) for breach in breaches} == {("server", "packet")}
    assert breaches[1].reason == "no client can read it (ValueError: no event can be called disconnect)"


def test_a_refusal_of_several_values_is_one(client: Client) -> None:
    connection = Tab("Ana's tab", "http://127.0.0.1:1", ["websocket"], time.monotonic(), observed=Observed())
    connection.client._handle_eio_message("44[1,2,3]")
    assert connection.refusal == [1, 2, 3]
    assert connection.client.defects == []


def test_what_a_listener_raises_is_no_fault_of_the_server(client: Client, unreadable: list[str | bytes]) -> None:
    def broken(*_: object) -> None:
        raise KeyError("seq")

    client.on("presence:list", broken)
    client._handle_eio_message(EVENT)
    client._handle_eio_message(f"3{client.expect_ack(broken)}[]")
    assert unreadable == []
    assert [type(defect) for defect in client.defects] == [KeyError, KeyError]


# Reports


def test_a_large_payload_is_not_told_in_full() -> None:
    told = describe("Ana's tab", Breach("presence:list", "server", "/users", "wrong", ["x" * 1_000_000]))
    assert told.startswith("Ana's tab: server presence:list at '/users': wrong, in ['xxx")
    assert told.endswith("x…")
    assert len(told) < SHOWN + 100


def test_a_long_failure_keeps_its_beginning_and_its_end() -> None:
    assert _shortened("x" * MOST_CHARACTERS) == "x" * MOST_CHARACTERS
    told = _shortened("begin" + "x" * 1_000_000 + "end")
    assert told.startswith("beginxxx")
    assert told.endswith("xxxend")
    assert "\n… (1,000,008 characters)\n" in told
    assert len(told) < MOST_CHARACTERS + 100


def test_a_flood_keeps_its_beginning_and_its_end() -> None:
    lines = tuple(Wire(float(n), "Ana's tab", "received", "event", f"e{n}") for n in range(MOST_LINES + 5))
    assert _middle_left_out(lines[:MOST_LINES]) == lines[:MOST_LINES]
    kept = _middle_left_out(lines)
    half = MOST_LINES // 2
    assert (kept[:half], kept[half + 1 :]) == (lines[:half], lines[-half:])
    assert (kept[half].kind, kept[half].name) == ("left out", "5 messages")
