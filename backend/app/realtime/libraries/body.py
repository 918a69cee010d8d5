"""The body of a request: read in its time, and refused where two parsers could read its chunks differently."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import gevent
from gevent.pywsgi import Input

from app.realtime.transport.limits import Entrance

#: Of a body that nobody reads: the bytes, and the seconds, that are waited for before its connection ends.
#: Closing while the client still sends would take the answer away from it.
_FORGET_BYTES, _FORGET_SECONDS = 1024 * 1024, 1.0

#: The line before a chunk: its size, and no extension.
_CHUNK = re.compile(rb"[0-9A-Fa-f]{1,8}\r\n")
_CHUNK_LINE_BYTES = 10
_END_OF_LINE = b"\r\n"
#: Chunks after which the others have their turn: what a client has sent ahead is read without waiting.
_CHUNKS_PER_TURN = 8

#: As a base class: the stubs leave its private names out.
_Input: Any = Input


class Body(_Input):  # type: ignore[misc]
    """The body of a request. Reading raises OSError if it breaks off, is late or malformed."""

    __slots__ = ("_began", "_broken", "_chunks", "_ended", "_entrance", "_left", "_taken")

    def __init__(self, given: Input, entrance: Entrance) -> None:
        super().__init__(given.rfile, given.content_length, given.socket, given.chunked_input)
        self._entrance = entrance
        self._began = time.monotonic()
        self._taken = 0
        #: Of chunks: the bytes that are left of one, whether the last one was read, and whether they are malformed.
        self._left = 0
        self._ended = self._broken = False
        #: Chunks that were begun.
        self._chunks = 0

    @property
    def is_left(self) -> bool:
        """Whether there is more of it to read, or it cannot be told."""
        if self.chunked_input:
            return not self._ended
        return bool(self.position < (self.content_length or 0))

    def _do_read(self, *args: Any, **kwargs: Any) -> bytes:
        with self._in_time():
            data = bytes(super()._do_read(*args, **kwargs))
        self._taken += len(data)
        return data

    def _chunked_read(self, length: int | None = None, use_readline: bool = False) -> bytes:  # noqa: FBT001, FBT002 - gevent's
        super()._send_100_continue()
        parts: list[bytes] = []
        wanted = length
        while wanted != 0 and not self._ended:
            if not self._left:
                self._chunks += 1
                if self._chunks % _CHUNKS_PER_TURN == 0:
                    gevent.sleep(0)
            with self._in_time():
                if not self._left:
                    self._left = self._next_chunk()
                    continue
                most = self._left if wanted is None else min(wanted, self._left)
                data = self.rfile.readline(most) if use_readline else self.rfile.read(most)
                self._left -= len(data)
                if len(data) < most and not (use_readline and data.endswith(b"\n")):
                    self._malformed()
                if not self._left and self.rfile.read(2) != _END_OF_LINE:
                    self._malformed()
            self._taken += len(data)
            parts.append(data)
            if wanted is not None:
                wanted -= len(data)
            if use_readline and data.endswith(b"\n"):
                break
        return b"".join(parts)

    def _next_chunk(self) -> int:
        """Read the line before a chunk. Returns the chunk's bytes, 0 if it was the last; there are no trailers."""
        if self._broken:
            raise OSError("the body is malformed")
        line = self.rfile.readline(_CHUNK_LINE_BYTES)
        if not _CHUNK.fullmatch(line):
            self._malformed()
        size = int(line, 16)
        if not size:
            if self.rfile.read(2) != _END_OF_LINE:
                self._malformed()
            self._ended = True
        return size

    def _malformed(self) -> None:
        self._broken = True
        self._left = 0
        raise OSError("the body is malformed")

    def _discard(self) -> None:
        self.send_100_continue_enabled = False  # type: ignore[misc]  # it would come after the answer
        forgotten = 0
        with suppress(OSError), gevent.Timeout(_FORGET_SECONDS, False):  # type: ignore[arg-type]  # as documented
            while self.is_left and not self._broken and forgotten < _FORGET_BYTES:
                forgotten += len(self.read(16 * 1024))

    @contextmanager
    def _in_time(self) -> Iterator[None]:
        entrance = self._entrance
        due = self._began + entrance.body_seconds + self._taken / entrance.body_bytes_per_second
        deadline = gevent.Timeout.start_new(max(due - time.monotonic(), 0.001))
        try:
            yield
        except gevent.Timeout as timeout:
            if timeout is not deadline:
                raise
            raise OSError("the body is late") from None
        finally:
            deadline.close()
