"""One Engine.IO session: what its client sent is handled in order, and its end ends everything of it."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import gevent
import structlog

from app.realtime.transport import limits, workers
from app.realtime.transport.message import Message
from app.realtime.transport.reasons import Reason
from app.realtime.transport.timers import Timers

logger = structlog.get_logger(__name__)

#: The Engine.IO packets that a server sends by itself.
PING, NOOP = Message.of_text("2"), Message.of_text("6")

#: Stands for an Engine.IO packet that cannot be read: a Socket.IO packet that cannot be read either, which is answered.
UNREADABLE = "!"

#: Seconds by which a ping is late only after the whole process stood still. The client has its full time then.
_STANDSTILL = 0.5

#: A Socket.IO DISCONNECT.
GOODBYE = "1"


class Transport(Protocol):
    """How packets get to the client and from it."""

    name: str
    #: Nothing is read from the client now, because it was read ahead enough.
    paused: bool

    @property
    def unread(self) -> bool:
        """Whether messages wait for a request of the client."""

    def write(self, messages: Sequence[Message], frames: bytes) -> None:
        """Send, or keep for later. `frames`: the messages' frames, joined. Does not block."""

    def take(self, max_message_bytes: int) -> None:
        """Take messages of so many bytes from now on."""

    def resume(self) -> None:
        """Read on."""

    def close(self, reason: Reason, code: int) -> None:
        """End it: its socket, watchers and what waits. `code`: of a WebSocket's close frame, 0 for none."""


class Application(Protocol):
    """What uses the sessions. The last two run in the session's own greenlet, one at a time."""

    def ready(self) -> bool:
        """Whether new sessions may be opened."""

    def opened(self, session: Session, environ: dict[str, Any]) -> None:
        """A session was opened by this request."""

    def at_once(self, session: Session, text: str) -> bool:
        """Handle a message that nobody has to wait for; False if that is not sure. Runs in the loop: must not block."""

    def received(self, session: Session, text: str | bytes) -> None:
        """Handle a message: a Socket.IO packet; bytes if the client sent a binary one."""

    def ended(self, session: Session, reason: Reason) -> None:
        """The session has ended."""


class Sessions(Protocol):
    """All sessions of the process: the `Engine`."""

    timing: limits.Timing
    entrance: limits.Entrance
    timers: Timers
    application: Application

    def forget(self, session: Session, reason: Reason) -> None:
        """A session ends now."""


