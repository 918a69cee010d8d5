"""The requests of Engine.IO: handshakes, polls, bodies and WebSockets, as the reference server answers them."""

from __future__ import annotations

import socket
import zlib
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Protocol
from urllib.parse import parse_qs

import gevent
import orjson
import structlog

from app.realtime.transport import jsonp, limits
from app.realtime.transport.engine import Engine
from app.realtime.transport.handshake import accept, wants_websocket
from app.realtime.transport.message import Message
from app.realtime.transport.polling import SEPARATOR, Polling
from app.realtime.transport.reasons import Reason
from app.realtime.transport.session import Session
from app.realtime.transport.siblings import Busy, Gone
from app.realtime.transport.upgrade import Upgrade
from app.realtime.transport.websocket import WebSocket
from realtime_contracts.rules.packets import split_body

logger = structlog.get_logger(__name__)

StartResponse = Callable[[str, list[tuple[str, str]]], Any]
Environ = dict[str, Any]

#: Key of a request's `Connection` in its environment.
CONNECTION = "realtime.connection"

#: The protocol's version, as `EIO` says it.
_PROTOCOL = "4"

#: Bytes from which an answer is compressed for a client that takes it, and how hard: 1 is the quickest.
_GZIP_BYTES, _GZIP_LEVEL, _GZIP_WBITS = 1024, 1, 31

#: Seconds after which a client may ask a node again that is not ready.
_RETRY_SECONDS = "1"


class Connection(Protocol):
    """The TCP connection of a request, which the HTTP server puts into its environment."""

    def take_over(self) -> tuple[socket.socket, bytes]:
        """Take the socket away from the server. Returns it, and the bytes that came after the request."""

    def hand_over(self, send: Callable[[int, bytes], None]) -> None:
        """Give the request away with its socket: `send` takes the descriptor, and what was read of the request.

        If `send` raises, the request is still ours to answer.
        """

    def watch(self, hung_up: Callable[[], None]) -> Callable[[], None]:
        """Call `hung_up` when the client closes the connection, until the function that is returned is called."""


class Refused(Exception):
    """An answer other than the one asked for: a status, and the reference server's code and message."""

    def __init__(self, status: str, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"code": code, "message": message}


def _refused(code: int, message: str, status: str = "400 Bad Request") -> Refused:
    return Refused(status, code, message)


def _unknown_transport() -> Refused:
    return _refused(0, "Transport unknown")


def _unknown_session() -> Refused:
    return _refused(1, "Session ID unknown")


def _bad_method() -> Refused:
    return _refused(2, "Bad handshake method")


def _bad_request() -> Refused:
    return _refused(3, "Bad request")


def _too_large() -> Refused:
    return _refused(3, "Content too large", "413 Content Too Large")


def _too_many() -> Refused:
    return _refused(3, "Too many connections", "503 Service Unavailable")


def _not_ready() -> Refused:
    return _refused(3, "Not ready", "503 Service Unavailable")


