"""Ten thousand connections to one process: whether they come up, stay, and hear what they should.

    python tests/benchmarks/connections.py

Raw WebSockets from several loopback addresses, because an address has ports for some 28,000 and the server lets 2,000
in. A third of the machine's ports are in use meanwhile, so tests that look for a free one may fail. All connect,
`--workers` processes serve them; then nothing happens for `--seconds`, but for pings; then one user of each tenant
updates its page, first in one tenant after the other, then in all at once. A line of JSON:

- `up_seconds`, `up_cpu_us`: until all have their list, and the server's CPU for a connection.
- `rss_kb`: what the server's memory has grown by, for a connection.
- `idle_cpu`: part of a core, while nothing happens. `gone`: connections that have ended by themselves.
- `lost`: messages of the updates that did not come. `turn_ms`, `burst_ms`: the median, the 99th percentile and the
  most, from sending to hearing. The clients are one process, which takes its share of the cores.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import resource
import secrets
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from bench import arguments, own_server, percentile, show
from raw import Client, Crowd, Server
from workers import redis_of

from realtime_contracts.wire import tokens

#: Connections of one loopback address.
OF_AN_ADDRESS = 1000
#: Users who connect at the same time.
AT_ONCE = 50
#: Seconds that all may take to come up, and an update to be heard.
UP_SECONDS, HEARD_SECONDS = 300.0, 30.0
#: Descriptors of a process that are not connections.
OTHER_DESCRIPTORS = 500


class Tenant(Crowd):
    """The users of one tenant, and when they heard of an update."""

    def __init__(self, server: Server, secret: str) -> None:
        super().__init__(server, secret)
        self.gone: list[str] = []
        self.page = b""
        self.sent = 0.0
        self.heard: list[float] = []
        self.on_event = self._on_event

    def failed(self, why: str) -> None:
        """Note that a client has lost its connection."""
        self.gone.append(why)

    async def connect_from(self, address: str, user_id: str) -> None:
        """Connect a user from an address, and wait for the list."""
        token = tokens.mint(self.secret, user_id, self.tenant, name=f"User {user_id}")
        host, port = self.server.host, self.server.port
        _, client = await asyncio.get_running_loop().create_connection(
            lambda: Client(self, token, f"{host}:{port}"), host, port, local_addr=(address, 0)
        )
        await client.listed
        self.clients.append(client)

    def update(self, page: str) -> None:
        """The first user changes its page."""
        self.page, self.heard, self.sent = f'"{page}"'.encode(), [], time.perf_counter()
        self.clients[0].emit("presence:update", {"current_page": page})

    async def all_heard(self) -> None:
        """Wait until everybody has heard of it, or for a long time."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self.until(lambda: len(self.heard) >= len(self.clients)), HEARD_SECONDS)

    def _on_event(self, event: bytes, packet: bytes) -> None:
        if event == b"presence:update" and self.page and self.page in packet:
            self.heard.append((time.perf_counter() - self.sent) * 1000)


def cpu(pids: list[int]) -> float:
    """CPU seconds that processes have used, all their threads."""
    tasks = [task for pid in pids for task in Path(f"/proc/{pid}/task").glob("*/schedstat")]
    return sum(int(task.read_text("utf-8").split()[0]) for task in tasks) / 1e9


def rss(pids: list[int]) -> int:
    """Bytes of memory of processes."""
    pages = sum(int(Path(f"/proc/{pid}/statm").read_text("utf-8").split()[1]) for pid in pids)
    return pages * resource.getpagesize()


async def come_up(tenants: list[Tenant], users: int) -> None:
    """Connect everybody."""
    waiting = asyncio.Semaphore(AT_ONCE)

    async def connect(number: int) -> None:
        async with waiting:
            user, tenant = divmod(number, len(tenants))
            await tenants[tenant].connect_from(f"127.0.1.{1 + number // OF_AN_ADDRESS}", f"user-{user}")

    async with asyncio.TaskGroup() as group:
        for number in range(users * len(tenants)):
            group.create_task(connect(number))


def said(times: list[float]) -> list[float]:
    """The median, the 99th percentile and the most, in ms."""
    return [round(percentile(times, part), 1) for part in (0.5, 0.99, 1.0)]


async def load(server: Server, redis_pid: int, secret: str, options: argparse.Namespace) -> dict[str, Any]:
    """Connect, wait, update."""
    tenants = [Tenant(server, secret) for _ in range(options.tenants)]
    everybody = options.tenants * options.users
    found: dict[str, Any] = {"connections": everybody, "tenants": options.tenants}
    try:
        memory, used, redis_used, began = rss(server.pids), cpu(server.pids), cpu([redis_pid]), time.perf_counter()
        await asyncio.wait_for(come_up(tenants, options.users), UP_SECONDS)
        found["up_seconds"] = round(time.perf_counter() - began, 1)
        found["up_cpu_us"] = round((cpu(server.pids) - used) / everybody * 1e6)
        found["up_redis_us"] = round((cpu([redis_pid]) - redis_used) / everybody * 1e6)
        found["rss_kb"] = round((rss(server.pids) - memory) / everybody / 1024, 1)
        used, clients = cpu(server.pids), time.process_time()
        await asyncio.sleep(options.seconds)  # What is measured is that nothing happens.
        found["idle_cpu"] = round((cpu(server.pids) - used) / options.seconds, 3)
        found["idle_clients_cpu"] = round((time.process_time() - clients) / options.seconds, 3)
        found["rss_kb_after"] = round((rss(server.pids) - memory) / everybody / 1024, 1)
        found["gone"] = sum(len(tenant.gone) for tenant in tenants)

        times: list[float] = []
        used = cpu(server.pids)
        for tenant in tenants:
            tenant.update("/in-turn")
            await tenant.all_heard()
            times += tenant.heard
        found["turn_ms"], lost = said(times), everybody - len(times)
        found["delivery_us"] = round((cpu(server.pids) - used) / everybody * 1e6, 1)
        for tenant in tenants:
            tenant.update("/at-once")
        await asyncio.gather(*(tenant.all_heard() for tenant in tenants))
        times = [ms for tenant in tenants for ms in tenant.heard]
        found["burst_ms"] = said(times)
        found["lost"] = lost + everybody - len(times)
        return found
    finally:
        for tenant in tenants:
            tenant.close()


def main() -> None:
    """Measure a server of our own."""
    options = arguments(
        __doc__,
        tenants=(100, 1, 1000, "tenants"),
        users=(100, 2, 1000, "users of each"),
        seconds=(60, 1, 600, "seconds in which nothing happens"),
        workers=(1, 1, 8, "processes of the server"),
    ).parse_args()
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if options.tenants * options.users + OTHER_DESCRIPTORS > most != resource.RLIM_INFINITY:
        raise SystemExit(f"a process may have {most} descriptors (ulimit -Hn)")
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    for _ in range(options.runs):
        secret = secrets.token_hex(32)
        with own_server(secret, options.workers) as (url, pids, redis_url):
            server = Server("server", "127.0.0.1", int(url.rpartition(":")[2]), pids)
            found = asyncio.run(load(server, redis_of(redis_url), secret, options))
        show({"workers": options.workers, **found, "load": round(os.getloadavg()[0], 1)})


if __name__ == "__main__":
    main()
