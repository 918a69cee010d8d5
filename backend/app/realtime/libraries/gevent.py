"""gevent's HTTP server: what ours does otherwise, and how a request's socket is taken over or watched.

- `Connection: close` is echoed; without it a client that asked for it takes the end of the connection for a fault.
- A request's head has HEAD_SECONDS, its body BODY_SECONDS, and an idle connection IDLE_SECONDS.
- A request whose body's length is not certain is refused. An answer that was made before the whole body was read ends
  the connection. Otherwise a client's data could be taken for its next request.
- No byte of a client is logged.
- A socket may be taken over: then the server forgets it, with its greenlet and its environment.
- A request may be handed over to another process with its socket, which adopts it as if it had accepted it.
"""

from __future__ import annotations

import io
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPException
from typing import Any

import gevent
import structlog
from gevent import monkey
from gevent import socket as gevent_socket
from gevent.pywsgi import Input, WSGIHandler, WSGIServer

from app.realtime.transport.http import CONNECTION

logger = structlog.get_logger(__name__)

#: Seconds to send a request's head, to send its body, to take an answer, and to begin the next request.
HEAD_SECONDS, BODY_SECONDS, STALL_SECONDS, IDLE_SECONDS = 15.0, 15.0, 15.0, 15.0

#: Of a body that nobody reads: the bytes, and the seconds, that are waited for before its connection ends.
#: Closing while the client still sends would take the answer away from it.
_FORGET_BYTES, _FORGET_SECONDS = 1024 * 1024, 1.0

#: Bytes that the kernel keeps for a client that does not read, beside our own outbox.
_SEND_BUFFER_BYTES = 128 * 1024

_READ = 1

#: The standard library's own class, also where gevent has put another in its place.
_PlainSocket: type[socket.socket] = monkey.get_original("socket", "socket")


#: As a base class: the stubs leave its private names out.
_Input: Any = Input


class Body(_Input):  # type: ignore[misc]
    """The body of a request, which has BODY_SECONDS. Reading raises OSError if it breaks off, is late or malformed."""

    __slots__ = ("_due",)

    def __init__(self, given: Input) -> None:
        super().__init__(given.rfile, given.content_length, given.socket, given.chunked_input)
        self._due = time.monotonic() + BODY_SECONDS

    @property
    def is_left(self) -> bool:
        """Whether there is more of it to read, or it cannot be told."""
        if self.chunked_input:
            return bool(self.chunk_length != 0 or self._chunked_input_error)
        return bool(self.position < (self.content_length or 0))

    def _do_read(self, *args: Any, **kwargs: Any) -> bytes:
        with self._in_time():
            return bytes(super()._do_read(*args, **kwargs))

    def _chunked_read(self, *args: Any, **kwargs: Any) -> bytes:
        with self._in_time():
            return bytes(super()._chunked_read(*args, **kwargs))

    def _discard(self) -> None:
        forgotten = 0
        with suppress(OSError), gevent.Timeout(_FORGET_SECONDS, False):  # type: ignore[arg-type]  # as documented
            while self.is_left and not self._chunked_input_error and forgotten < _FORGET_BYTES:
                forgotten += len(self.read(16 * 1024))

    @contextmanager
    def _in_time(self) -> Iterator[None]:
        deadline = gevent.Timeout.start_new(max(self._due - time.monotonic(), 0.001))
        try:
            yield
        except gevent.Timeout as timeout:
            if timeout is not deadline:
                raise
            raise OSError("the body is late") from None
        except ValueError:  # a chunk without a size
            raise OSError("the body is malformed") from None
        finally:
            deadline.close()


class RequestHandler(WSGIHandler):
    """One HTTP connection."""

    wsgi_input: Body

    _deadline: gevent.Timeout | None = None
    #: Whether the connection has become something else than HTTP.
    taken_over = False

    def read_requestline(self) -> str:
        """Wait for a request and read its first line."""
        self.socket.settimeout(IDLE_SECONDS)
        if not self.rfile.peek(1):
            return ""
        self.socket.settimeout(STALL_SECONDS)
        self._deadline = gevent.Timeout.start_new(HEAD_SECONDS)
        return str(super().read_requestline())

    def handle_one_request(self) -> Any:
        """Answer one request. Returns whether there may be another, as gevent's does."""
        try:
            return super().handle_one_request()
        except gevent.Timeout as timeout:
            if timeout is not self._deadline:
                raise
            return None
        finally:
            self._in_time()

    def MessageClass(self, *args: Any) -> Any:  # noqa: N802 - gevent's name
        """Read the header fields. Raises ValueError if they do not tell where the request ends."""
        try:
            fields = super().MessageClass(*args)
        except HTTPException:
            raise ValueError("too many header fields") from None
        lengths, codings = fields.get_all("content-length", []), fields.get_all("transfer-encoding", [])
        if codings:
            if lengths or [coding.strip().lower() for coding in codings] != ["chunked"]:
                raise ValueError("a transfer coding that is not understood")
        elif lengths and not (len(lengths) == 1 and lengths[0].isascii() and lengths[0].isdigit()):
            raise ValueError("a length that is not understood")
        return fields

    def get_environ(self) -> dict[str, Any]:
        """The environment of the request for the application."""
        self._in_time()
        environ: dict[str, Any] = super().get_environ()
        self.wsgi_input = Body(self.wsgi_input)
        if environ["wsgi.input_terminated"]:
            environ["wsgi.input"] = self.wsgi_input
        environ[CONNECTION] = HttpConnection(self)
        return environ

    def finalize_headers(self) -> None:
        """Complete the answer's headers."""
        if self.close_connection:
            headers: Any = self.response_headers  # bytes by now, whatever the stubs say
            headers.append((b"Connection", b"close"))
        super().finalize_headers()

    def process_result(self) -> None:
        """Write the application's answer, unless it has taken over the socket."""
        if not self.taken_over:
            self.close_connection = self.close_connection or self.wsgi_input.is_left
            super().process_result()

    def handle_error(self, kind: Any, error: Any, trace: Any) -> None:
        """Answer a defect by 500, and log it; a client that does not take its answer is none."""
        if issubclass(kind, OSError):
            self.close_connection = True
        else:
            super().handle_error(kind, error, trace)

    def log_error(self, *_: object) -> None:
        """Log a request that is not HTTP without its bytes, which gevent would quote."""
        logger.info("request_unreadable")

    def _in_time(self) -> None:
        if self._deadline is not None:
            self._deadline.close()
            self._deadline = None


