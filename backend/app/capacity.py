"""`realtime capacity`: what a load takes, by formula: nodes, Redis masters, memory and network.

The prices were measured on two cores of an AMD EPYC (docs/performance.md, docs/scaling.md). Another machine has others:
run `make bench` there and scale the result. The formula leaves out what depends on content: large documents,
notifications.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil

from rich.console import Console
from rich.table import Table

#: Microseconds of a node's processor: an event and its answer, a message to one connection, a connection that begins
#: and ends (with its list of up to 1,000 users), and one that is open for a second.
EVENT_US, DELIVERY_US, CONNECT_US, LISTED_US, IDLE_US = 35.0, 5.0, 900.0, 0.4, 5.0

#: Microseconds of Redis: the script of a change, of a connection that begins and ends, and for each node that hears it.
SCRIPT_US, CONNECT_SCRIPT_US, LISTED_SCRIPT_US, HEARD_US = 40.0, 100.0, 1.7, 4.0

#: Bytes: of a node for a connection, of Redis for a user who is online in a room, of a message on the wire.
CONNECTION_BYTES, USER_BYTES, MESSAGE_BYTES = 8_000, 2_500, 300

#: The share of a core that may be used in the long run: the rest is for bursts, and for the connections of a node that
#: has died.
USABLE = 0.6

#: The smallest Redis Cluster.
MIN_CLUSTER = 3

MICRO = 1e-6


@dataclass(frozen=True)
class Load:
    """What users do. Rates are per user and second."""

    connections: int
    #: Users online in one tenant, and in one room.
    tenant: int
    room: int
    heartbeats: float
    updates: float
    moves: float
    edits: float
    #: Connections that begin (and end) in each second, as a part of all.
    churn: float


@dataclass(frozen=True)
class Need:
    """What the load takes. Rates are per second."""

    events: float
    deliveries: float
    scripts: float
    #: Cores that are busy.
    node_cores: float
    redis_cores: float
    #: The cores of Redis that the busiest tenant needs. A tenant has one master, so it must be below USABLE.
    tenant_redis_cores: float
    node_bytes: float
    redis_bytes: float
    #: To clients, per second.
    sent_bytes: float

    @property
    def workers(self) -> int:
        """Processes of `realtime serve --workers`, a core each."""
        return max(1, ceil(self.node_cores / USABLE))

    @property
    def masters(self) -> int:
        """Masters of Redis, a core each. A Redis Cluster has three at least."""
        masters = ceil(self.redis_cores / USABLE)
        return max(MIN_CLUSTER, masters) if masters > 1 else 1


def needs(load: Load) -> Need:
    """Return what a load takes."""
    online = load.connections
    connects = online * load.churn
    changes = online * (load.updates + load.moves + load.edits)
    events = online * load.heartbeats + changes
    per_user = load.updates * load.tenant + (load.moves + load.edits) * (load.room - 1)
    deliveries = online * per_user + connects * 2 * load.tenant
    listed = min(load.tenant, 1000)
    node_us = events * EVENT_US + deliveries * DELIVERY_US + online * IDLE_US
    node_us += connects * (CONNECT_US + listed * LISTED_US)
    redis_us = changes * (SCRIPT_US + HEARD_US)
    redis_us += connects * (CONNECT_SCRIPT_US + listed * LISTED_SCRIPT_US + 2 * HEARD_US)
    return Need(
        events=events,
        deliveries=deliveries,
        scripts=changes + 2 * connects,
        node_cores=node_us * MICRO,
        redis_cores=redis_us * MICRO,
        tenant_redis_cores=redis_us * MICRO * min(1.0, load.tenant / online),
        node_bytes=online * CONNECTION_BYTES,
        redis_bytes=online * USER_BYTES,
        sent_bytes=deliveries * MESSAGE_BYTES,
    )


def advice(load: Load, need: Need) -> Iterator[str]:
    """Yield what to add, the part that saturates first before the others."""
    if need.tenant_redis_cores > USABLE:
        yield "One tenant is more than one master of Redis can serve: no number of masters helps. Split the tenant."
    workers = f"{need.workers} workers: `realtime serve --workers` takes a host's cores; then more hosts."
    masters = f"A Redis Cluster of {need.masters} masters (redis+cluster://). A tenant lives on one of them."
    parts = [(need.node_cores, need.workers, workers), (need.redis_cores, need.masters, masters)]
    yield from (said for _, number, said in sorted(parts, reverse=True) if number > 1)
    if load.updates * load.tenant > 1:
        yield "Most messages are about presence: their number grows with the square of a tenant's users."
    if need.workers == need.masters == 1:
        yield "One process and one Redis are enough. A second node keeps users connected while one restarts."


def print_needs(load: Load) -> None:
    """Print what a load takes, and the advice."""
    need = needs(load)
    table = Table("what", "per second", "of it")
    table.add_row("events of clients", f"{need.events:,.0f}", "")
    table.add_row("messages to clients", f"{need.deliveries:,.0f}", f"{need.sent_bytes / 1e6:,.1f} MB/s")
    table.add_row("scripts of Redis", f"{need.scripts:,.0f}", "")
    table.add_row("nodes", f"{need.node_cores:,.2f} cores", f"{need.workers} x worker, {need.node_bytes / 1e9:,.2f} GB")
    table.add_row(
        "Redis", f"{need.redis_cores:,.2f} cores", f"{need.masters} x master, {need.redis_bytes / 1e9:,.2f} GB"
    )
    console = Console(soft_wrap=True)
    console.print(table)
    for line in advice(load, need):
        console.print(f"- {line}", highlight=False)
