"""What waits for a poll when the server ends the session: it can still be polled for a moment."""

from __future__ import annotations

import io
from typing import Any

import gevent
import pytest

from app.realtime.transport import limits
from app.realtime.transport.engine import Engine
from app.realtime.transport.http import Http
from app.realtime.transport.message import Message
from app.realtime.transport.polling import Polling
from app.realtime.transport.reasons import Reason
from app.realtime.transport.session import Session

SAID = ['42["error",{}]', "41"]
FETCHABLE = [Reason.SERVER_DISCONNECT, Reason.REFUSED, Reason.UNAVAILABLE, Reason.SERVER_STOPPING]
UNKNOWN = ("400 Bad Request", b'{"code":1,"message":"Session ID unknown"}')


class Silent:
    """An application that does nothing."""

    def ready(self) -> bool:
        return True

    def opened(self, session: Session, environ: dict[str, Any]) -> None:
        pass

    def at_once(self, session: Session, text: str) -> bool:
        return False

    def received(self, session: Session, text: str | bytes) -> None:
        pass

    def ended(self, session: Session, reason: Reason) -> None:
        pass


class Server:
    """An engine without sockets, with one session that has something to say."""

    def __init__(self) -> None:
        self.engine = Engine(limits.Timing(25, 20, 1000), Silent())
        polling = Polling()
        polling.session, _ = self.engine.open(polling, {}, [])
        self.session = polling.session
        self.session.send(*(Message(packet[1:]) for packet in SAID))

    def ask(self, method: str = "GET") -> tuple[str, bytes]:
        """Send a request of the session. Returns the answer's status and body."""
        statuses: list[str] = []
        environ = {
            "REQUEST_METHOD": method,
            "QUERY_STRING": f"EIO=4&transport=polling&sid={self.session.id}",
            "wsgi.input": io.BytesIO(b"3"),
        }
        body = Http(self.engine, None)(environ, lambda status, _: statuses.append(status))
        return statuses[0], b"".join(body)


@pytest.mark.parametrize("reason", FETCHABLE)
def test_the_next_poll_brings_what_waits_and_the_one_after_it_is_refused(reason: Reason) -> None:
    server = Server()
    server.session.end(reason)
    assert server.ask("POST") == UNKNOWN
    assert server.ask() == ("200 OK", "\x1e".join(SAID).encode())
    assert server.ask() == UNKNOWN


@pytest.mark.parametrize("reason", [reason for reason in Reason if reason not in FETCHABLE])
def test_after_another_end_the_session_is_unknown(reason: Reason) -> None:
    server = Server()
    server.session.end(reason)
    assert server.ask() == UNKNOWN


def test_it_is_kept_for_a_moment_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "LAST_POLL_SECONDS", 0.05)
    server = Server()
    server.session.end(Reason.SERVER_DISCONNECT)
    with gevent.Timeout(5):
        while server.engine._unread:
            gevent.sleep(0.01)
    assert server.ask() == UNKNOWN
