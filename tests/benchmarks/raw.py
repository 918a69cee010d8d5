"""The clients of the benchmarks, and the server that they are clients of.

Clients are raw WebSockets in one thread, a few µs a message, so that they are not what is measured. They answer pings,
count messages by their first bytes, and parse none but the handshake. What is measured is the server's CPU, from /proc:
the clock on the wall would also count the benchmark. Several processes of one server are added up.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import re
import secrets
import socket
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

#: Users who connect at the same time.
CONNECTING = 10

TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100

EVENT = re.compile(rb'42\["([^"]+)"')

TEXT, CLOSE, PING, PONG = 1, 8, 9, 10


@dataclass(frozen=True)
class Server:
    """A server under test."""

    name: str
    host: str
    port: int
    pids: list[int]

    def cpu(self) -> float:
        """CPU seconds that its processes have used, in steps of 10 ms."""
        return sum(_cpu(pid) for pid in self.pids)


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


class Crowd:
    """The clients of one run, and what they have got."""

    def __init__(self, server: Server, secret: str) -> None:
        self.server = server
        self.secret = secret
        self.tenant = f"bench-{secrets.token_hex(6)}"
        self.clients: list[Client] = []
        self.counts: Counter[bytes] = Counter()
        #: Called with each event's name and packet, as it comes.
        self.on_event: Callable[[bytes, bytes], None] = lambda _event, _packet: None
        #: Called with the arguments of each ack, as JSON.
        self.on_ack: Callable[[bytes], None] = lambda _arguments: None
        self._changed = asyncio.Event()
        self._failure: ConnectionError | None = None

    def got(self, event: bytes, packet: bytes) -> None:
        """A client has got an event."""
        self.counts[event] += 1
        self.on_event(event, packet)
        self._changed.set()

    def answered(self, arguments: bytes) -> None:
        """A client has got the ack that it asked for."""
        self.on_ack(arguments)
        self._changed.set()

    def failed(self, why: str) -> None:
        """A client has lost its connection: what it should get will not come."""
        self._failure = ConnectionError(why)
        self._changed.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until what the clients have got is enough."""
        while not condition():
            self._changed.clear()
            await self._changed.wait()
            if self._failure:
                raise self._failure

    async def quiet(self, seconds: float, within: float) -> None:
        """Wait until nothing has come for `seconds`, `within` so many at most."""
        deadline = time.monotonic() + within
        while time.monotonic() < deadline:
            self._changed.clear()
            try:
                await asyncio.wait_for(self._changed.wait(), seconds)
            except TimeoutError:
                return

    async def come_online(self, user_ids: Sequence[str]) -> None:
        """Connect users of the tenant, some at a time."""
        for first in range(0, len(user_ids), CONNECTING):
            batch = [self._connect(user_id) for user_id in user_ids[first : first + CONNECTING]]
            self.clients += await asyncio.gather(*batch)

    async def _connect(self, user_id: str) -> Client:
        # A process starts with the memory of the one that forked it, which captures.py would measure.
        from realtime_contracts.wire import tokens

        loop = asyncio.get_running_loop()
        email = f"{user_id}@example.com"
        token = tokens.mint(self.secret, user_id, self.tenant, name=f"User {user_id}", email=email)
        host, port = self.server.host, self.server.port
        _, client = await loop.create_connection(lambda: Client(self, token, f"{host}:{port}"), host, port)
        await client.listed
        return client

    def close(self) -> None:
        """Everybody leaves."""
        for client in self.clients:
            client.close()


class Client(asyncio.Protocol):
    """One user: WebSocket frames by hand, as much as a server's small frames need."""

    def __init__(self, crowd: Crowd, token: str, host: str) -> None:
        self._crowd = crowd
        self._token = token
        self._host = host
        self._buffer = b""
        self._upgraded = False
        self._closing = False
        self._transport: Any = None
        self.listed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for a WebSocket."""
        self._transport = transport
        key = base64.b64encode(secrets.token_bytes(16)).decode()
        self._transport.write(
            f"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: {self._host}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell whoever waits."""
        self._fail(f"connection lost: {exc}")

    def data_received(self, data: bytes) -> None:
        """Take the answer to the handshake, then frames."""
        self._buffer += data
        if not self._upgraded:
            head, separator, rest = self._buffer.partition(b"\r\n\r\n")
            if not separator:
                return
            if b" 101 " not in head.split(b"\r\n", 1)[0]:
                self._fail(f"no WebSocket: {head[:100]!r}")
                return
            self._upgraded, self._buffer = True, rest
        self._buffer = self._buffer[self._take_frames() :]

    def _take_frames(self) -> int:
        data, start = self._buffer, 0
        while len(data) >= start + 2:
            size, body = data[start + 1] & 127, start + 2
            if size > 125:
                width = 2 if size == 126 else 8
                if len(data) < body + width:
                    break
                size, body = int.from_bytes(data[body : body + width], "big"), body + width
            if len(data) < body + size:
                break
            self._frame(data[start] & 15, data[body : body + size])
            start = body + size
        return start

    def _frame(self, opcode: int, payload: bytes) -> None:
        if opcode == PING:
            self._send(payload, PONG)
        elif opcode == CLOSE:
            self._fail("closed by the server")
        elif payload == b"2":
            self._send(b"3")
        elif match := EVENT.match(payload):
            self._crowd.got(match[1], payload)
            if match[1] == b"presence:list" and not self.listed.done():
                self.listed.set_result(None)
        elif payload[:3] == b"431":
            self._crowd.answered(payload[3:])
        elif payload[:1] == b"0":
            self._send(b"40" + json.dumps({"token": self._token}).encode())
        elif payload[:2] == b"44":
            self._fail(f"refused: {payload.decode()}")

    def emit(self, event: str, data: dict[str, Any], *, ack: bool = False) -> None:
        """Send an event; with `ack`, its answer is asked for."""
        self._send(b"421" + json.dumps([event, data]).encode() if ack else b"42" + json.dumps([event, data]).encode())

    def close(self) -> None:
        """Disconnect from Socket.IO and close."""
        self._closing = True
        if self._transport is not None and not self._transport.is_closing():
            self._send(b"41")
            self._transport.close()

    def cut(self) -> None:
        """Lose the connection, without a word."""
        self._closing = True
        self._transport.abort()

    def stop_reading(self) -> None:
        """Read nothing more; what the server does then is no failure."""
        self._closing = True
        self._transport.pause_reading()
        # Else the kernel takes megabytes for it.
        self._transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)

    def _send(self, payload: bytes, opcode: int = TEXT) -> None:
        size = len(payload)
        if size < 126:
            head = bytes([128 | opcode, 128 | size])
        else:
            width = 2 if size < 65_536 else 8
            head = bytes([128 | opcode, 254 if width == 2 else 255]) + size.to_bytes(width, "big")
        # A mask is required; that it is zero costs nothing on either side.
        self._transport.write(head + b"\0\0\0\0" + payload)

    def _fail(self, why: str) -> None:
        if not self.listed.done():
            self.listed.set_exception(ConnectionError(why))
        elif not self._closing:
            self._crowd.failed(why)
