"""HTTP long-polling: what waits for the next poll, and the packets of a body."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

import gevent
from gevent.event import Event

from app.realtime.transport import limits
from app.realtime.transport.message import Message
from app.realtime.transport.outbox import Outbox
from app.realtime.transport.reasons import Reason
from app.realtime.transport.session import NOOP, Session

#: Between the packets of a body.
SEPARATOR = "\x1e"

#: The Engine.IO packet that ends a poll when the server ends the session.
_CLOSE = "1"


class Successor(Protocol):
    """A WebSocket that is to take over: an `Upgrade`."""

    #: Whether it has been tried, and the client only waits for its last poll.
    probed: bool

    def body_taken(self) -> None:
        """A body was taken to its end."""

    def end(self, reason: Reason) -> None:
        """Give it up."""


class Polling:
    """A session's polls. At most one waits at a time."""

    name = "polling"

    __slots__ = ("_farewell", "_outbox", "_poll", "_room", "paused", "receiving", "session", "upgrade")

    def __init__(self) -> None:
        self.session: Session
        self.paused = False
        self.upgrade: Successor | None = None
        #: Whether a body is being read or taken.
        self.receiving = False
        self._outbox = Outbox()
        self._poll: Event | None = None
        self._room: Event | None = None
        self._farewell = NOOP.text

    def write(self, messages: Sequence[Message], frames: bytes) -> None:  # noqa: ARG002 - the transport's signature
        """Keep messages for the next poll, which may be waiting."""
        for message in messages:
            if not self._outbox.add(message):
                self.session.end(Reason.SLOW_CLIENT)
                return
        self.wake()

    @property
    def unread(self) -> bool:
        """Whether messages wait for the next poll."""
        return len(self._outbox) > 0

    def wake(self) -> None:
        """Let a waiting poll look again."""
        if self._poll is not None:
            self._poll.set()

    def poll(self, watch: Callable[[Callable[[], None]], Callable[[], None]]) -> str | None:
        """Wait for packets and return them as a body; None if the session is over, or ends by this poll.

        `watch` calls what it is given when the client hangs up, until the function that it returns is called.
        """
        if self._poll is not None:
            self.session.end(Reason.TRANSPORT_ERROR)
            return None
        if not self.unread and self.session.open and not (self.upgrade and self.upgrade.probed):
            self._poll = Event()
            stop = watch(self._hung_up)
            try:
                self._poll.wait()
            finally:
                stop()
                self._poll = None
        if self.unread:
            return SEPARATOR.join([message.text for message in self._outbox.take(limits.POLL_BYTES)])
        return self._farewell

    def _hung_up(self) -> None:
        if self.session.transport is self:
            self.session.end(Reason.TRANSPORT_CLOSE)

    @contextmanager
    def one_body(self) -> Iterator[bool]:
        """Read and take a body here. False if another one is being taken: that ends the session."""
        if self.receiving:
            self.session.end(Reason.TRANSPORT_ERROR)
            yield False
            return
        self.receiving = True
        try:
            yield True
        finally:
            self.receiving = False
            if self.upgrade is not None:
                self.upgrade.body_taken()

    def receive(self, packets: Sequence[str]) -> None:
        """Take the packets of a body; waits while the session is busy with what was read ahead."""
        if "3" in packets:  # A pong does not wait behind messages.
            self.session.pong()
        messages = size = 0  # of this turn: what needs no waiting is handled here
        for packet in packets:
            if messages >= limits.MESSAGES_PER_TURN or size >= limits.BYTES_PER_TURN:
                messages = size = 0
                gevent.sleep(limits.PAUSE_SECONDS)
            messages += 1
            size += len(packet)
            while self.session.open and self.session.full:
                self.paused = True
                self._room = Event()
                self._room.wait()
            if not self.session.open:
                return
            self.session.receive(packet)

    def take(self, max_message_bytes: int) -> None:
        """Nothing is kept of it: each body is measured by what its session may send."""

    def resume(self) -> None:
        """Take the rest of a body."""
        self.paused = False
        if self._room is not None:
            self._room.set()
            self._room = None

    def close(self, reason: Reason, code: int) -> None:  # noqa: ARG002 - the transport's signature
        """Answer a waiting poll, let a waiting body go, and give an upgrade up."""
        if reason in (
            Reason.TRANSPORT_ERROR,
            Reason.SERVER_DISCONNECT,
            Reason.NO_CONNECT,
            Reason.REFUSED,
            Reason.FLOOD,
        ):
            # After any other end the client asks again, is told that the session is unknown, and connects anew.
            # python-socketio's does not after a close packet.
            self._farewell = _CLOSE
        if self.upgrade is not None:
            self.upgrade.end(Reason.TRANSPORT_CLOSE)
        self.wake()
        self.resume()

    def hand_over(self) -> list[Message]:
        """What waits, for the WebSocket that takes over; a waiting poll ends."""
        waiting = self._outbox.take()
        self.wake()
        return waiting
