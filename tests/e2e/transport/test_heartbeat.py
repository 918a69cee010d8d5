"""Pings of Engine.IO: who answers them stays, and who does not is gone, with the TCP connection."""

from __future__ import annotations

import contextlib
import json
import time

import pytest

from realtime_contracts.wire.tokens import Mint
from tests.e2e.transport.wire import (
    CLOSE,
    PATIENCE,
    TEXT,
    Client,
    Ended,
    Polling,
    WebSocket,
    close_frame,
    connect_packet,
    ended,
    eventually,
    metrics,
    sockets,
)

#: Interval and timeout of the quick node, in seconds.
INTERVAL, TIMEOUT = 0.3, 0.2
#: Seconds that two busy cores may add.
ALLOWANCE = 1.5
#: Seconds in which a TCP connection ends after the ping time-out, whatever its peer does.
TCP_SECONDS = 5.0


def test_a_poll_is_answered_by_a_ping_every_interval(quick: str) -> None:
    session = Polling(quick)
    for _ in range(3):
        began = time.monotonic()
        answer = session.poll()
        assert (answer.status, answer.body) == (200, b"2")
        assert time.monotonic() - began <= INTERVAL + ALLOWANCE
        assert session.post("3").status == 200


def test_a_websocket_is_pinged_every_interval(quick: str) -> None:
    with WebSocket(quick) as ws:
        assert ws.frame().payload.startswith(b"0{")
        at = time.monotonic()
        for _ in range(3):
            assert ws.frame() == (TEXT, b"2", True)
            now = time.monotonic()
            assert INTERVAL - 0.1 <= now - at <= INTERVAL + ALLOWANCE
            at = now
            ws.say("3")


def test_who_answers_no_ping_is_unknown_right_after_the_time_out(quick: str) -> None:
    session = Polling(quick)
    time.sleep(INTERVAL + TIMEOUT)  # the test of the reference: not a moment later
    assert session.poll().status == 400


def test_a_poll_that_waits_is_ended_by_the_ping_time_out(quick: str) -> None:
    session = Polling(quick)
    assert session.poll().body == b"2"
    with session.begin_poll() as poll:
        # The reference says "1". After that the Python client would not reconnect, as it does after a refused poll.
        assert poll.answer(TIMEOUT + ALLOWANCE).body == b"6"
    assert session.poll().status == 400


@pytest.mark.parametrize("who", ["nobody", "a user"])
def test_a_silent_websocket_is_closed_and_its_tcp_connection_ended(
    quick: str, mint: Mint, tenant: str, who: str
) -> None:
    before = ended(quick, "ping_timeout")
    ws = WebSocket(quick)
    if who == "a user":
        ws.say(connect_packet(mint("ana", tenant)))
    began = time.monotonic()
    # It answers nothing, not even the close frame; and the end is no reset, at which it might lose what it had to read.
    assert close_frame(1000)[:1] in ws.rest(INTERVAL + TIMEOUT + TCP_SECONDS + ALLOWANCE)[-8:]
    assert time.monotonic() - began > INTERVAL + TIMEOUT - 0.1
    assert ended(quick, "ping_timeout") == before + 1
    ws.close()


def test_a_client_that_neither_reads_nor_answers_keeps_no_descriptor(quick: str, mint: Mint, tenant: str) -> None:
    before = sockets(quick)
    clients = [Client(quick, mint(f"mute-{number}", tenant)) for number in range(20)]
    eventually(lambda: metrics(quick)["realtime_connections"] == 0, "no connection is left")
    eventually(lambda: sockets(quick) <= before, "no descriptor is left", TCP_SECONDS + ALLOWANCE)
    for client in clients:
        client.close()


@pytest.mark.parametrize("transport", ["websocket", "polling"])
def test_who_answers_pings_stays_however_busy(quick: str, mint: Mint, tenant: str, transport: str) -> None:
    kind = Client if transport == "websocket" else Polling
    ana = kind(quick, mint("ana", tenant))
    deadline = time.monotonic() + 8 * INTERVAL
    while time.monotonic() < deadline:
        assert ana.ask("heartbeat")["ok"]
        time.sleep(0.01)


def test_any_packet_but_a_pong_is_no_answer_to_a_ping(quick: str, mint: Mint, tenant: str) -> None:
    """The reference server lets other packets put the time-out off once, and no more."""
    ws = WebSocket(quick)
    ws.say(connect_packet(mint("ana", tenant)))
    began = time.monotonic()
    with contextlib.suppress(Ended, OSError):
        while time.monotonic() - began < PATIENCE and ws.frame().opcode != CLOSE:
            ws.say('42["heartbeat"]')
    assert time.monotonic() - began <= INTERVAL + 2 * TIMEOUT + ALLOWANCE
    ws.close()


def test_a_pong_that_was_not_asked_for_is_no_harm(url: str, token: str) -> None:
    with Client(url, token) as ana:
        for _ in range(5):
            ana.say("3")
            ana.say("3probe")
        assert ana.ask("heartbeat")["ok"]


def test_the_handshake_of_a_client_tells_the_node_s_own_times(url: str, token: str) -> None:
    with Client(url, token) as ana:
        assert (ana.handshake["pingInterval"], ana.handshake["pingTimeout"]) == (60_000, 60_000)
        assert all(isinstance(ana.handshake[name], int) for name in ("pingInterval", "pingTimeout", "maxPayload"))
        json.dumps(ana.handshake)
