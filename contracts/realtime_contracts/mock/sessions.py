"""Engine.IO sessions, where the library's would fall silent, hang or lose what had to be said.

- A frame or a part of a long-polling body that cannot be read becomes a Socket.IO packet that cannot be read, and so is
  answered.
- Engine.IO's CLOSE is a lost transport. Only Socket.IO's DISCONNECT is a goodbye.
- Closing never waits, ends a poll that is under way, and a closed session is unknown at once.
- Sent packets go through the delivery, which may delay or lose them.
"""

from __future__ import annotations

import asyncio
import re
from typing import Any

import engineio
import engineio.async_socket
import engineio.packet

from realtime_contracts.mock.delivery import Delivery
from realtime_contracts.rules.packets import GARBAGE, split_body

#: What the library can read: a message that begins with a Socket.IO packet's type, and what a session is kept up with.
_READABLE = re.compile(r"4[0-9]|1|[2356](?:\Z|probe\Z)")

#: What only a server sends to an open session: a client's PING probes a WebSocket before an upgrade.
_FROM_SERVERS = (engineio.packet.OPEN, engineio.packet.PING, engineio.packet.NOOP)


class Engine(engineio.AsyncServer):  # type: ignore[misc]  # the library is untyped
    """An Engine.IO server with these sessions. Its `delivery` must be set before the first connection."""

    delivery: Delivery

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.sockets = _Sessions()

    async def send_packet(self, sid: str, pkt: engineio.packet.Packet) -> None:
        """Put a packet into the delivery."""
        session = self.sockets.get(sid)
        if session is not None:
            self.delivery.put(session, pkt)

    def _log_error_once(self, message: str, key: str) -> None:
        """Log nothing: a client's bad request is not our error."""


class _Sessions(dict[str, Any]):
    """Engine.IO's table of sessions. It creates ours, because the library has no option for that."""

    def __setitem__(self, sid: str, session: Any) -> None:
        session.__class__ = Session
        super().__setitem__(sid, session)


class Session(engineio.async_socket.AsyncSocket):  # type: ignore[misc]  # the library is untyped
    """One client's session, on either transport."""

    def hand_over(self, packet: engineio.packet.Packet) -> None:
        """Queue a packet for the client."""
        if not self.closed:
            self.queue.put_nowait(packet)

    async def receive(self, packet: engineio.packet.Packet) -> None:
        """Take one packet from the client."""
        if packet.packet_type == engineio.packet.CLOSE:
            await self.close(abort=True, reason=self.server.reason.TRANSPORT_CLOSE)
        elif packet.packet_type in _FROM_SERVERS:
            await super().receive(engineio.packet.Packet(encoded_packet=GARBAGE))
        else:
            await super().receive(packet)

    async def handle_post_request(self, environ: dict[str, Any]) -> None:
        """Take all packets of a long-polling body. One that is too long ends the session."""
        length = environ.get("CONTENT_LENGTH") or "0"
        if not length.isdecimal() or int(length) > self.server.max_http_buffer_size:
            await self.close(reason=self.server.reason.TRANSPORT_ERROR)
            return
        try:
            body: bytes = await environ["wsgi.input"].readexactly(int(length))
        except (asyncio.IncompleteReadError, OSError):
            return  # The client left in the middle of its request; the unfinished part is dropped.
        for text in split_body(body):
            if self.closed:
                return
            await self.receive(engineio.packet.Packet(encoded_packet=readable(text)))

    async def close(self, wait: bool = True, abort: bool = False, reason: str | None = None) -> None:  # noqa: ARG002, FBT001, FBT002 - the library's signature
        """End the session without waiting."""
        await super().close(wait=False, abort=abort, reason=reason)
        if self.closed:
            self.queue.put_nowait(None)
            self.server.sockets.pop(self.sid, None)

    async def _websocket_handler(self, ws: Any) -> None:
        await super()._websocket_handler(_Readable(ws))


class _Readable:
    """A WebSocket that returns only packets that the library can read."""

    def __init__(self, ws: Any) -> None:
        self._ws = ws
        self.send = ws.send
        self.close = ws.close

    async def wait(self) -> str | bytes:
        said = await self._ws.wait()
        return said if isinstance(said, bytes) and said else readable(said)


def readable(said: str | bytes) -> str:
    """Return a frame unchanged, or GARBAGE in its place."""
    return said if isinstance(said, str) and _READABLE.match(said) else GARBAGE
