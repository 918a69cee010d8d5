"""gevent's HTTP server: what ours does otherwise, and how a request's socket is taken over or watched.

- `Connection: close` is echoed; without it a client that asked for it takes the end of the connection for a fault.
- A request's head and body have so many seconds and bytes, and so has a connection that waits for its next request
  (`Entrance`). An address has so many connections, and the process so many descriptors.
- A head or a body that two parsers could read differently is refused (`transport/head.py`, `body.py`). An answer that
  was made before the whole body was read ends the connection. Otherwise a client's data could be taken for its next
  request.
- No byte of a client is logged.
- A socket may be taken over: then the server forgets it, with its greenlet and its environment.
- A request may be handed over to another process with its socket, which adopts it as if it had accepted it.
"""

from __future__ import annotations

import io
import os
import resource
import socket
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import gevent
import structlog
from gevent import monkey
from gevent import socket as gevent_socket
from gevent.pywsgi import WSGIHandler, WSGIServer

from app.realtime.libraries.body import Body
from app.realtime.transport.addresses import Proxies, Tally
from app.realtime.transport.head import Unacceptable, read_head
from app.realtime.transport.http import CONNECTION
from app.realtime.transport.limits import Entrance

logger = structlog.get_logger(__name__)

#: Seconds that a client has to take an answer, or what is left of it.
STALL_SECONDS = 15.0

#: Seconds that a client is told less than its connection is kept: a request may be on its way.
_KEEP_ALIVE_BUFFER_SECONDS = 1

#: Seconds between two lines about refused connections.
_TELL_SECONDS = 10.0

#: Descriptors that a process asks for.
_MAX_DESCRIPTORS = 1 << 20

#: Bytes that the kernel keeps for a client that does not read, beside our own outbox.
_SEND_BUFFER_BYTES = 128 * 1024

_READ = 1

#: The standard library's own class, also where gevent has put another in its place.
_PlainSocket: type[socket.socket] = monkey.get_original("socket", "socket")


class RequestHandler(WSGIHandler):
    """One HTTP connection."""

    wsgi_input: Body
    server: Server

    _deadline: gevent.Timeout | None = None
    #: The header fields as they came, the empty line included.
    _fields = b""
    #: Whether this is the connection's first request.
    _is_first = True
    #: Whether the connection has become something else than HTTP.
    taken_over = False

    def read_requestline(self) -> str:
        """Wait for a request, read its head and return its first line. Raises Unacceptable."""
        entrance = self.server.entrance
        if not self._is_first:
            gevent.sleep(0)  # the others' turn: what a client has sent ahead is read without waiting
            self.socket.settimeout(entrance.keep_alive_seconds)
            if not self.rfile.peek(1):
                return ""
        self._is_first = False
        self.socket.settimeout(STALL_SECONDS)
        self._deadline = gevent.Timeout.start_new(entrance.head_seconds)
        line, self._fields = read_head(self.rfile.readline, entrance)
        return line.decode("latin-1")

    def handle_one_request(self) -> Any:
        """Answer one request. Returns whether there may be another, as gevent's does."""
        try:
            return super().handle_one_request()
        except Unacceptable as refusal:
            logger.info("request_unreadable")
            self.status = refusal.status
            return refusal.status, _refusal(refusal.status)
        except gevent.Timeout as timeout:
            if timeout is not self._deadline:
                raise
            return None
        finally:
            self._in_time()

    def read_request(self, raw_requestline: str) -> Any:
        """Make sense of the head that was read."""
        super().read_request(raw_requestline)
        self.close_connection = self.close_connection or _says_close(self.headers)
        return True

    def MessageClass(self, *args: Any) -> Any:  # noqa: N802 - gevent's name
        """Make the header fields, which are read."""
        return super().MessageClass(io.BytesIO(self._fields), *args[1:])

    def get_environ(self) -> dict[str, Any]:
        """The environment of the request for the application."""
        self._in_time()
        environ: dict[str, Any] = super().get_environ()
        # Also of a request to upgrade: proxies say `Connection: upgrade` on all that they pass on.
        self.wsgi_input = environ["wsgi.input"] = Body(self.wsgi_input, self.server.entrance)
        environ["wsgi.input_terminated"] = True
        environ[CONNECTION] = HttpConnection(self)
        return environ

    def finalize_headers(self) -> None:
        """Complete the answer's headers."""
        headers: Any = self.response_headers  # bytes by now, whatever the stubs say
        if self.close_connection:
            if (b"Connection", b"close") not in headers:
                headers.append((b"Connection", b"close"))
        else:
            headers.append((b"Keep-Alive", self.server.keep_alive))
        super().finalize_headers()

    def process_result(self) -> None:
        """Write the application's answer, unless it has taken over the socket."""
        if not self.taken_over:
            self.close_connection = self.close_connection or self.wsgi_input.is_left
            super().process_result()

    def handle_error(self, kind: Any, _: Any, trace: Any) -> None:
        """Answer a defect by 500, and log it; a client that does not take its answer is none.

        What the error says is not logged: it may be a client's.
        """
        if issubclass(kind, OSError):
            self.close_connection = True
            return
        if not issubclass(kind, gevent.GreenletExit):
            logger.error("request_failed", error=kind.__name__, trace="".join(traceback.format_tb(trace)))
        super()._send_error_response_if_possible(500)  # type: ignore[misc]  # not in the stubs

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


