"""How much more two workers can do than one, for tenants that have nothing to do with each other.

    python tests/benchmarks/workers.py

One worker with so many tenants, two with so many each, and one with as many as those two together; a line of JSON each,
then the comparison. Each tenant lives in one worker: its users connect until they are there. In each tenant so many
presence updates are under way at any time, each of which goes to all users of the tenant; the next is sent when one is
acknowledged.

- `cpu_us`: the workers' CPU for an update and its deliveries, in µs.
- `per_second`: updates a second on the clock on the wall. The clients (`clients_cpu`, in parts of a core) and Redis
  (`redis_cpu`) take their share of the cores, so on a machine with two cores it says little about two workers.
- `capacity`: updates a second if each worker had a core of its own: updates ÷ CPU seconds of the busiest worker.
  It is reckoned from workers that are far from full, because clients and Redis have the same two cores.
- `ratio`: the capacity of two workers by that of one where each has the same load. `ratio_of_same_load`: where the same
  load is divided among the two, which leaves each less to read and write together. The goal is 1.8.
- `unwanted`: messages of the bus that a worker has read during the updates and that nobody there was to get.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import secrets
import time
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from itertools import cycle
from typing import Any

from bench import arguments, own_server, show
from raw import Client, Crowd, Server, _cpu

from realtime_contracts.wire import tokens

#: Characters of a session's id before its worker's number.
CHANCE = 20
#: Updates of a tenant that are under way at any time.
IN_FLIGHT = 4
#: Seconds that the slowest machine may take.
TIMEOUT_SECONDS = 300.0
#: What two workers are to do more than one.
GOAL = 1.8


class ElsewhereError(ConnectionError):
    """The kernel has given the connection to another worker."""


class Chooser(Client):
    """A client that goes away again from any worker but one."""

    worker = ""

    def _frame(self, opcode: int, payload: bytes) -> None:
        if payload[:1] == b"0" and self.worker and json.loads(payload[1:])["sid"][CHANCE:] != self.worker:
            self.listed.set_exception(ElsewhereError())
            self.close()
        else:
            super()._frame(opcode, payload)


class Tenant(Crowd):
    """The users of one tenant, all of one worker ("" for the only one)."""

    def __init__(self, server: Server, secret: str, worker: str) -> None:
        super().__init__(server, secret)
        self._worker = worker
        self.acked = 0

    async def _connect(self, user_id: str) -> Client:
        token = tokens.mint(self.secret, user_id, self.tenant, name=user_id)
        host, port = self.server.host, self.server.port

        def client() -> Chooser:
            made = Chooser(self, token, f"{host}:{port}")
            made.worker = self._worker
            return made

        while True:
            _, made = await asyncio.get_running_loop().create_connection(client, host, port)
            with suppress(ElsewhereError):
                await made.listed
                return made

    def begin(self, updates: int, done: Callable[[], None]) -> None:
        """Begin the updates; `done` is called when all are acknowledged."""
        pages = iter(range(updates))
        senders = cycle(self.clients)

        def send_next() -> None:
            page = next(pages, None)
            if page is not None:
                next(senders).emit("presence:update", {"current_page": f"/{page}"}, ack=True)

        def on_ack(arguments: bytes) -> None:
            if not arguments.startswith(b'[{"ok":true'):
                raise SystemExit(f"an update was refused: {arguments.decode()}")
            self.acked += 1
            send_next()
            if self.acked == updates:
                done()

        self.on_ack = on_ack
        for _ in range(IN_FLIGHT):
            send_next()


async def load(
    server: Server, secret: str, workers: list[str], tenants_of_each: int, options: argparse.Namespace
) -> float:
    """Run the updates in all tenants. Returns the seconds that they took."""
    tenants = [Tenant(server, secret, worker) for worker in workers for _ in range(tenants_of_each)]
    try:
        for tenant in tenants:
            await tenant.come_online([f"user-{number}" for number in range(options.users)])
        unwanted = unwanted_of(server)
        measured.update({pid: _cpu(pid) for pid in [*server.pids, *others]})
        left, all_done = len(tenants), asyncio.Event()

        def done() -> None:
            nonlocal left
            left -= 1
            if not left:
                all_done.set()

        began = time.perf_counter()
        clients = time.process_time()
        for tenant in tenants:
            tenant.begin(options.updates, done)
        await asyncio.wait_for(all_done.wait(), TIMEOUT_SECONDS)
        took = time.perf_counter() - began
        measured[CLIENTS] = (time.process_time() - clients) / took
        measured.update({-pid: _cpu(pid) for pid in [*server.pids, *others]})
        measured[UNWANTED] = unwanted_of(server) - unwanted
        return took
    finally:
        for tenant in tenants:
            tenant.close()


#: CPU seconds by process before the updates, and by its negative number after them.
measured: dict[int, float] = {}
#: Where `measured` has the clients' share of a core, and the messages that nobody wanted.
CLIENTS, UNWANTED = 0, 1
#: Redis.
others: list[int] = []


def redis_of(url: str) -> int:
    """The process of a Redis."""
    import redis

    with redis.Redis.from_url(url) as client:
        return int(client.info("server")["process_id"])


def unwanted_of(server: Server) -> float:
    """The messages of the bus that nobody wanted, in all workers."""
    with urllib.request.urlopen(f"http://{server.host}:{server.port}/metrics", timeout=10) as answer:
        found: list[bytes] = re.findall(rb"^realtime_bus_unwanted\S* (\S+)$", answer.read(), re.MULTILINE)
    if not found:
        raise SystemExit("/metrics does not say how many messages nobody wanted")
    return sum(map(float, found))


def run(count: int, tenants: int, options: argparse.Namespace) -> dict[str, Any]:
    """Measure a server with so many workers, and so many tenants of each."""
    secret = secrets.token_hex(32)
    with own_server(secret, count) as (url, pids, redis_url):
        others[:] = [redis_of(redis_url)]
        server = Server("server", "127.0.0.1", int(url.rpartition(":")[2]), pids)
        workers = [""] if count == 1 else [str(number) for number in range(1, count + 1)]
        took = asyncio.run(load(server, secret, workers, tenants, options))
        used = {pid: measured[-pid] - measured[pid] for pid in [*pids, *others]}
    updates = count * tenants * options.updates
    busiest = max(used[pid] for pid in pids)
    return {
        "workers": count,
        "tenants": count * tenants,
        "unwanted": measured[UNWANTED],
        "updates": updates,
        "cpu_us": round(sum(used[pid] for pid in pids) / updates * 1e6, 1),
        "per_second": round(updates / took),
        "capacity": round(updates / busiest),
        "clients_cpu": round(measured[CLIENTS], 2),
        "redis_cpu": round(used[others[0]] / took, 2),
        "busy": [round(used[pid] / took, 2) for pid in pids],
    }


def main() -> None:
    """Compare two workers with one."""
    options = arguments(
        __doc__,
        tenants=(10, 1, 200, "tenants of each worker"),
        users=(5, 1, 50, "users of each"),
        updates=(500, 10, 10_000, "updates in each tenant"),
    ).parse_args()
    for _ in range(options.runs):
        one, two, as_much = (
            run(*what, options) for what in ((1, options.tenants), (2, options.tenants), (1, 2 * options.tenants))
        )
        for result in (one, two, as_much):
            show(result)
        ratios = {"ratio": one, "ratio_of_same_load": as_much}
        found = {what: round(two["capacity"] / alone["capacity"], 2) for what, alone in ratios.items()}
        show({**found, "goal": GOAL, "load": round(os.getloadavg()[0], 1)})


if __name__ == "__main__":
    main()
