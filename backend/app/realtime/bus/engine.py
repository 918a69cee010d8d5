"""Engine.IO sessions that answer inputs on which the library's would hang, stay silent or log the payload.

`use_sessions(server.eio)` installs them on one server. What differs:

- An unreadable part of a long-polling body becomes an unreadable Socket.IO packet, which is answered. The rest
  of the body is handled. A body may hold any number of packets.
- Engine.IO's CLOSE counts as a lost transport. Only Socket.IO's DISCONNECT is a goodbye.
- Closing does not wait for the client to fetch queued packets, and removes the session at once.
- Inputs that any client can send are not logged as errors, and their bytes are never logged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import engineio.packet
import engineio.socket
import structlog
from engineio.exceptions import ContentTooLongError

from realtime_contracts.rules.packets import GARBAGE, split_body

logger = structlog.get_logger(__name__)

#: What a client sends: CLOSE, PING as a probe, PONG, MESSAGE, UPGRADE.
_FROM_CLIENTS = frozenset("12345")

#: What only a server sends, to an open session: a client's PING probes a WebSocket before there is an upgrade.
_FROM_SERVERS = (engineio.packet.OPEN, engineio.packet.PING, engineio.packet.NOOP)


def use_sessions(eio: Any) -> None:
    """Install our sessions in a python-engineio server."""
    eio.sockets = _Sockets()
    eio._log_error_once = lambda message, key: logger.info("request_refused", why=key)  # noqa: ARG005, SLF001


class _Sockets(dict[str, Any]):
    """Engine.IO's table of sessions. It creates the class below, because the library has no option for that."""

    def __setitem__(self, sid: str, socket: Any) -> None:
        socket.__class__ = Session
        super().__setitem__(sid, socket)


class Session(engineio.socket.Socket):  # type: ignore[misc]  # the library is untyped
    """One client's session, on either transport."""

    def receive(self, packet: engineio.packet.Packet) -> None:
        """Take one packet from the client."""
        if packet.packet_type == engineio.packet.CLOSE:
            self.close(wait=False, abort=True, reason=self.server.reason.TRANSPORT_CLOSE)
        elif packet.packet_type in _FROM_SERVERS or _is_nothing(packet):
            super().receive(engineio.packet.Packet(encoded_packet=GARBAGE))
        else:
            super().receive(packet)

    def handle_post_request(self, environ: dict[str, Any]) -> None:
        """Take all packets of a long-polling body. One that is too long ends the session."""
        length = environ.get("CONTENT_LENGTH") or "0"
        if not length.isdecimal() or int(length) > self.server.max_http_buffer_size:
            self.close(wait=False, abort=True, reason=self.server.reason.TRANSPORT_ERROR)
            raise ContentTooLongError
        try:
            body: bytes = environ["wsgi.input"].read(int(length))
        except OSError:
            return  # The client left in the middle of its request; the unfinished part is dropped.
        for packet in _packets(body):
            if self.closed:
                return
            self.receive(packet)

    def poll(self) -> list[engineio.packet.Packet]:
        """Wait for packets to send; return none when the session has ended."""
        if not self.upgraded:
            packets: list[engineio.packet.Packet] = super().poll()
            return packets
        # A ping wakes a WebSocket's writer, and None ends it. The library's timer around every wait, and its exception
        # at every end of the queue, took a quarter of the time of a delivery.
        packets = [self.queue.get()]
        while packets[-1] is not None and self.queue.qsize():
            packets.append(self.queue.get(block=False))
        if packets[-1] is None:
            packets.pop()
            if packets:
                self.queue.put(None)
        return packets

    def close(self, wait: bool = True, abort: bool = False, reason: str | None = None) -> None:  # noqa: ARG002, FBT001, FBT002
        """End the session without waiting."""
        super().close(wait=False, abort=abort, reason=reason)
        self.server.sockets.pop(self.sid, None)

    def _upgrade_websocket(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        if self.server.async_mode != "gevent":
            return super()._upgrade_websocket(environ, start_response)
        from app.realtime.bus.websocket import WebSocket  # noqa: PLC0415 - needs gevent, which other modes do without

        if self.upgraded:
            return self.server._bad_request("Unexpected upgrade")  # noqa: SLF001
        websocket = WebSocket.accept(environ, self.server.max_http_buffer_size)
        if websocket is None:
            if not self.connected:  # It was to begin as a WebSocket and has no other transport.
                self.close(abort=True)
            return self.server._bad_request("Invalid websocket upgrade")  # noqa: SLF001
        return self._websocket_handler(websocket)


def _is_nothing(packet: engineio.packet.Packet) -> bool:
    """Whether a message is `null`, which the library uses internally."""
    return bool(packet.packet_type == engineio.packet.MESSAGE and packet.data is None)


def _packets(body: bytes) -> Iterator[engineio.packet.Packet]:
    for text in split_body(body):
        yield engineio.packet.Packet(encoded_packet=text if text[:1] in _FROM_CLIENTS else GARBAGE)