class Http:
    """A WSGI application over an engine. `origins`: those whose pages may connect, None for all."""

    def __init__(self, engine: Engine, origins: Sequence[str] | None) -> None:
        self._engine = engine
        self.origins = origins

    def __call__(self, environ: Environ, start_response: StartResponse) -> list[bytes]:
        """Answer a request. Nothing is returned if its socket was taken over, by a WebSocket or by another worker."""
        headers = self._cors(environ)
        try:
            body = self._answer(environ)
        except Refused as refusal:
            logger.info("request_refused", why=refusal.body["message"])
            headers += [("Content-Type", "application/json"), ("Content-Length", str(len(orjson.dumps(refusal.body))))]
            if refusal.status.startswith("503"):
                headers.append(("Retry-After", _RETRY_SECONDS))
            start_response(refusal.status, headers)
            return [orjson.dumps(refusal.body)]
        if body is None:
            return []
        if environ["REQUEST_METHOD"] == "OPTIONS":
            start_response("204 No Content", headers)
            return []
        number = _query(environ).get("j")
        if number is not None and environ["REQUEST_METHOD"] == "GET":
            body = jsonp.script(body, number)
        headers += [("Content-Type", f"text/{'plain' if number is None else 'javascript'}; charset=UTF-8")]
        headers += [("Cache-Control", "no-store")]
        data = body.encode()
        if len(data) >= _GZIP_BYTES and "gzip" in environ.get("HTTP_ACCEPT_ENCODING", ""):
            packer = zlib.compressobj(_GZIP_LEVEL, wbits=_GZIP_WBITS)
            data = packer.compress(data) + packer.flush()
            headers.append(("Content-Encoding", "gzip"))
        headers.append(("Content-Length", str(len(data))))
        start_response("200 OK", headers)
        return [data]

    def _answer(self, environ: Environ) -> str | None:
        """The body of the answer, None if the request has become a WebSocket or was handed over."""
        origin = environ.get("HTTP_ORIGIN")
        if origin is not None and self.origins is not None and origin not in self.origins:
            raise _bad_request()
        method = environ["REQUEST_METHOD"]
        if method == "OPTIONS":
            return ""
        query = _query(environ)
        transport = query.get("transport", "")
        if transport not in (Polling.name, WebSocket.name):
            raise _unknown_transport()
        if wants_websocket(environ) != (transport == WebSocket.name):
            raise _bad_request()
        if "sid" in query:
            return self._find(query, environ)
        if method != "GET":
            raise _bad_method()
        if query.get("EIO") != _PROTOCOL:
            raise _refused(5, "Unsupported protocol version")
        # A WebSocket is let in and closed at its CONNECT: a browser cannot see the status of one that is refused.
        if transport == Polling.name and not self._engine.application.ready():
            raise _not_ready()
        if self._engine.is_full(environ.get("REMOTE_ADDR", "")):
            raise _too_many()
        return self._open(environ, transport)

    def _find(self, query: dict[str, str], environ: Environ) -> str | None:
        """Let the request's session answer it, here or in its own worker."""
        to_poll = environ["REQUEST_METHOD"] == "GET" and not wants_websocket(environ)
        session = self._engine.find(query["sid"], to_poll=to_poll)
        if session is None:
            self._hand_over(query["sid"], environ)
            return None
        if query.get("EIO") != _PROTOCOL:
            raise _bad_request()
        return self._ask(session, environ)

    def _hand_over(self, session_id: str, environ: Environ) -> None:
        """Hand a request over to the worker that has its session. It is refused if there is none."""
        siblings, connection = self._engine.siblings, environ.get(CONNECTION)
        owner = siblings.owner(session_id)
        if owner is None or connection is None:
            raise _unknown_session()
        try:
            connection.hand_over(partial(siblings.hand_over, owner))
        except Gone:
            raise _unknown_session() from None
        except Busy:
            raise _not_ready() from None

    # Handshakes.

    def _open(self, environ: Environ, transport: str) -> str | None:
        if transport == Polling.name:
            polling = Polling()
            polling.session, first = self._engine.open(polling, environ, [WebSocket.name])
            return first.text
        websocket, answer, received = self._websocket(environ, self._engine.entrance.connect_bytes)
        websocket.owner, first = self._engine.open(websocket, environ, [])
        answer_and_first = Message.of_frame(answer + first.frame)
        websocket.write((answer_and_first,), answer_and_first.frame)
        websocket.start(received)
        return None

    def _upgrade(self, session: Session, environ: Environ) -> None:
        websocket, answer, received = self._websocket(environ, session.max_message_bytes)
        message = Message.of_frame(answer)
        polling = session.transport
        if isinstance(polling, Polling) and polling.upgrade is None:
            Upgrade(polling, websocket, self._engine.timers)
            websocket.write((message,), answer)
            websocket.start(received)
        else:  # There is one already, and this one is not needed.
            websocket.write((message,), answer)
            websocket.close(Reason.TRANSPORT_CLOSE, 1000)

    def _websocket(self, environ: Environ, max_message_bytes: int) -> tuple[WebSocket, bytes, bytes]:
        """Take the request's socket over. Returns it, the answer to send, and what was received after the request."""
        answer = accept(environ)
        connection: Connection | None = environ.get(CONNECTION)
        if answer is None or connection is None:
            raise _bad_request()
        sock, received = connection.take_over()
        return WebSocket(sock, self._engine.timers, max_message_bytes), answer, received

    # Requests of a session.

    def _ask(self, session: Session, environ: Environ) -> str | None:
        if wants_websocket(environ):
            self._upgrade(session, environ)
            return None
        polling = session.transport
        if not isinstance(polling, Polling):
            raise _bad_request()
        method = environ["REQUEST_METHOD"]
        if method == "GET":
            body = polling.poll(_watch(environ.get(CONNECTION)))
            if body is None:
                raise _bad_request()
            return body
        if method != "POST":
            raise _bad_request()
        self._post(polling, environ)
        return "ok"

    def _post(self, polling: Polling, environ: Environ) -> None:
        if environ.get("CONTENT_TYPE") == "application/octet-stream":
            polling.session.end(Reason.TRANSPORT_ERROR)
            raise _bad_request()
        with polling.one_body() as alone:
            if not alone:
                raise _bad_request()
            body = self._read(polling.session, environ)
            if not polling.session.open:
                raise _bad_request()
            if "j" in _query(environ):
                body = jsonp.form(body)
            if body.count(SEPARATOR.encode()) >= limits.PACKETS_PER_BODY:
                polling.session.end(Reason.TRANSPORT_ERROR)
                raise _bad_request()
            polling.receive(split_body(body))

    def _read(self, session: Session, environ: Environ) -> bytes:
        """Read a body, in turns with others. One that is too large or too slow ends the session."""
        limit = session.max_message_bytes
        length = int(environ.get("CONTENT_LENGTH") or 0)
        parts: list[bytes] = []
        size = 0
        try:
            while size <= limit and length <= limit:
                part = environ["wsgi.input"].read(limits.READ_BYTES)
                if not part:
                    return b"".join(parts)
                parts.append(part)
                size += len(part)
                gevent.sleep(0)
        except OSError:
            session.end(Reason.TRANSPORT_ERROR)
            raise _bad_request() from None
        session.end(Reason.TRANSPORT_ERROR)
        raise _too_large()

    # Pages of other origins.

    def _cors(self, environ: Environ) -> list[tuple[str, str]]:
        origin = environ.get("HTTP_ORIGIN")
        headers = [("Vary", "Origin")] if self.origins is not None else []
        if origin is not None and self.origins is None:
            # Any page may connect, but none with the cookies of this host.
            headers.append(("Access-Control-Allow-Origin", "*"))
        elif origin is not None and self.origins is not None and origin in self.origins:
            headers += [("Access-Control-Allow-Origin", origin), ("Access-Control-Allow-Credentials", "true")]
        if environ["REQUEST_METHOD"] == "OPTIONS":
            headers.append(("Access-Control-Allow-Methods", "OPTIONS, GET, POST"))
        if "HTTP_ACCESS_CONTROL_REQUEST_HEADERS" in environ:
            headers.append(("Access-Control-Allow-Headers", environ["HTTP_ACCESS_CONTROL_REQUEST_HEADERS"]))
        return headers


def _query(environ: Environ) -> dict[str, str]:
    """The query of a request. The values of a name that it has twice are joined, as in the reference: none is known."""
    found = parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True)
    return {name: ",".join(values) for name, values in found.items()}


def _watch(connection: Connection | None) -> Callable[[Callable[[], None]], Callable[[], None]]:
    """What tells of the client's hang-up; a server that is not ours does not tell."""
    if connection is None:
        return lambda _: lambda: None
    return connection.watch
