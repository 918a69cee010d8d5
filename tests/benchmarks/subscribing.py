"""Measures how long a node takes to hear its channels: at first, and again after its connection was lost.

    PYTHONPATH=backend .venv/bin/python -m tests.benchmarks.subscribing [tenants] [rounds]

An embedded Valkey, and that many tenants (10,000) with one entity room each, so three channels a tenant. Prints the
least of `rounds` (5) in seconds, because other work on the machine only adds. `single` uses the plain channels of one
server, `sharded` those of a cluster.
"""

from __future__ import annotations

import sys
import time

import gevent
import redis
from gevent.event import Event

from app.realtime.bus.routes import Routes
from app.realtime.store.address import NodeAddress
from app.realtime.store.keys import TenantKeys
from app.realtime.store.topology.base import Bounds
from app.realtime.store.topology.single import Single
from app.realtime.store.topology.url import RedisUrl
from tests.redis_server import OPTIONS, EmbeddedRedis

#: A room of each tenant.
ROOM = "invoice:42"


class Sharded(Single):
    """One server that is spoken to as one shard of a cluster."""

    sharded = True


def a_round(topology: Single, direct: redis.Redis, tenants: int) -> tuple[float, float]:
    """The seconds to hear everything, and to hear it again after the connection was lost."""
    heard_again = Event()
    routes = Routes(topology, NodeAddress(0, sharded=topology.sharded), heard_again.set, lambda _tenant: None)
    routes.start(lambda _batch: None)
    everybody = [TenantKeys(f"tenant-{number:05}") for number in range(tenants)]

    def hear() -> None:
        for tenant in everybody:
            routes.occupied(tenant.tenant_channel)
            routes.occupied(tenant.room_channel(ROOM))
        routes.hear(everybody[-1].room_channel(ROOM))

    began = time.perf_counter()
    hear()
    first = time.perf_counter() - began
    gevent.sleep(0)
    heard_again.clear()
    began = time.perf_counter()
    direct.client_kill_filter(_type="pubsub")
    assert heard_again.wait(60), "never heard again"
    again = time.perf_counter() - began
    routes.stop()
    return first, again


def main(tenants: int = 10_000, rounds: int = 5) -> None:
    """Measure, and print a line for each kind."""
    server = EmbeddedRedis(OPTIONS)
    server.start()
    try:
        with redis.Redis.from_url(server.url) as direct:
            for kind in (Single, Sharded):
                topology = kind(RedisUrl.parse(f"{server.url}/0"), Bounds(timeout=60))
                measured = [a_round(topology, direct, tenants) for _ in range(rounds)]
                first, again = (min(seconds) for seconds in zip(*measured, strict=True))
                sys.stdout.write(f"{kind.__name__.lower():10}first {first:6.2f} s   again {again:6.2f} s\n")
    finally:
        server.stop()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
