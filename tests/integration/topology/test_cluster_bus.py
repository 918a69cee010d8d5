"""What a node hears on a Redis Cluster: over a connection to each master, wherever tenants go, never silently deaf."""

from __future__ import annotations

from collections.abc import Iterator

import gevent
import pytest

from app.realtime.store import topology
from app.realtime.store.keys import TenantKeys
from app.settings import Settings
from tests.integration.backend import PATIENCE, SECRET
from tests.integration.test_bus_routes import Node, until
from tests.redis_cluster import ClusterRedis, Migration
from tests.redis_processes import Process
from tests.redis_server import OPTIONS

#: Tenants of all masters, whichever slots they have.
TENANTS = [TenantKeys(f"tenant-{number}") for number in range(12)]


@pytest.fixture
def cluster() -> Iterator[ClusterRedis]:
    """Yield three masters of this test's own."""
    made = ClusterRedis(OPTIONS)
    try:
        made.start()
        yield made
    finally:
        made.stop()


@pytest.fixture
def node(cluster: ClusterRedis) -> Iterator[Node]:
    """Return a node that hears a room of each tenant."""
    settings = Settings(redis_url=cluster.url, jwt_secret_key=SECRET, redis_timeout=PATIENCE)
    made = Node(topology.of_settings(settings))
    for tenant in TENANTS:
        made.routes.hear(tenant.tenant_channel)
        made.routes.hear(tenant.room_channel("invoice:42"))
        for room in (tenant.tenant_channel, tenant.room_channel("invoice:42")):
            made.routes.occupied(room)
    yield made
    made.routes.stop()
    gevent.sleep(0)


def publish(master: Process, node: Node, tenant: TenantKeys, text: str) -> None:
    """Publish on a tenant's two channels, as a script of its master does."""
    for room in (tenant.room_channel("invoice:42"), tenant.tenant_channel):
        master.ask("SPUBLISH", node.channel(room), f"{tenant.tenant_id} {room[:4]} {text}")


def hears(node: Node, tenants: list[TenantKeys], text: str) -> None:
    """Each tenant's two messages come, in their order; others are passed over."""
    heard: dict[str, list[str]] = {tenant.tenant_id: [] for tenant in tenants}
    while any(len(messages) < 2 for messages in heard.values()):
        tenant_id, room, of = node.next().decode().split()
        if of == text:
            heard[tenant_id].append(room)
    assert all(messages == ["room", "tena"] for messages in heard.values())


def test_tenants_of_all_masters_are_heard_over_a_connection_each(cluster: ClusterRedis, node: Node) -> None:
    for tenant in TENANTS:
        publish(cluster.master_of(tenant.tenant_id), node, tenant, "once")
    hears(node, TENANTS, "once")
    assert len(node.routes._subscriptions) == len(cluster.masters)
    assert node.gaps.empty()


def test_a_cut_connection_to_one_master_is_made_anew_and_a_gap_is_reported(cluster: ClusterRedis, node: Node) -> None:
    for master in cluster.masters:
        master.ask("CLIENT", "KILL", "TYPE", "pubsub")
        node.gaps.get(timeout=PATIENCE)
    for tenant in TENANTS:
        publish(cluster.master_of(tenant.tenant_id), node, tenant, "again")
    hears(node, TENANTS, "again")


def test_a_slot_that_moves_under_traffic_is_heard_at_its_new_master(cluster: ClusterRedis, node: Node) -> None:
    tenant, *others = TENANTS
    source = cluster.master_of(tenant.tenant_id)
    target = next(master for master in cluster.masters if master is not source)
    masters = {other.tenant_id: cluster.master_of(other.tenant_id) for other in others}
    channel = node.channel(tenant.room_channel("invoice:42"))
    for there in (target, source):
        for other in others:
            publish(masters[other.tenant_id], node, other, f"before-{there.port}")
        move(cluster, tenant.tenant_id, there)
        for other in others:
            publish(masters[other.tenant_id], node, other, f"during-{there.port}")
        until(lambda there=there: channel in there.ask("PUBSUB", "SHARDCHANNELS"), "the subscription there")
        node.gaps.get(timeout=PATIENCE)
        publish(there, node, tenant, f"after-{there.port}")
        hears(node, [tenant], f"after-{there.port}")
    for other in others:
        publish(masters[other.tenant_id], node, other, "last")
    hears(node, others, "last")


def move(cluster: ClusterRedis, tenant_id: str, there: Process) -> None:
    """Have another master serve a tenant's slot."""
    migration = Migration(cluster, tenant_id, there)
    migration.begin()
    migration.move()
    migration.end()