def _says_close(fields: Any) -> bool:
    """Whether a request's `Connection`, which may be a list, and there more than once, has `close`."""
    words = ",".join(fields.get_all("connection", [])).lower()
    return "close" in (word.strip() for word in words.split(","))


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


def _refusal(status: str, more: str = "") -> bytes:
    """An answer without a body, after which the connection ends."""
    return f"HTTP/1.1 {status}\r\nConnection: close\r\n{more}Content-Length: 0\r\n\r\n".encode()


class Server(WSGIServer):
    """A server with bounds. `proxies` are those of which an address may have any number of connections."""

    def __init__(self, *args: Any, entrance: Entrance, proxies: Proxies, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.entrance = entrance
        self.keep_alive = f"timeout={int(entrance.keep_alive_seconds) - _KEEP_ALIVE_BUFFER_SECONDS}".encode()
        self._proxies = proxies
        #: Connections that are HTTP.
        self._tally = Tally(entrance.max_connections_per_address)
        #: Connections that were refused since that was logged, and when it may be logged again.
        self._refused, self._tell_at = 0, 0.0

    def do_handle(self, sock: Any, address: Any) -> None:
        """Begin to serve a connection that was accepted, unless there are too many."""
        client = address[0] if isinstance(address, tuple) else ""
        if self._are_few_left(sock.fileno()) or self._tally.is_full(client):
            self._refuse(sock)
        else:
            if not self._proxies.trusts(client):
                self._tally.add(client)
            super().do_handle(sock, address)

    def handle(self, sock: Any, address: Any) -> None:
        """Serve a connection until it ends, or is something else than HTTP."""
        try:
            super().handle(sock, address)
        finally:
            client = address[0] if isinstance(address, tuple) else ""
            if not self._proxies.trusts(client):
                self._tally.remove(client)

    def _refuse(self, sock: Any) -> None:
        self._refused += 1
        now = time.monotonic()
        if now >= self._tell_at:
            logger.warning("connections_refused", count=self._refused)
            self._refused, self._tell_at = 0, now + _TELL_SECONDS
        with sock, suppress(OSError):
            sock.setblocking(False)
            sock.send(_refusal("503 Service Unavailable", "Retry-After: 1\r\n"))
            sock.shutdown(socket.SHUT_WR)
            sock.recv(16 * 1024)

    def _are_few_left(self, descriptor: int) -> bool:
        """Whether nearly all descriptors are in use, by the number of a new one: it is the lowest that was free."""
        limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        return limit != resource.RLIM_INFINITY and descriptor * 100 >= limit * self.entrance.max_descriptors_percent


class SharedServer(Server):
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


def raise_descriptors() -> None:
    """Let the process have all the descriptors that it may. The usual limit, 1024, is for programs with select()."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = _MAX_DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, _MAX_DESCRIPTORS)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def make_server(
    address: tuple[str, int],
    application: Any,
    log: Any,
    *,
    shared: bool = False,
    entrance: Entrance | None = None,
    proxies: Proxies | None = None,
) -> WSGIServer:
    """An HTTP server that listens, once started, with our handler. `log`: for errors of the server itself.

    `shared`: other processes listen on the same port.
    """
    return (SharedServer if shared else Server)(
        address,
        application,
        handler_class=RequestHandler,
        log=None,  # a URL may hold a token
        error_log=log,
        entrance=entrance or Entrance(),
        proxies=proxies or Proxies(()),
    )


def set_options(listener: socket.socket) -> None:
    """Set what accepted sockets inherit.

    With Nagle's algorithm a second small message, the ack after the event, waits for the client's delayed TCP
    acknowledgement: 40 ms.
    """
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER_BYTES)
