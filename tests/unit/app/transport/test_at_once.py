"""Messages that need no waiting are handled where they are read: in their turn, and in turns with everybody else's."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import gevent
import gevent.socket
import pytest

from app.realtime.transport import limits
from app.realtime.transport.engine import Engine
from app.realtime.transport.polling import Polling
from app.realtime.transport.reasons import Reason
from app.realtime.transport.session import Session
from app.realtime.transport.websocket import WebSocket
from tests.e2e.transport.wire import frame

MESSAGES = 64
BODY = [f"4{number}" for number in range(MESSAGES)]


class Prompt:
    """Handles numbers at once, and words in the session's own greenlet."""

    def __init__(self) -> None:
        self.handled: list[str] = []
        self.then: Callable[[Session], None] = lambda _: None

    def ready(self) -> bool:
        return True

    def opened(self, session: Session, environ: dict[str, Any]) -> None:
        session.connected()

    def at_once(self, session: Session, text: str) -> bool:
        if not text.isdecimal():
            return False
        self.handled.append(text)
        self.then(session)
        return True

    def received(self, session: Session, text: str | bytes) -> None:
        assert isinstance(text, str)
        if text.startswith("slow"):
            gevent.sleep(0)
        self.handled.append(text)

    def ended(self, session: Session, reason: Reason) -> None:
        self.handled.append(reason.value)


@pytest.fixture
def application() -> Prompt:
    return Prompt()


@pytest.fixture
def engine(application: Prompt) -> Engine:
    return Engine(limits.Timing(25, 20, 1 << 20), application)


@pytest.fixture(params=["polling", "websocket"])
def client(request: pytest.FixtureRequest, engine: Engine) -> Iterator[Callable[[list[str]], Session]]:
    """Yield what opens a session, and sends packets in one body or one write."""
    pair, theirs = gevent.socket.socketpair()
    ours = socket.socket(fileno=pair.detach())

    def polling(packets: list[str]) -> Session:
        transport = Polling()
        transport.session, _ = engine.open(transport, {}, [])
        gevent.spawn(transport.receive, packets)
        return transport.session

    def websocket(packets: list[str]) -> Session:
        transport = WebSocket(ours, engine.timers, 1 << 20)
        transport.owner, _ = engine.open(transport, {}, [])
        transport.start()
        gevent.spawn(theirs.sendall, b"".join(map(frame, packets)))
        return engine.sessions[transport.owner.id]

    with closing(ours), closing(theirs):
        yield polling if request.param == "polling" else websocket
        for session in list(engine.sessions.values()):
            session.end(Reason.SERVER_STOPPING)


def wait_for(enough: Callable[[], bool]) -> None:
    with gevent.Timeout(8):
        while not enough():
            gevent.sleep(0.001)


@pytest.mark.parametrize("begin", ["", "word"], ids=["at once", "in a greenlet"])
@pytest.mark.parametrize(("length", "most"), [(2, limits.MESSAGES_PER_TURN), (limits.BYTES_PER_TURN // 2, 2)])
def test_others_have_their_turn_after_a_few_messages_or_bytes(
    application: Prompt, client: Callable[[list[str]], Session], begin: str, length: int, most: int
) -> None:
    sent = [begin + str(number).rjust(length, "0") for number in range(MESSAGES)]
    client([f"4{text}" for text in sent])
    at_once, before = 0, 0
    with gevent.Timeout(8):
        while len(application.handled) < MESSAGES:
            gevent.sleep(0)
            at_once = max(at_once, len(application.handled) - before)
            before = len(application.handled)
    assert at_once <= most
    assert application.handled == sent


def test_none_is_handled_before_what_was_sent_earlier(
    application: Prompt, client: Callable[[list[str]], Session]
) -> None:
    client(["41", "4slow", "42", "43", "4slower", "44"])
    wait_for(lambda: len(application.handled) == 6)
    assert application.handled == ["1", "slow", "2", "3", "slower", "4"]


def test_none_is_handled_after_the_end_that_one_of_them_has_made(
    application: Prompt, client: Callable[[list[str]], Session]
) -> None:
    application.then = lambda session: session.end(Reason.SLOW_CLIENT)
    client(BODY)
    wait_for(lambda: "slow client" in application.handled)
    gevent.sleep(0.01)
    assert application.handled == ["0", "slow client"]


def test_a_defect_in_one_costs_that_one(
    application: Prompt, client: Callable[[list[str]], Session], capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(session: Session) -> None:
        if len(application.handled) == 2:
            raise RuntimeError

    application.then = fail
    session = client(["41", "42", "43", "4word"])
    wait_for(lambda: "word" in application.handled)
    assert application.handled == ["1", "2", "3", "word"]
    assert session.open
    assert "message_failed" in capsys.readouterr().out
