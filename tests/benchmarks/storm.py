r"""What a storm costs a server: N users of one tenant come online, then M presence updates go to all of them.

    python tests/benchmarks/storm.py --url http://127.0.0.1:8000 --pid 4711 --secret "$JWT_SECRET_KEY"

The server is any that speaks this wire on this machine. Several processes: `--pid 4711,4712`. The secret may come from
JWT_SECRET_KEY; with HS256 only. A machine is noisy, so to compare two servers let them alternate:

    python tests/benchmarks/storm.py --url http://127.0.0.1:8000 --pid 4711 \
        --peer-url http://127.0.0.1:9113 --peer-pid 4712 --runs 5

Each run prints a line of JSON, the last line the medians and, with a peer (a server on the same wire, with the
same secret), their ratios: under 1 means that this server is the cheaper one. Without `--url`, the benchmark
starts a server of this repository on an embedded Valkey, and ends it.
"""

from __future__ import annotations

import argparse
import time
from typing import Any

from bench import arguments, benchmark
from raw import Crowd

#: Bounds of what one may ask for.
MAX_USERS, MAX_UPDATES = 2_000, 1_000
#: Updates that are under way at the same time.
UNDER_WAY = 4
#: Seconds without a message after which everything has been delivered, and for how long at most to wait for that.
QUIET_SECONDS, QUIET_WITHIN = 0.5, 10.0


async def storm(crowd: Crowd, options: argparse.Namespace) -> dict[str, Any]:
    """A run: CPU per connection in ms, per delivery in µs."""
    result: dict[str, Any] = {"users": options.users, **await come_online(crowd, options.users)}
    if options.updates:
        result |= {"updates": options.updates, **await update(crowd, options.updates)}
    return result


async def come_online(crowd: Crowd, users: int) -> dict[str, Any]:
    """Everybody connects."""
    cpu, began = crowd.server.cpu(), time.perf_counter()
    await crowd.come_online([f"u{number}" for number in range(users)])
    took = time.perf_counter() - began
    await crowd.quiet(QUIET_SECONDS, QUIET_WITHIN)
    used = crowd.server.cpu() - cpu
    return {"connect_s": round(took, 2), "cpu_ms_per_connect": round(used * 1e3 / users, 3)}


async def update(crowd: Crowd, updates: int) -> dict[str, Any]:
    """One after the other changes, and everybody hears of it."""
    crowd.counts.clear()
    users = len(crowd.clients)

    def delivered() -> int:
        return crowd.counts[b"presence:update"]

    cpu, began = crowd.server.cpu(), time.perf_counter()
    for number in range(updates):
        await crowd.until(lambda number=number: delivered() >= users * (number + 1 - UNDER_WAY))
        status = "online" if number % 2 else "busy"
        crowd.clients[number % users].emit("presence:update", {"status": status, "current_page": "/invoices/42"})
    await crowd.until(lambda: delivered() >= users * updates)
    took, used = time.perf_counter() - began, crowd.server.cpu() - cpu
    return {
        "deliveries_per_s": round(users * updates / took),
        "cpu_us_per_delivery": round(used * 1e6 / (users * updates), 2),
    }


def measured(options: argparse.Namespace) -> list[str]:
    """What the medians are of."""
    return ["cpu_ms_per_connect", *(["cpu_us_per_delivery"] if options.updates else [])]


if __name__ == "__main__":
    users = 300, 1, MAX_USERS, "users who come online"
    updates = 100, 0, MAX_UPDATES, "updates to all of them"
    benchmark(arguments(__doc__, users=users, updates=updates), storm, measured)