class HttpConnection:
    """The TCP connection of a request: `transport.http.Connection`."""

    def __init__(self, handler: RequestHandler) -> None:
        self._handler = handler

    def take_over(self) -> tuple[socket.socket, bytes]:
        """Take the socket away from the server. Returns it, and the bytes that came after the request."""
        handler = self._handler
        handler.taken_over = handler.close_connection = True
        handler.socket.settimeout(0.0)
        received: bytes = handler.rfile.peek()
        return _PlainSocket(fileno=handler.socket.detach()), received

    def hand_over(self, send: Callable[[int, bytes], None]) -> None:
        """Give the request away with its socket. If `send` raises, the request is still ours to answer.

        The head is put together again from what was read: to keep the bytes of each head for this would cost more.
        """
        handler = self._handler
        timeout = handler.socket.gettimeout()
        handler.socket.settimeout(0.0)
        try:
            send(handler.socket.fileno(), _head(handler) + handler.rfile.peek())
        finally:
            handler.socket.settimeout(timeout)
        handler.taken_over = handler.close_connection = True
        os.close(handler.socket.detach())

    def watch(self, hung_up: Callable[[], None]) -> Callable[[], None]:
        """Call `hung_up` when the client closes the connection, until the function that is returned is called."""
        sock: Any = self._handler.socket
        watcher = gevent.get_hub().loop.io(sock.fileno(), _READ)

        def look() -> None:
            try:
                gone = not sock._sock.recv(1, socket.MSG_PEEK)
            except BlockingIOError:
                return
            except OSError:
                gone = True
            watcher.stop()
            if gone:
                hung_up()

        watcher.start(look)

        def stop() -> None:
            watcher.stop()
            watcher.close()

        return stop


def _head(handler: RequestHandler) -> bytes:
    """The request's first line and header fields."""
    lines = [str(handler.requestline), *(f"{name}: {value}" for name, value in handler.headers.items()), "", ""]
    return "\r\n".join(lines).encode("latin-1")


class _Preceded(io.RawIOBase):
    """A socket's stream, and before it the bytes that were read elsewhere."""

    def __init__(self, received: bytes, stream: io.RawIOBase) -> None:
        self._received = received
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        if not self._received:
            return self._stream.readinto(buffer)
        size = min(len(buffer), len(self._received))
        buffer[:size], self._received = self._received[:size], self._received[size:]
        return size

    def close(self) -> None:
        self._stream.close()
        super().close()


def adopt(server: WSGIServer, sock: Any, received: bytes) -> None:
    """Serve a connection that another process has accepted, and has `received` this from."""
    try:
        address = sock.getpeername()
    except OSError:  # The client has gone.
        sock.close()
        return
    # The buffer takes at once all that was received: a socket that is taken over has nothing below its buffer.
    size = max(io.DEFAULT_BUFFER_SIZE, len(received))
    stream = io.BufferedReader(_Preceded(received, sock.makefile("rb", 0)), size)
    handler: Any = RequestHandler(sock, address, server, rfile=stream)  # type: ignore[call-arg]  # not in the stubs
    gevent.spawn(handler.handle)


class SharedServer(WSGIServer):
    """A server whose port several processes listen on. The kernel gives each new connection to one of them."""

    @classmethod
    def get_listener(cls, address: Any, backlog: int | None = None, family: Any = None) -> Any:
        """Listen on an address."""
        listener = gevent_socket.socket(family or socket.AF_INET)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listener.bind(address)
        listener.listen(backlog if backlog is not None else cls.backlog)
        listener.setblocking(False)
        return listener


def make_server(address: tuple[str, int], application: Any, log: Any, *, shared: bool = False) -> WSGIServer:
    """An HTTP server that listens, once started, with our handler. `log`: for errors of the server itself.

    `shared`: other processes listen on the same port.
    """
    return (SharedServer if shared else WSGIServer)(
        address,
        application,
        handler_class=RequestHandler,
        log=None,  # a URL may hold a token
        error_log=log,
    )


def set_options(listener: socket.socket) -> None:
    """Set what accepted sockets inherit.

    With Nagle's algorithm a second small message, the ack after the event, waits for the client's delayed TCP
    acknowledgement: 40 ms.
    """
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER_BYTES)
