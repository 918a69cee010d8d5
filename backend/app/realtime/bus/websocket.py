"""One client's WebSocket on gevent: simple-websocket with three changes.

- A message over the limit ends the connection while it is read, not after.
- A frame is written completely. The library calls `send` once, which may write only a part of a large frame.
- A broadcast's frame is made once for all its receivers, and nothing is compressed: deflating the
  same message for each of 300 members would cost more than all else together.
"""

from __future__ import annotations

from typing import Any, cast

import gevent.event
import gevent.lock
import gevent.socket
import simple_websocket
import structlog
from engineio.async_drivers.gevent import Thread
from gevent.pywsgi import WSGIHandler
from wsproto.utilities import RemoteProtocolError

from app.realtime.bus.packets import FramedText
from app.realtime.transport.frames import text_frame
from realtime_contracts.rules.packets import GARBAGE, PACKET_TYPES

logger = structlog.get_logger(__name__)

#: Key of the `_Upgrade` in a request's environment. The environment itself is copied on the way.
_UPGRADE = "realtime.upgrade"


class _Upgrade:
    """Whether a request became a WebSocket. Shared by its HTTP handler and its session."""

    done = False


class _WholeWrites:
    """A socket whose `send` writes everything, one message at a time."""

    def __init__(self, sock: gevent.socket.socket) -> None:
        self._sock = sock
        self._turn = gevent.lock.Semaphore()

    def send(self, data: bytes) -> int:
        with self._turn:
            # Nearly always one call sends everything; `sendall` would first ask the kernel for its buffer's size.
            sent: int = self._sock.send(data)
            if sent < len(data):
                self._sock.sendall(memoryview(data)[sent:])
        return len(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)


class _Server(simple_websocket.Server):  # type: ignore[misc]  # the library is untyped
    sock: Any

    def handshake(self) -> None:
        self.sock = _WholeWrites(self.sock)
        super().handshake()

    def send(self, data: str | bytes) -> None:
        if isinstance(data, bytes):
            super().send(data)
        elif not self.connected:
            raise simple_websocket.ConnectionClosed(self.close_reason, self.close_message)
        else:
            self.sock.send(data.frame if isinstance(data, FramedText) else text_frame(data.encode()))


class WebSocket:
    """An accepted WebSocket, as Engine.IO's session uses it."""

    def __init__(self, ws: _Server) -> None:
        self._ws = ws

    @classmethod
    def accept(cls, environ: dict[str, Any], max_message_size: int) -> WebSocket | None:
        """Take over the socket of a request, None if it is no WebSocket handshake (RFC 6455 4.2.1).

        `max_message_size`: bytes one message may have.
        """
        if environ.get("HTTP_SEC_WEBSOCKET_VERSION") != "13" or not environ.get("HTTP_SEC_WEBSOCKET_KEY"):
            return None
        environ.pop("HTTP_SEC_WEBSOCKET_EXTENSIONS", None)
        try:
            server = _Server(
                environ, max_message_size=max_message_size, thread_class=Thread, event_class=gevent.event.Event
            )
        except (RemoteProtocolError, simple_websocket.ConnectionError):
            return None
        environ[_UPGRADE].done = True
        return cls(server)

    def send(self, message: str | bytes) -> None:
        """Write one message. Raises OSError if the client is gone."""
        try:
            self._ws.send(message)
        except simple_websocket.ConnectionClosed:
            raise OSError("the WebSocket is closed") from None

    def wait(self) -> str | bytes | None:
        """The next message, None if the client is gone.

        Text that is not an Engine.IO packet would end the reading. It is passed on as an unreadable Socket.IO packet,
        which is answered.
        """
        try:
            message = cast("str | bytes | None", self._ws.receive())
        except simple_websocket.ConnectionClosed:
            return None
        return GARBAGE if isinstance(message, str) and message[:1] not in PACKET_TYPES else message

    def close(self) -> None:
        """Send a close frame, if the client is still connected."""
        if self._ws.connected:
            self._ws.close()


class RequestHandler(WSGIHandler):
    """gevent's HTTP handler, which leaves a WebSocket's socket alone and does not log bytes that are not HTTP.

    The original reads the client's last bytes as a request. And Engine.IO answers the upgraded request when the
    WebSocket ends: a browser would read "HTTP/1.1 200 OK" as a frame, and report an error for every closed page.
    """

    def get_environ(self) -> dict[str, Any]:
        """The environment of the request for the application."""
        environ: dict[str, Any] = super().get_environ()
        self._upgrade = environ[_UPGRADE] = _Upgrade()
        return environ

    def run_application(self) -> None:
        """Answer one request."""
        if (self.environ or {}).get("HTTP_UPGRADE", "").lower() == "websocket":
            self.close_connection = True
        super().run_application()

    def process_result(self) -> None:
        """Write the application's answer, unless it has taken over the socket."""
        if not self._upgrade.done:
            super().process_result()

    def log_error(self, *_: object) -> None:
        """Log a request that is not HTTP without its bytes, which gevent would quote."""
        logger.info("request_unreadable")
