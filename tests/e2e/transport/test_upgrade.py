"""From long-polling to WebSocket in the middle of everything, and every way in which that fails."""

from __future__ import annotations

import contextlib

import pytest

from realtime_contracts.wire.tokens import Mint
from tests.e2e.transport.wire import (
    BINARY,
    CLOSE,
    PATIENCE,
    POLICY_VIOLATION,
    PROTOCOL_ERROR,
    TARGET,
    Client,
    Http,
    Polling,
    Refused,
    WebSocket,
    ack_of,
    event_packet,
    eventually,
    frame,
    shows,
)

SOON = 2.0


def websocket_of(session: Polling) -> WebSocket:
    """Open the WebSocket of a session."""
    return WebSocket(session.url, f"{TARGET}websocket&sid={session.sid}")


def upgraded(session: Polling) -> WebSocket:
    """Upgrade a session as a client does: probe, no more polls, upgrade."""
    ws = websocket_of(session)
    ws.say("2probe")
    assert ws.text() == "3probe"
    ws.say("5")
    return ws


def heartbeat_over(ws: WebSocket, number: int = 900) -> None:
    """See that the session answers on this WebSocket."""
    ws.say(f'42{number}["heartbeat"]')
    assert ack_of(ws.until(lambda packet: packet.startswith(f"43{number}[")))["ok"]


def test_a_session_goes_over_to_a_websocket(url: str, token: str) -> None:
    ana = Polling(url, token)
    with websocket_of(ana) as ws, ana.begin_poll() as poll:
        ws.say("2probe")
        assert ws.text() == "3probe"
        assert poll.answer().packets[-1] == "6", "the waiting poll is ended, so that the client can stop polling"
        ws.say("5")
        heartbeat_over(ws)


def test_a_poll_that_comes_between_probe_and_upgrade_is_ended_too(url: str, token: str) -> None:
    ana = Polling(url, token)
    with websocket_of(ana) as ws:
        ws.say("2probe")
        assert ws.text() == "3probe"
        assert ana.poll().packets[-1] == "6"
        ws.say("5")
        heartbeat_over(ws)


def test_after_an_upgrade_polling_with_the_session_is_refused(url: str, token: str) -> None:
    ana = Polling(url, token)
    with upgraded(ana) as ws:
        heartbeat_over(ws)
        assert ana.poll().refusal == (400, {"code": 3, "message": "Bad request"})
        assert ana.post('42["heartbeat"]').status == 400
        heartbeat_over(ws, 901)


def test_probe_and_upgrade_may_come_in_one_write(url: str, token: str) -> None:
    # The test of Socket.IO's reference, which polls at once.
    ana = Polling(url, token)
    with websocket_of(ana) as ws:
        ws.send(frame("2probe") + frame("5"))
        assert ana.poll().status == 400
        assert ws.text() == "3probe"
        heartbeat_over(ws)


@pytest.mark.parametrize("when", ["probed", "upgraded"])
def test_a_second_websocket_of_a_session_is_closed_and_the_first_lives(url: str, token: str, when: str) -> None:
    ana = Polling(url, token)
    with websocket_of(ana) as ws:
        ws.say("2probe")
        assert ws.text() == "3probe"
        if when == "upgraded":
            ws.say("5")
            heartbeat_over(ws)
        with contextlib.suppress(Refused):
            websocket_of(ana).closes(SOON)
        if when == "probed":
            ws.say("5")
        heartbeat_over(ws, 901)


def test_polling_goes_on_until_the_upgrade(url: str, token: str, ben: Client) -> None:
    ana = Polling(url, token)
    with websocket_of(ana) as ws:
        ben.say(event_packet("presence:update", {"current_page": "/unprobed"}))
        assert ana.until(shows("/unprobed"))
        assert ana.ask("heartbeat")["ok"]
        ws.say("2probe")
        assert ws.text() == "3probe"
        ben.say(event_packet("presence:update", {"current_page": "/probed"}))
        assert ana.until(shows("/probed"))
        ws.say("5")
        heartbeat_over(ws)


#: What a client may not send instead of a probe, and the code of the close frame that answers it.
NO_PROBE = {
    "a ping": (frame("2"), POLICY_VIOLATION),
    "another ping": (frame("2other"), POLICY_VIOLATION),
    "a pong": (frame("3probe"), POLICY_VIOLATION),
    "a message": (frame('42["heartbeat"]'), POLICY_VIOLATION),
    "a close": (frame("1"), POLICY_VIOLATION),
    "nonsense": (frame("x"), POLICY_VIOLATION),
    "bytes": (frame(b"\x01\x02", BINARY), POLICY_VIOLATION),
    "a wrong frame": (frame("4", reserved=4), PROTOCOL_ERROR),
    "the end": (frame(b"", CLOSE), None),
}


@pytest.mark.parametrize(("first", "code"), NO_PROBE.values(), ids=NO_PROBE.keys())
def test_a_websocket_that_does_not_probe_is_closed_and_polling_goes_on(
    url: str, token: str, first: bytes, code: int | None
) -> None:
    ana = Polling(url, token)
    ws = websocket_of(ana)
    ws.send(first)
    assert ws.closes(SOON) == code
    assert ana.ask("heartbeat")["ok"]
    with upgraded(ana) as again:
        heartbeat_over(again)


def test_a_websocket_that_is_lost_after_the_probe_leaves_the_session_to_polling(url: str, token: str) -> None:
    ana = Polling(url, token)
    ws = websocket_of(ana)
    ws.say("2probe")
    assert ws.text() == "3probe"
    ws.close()
    assert ana.ask("heartbeat")["ok"]
    with upgraded(ana) as again:
        heartbeat_over(again)


def test_what_was_posted_before_the_upgrade_is_answered_after_it(url: str, token: str) -> None:
    ana = Polling(url, token)
    ws = websocket_of(ana)
    ws.say("2probe")
    assert ws.text() == "3probe"
    with Http(url) as http:
        http.begin(ana.target, "POST", '42800["heartbeat"]')
        assert http.answer().body == b"ok"
        ws.say("5")
        packets = []
        with contextlib.suppress(AssertionError):  # the session has gone over
            packets = http.ask(ana.target).packets
    if not any(packet.startswith("43800[") for packet in packets):
        assert ws.until(lambda packet: packet.startswith("43800["))
    ws.close()


def test_a_poll_that_waits_at_the_upgrade_is_ended(url: str, token: str) -> None:
    ana = Polling(url, token)
    with websocket_of(ana) as ws:
        ws.say("2probe")
        assert ws.text() == "3probe"
        with Http(url) as poll:
            poll.begin(ana.target)
            ws.say("5")
            assert poll.answer(SOON).status in (200, 400)
        heartbeat_over(ws)


def test_an_upgraded_session_ends_with_its_websocket(
    url: str, token: str, mint: Mint, tenant: str, ben: Client
) -> None:
    ana = Polling(url, mint("cy", tenant))
    upgraded(ana).close()
    ana.ended(SOON)
    eventually(lambda: ana.poll().refusal[1]["code"] == 1, "the session is forgotten", PATIENCE)
