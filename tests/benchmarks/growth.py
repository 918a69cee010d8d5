"""How much more a connect, an update and a disconnect cost in a large tenant than in a small one.

    python tests/benchmarks/growth.py

Tenants of `SIZES` users, put online in Redis by another node, and a server of our own. In each round, in each tenant in
turn: `clients` users connect, ten at a time; all update their page, all ask who views an entity that nobody views, and
all say goodbye. A line of JSON for each size, with the medians of the rounds:

- `*_redis_us`: µs of Redis' processor for one of them; `*_server_us`: µs of the server's.
- `connect_bytes`: bytes of the list that a new connection gets.

A server's figure has what the other clients here hear, too; that is the same at each size. What the tenant's own users
would hear of an update is not: they are on no node. `make bench BENCH=connections` measures that.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import secrets
import statistics
from collections.abc import Awaitable
from pathlib import Path
from typing import Any

import gevent
import redis
from bench import arguments, own_server, show
from raw import Crowd, Server

from app.realtime.container import make_services
from app.settings import Settings

SIZES = 300, 1000, 3000, 10_000

#: Connections that a tenant may have: more than the largest has.
MOST = 20_000

#: Seconds that one round may take.
ROUND_SECONDS = 60.0

#: Users who are put online at the same time.
AT_ONCE = 50


def fill(redis_url: str, tenants: dict[int, str]) -> None:
    """Put so many users online in each tenant."""
    settings = Settings(
        redis_url=redis_url, jwt_secret_key="x" * 32, presence_list_limit=1, max_connections_per_tenant=MOST
    )
    services = make_services(settings)

    def add(tenant: str, number: int) -> None:
        user = {"user_id": f"user-{number}", "user_name": f"Ana García {number}", "tenant_id": tenant}
        services.connections.add_connection(f"{tenant}-{number}", user, browser="Firefox")

    try:
        for size, tenant in tenants.items():
            for first in range(0, size, AT_ONCE):
                numbers = range(first, min(size, first + AT_ONCE))
                gevent.joinall([gevent.spawn(add, tenant, number) for number in numbers], raise_error=True)
    finally:
        services.commands.close()


class Meter:
    """Processor time of Redis and of the server, in seconds."""

    def __init__(self, redis_url: str, pid: int) -> None:
        self._redis = redis.Redis.from_url(redis_url)
        self._pid = pid

    def read(self) -> tuple[float, float]:
        """What both have used until now."""
        used: dict[str, float] = self._redis.info("cpu")
        tasks = Path(f"/proc/{self._pid}/task").glob("*/schedstat")
        server = sum(int(task.read_text("utf-8").split()[0]) for task in tasks)
        return used["used_cpu_user_main_thread"] + used["used_cpu_sys_main_thread"], server / 1e9


async def a_round(crowd: Crowd, witness: Crowd, meter: Meter, clients: int) -> dict[str, float]:
    """Do each thing so many times; the witness stays. Returns µs and bytes of one."""
    found: dict[str, float] = {}
    lists: list[int] = []
    acks: list[bytes] = []
    crowd.on_event = lambda event, packet: lists.append(len(packet)) if event == b"presence:list" else None
    crowd.on_ack = acks.append

    async def measured(what: str, done: Awaitable[None]) -> None:
        before = meter.read()
        await done
        for side, was, now in zip(("redis", "server"), before, meter.read(), strict=True):
            found[f"{what}_{side}_us"] = (now - was) * 1e6 / clients

    async def ask(event: str, data: dict[str, Any]) -> None:
        acks.clear()
        for client in crowd.clients:
            client.emit(event, data, ack=True)
        await crowd.until(lambda: len(acks) == clients)
        if not all(ack.startswith(b'[{"ok":true') for ack in acks):
            raise SystemExit(f"{event} was refused: {acks[0][:200].decode()}")

    async def leave() -> None:
        heard = witness.counts[b"presence:user_left"]
        crowd.close()
        await witness.until(lambda: witness.counts[b"presence:user_left"] == heard + clients)

    await measured("connect", crowd.come_online([f"guest-{number}" for number in range(clients)]))
    found["connect_bytes"] = statistics.mean(lists)
    await measured("update", ask("presence:update", {"current_page": "/invoices"}))
    await measured("viewers", ask("presence:list", {"entity_type": "invoice", "entity_id": "none"}))
    await measured("disconnect", leave())
    return found


async def rounds(
    server: Server, secret: str, meter: Meter, options: argparse.Namespace, tenants: dict[int, str]
) -> None:
    """Measure all sizes in turn, and print the medians."""
    found: dict[int, list[dict[str, float]]] = {size: [] for size in tenants}
    for _ in range(options.rounds):
        for size, tenant in tenants.items():
            crowd, witness = Crowd(server, secret), Crowd(server, secret)
            crowd.tenant = witness.tenant = tenant
            try:
                await witness.come_online(["witness"])
                found[size].append(
                    await asyncio.wait_for(a_round(crowd, witness, meter, options.clients), ROUND_SECONDS)
                )
            finally:
                crowd.close()
                witness.close()
    for size, results in found.items():
        medians = {what: round(statistics.median(result[what] for result in results)) for what in results[0]}
        show({"users": size, "rounds": options.rounds, **medians})


def main() -> None:
    """Measure a server of our own."""
    options = arguments(
        __doc__, rounds=(5, 1, 50, "rounds"), clients=(20, 2, 200, "users who come and go in each")
    ).parse_args()
    secret, tenants = secrets.token_hex(32), {size: f"size-{size}" for size in SIZES}
    settings = {"MAX_CONNECTIONS_PER_TENANT": str(MOST)}
    with own_server(secret, settings=settings) as (url, pids, redis_url):
        fill(redis_url, tenants)
        server = Server("server", "127.0.0.1", int(url.rpartition(":")[2]), pids)
        asyncio.run(rounds(server, secret, Meter(redis_url, pids[0]), options, tenants))
    show({"load": os.getloadavg()})


if __name__ == "__main__":
    main()
