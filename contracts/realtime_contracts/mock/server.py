"""The server as a process: Socket.IO and REST on one port, a handler for each connection."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import urllib.parse
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import engineio.packet
import socketio
import socketio.packet
from aiohttp import web
from socketio.exceptions import ConnectionRefusedError as ConnectionRefused

from realtime_contracts.mock import rest
from realtime_contracts.mock.access import Access
from realtime_contracts.mock.clock import Clock
from realtime_contracts.mock.delivery import Delivery, Faults
from realtime_contracts.mock.handling import Handler
from realtime_contracts.mock.scenario import Step
from realtime_contracts.mock.sessions import Engine
from realtime_contracts.mock.tenant import Tenants
from realtime_contracts.rules.claims import Identity
from realtime_contracts.rules.errors import Internal, RealtimeError
from realtime_contracts.rules.limits import MAX_MESSAGE_BYTES
from realtime_contracts.rules.packets import Packet
from realtime_contracts.wire.timeouts import NodeTimeouts

logger = logging.getLogger(__name__)

#: Seconds that a client has to close the transport after the server's DISCONNECT.
CLOSING_SECONDS = 0.5

#: Seconds that open requests have when the server stops.
SHUTDOWN_SECONDS = 0.2


@dataclass(frozen=True)
class Config:
    """The configuration of a mock server."""

    access: Access = field(default_factory=Access)
    faults: Faults = field(default_factory=Faults)
    timeouts: NodeTimeouts = field(default_factory=NodeTimeouts)
    steps: Sequence[Step] = ()
    colleagues: int = 0
    #: Tenants with notifications and activity from the contract's examples.
    with_examples: Sequence[str] = ()


@dataclass(frozen=True)
class _Client:
    """A connection, as its handler uses it."""

    server: Server
    sid: str
    eio_sid: str

    def send(self, event: str, data: dict[str, Any]) -> None:
        self.server.post(self.eio_sid, Packet(socketio.packet.EVENT, data=[event, data]))

    def acknowledge(self, ack_id: int, ack: dict[str, Any]) -> None:
        self.server.post(self.eio_sid, Packet(socketio.packet.ACK, id=ack_id, data=[ack]))

    def disconnect(self, *, transport: bool = False) -> None:
        self.server.end(self, transport=transport)


class Server(socketio.AsyncServer):  # type: ignore[misc]  # the library is untyped
    """A Socket.IO server whose `tenants` are in memory."""

    def __init__(self, config: Config) -> None:
        super().__init__(
            async_mode="aiohttp",
            async_handlers=False,  # A connection's events are handled in the order sent.
            serializer=Packet,
            cors_allowed_origins="*",
            max_http_buffer_size=MAX_MESSAGE_BYTES,
            ping_interval=config.timeouts.ping_interval,
            ping_timeout=config.timeouts.ping_timeout,
        )
        self._config = config
        clock = Clock()
        self._delivery = self.eio.delivery = Delivery(config.faults, clock)
        #: By sid: the accepted user until the CONNECT packet is out, then the connection's handler.
        self._admitted: dict[str, Identity] = {}
        self._handlers: dict[str, Handler] = {}
        self._ending: set[asyncio.Task[None]] = set()
        self.tenants = Tenants(clock, config.timeouts, config.colleagues, tuple(config.with_examples))
        self.on("connect", self._connect)
        self.on("disconnect", self._disconnected)

    def post(self, eio_sid: str, packet: Packet) -> None:
        """Put a Socket.IO packet into the delivery."""
        session = self.eio.sockets.get(eio_sid)
        if session is not None:
            self._delivery.put(session, engineio.packet.Packet(engineio.packet.MESSAGE, data=packet.encode()))

    def end(self, client: _Client, *, transport: bool) -> None:
        """End a connection after everything has been delivered to it."""
        task = asyncio.get_running_loop().create_task(self._end(client, transport=transport))
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)

    async def _end(self, client: _Client, *, transport: bool) -> None:
        session = self.eio.sockets.get(client.eio_sid)
        if session is None:
            return
        await asyncio.sleep(self._delivery.seconds_left(session))
        if transport:
            await session.close(abort=True, reason=self.reason.TRANSPORT_CLOSE)
            return
        await self.disconnect(client.sid)
        await asyncio.sleep(self._delivery.seconds_left(session) + CLOSING_SECONDS)
        if not session.closed:
            await session.close(reason=self.reason.SERVER_DISCONNECT)

    def _connect(self, sid: str, environ: dict[str, Any], auth: Any) -> None:
        # Raise nothing but a refusal: the library takes a TypeError for a handler without `auth`.
        try:
            query = urllib.parse.parse_qs(environ.get("QUERY_STRING", ""))
            token = (auth.get("token") if isinstance(auth, dict) else None) or query.get("token", [None])[0]
            user = self._config.access.user_of(token)
            self.tenants.get(user.tenant_id).check_limit(user.user_id)
        except Exception as error:
            if not isinstance(error, RealtimeError):
                logger.exception("connect failed")
                error = Internal(uuid.uuid4().hex)
            raise ConnectionRefused(error.message, {"code": error.code}) from None
        self._admitted[sid] = user

    def _disconnected(self, sid: str, reason: str) -> None:
        if (handler := self._handlers.pop(sid, None)) is not None:
            handler.stop(goodbye=reason == self.reason.CLIENT_DISCONNECT)

    async def _handle_connect(self, eio_sid: str, namespace: str | None, data: Any) -> None:
        if self.manager.sid_from_eio_sid(eio_sid, namespace or "/") is not None:
            return  # connected already
        await super()._handle_connect(eio_sid, namespace, data)
        # The CONNECT packet is out; nothing may be sent before it.
        sid = self.manager.sid_from_eio_sid(eio_sid, "/")
        if (user := self._admitted.pop(sid, None)) is not None:
            client, tenant = _Client(self, sid, eio_sid), self.tenants.get(user.tenant_id)
            connection = tenant.connect(sid, user, client.send)
            handler = self._handlers[sid] = Handler(tenant, connection, client, self._config.steps, self._config.access)
            handler.start()

    async def _handle_event_internal(
        self, _server: Any, sid: str, _eio_sid: str, data: list[Any], _namespace: str, ack_id: int | None
    ) -> None:
        if (handler := self._handlers.get(sid)) is not None:
            handler.receive(data[0], data[1:], ack_id)

    def _engineio_server_class(self) -> type[Engine]:
        return Engine


async def serve(config: Config, host: str, port: int, started: Callable[[str], None]) -> None:
    """Serve until SIGINT or SIGTERM. `started` is called with the URL. Raises OSError if the port is not available."""
    app = web.Application(client_max_size=MAX_MESSAGE_BYTES, middlewares=[rest.answered])
    server = Server(config)
    server.attach(app)
    rest.add_routes(app, server.tenants, config.access, config.faults)
    app.on_shutdown.append(lambda _app: server.shutdown())
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_SECONDS)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        stopped = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            with contextlib.suppress(NotImplementedError):  # On Windows, Ctrl-C is an exception.
                asyncio.get_running_loop().add_signal_handler(number, stopped.set)
        address = runner.addresses[0]
        started(f"http://{f'[{address[0]}]' if ':' in address[0] else address[0]}:{address[1]}")
        await stopped.wait()
    finally:
        await runner.cleanup()
