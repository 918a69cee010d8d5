"""A WebSocket on a socket of its own: frames in and out, without a greenlet.

The loop calls when there is something to read. What is written goes to the socket at once; only while the kernel's
buffer is full it waits in an outbox, and the loop calls when there is room.
"""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Protocol

import gevent
import structlog

from app.realtime.transport import limits
from app.realtime.transport.budget import Budget
from app.realtime.transport.frames import (
    CLOSE,
    CONTINUATION,
    PING,
    PONG,
    FrameReader,
    ProtocolError,
    close_frame,
    encode,
)
from app.realtime.transport.message import Message
from app.realtime.transport.outbox import Outbox
from app.realtime.transport.reasons import ABORTING, Reason
from app.realtime.transport.timers import Timers

logger = structlog.get_logger(__name__)

#: Events of libev.
_READ, _WRITE = 1, 2

#: Closing with it resets the connection: nothing is kept for a peer that does not read.
_RESET = struct.pack("ii", 1, 0)

#: One for all sockets: it is read into and parsed without a switch between.
_BUFFER = memoryview(bytearray(limits.READ_BYTES))


class Owner(Protocol):
    """Whom the WebSocket belongs to: a session, or an upgrade that is not done."""

    @property
    def full(self) -> bool:
        """Whether enough was read ahead."""

    def receive(self, packet: str | bytes) -> None:
        """Take a message."""

    def end(self, reason: Reason, code: int | None = None) -> None:
        """The WebSocket is lost, or its client broke the protocol. `code`: of the close frame."""


