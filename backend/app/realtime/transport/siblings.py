"""The workers of one host, which share a port: whose session it is, and how a request gets to its owner.

The kernel gives a new TCP connection to any worker. A session lives in one, and its id ends with that worker's number.
A request for it that comes to another worker is handed over: the socket's descriptor and what was read from it go to
the owner in one datagram, over a Unix socket in a folder that only this user may enter. The owner goes on where the
other has stopped reading. A datagram arrives whole or not at all, so no byte is lost or doubled.

The number in an id is no secret and proves nothing: the owner looks the whole id up. A worker that has died has no
socket, and its successor knows none of its ids. Both make an id unknown, and the client connects anew.
"""

from __future__ import annotations

import secrets
from array import array
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import gevent
import structlog
from gevent import socket

from app.realtime.transport import workers

logger = structlog.get_logger(__name__)

#: Bytes of chance in a session's id, and the characters they make. The worker's number comes after them.
_CHANCE_BYTES, _CHANCE_CHARACTERS = 15, 20

#: Seconds that a request waits for a worker whose queue is full, and how many of this worker may wait.
_WAIT_SECONDS, _MAX_WAITING = 5.0, 256

#: Bytes of a request's head that are handed over: twice what servers and proxies take by default.
_MAX_BYTES = 64 * 1024

#: Seconds that another worker has to answer a question.
_ANSWER_SECONDS = 1.0

#: How a datagram begins. With a request comes its socket, with a question the one to answer on.
_REQUEST, _QUESTION = b"R", b"Q"

#: A descriptor that is received is closed in programs that are started; macOS has no such option.
_FLAGS: int = getattr(socket, "MSG_CMSG_CLOEXEC", 0)


class Gone(Exception):
    """There is no such worker now."""


class Busy(Exception):
    """The worker takes nothing now; the request may be sent again."""


class Siblings:
    """This worker among those of its host. Until `join` it is alone, and its ids have no number."""

    def __init__(self) -> None:
        self.number = 0
        #: The numbers of the others, by how an id says them.
        self.others: dict[str, int] = {}
        #: What this worker answers when another one asks.
        self.answers: Mapping[str, Callable[[], bytes]] = {}
        self._suffix = ""
        self._folder = Path()
        self._waiting = 0

    def join(self, folder: Path, number: int, count: int, adopt: Callable[[Any, bytes], None]) -> None:
        """Be worker `number` of 1 to `count`. `adopt` takes a socket and the bytes that were read from it."""
        self.number, self._suffix, self._folder = number, str(number), folder
        self.others = {str(other): other for other in range(1, count + 1) if other != number}
        path = folder / self._suffix
        path.unlink(missing_ok=True)  # of a predecessor that has died
        inbox = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        inbox.bind(str(path))
        gevent.spawn(self._receive, inbox, adopt)

    def new_id(self) -> str:
        """The id of a new session of this worker."""
        return secrets.token_urlsafe(_CHANCE_BYTES) + self._suffix

    def owner(self, session_id: str) -> int | None:
        """The other worker that a session's id names, None if it names none."""
        return self.others.get(session_id[_CHANCE_CHARACTERS:])

    # To the others.

    def hand_over(self, number: int, descriptor: int, received: bytes) -> None:
        """Hand a request over. Raises Gone or Busy, and then the other worker has got nothing of it."""
        if self._waiting >= _MAX_WAITING or len(received) > _MAX_BYTES:
            raise Busy
        self._waiting += 1
        try:
            self._send(number, (_REQUEST, received), descriptor)
        finally:
            self._waiting -= 1

    def ask(self, question: str) -> dict[int, bytes | None]:
        """What the others answer: None from one that takes too long. Those that do not run are left out."""
        asked = {number: gevent.spawn(self._ask, number, question) for number in self.others.values()}
        gevent.joinall(list(asked.values()), timeout=_ANSWER_SECONDS)
        answers = {number: greenlet.value if greenlet.ready() else None for number, greenlet in asked.items()}
        gevent.killall(list(asked.values()), block=False)
        return {number: answer for number, answer in answers.items() if answer != b""}

    def _ask(self, number: int, question: str) -> bytes | None:
        """The answer: empty from a worker that does not run, None from one that takes nothing."""
        ours, theirs = socket.socketpair()
        with ours:
            try:
                with theirs:
                    self._send(number, (_QUESTION, question.encode()), theirs.fileno())
                parts = iter(partial(ours.recv, 1 << 16), b"")
                return b"".join(parts)
            except Gone:
                return b""
            except Busy:
                return None

    def _send(self, number: int, message: Sequence[bytes], descriptor: int) -> None:
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array("i", [descriptor]))]
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock, gevent.Timeout(_WAIT_SECONDS, Busy):
            try:
                sock.connect(str(self._folder / str(number)))
                while not sock.sendmsg(message, rights):  # It returns 0 if the queue was full again.
                    pass
            except (FileNotFoundError, ConnectionError):
                raise Gone from None
            except OSError:  # The kernel has no room for what is on its way.
                raise Busy from None

    # From the others.

    def _receive(self, inbox: Any, adopt: Callable[[Any, bytes], None]) -> None:
        buffer = bytearray(_MAX_BYTES + len(_REQUEST))
        while True:
            size, ancillary, _, _ = inbox.recvmsg_into([buffer], socket.CMSG_SPACE(array("i").itemsize), _FLAGS)
            for _, _, data in ancillary:
                [descriptor] = array("i", data)
                sock = socket.socket(fileno=descriptor)
                kind, content = bytes(buffer[:1]), bytes(buffer[1:size])
                if kind == _REQUEST:
                    adopt(sock, content)
                else:
                    workers.run(partial(self._answer, sock, content.decode()))
            gevent.sleep(0)  # The others' turn, however many come.

    def _answer(self, sock: Any, question: str) -> None:
        sock.settimeout(_ANSWER_SECONDS)
        with sock, suppress(OSError):
            sock.sendall(self.answers[question]())
