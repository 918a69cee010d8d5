"""The Socket.IO server: who is let in, and one conversation for each."""

from __future__ import annotations

import asyncio
import logging
import urllib.parse
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import engineio.packet
import socketio
import socketio.packet
from socketio.exceptions import ConnectionRefusedError as RefusedAtTheDoor

from realtime_contracts.mock.access import Access
from realtime_contracts.mock.clock import LoopClock
from realtime_contracts.mock.company import Companies
from realtime_contracts.mock.outbox import Faults, Outbox
from realtime_contracts.mock.packets import Packet
from realtime_contracts.mock.refusals import Refused
from realtime_contracts.mock.scenario import Step
from realtime_contracts.mock.sessions import Engine
from realtime_contracts.mock.talk import Talk
from realtime_contracts.mock.timeouts import Timeouts

logger = logging.getLogger(__name__)

#: Bytes that a message may have. The contract's number.
MAX_MESSAGE_BYTES = 1024 * 1024

#: Seconds that a client has to close the transport after the server's DISCONNECT, before the server does.
CLOSING_SECONDS = 0.5


@dataclass(frozen=True)
class Config:
    """What a mock server is asked to be."""

    access: Access = field(default_factory=Access)
    faults: Faults = field(default_factory=Faults)
    timeouts: Timeouts = field(default_factory=Timeouts)
    steps: Sequence[Step] = ()
    colleagues: int = 0
    #: Companies that have notifications and activity from the contract's examples.
    with_examples: Sequence[str] = ()


@dataclass
class _Line:
    """A connection's way through the server: what is said before it is open is kept until then."""

    server: Server
    sid: str
    eio_sid: str
    kept: list[Packet] | None = field(default_factory=list)
    talk: Talk | None = None

    def send(self, packet: Packet) -> None:
        if self.kept is not None:
            self.kept.append(packet)
        else:
            self.server.post(self.eio_sid, packet)

    def acknowledge(self, ack_id: int, ack: dict[str, Any]) -> None:
        """Send an ack."""
        self.send(Packet(socketio.packet.ACK, id=ack_id, data=[ack]))

    def end(self, *, transport: bool = False) -> None:
        """End the connection, when all that was said has been sent."""
        self.server.end(self, transport=transport)


class Server(socketio.AsyncServer):  # type: ignore[misc]  # the library is untyped
    """A Socket.IO server whose companies are in memory. `companies` are for whoever else serves them."""

    def __init__(self, config: Config) -> None:
        super().__init__(
            async_mode="aiohttp",
            async_handlers=False,  # a connection's events are handled in the order sent
            serializer=Packet,
            cors_allowed_origins="*",
            max_http_buffer_size=MAX_MESSAGE_BYTES,
            ping_interval=config.timeouts.ping_interval,
            ping_timeout=config.timeouts.ping_timeout,
        )
        self._config = config
        self._outbox = self.eio.outbox = Outbox(config.faults)
        self._lines: dict[str, _Line] = {}
        self._ending: set[asyncio.Task[None]] = set()
        self.companies = Companies(
            LoopClock(), self._say, config.timeouts, config.colleagues, tuple(config.with_examples)
        )
        self.on("connect", self._come)
        self.on("disconnect", self._go)

    def post(self, eio_sid: str, packet: Packet) -> None:
        """Send a Socket.IO packet on its way."""
        session = self.eio.sockets.get(eio_sid)
        if session is not None:
            self._outbox.put(session, engineio.packet.Packet(engineio.packet.MESSAGE, data=packet.encode()))

    def end(self, line: _Line, *, transport: bool) -> None:
        """End a connection, when all that was said to it has been sent."""
        task = asyncio.get_running_loop().create_task(self._end(line, transport=transport))
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)

    async def _end(self, line: _Line, *, transport: bool) -> None:
        session = self.eio.sockets.get(line.eio_sid)
        if session is None:
            return
        await asyncio.sleep(self._outbox.seconds_left(session))
        if transport:
            await session.close(abort=True, reason=self.reason.TRANSPORT_CLOSE)
            return
        await self.disconnect(line.sid)
        await asyncio.sleep(self._outbox.seconds_left(session) + CLOSING_SECONDS)
        if not session.closed:
            await session.close(reason=self.reason.SERVER_DISCONNECT)

    def _say(self, sid: str, event: str, data: dict[str, Any]) -> None:
        line = self._lines.get(sid)
        if line is not None:
            line.send(Packet(socketio.packet.EVENT, data=[event, data]))

    def _come(self, sid: str, environ: dict[str, Any], auth: Any) -> None:
        # Nothing but a refusal may leave this: the library takes a TypeError for a handler without `auth`.
        try:
            self._admit(sid, environ, auth)
        except Refused as refused:
            self._lines.pop(sid, None)
            raise RefusedAtTheDoor(refused.message, {"code": refused.code}) from None
        except Exception:
            self._lines.pop(sid, None)
            logger.exception("connect failed")
            raise RefusedAtTheDoor("Internal error", {"code": "internal"}) from None

    def _admit(self, sid: str, environ: dict[str, Any], auth: Any) -> None:
        query = urllib.parse.parse_qs(environ.get("QUERY_STRING", ""))
        token = (auth.get("token") if isinstance(auth, dict) else None) or query.get("token", [None])[0]
        user = self._config.access.user_of(token)
        line = self._lines[sid] = _Line(self, sid, self.manager.eio_sid_from_sid(sid, "/"))
        company = self.companies.of(user.tenant_id)
        line.talk = Talk(company, company.connect(sid, user), line, self._config.steps)

    def _go(self, sid: str, reason: str) -> None:
        line = self._lines.pop(sid, None)
        if line is not None and line.talk is not None:
            line.talk.over(goodbye=reason == self.reason.CLIENT_DISCONNECT)

    async def _handle_connect(self, eio_sid: str, namespace: str | None, data: Any) -> None:
        if self.manager.sid_from_eio_sid(eio_sid, namespace or "/") is not None:
            return  # it is connected already
        await super()._handle_connect(eio_sid, namespace, data)
        line = self._lines.get(self.manager.sid_from_eio_sid(eio_sid, "/"))
        if line is not None and line.kept is not None and line.talk is not None:
            kept, line.kept = line.kept, None
            for packet in kept:
                line.send(packet)
            line.talk.begin()

    async def _handle_event_internal(
        self, _server: Any, sid: str, _eio_sid: str, data: list[Any], _namespace: str, ack_id: int | None
    ) -> None:
        line = self._lines.get(sid)
        if line is not None and line.talk is not None:
            line.talk.hear(data[0], data[1:], ack_id)

    def _engineio_server_class(self) -> type[Engine]:
        return Engine