class WebSocket:
    """A server's side of a WebSocket whose handshake is done. `owner` is set before `start`."""

    name = "websocket"
    #: It sends by itself what waits.
    unread = False

    __slots__ = (
        "_budget",
        "_deadline",
        "_frames",
        "_outbox",
        "_reader",
        "_rest",
        "_socket",
        "_timers",
        "_writer",
        "closed",
        "owner",
        "paused",
    )

    def __init__(self, sock: socket.socket, timers: Timers, max_message_bytes: int) -> None:
        sock.setblocking(False)
        self._socket = sock
        self._timers = timers
        self._frames = FrameReader(max_message_bytes)
        self._budget = Budget(time.monotonic())
        #: The loop's watcher, None once the descriptor is given back.
        self._reader: Any = gevent.get_hub().loop.io(sock.fileno(), _READ)
        self._writer: Any = None
        self._outbox: Outbox | None = None
        #: What the kernel has not taken of a frame that is begun.
        self._rest: memoryview | None = None
        self._deadline: Any = None
        self.owner: Owner
        self.paused = False
        self.closed = False

    def start(self, received: bytes = b"") -> None:
        """Begin to read. `received`: what came together with the handshake."""
        if self.closed:  # The client has gone before its answer.
            return
        self._reader.start(self._readable)
        if received:
            self._frames.feed(received)
            self._parse()

    # Reading.

    def _readable(self) -> None:
        try:
            size = self._socket.recv_into(_BUFFER)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            size = 0
        if self.closed:
            if not size:  # The peer has closed its side, too.
                self._release()
            return
        if not size:
            self.owner.end(Reason.TRANSPORT_CLOSE)
            return
        self._frames.feed(_BUFFER[:size])
        self._budget.bytes += size
        self._parse()

    def _parse(self) -> None:
        """Take some frames; the others' turn comes before the next ones."""
        if self.closed:
            return
        try:
            for _ in range(limits.FRAMES_PER_TURN):
                frame = self._frames.next()
                if frame is None:
                    self._read_on()
                    return
                self._budget.frames += 1
                if not self._take(*frame):
                    return
        except ProtocolError as error:
            self.owner.end(Reason.TRANSPORT_ERROR, error.code)
        except Exception:
            # The loop would only print it. No byte of the client is in the traceback.
            logger.exception("websocket_failed")
            self.owner.end(Reason.TRANSPORT_ERROR, 1011)
        else:
            self._continue()

    def _take(self, opcode: int, payload: Any) -> bool:
        """Take a text (str), a binary message, a control frame or PART. Returns whether the socket is still open."""
        if opcode < CLOSE:
            if opcode != CONTINUATION:
                self.owner.receive(payload)
        elif opcode == PING:
            self._control(encode(PONG, payload), "pong")
        elif opcode == CLOSE:
            self.owner.end(Reason.TRANSPORT_CLOSE, int.from_bytes(payload[:2], "big"))
        return not self.closed

    def _continue(self) -> None:
        """Frames are left: parse them in the next turn, unless that is enough for now."""
        self._reader.stop()
        if self.owner.full:
            self.paused = True
        elif not self._is_over_budget():
            gevent.get_hub().loop.run_callback(self._parse)

    def _read_on(self) -> None:
        if self.owner.full:
            self._reader.stop()
            self.paused = True
        elif not self._is_over_budget() and not self._reader.active:
            self._reader.start(self._readable)

    def _is_over_budget(self) -> bool:
        """Whether the socket must wait, because its client has sent too much in this second."""
        wait = self._budget.wait(time.monotonic())
        if not wait:
            return False
        self._reader.stop()
        if self._budget.strikes >= limits.FLOOD_SECONDS:
            self.owner.end(Reason.FLOOD)
        else:
            self._deadline = self._timers.schedule(wait, self._wait_is_over)
        return True

    def _wait_is_over(self) -> None:
        self._deadline = None
        self._parse()

    def take(self, max_message_bytes: int) -> None:
        """Take messages of so many bytes from now on."""
        self._frames.max_message = max_message_bytes

    def resume(self) -> None:
        """Read on after a pause."""
        self.paused = False
        if not self.closed:
            gevent.get_hub().loop.run_callback(self._parse)

    # Writing.

    def write(self, messages: Sequence[Message], frames: bytes) -> None:
        """Send at once what the kernel takes, and keep the rest."""
        if self._outbox is not None:
            self._keep(self._outbox, messages)
            return
        if self.closed:
            return
        try:
            sent = self._socket.send(frames)
        except (BlockingIOError, InterruptedError):
            sent = 0
        except OSError:
            if hasattr(self, "owner"):
                self.owner.end(Reason.TRANSPORT_CLOSE)
            return  # Without an owner it is only being refused.
        if sent < len(frames):
            self._outbox = Outbox()
            self._keep(self._outbox, self._begun(messages, sent))
            if not self.closed:
                self._writer = gevent.get_hub().loop.io(self._socket.fileno(), _WRITE)
                self._writer.start(self._writable, self._outbox)

    def _begun(self, messages: Sequence[Message], sent: int) -> Sequence[Message]:
        """Keep what is left of the frame that is begun, if any; returns the messages after it."""
        if not sent:
            return messages
        for number, message in enumerate(messages):
            size = len(message.frame)
            if sent < size:
                if not sent:
                    return messages[number:]
                self._rest = memoryview(message.frame)[sent:]
                return messages[number + 1 :]
            sent -= size
        return ()

    def _keep(self, outbox: Outbox, messages: Sequence[Message]) -> None:
        for message in messages:
            if not outbox.add(message):
                self.owner.end(Reason.SLOW_CLIENT)
                return

    def _writable(self, outbox: Outbox) -> None:
        try:
            self._write_waiting(outbox)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            if self.closed:
                self._release()
            else:
                self.owner.end(Reason.TRANSPORT_CLOSE)

    def _write_waiting(self, outbox: Outbox) -> None:
        if self._rest is None:
            waiting = outbox.take(limits.READ_BYTES)
            self._rest = memoryview(b"".join([message.frame for message in waiting]))
        self._rest = self._rest[self._socket.send(self._rest) :]
        if not self._rest:
            self._rest = None
            if not len(outbox):
                self._outbox = None
                self._stop_writing()
                if self.closed:
                    self._socket.shutdown(socket.SHUT_WR)

    def _control(self, frame: bytes, kind: str | None = None) -> None:
        self.write((Message.of_frame(frame, kind),), frame)

    # The end.

    def close(self, reason: Reason, code: int) -> None:
        """Send what waits and say goodbye, and wait a moment for the peer's; or reset, if the peer does not read."""
        if self.closed:
            return
        if reason != ABORTING:
            self._control(close_frame(code))
        self.closed = True
        if self._deadline is not None:
            self._timers.cancel(self._deadline)
            self._deadline = None
        if reason == ABORTING:
            self._reset()
            return
        try:
            if self._outbox is None:
                self._socket.shutdown(socket.SHUT_WR)
        except OSError:
            self._release()
            return
        self._deadline = self._timers.schedule(limits.CLOSE_SECONDS, self._reset)
        if reason == Reason.FLOOD:
            self._reader.stop()
        elif not self._reader.active:
            self._reader.start(self._readable)

    def _reset(self) -> None:
        """Release the socket, and let the kernel keep nothing for the peer."""
        with suppress(OSError):
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self._release()

    def _stop_writing(self) -> None:
        if self._writer is not None:
            self._writer.stop()
            self._writer.close()
            self._writer = None

    def _release(self) -> None:
        """Give the descriptor, the watchers and the timer back."""
        if self._reader is None:
            return
        if self._deadline is not None:
            self._timers.cancel(self._deadline)
            self._deadline = None
        self._stop_writing()
        self._outbox = self._rest = None
        self._reader.stop()
        self._reader.close()
        self._reader = None
        self._socket.close()
