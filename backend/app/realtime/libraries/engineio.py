"""python-engineio's server over our transport.

python-socketio asks it for little: handlers, sending to a session, its end, and background tasks. What a request or a
session does is all in `transport`; of the library's server only the last of these is used.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import engineio

from app.realtime.transport.engine import Engine
from app.realtime.transport.http import Http
from app.realtime.transport.limits import Entrance, Timing
from app.realtime.transport.message import Message
from app.realtime.transport.reasons import Reason
from app.realtime.transport.session import Session

#: What is kept of a handshake's environment: what Flask needs to make a request of it, and who asks.
_KEPT = (
    "REQUEST_METHOD",
    "SCRIPT_NAME",
    "PATH_INFO",
    "QUERY_STRING",
    "SERVER_NAME",
    "SERVER_PORT",
    "SERVER_PROTOCOL",
    "REMOTE_ADDR",
    "HTTP_HOST",
    "HTTP_ORIGIN",
    "HTTP_USER_AGENT",
    "HTTP_COOKIE",
    "wsgi.url_scheme",
    "wsgi.version",
)

#: How Socket.IO packets begin: what opens a connection, and what does nothing without one.
_CONNECT, _EVENT = "0", "2"


class EngineServer(engineio.Server):  # type: ignore[misc]  # the library is untyped
    """An Engine.IO server. `ping_interval` and `ping_timeout` in seconds; `max_http_buffer_size` in bytes."""

    def __init__(
        self,
        *,
        ping_interval: float,
        ping_timeout: float,
        max_http_buffer_size: int,
        cors_allowed_origins: Sequence[str] | str,
        entrance: Entrance | None = None,
        **options: Any,
    ) -> None:
        super().__init__(ping_interval=ping_interval, ping_timeout=ping_timeout, **options)
        self.engine = Engine(Timing(ping_interval, ping_timeout, max_http_buffer_size), self, entrance)
        self.sockets = self.engine.sessions
        #: Whether the application may be connected to; a client that comes too early comes back by itself.
        self.is_ready: Callable[[], bool] = lambda: True
        #: Handles a Socket.IO packet of a session, by its id, if that needs no waiting; returns whether it did.
        self.handle_at_once: Callable[[str, str], bool] = lambda _sid, _text: False
        self.http = Http(self.engine, None if cors_allowed_origins == "*" else cors_allowed_origins)

    def handle_request(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        """Answer a request under Engine.IO's path."""
        return self.http(environ, start_response)

    def send(self, sid: str, data: str) -> None:
        """Send a Socket.IO packet to a session; nothing if it has ended."""
        session = self.engine.sessions.get(sid)
        if session is not None:
            session.send(Message(data))

    def disconnect(self, sid: str | None = None) -> None:
        """End a session, or all."""
        for session in list(self.engine.sessions.values()) if sid is None else [self.engine.sessions.get(sid)]:
            if session is not None:
                session.end(Reason.SERVER_DISCONNECT)

    def transport(self, sid: str) -> str:
        """`polling` or `websocket`. Raises KeyError if there is no such session."""
        return self.engine.sessions[sid].transport.name

    # What the engine calls: `transport.engine.Application`.

    def ready(self) -> bool:
        """Whether new sessions may be opened."""
        return self.is_ready()

    def opened(self, session: Session, environ: dict[str, Any]) -> None:
        """Tell python-socketio of a session."""
        self.handlers["connect"](session.id, {name: environ[name] for name in _KEPT if name in environ})

    def at_once(self, session: Session, text: str) -> bool:
        """Let our answers handle an event that none of them has to wait for."""
        return session.is_connected and self.handle_at_once(session.id, text)

    def received(self, session: Session, text: str | bytes) -> None:
        """Let python-socketio handle a packet. No client sends others than these two before it is connected."""
        if session.is_connected:
            self.handlers["message"](session.id, text)
        elif not session.may_say(text):
            return
        elif text[:1] == _CONNECT:
            self.handlers["message"](session.id, text)
            if not session.is_connected:
                session.end(Reason.REFUSED)
        elif text[:1] == _EVENT:
            self.handlers["message"](session.id, text)
        else:
            session.end(Reason.TRANSPORT_ERROR)

    def ended(self, session: Session, reason: Reason) -> None:
        """Tell python-socketio of a session's end."""
        self.handlers["disconnect"](session.id, reason.value)