class Session:
    """A client's session. Its transport may change once, from `Polling` to a `WebSocket`.

    `application` is for the layer above.
    """

    __slots__ = (
        "_due",
        "_engine",
        "_inbox",
        "_pong_due",
        "_reason",
        "_said_bytes",
        "_said_packets",
        "_size",
        "_timer",
        "_to_connect",
        "_working",
        "address",
        "application",
        "id",
        "open",
        "transport",
    )

    def __init__(self, engine: Sessions, session_id: str, transport: Transport, address: str = "") -> None:
        self._engine = engine
        #: The client's address.
        self.address = address
        self.id = session_id
        self.transport = transport
        self.open = True
        self.application: Any = None
        #: What was read and is not handled; None while there is nothing.
        self._inbox: deque[str | bytes | None] | None = None
        self._size = 0
        self._working = False
        self._reason = Reason.TRANSPORT_CLOSE
        self._pong_due = False
        #: When the next ping or the end for a missing pong is due, by time.monotonic().
        self._due = time.monotonic() + engine.timing.ping_interval
        self._timer = engine.timers.schedule(engine.timing.ping_interval, self._ping)
        self._to_connect: Any = None
        #: What was said without a connection.
        self._said_packets = self._said_bytes = 0
        self.await_connect()

    # To the client.

    def send(self, *messages: Message) -> None:
        """Send messages in one write. Never blocks nor raises; does nothing after the end."""
        if self.open:
            frames = messages[0].frame if len(messages) == 1 else b"".join([message.frame for message in messages])
            self.transport.write(messages, frames)

    def send_joined(self, messages: Sequence[Message], frames: bytes) -> None:
        """Send messages whose frames the caller has joined, because many sessions get the same."""
        if self.open:
            self.transport.write(messages, frames)

    # From the client.

    def receive(self, packet: str | bytes) -> None:
        """Take one Engine.IO packet. Does not block: what may have to wait does so in the session's own greenlet."""
        kind = packet[:1]
        if kind == "4":
            self._put(packet[1:])
        elif kind == "3":
            self.pong()
        elif kind == "1":
            self.end(Reason.TRANSPORT_CLOSE)
        elif isinstance(packet, bytes):
            self._put(packet)
        elif kind != "5":
            self._put(UNREADABLE)
        else:  # an upgrade that is done already
            self.may_say(packet)

    def pong(self) -> None:
        """The client has answered a ping."""
        if self._pong_due and self.open:
            self._pong_due = False
            self._due = time.monotonic()
            self._plan(self._engine.timing.ping_interval, self._ping)
        else:
            self.may_say("")

    @property
    def full(self) -> bool:
        """Whether enough was read ahead."""
        return self._inbox is not None and (
            len(self._inbox) >= limits.READ_AHEAD_MESSAGES or self._size >= limits.READ_AHEAD_BYTES
        )

    def _put(self, text: str | bytes) -> None:
        if self._inbox is None:
            try:
                if type(text) is str and self.open and self._engine.application.at_once(self, text):
                    return
            except Exception:
                # As in `_do`, whoever gives the packet: a loop, or the greenlet of a request.
                logger.exception("message_failed")
                return
            self._inbox = deque()
        self._inbox.append(text)
        self._size += len(text)
        self._start_working()

    def _start_working(self) -> None:
        if not self._working:
            self._working = True
            workers.run(self._work)

    def _work(self) -> None:
        messages = size = 0  # of this turn
        while self._inbox:
            text = self._inbox.popleft()
            if text is None:
                self._do(self._engine.application.ended, self._reason)
                break
            self._size -= len(text)
            size += len(text)
            messages += 1
            self._do(self._engine.application.received, text)
            if self.transport.paused and not self.full:
                self.transport.resume()
            if messages >= limits.MESSAGES_PER_TURN or size >= limits.BYTES_PER_TURN:
                messages = size = 0
                gevent.sleep(0)
        self._inbox = None
        self._size = 0
        self._working = False

    def _do(self, action: Callable[[Session, Any], None], subject: str | bytes | Reason) -> None:
        try:
            action(self, subject)
        except Exception:
            # A defect of a handler: the log has the traceback, and the session lives on.
            logger.exception("message_failed")

    def may_say(self, packet: str | bytes) -> bool:
        """Count a packet of a session that has no connection. Returns False, and ends it, if that is one too many."""
        if self._to_connect is not None:
            self._said_packets += 1
            self._said_bytes += len(packet)
            entrance = self._engine.entrance
            if self._said_packets > entrance.connect_packets or self._said_bytes > entrance.connect_bytes:
                self.end(Reason.NO_CONNECT)
        return self.open

    # Its life.

    def await_connect(self) -> None:
        """Begin to wait for a Socket.IO CONNECT: without one the session ends."""
        if self.open and self._to_connect is None:
            self._to_connect = self._engine.timers.schedule(self._engine.entrance.connect_seconds, self._not_connected)

    @property
    def is_connected(self) -> bool:
        """Whether a Socket.IO connection uses the session."""
        return self._to_connect is None

    def connected(self) -> None:
        """A Socket.IO connection uses the session now."""
        if self._to_connect is not None:
            self._engine.timers.cancel(self._to_connect)
            self._to_connect = None
            self._said_packets = self._said_bytes = 0
            self.transport.take(self.max_message_bytes)

    @property
    def max_message_bytes(self) -> int:
        """Bytes of a message that it may send now."""
        most = self._engine.timing.max_message_bytes
        return most if self.is_connected else min(most, self._engine.entrance.connect_bytes)

    def end(self, reason: Reason, code: int | None = None) -> None:
        """End the session and everything of it. What the client sent and is not being handled is dropped.

        Only a goodbye is not, because clients close their transport right after it.
        `code`: of a WebSocket's close frame, if it is not the reason's.
        """
        if not self.open:
            return
        self.open = False
        self._reason = reason
        self._engine.timers.cancel(self._timer)
        self.connected()
        self._engine.forget(self, reason)
        self.transport.close(reason, reason.close_code if code is None else code)
        self._inbox = deque([text for text in self._inbox or () if text == GOODBYE])
        self._inbox.append(None)
        self._start_working()

    def look(self) -> None:
        """End the session if its pong is overdue: a timer may be a moment late."""
        if self._pong_due and time.monotonic() >= self._due:
            self._ping_unanswered()

    def _plan(self, seconds: float, action: Callable[[], None]) -> None:
        """Do something so many seconds after what was due last, so that no lateness adds up."""
        self._engine.timers.cancel(self._timer)
        self._due += seconds
        self._timer = self._engine.timers.schedule(self._due - time.monotonic(), action)

    def _ping(self) -> None:
        self._pong_due = True
        if time.monotonic() - self._due > _STANDSTILL:
            self._due = time.monotonic()
        self._plan(self._engine.timing.ping_timeout, self._ping_unanswered)
        self.send(PING)

    def _ping_unanswered(self) -> None:
        if self.transport.paused:  # Its pong may wait where we do not read.
            self._plan(self._engine.timing.ping_timeout, self._ping_unanswered)
        else:
            self.end(Reason.PING_TIMEOUT)

    def _not_connected(self) -> None:
        self._to_connect = None
        self.end(Reason.NO_CONNECT)
