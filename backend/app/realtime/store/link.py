"""One connection to Redis that many greenlets use at a time.

The commands of one turn of the loop are written together, and replies are handed back in order. redis-py connects (TLS,
authentication, database); hiredis packs and parses.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

import gevent
import hiredis
from gevent.event import Event
from redis import exceptions

from app.realtime.libraries.redis import error_of

#: Bytes that are read at once.
_READ_BYTES = 256 * 1024

#: Looks at the oldest command in this many parts of the time-out.
_LOOKS_PER_TIMEOUT = 8

#: Replies that say something about this connection only: it is given up, and the next one may be to another Redis.
_OF_THE_CONNECTION = (
    exceptions.ReadOnlyError,
    exceptions.BusyLoadingError,
    exceptions.MasterDownError,
    exceptions.AuthenticationError,
)

#: Takes the reply to one command. Runs in the hub, and must not wait.
Taker = Callable[[Any], None]


class Link:
    """One open connection. `lost` is called once, when it is of no use any more."""

    def __init__(self, sock: Any, timeout: float, lost: Callable[[Link], None]) -> None:
        self._socket = sock
        self._timeout = timeout
        self._lost = lost
        self._loop = gevent.get_hub().loop
        self._reader = hiredis.Reader(encoding="utf-8", protocolError=exceptions.InvalidResponse, replyError=error_of)
        self._unwritten: list[bytes] = []
        self.unwritten_bytes = 0
        #: Who waits for a reply, in the order of the commands.
        self._waiting: deque[Taker] = deque()
        self._answered = 0
        self._error: Exception | None = None
        self._to_write = Event()
        self._tasks = [gevent.spawn(self._read), gevent.spawn(self._write), gevent.spawn(self._watch)]

    def __len__(self) -> int:
        """How many commands are in flight."""
        return len(self._waiting)

    def send(self, packed: bytes, take: Taker) -> None:
        """Send a command; `take` gets its reply, or the exception that stands for it."""
        if self._error is not None:
            self._loop.run_callback(take, again(self._error))
            return
        if not self._unwritten:
            self._to_write.set()
        self._unwritten.append(packed)
        self.unwritten_bytes += len(packed)
        self._waiting.append(take)

    def fail(self, error: Exception) -> None:
        """Give the connection up; whoever waits gets the error."""
        if self._error is not None:
            return
        self._error = error
        self._lost(self)
        while self._waiting:
            self._loop.run_callback(self._waiting.popleft(), again(error))
        gevent.spawn(self._close)

    def forget(self) -> None:
        """Close this process's copy of the connection; its replies are the parent's, and nobody here waits."""
        self._error = exceptions.ConnectionError("the connection is another process's")
        self._waiting.clear()
        gevent.spawn(self._close)

    def _close(self) -> None:
        gevent.killall(self._tasks)
        self._socket.close()

    def _write(self) -> None:
        while True:
            self._to_write.wait()
            self._to_write.clear()
            data = b"".join(self._unwritten)
            self._unwritten.clear()
            try:
                self._socket.sendall(data)
            except OSError as error:
                self.fail(exceptions.ConnectionError(str(error)))
                return
            self.unwritten_bytes -= len(data)

    def _read(self) -> None:
        buffer = bytearray(_READ_BYTES)
        reader: Any = self._reader  # the stubs know no bytearray
        while True:
            try:
                size = self._socket.recv_into(buffer)
                if not size:
                    raise ConnectionResetError("Redis has closed the connection")
                reader.feed(buffer, 0, size)
                self._hand_over()
            except (OSError, exceptions.RedisError) as error:
                self.fail(exceptions.ConnectionError(str(error)))
                return

    def _hand_over(self) -> None:
        """Give each who waits their reply. Raises a RedisError if the connection is of no use any more."""
        run_callback, waiting, reader = self._loop.run_callback, self._waiting, self._reader
        while (reply := _next(reader)) is not False:
            if not waiting:
                raise exceptions.InvalidResponse("a reply that nobody waits for")
            self._answered += 1
            run_callback(waiting.popleft(), reply)
            if isinstance(reply, _OF_THE_CONNECTION):
                raise exceptions.ConnectionError("this Redis does not serve")

    def _watch(self) -> None:
        """Fail when the oldest command has waited too long.

        Counts looks, not time: after a process has stood still, replies that have come meanwhile are read first.
        """
        sent: deque[int] = deque(maxlen=_LOOKS_PER_TIMEOUT)  # at the last looks
        while True:
            if len(sent) == _LOOKS_PER_TIMEOUT and self._answered < sent[0]:
                self.fail(exceptions.TimeoutError("Redis does not answer"))
                return
            sent.append(self._answered + len(self._waiting))
            gevent.sleep(self._timeout / _LOOKS_PER_TIMEOUT)


def _next(reader: hiredis.Reader) -> Any:
    """The next reply, False if it is not all there. A reply that is no UTF-8 is the error that says so."""
    try:
        return reader.gets()
    except UnicodeDecodeError as error:
        return error


def again(error: Exception) -> Exception:
    """An exception of the same kind for each who waits: one that is raised in many places mixes their traces."""
    kind = type(error) if isinstance(error, exceptions.RedisError) else exceptions.ConnectionError
    made = kind.__new__(kind)  # some take more than their text to be made
    made.args, made.__dict__ = (str(error),), {**error.__dict__}
    return made
