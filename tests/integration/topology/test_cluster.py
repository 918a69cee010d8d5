"""A Redis Cluster: commands reach the master of their slot, wherever it has gone, and nothing is remembered wrongly."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from typing import Any

import gevent
import pytest
from redis import exceptions

from app.doctor import examine
from app.realtime.services.notification_service import NotificationService
from app.realtime.store import topology
from app.realtime.store.address import NodeAddress
from app.realtime.store.keys import TenantKeys
from app.realtime.store.script import Script
from app.realtime.store.topology import Topology
from app.realtime.store.verdict import AWAY
from app.settings import Settings
from realtime_contracts.rules.errors import Unavailable
from tests.integration.backend import PATIENCE, SECRET, eventually
from tests.redis_cluster import ClusterRedis, Migration
from tests.redis_processes import Process
from tests.redis_server import OPTIONS

#: Seconds to wait for Redis here.
TIMEOUT = 1.0

#: Tenants of each master, whichever slots it has.
TENANTS = [f"tenant-{number}" for number in range(12)]


@pytest.fixture
def cluster() -> Iterator[ClusterRedis]:
    """Yield three masters of this test's own."""
    yield from started(ClusterRedis(OPTIONS))


@pytest.fixture
def replicated() -> Iterator[ClusterRedis]:
    """Yield three masters with a replica each."""
    yield from started(ClusterRedis(OPTIONS, replicas=1))


def started(cluster: ClusterRedis) -> Iterator[ClusterRedis]:
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()


class Node:
    """What a node has: the topology, and its commands."""

    def __init__(self, url: str) -> None:
        settings = Settings(redis_url=url, jwt_secret_key=SECRET, redis_timeout=TIMEOUT)
        self.topology: Topology = topology.of_settings(settings)
        self.commands = self.topology.commands()
        self.moves = 0
        self.topology.on_moved(self._moved)
        self._count = Script(self.commands, "notification_count", NodeAddress(0))

    def _moved(self) -> None:
        self.moves += 1

    def add(self, tenant: str, member: int) -> int:
        """Add a member to a set of a tenant's."""
        return int(self.commands.link.execute(("SADD", f"test:{{{tenant}}}", member)))

    def added(self, tenant: str, member: int) -> bool:
        """Whether adding was acknowledged."""
        try:
            self.add(tenant, member)
        except (exceptions.ConnectionError, exceptions.TimeoutError, exceptions.ClusterDownError):
            gevent.sleep(0.01)
            return False
        return True

    def members(self, tenant: str) -> set[int]:
        """All members of that set."""
        return {int(member) for member in self.commands.link.execute(("SMEMBERS", f"test:{{{tenant}}}"))}

    def unread(self, tenant: str) -> int:
        """Run a script of several keys."""
        return int(self._count(TenantKeys(tenant), user_id="ana", sid=None))


@pytest.fixture
def make_node() -> Iterator[Any]:
    """Make nodes."""
    made: list[Node] = []

    def make(cluster: ClusterRedis) -> Node:
        made.append(Node(cluster.url))
        return made[-1]

    yield make
    for node in made:
        node.commands.link.close()


def another(cluster: ClusterRedis, tenant: str) -> Process:
    """A master that does not serve the tenant."""
    return next(master for master in cluster.masters if master is not cluster.master_of(tenant))


def test_each_tenant_is_served_by_its_master_over_one_connection_each(cluster: ClusterRedis, make_node: Any) -> None:
    node = make_node(cluster)
    for tenant in TENANTS:
        node.add(tenant, 1)
        assert cluster.master_of(tenant).ask("SMEMBERS", f"test:{{{tenant}}}") in ({"1"}, ["1"])
        assert node.topology.shard_of(tenant) == ("127.0.0.1", cluster.master_of(tenant).port)
        assert node.topology.pool_for(tenant).connection_kwargs["port"] == cluster.master_of(tenant).port
    assert (node.commands.link.connects, node.topology.sharded) == (3, True)


def test_independent_commands_of_many_tenants_come_back_in_their_order(cluster: ClusterRedis, make_node: Any) -> None:
    node = make_node(cluster)
    keys = [f"{{{tenant}}}" for tenant in TENANTS]
    assert node.commands.link.replies([("SET", key, number) for number, key in enumerate(keys)]) == ["OK"] * len(keys)
    replies = node.commands.link.replies([("GET", key) for key in keys[:6]] + [("LPOP", keys[0])])
    assert replies[:6] == ["0", "1", "2", "3", "4", "5"]
    assert isinstance(replies[6], exceptions.ResponseError)


def test_a_slot_that_has_moved_is_followed_and_who_must_know_is_told(cluster: ClusterRedis, make_node: Any) -> None:
    node, tenant = make_node(cluster), TENANTS[0]
    node.add(tenant, 1)
    moves, migration = node.moves, Migration(cluster, tenant, another(cluster, tenant))
    migration.begin()
    migration.move()
    migration.end()
    assert node.add(tenant, 2) == 1
    assert node.moves > moves
    assert node.topology.shard_of(tenant) == ("127.0.0.1", migration.target.port)
    assert node.members(tenant) == {1, 2}


def test_a_slot_that_goes_there_and_back_is_where_it_is(cluster: ClusterRedis, make_node: Any) -> None:
    node, tenant = make_node(cluster), TENANTS[0]
    home = cluster.master_of(tenant)
    for number, target in enumerate((another(cluster, tenant), home) * 3):
        node.add(tenant, number)
        migration = Migration(cluster, tenant, target)
        migration.begin()
        migration.move()
        migration.end()
    assert node.members(tenant) == set(range(6))
    eventually(lambda: settle(node) == home.port, "the map says so too")
    assert node.topology.shard_of(tenant) == ("127.0.0.1", home.port)


def settle(node: Node, tenant: str = TENANTS[0]) -> int:
    """Let the node ask for the map; returns the port of the tenant's master by it."""
    gevent.sleep(0.05)
    shard: Any = node.topology.shard_of(tenant)
    return int(shard[1])


def test_a_command_for_a_slot_on_its_way_asks_at_the_other_master_once(cluster: ClusterRedis, make_node: Any) -> None:
    node, tenant = make_node(cluster), TENANTS[0]
    node.add(tenant, 1)
    migration = Migration(cluster, tenant, another(cluster, tenant))
    migration.begin()
    migration.move()
    assert node.add(tenant, 2) == 1  # ASK
    assert migration.target.ask("CLUSTER", "COUNTKEYSINSLOT", cluster.slot_of(tenant)) == 1
    assert node.topology.shard_of(tenant) == ("127.0.0.1", migration.source.port)
    migration.end()
    assert node.members(tenant) == {1, 2}


def test_a_script_waits_for_a_slot_of_which_some_keys_have_gone(cluster: ClusterRedis, make_node: Any) -> None:
    node, tenant = make_node(cluster), TENANTS[0]
    keys = [f"{{{tenant}}}{number}" for number in range(10)]
    for key in keys:
        node.commands.link.execute(("SET", key, "x"))
    migration = Migration(cluster, tenant, another(cluster, tenant))
    migration.begin()
    migration.move(5)
    answer = gevent.spawn(node.commands.link.execute, ("MGET", *keys))  # TRYAGAIN
    gevent.sleep(0.1)
    assert not answer.ready()
    migration.move()
    assert answer.get(timeout=PATIENCE) == ["x"] * 10
    migration.end()


def test_a_script_gives_up_when_a_slot_stays_between_two_masters(cluster: ClusterRedis, make_node: Any) -> None:
    node, tenant = make_node(cluster), TENANTS[0]
    with NotificationService.from_url(cluster.url) as notifications:
        notifications.create(tenant, "ana", type="invoice", title="Paid")
    migration = Migration(cluster, tenant, another(cluster, tenant))
    migration.begin()
    migration.move(1)
    began = time.monotonic()
    with pytest.raises(Unavailable):
        node.unread(tenant)
    assert time.monotonic() - began < 3 * TIMEOUT
    migration.move()
    migration.end()
    assert node.unread(tenant) == 1


@pytest.mark.parametrize("how", ["key by key", "at once"])
def test_no_write_is_lost_or_refused_while_a_slot_migrates(how: str, cluster: ClusterRedis, make_node: Any) -> None:
    node, tenant = make_node(cluster), TENANTS[0]
    for number in range(300):
        node.commands.link.execute(("SET", f"{{{tenant}}}{number}", "x" * 1000))
    migration = Migration(cluster, tenant, another(cluster, tenant))
    going, written = True, 0

    def write() -> None:
        nonlocal written
        while going:
            assert node.add(tenant, written) == 1
            written += 1
            gevent.sleep(0)

    writer = gevent.spawn(write)
    gevent.sleep(0.05)
    if how == "key by key":
        migration.begin()
        while migration.move(10):
            gevent.sleep(0.001)
        migration.end()
    else:
        slot, target = cluster.slot_of(tenant), cluster.id_of(migration.target)
        migration.source.ask("CLUSTER", "MIGRATESLOTS", "SLOTSRANGE", slot, slot, "NODE", target)
        eventually(lambda: settle(node) == migration.target.port, "the slot has moved")
    before = written
    eventually(lambda: gevent.sleep(0.01) or written > before, "writes go on")
    going = False
    writer.get(timeout=PATIENCE)
    assert node.members(tenant) == set(range(written))


def test_a_master_that_dies_is_followed_to_its_replica_and_the_others_serve_on(
    replicated: ClusterRedis, make_node: Any
) -> None:
    node = make_node(replicated)
    for tenant in TENANTS:
        node.add(tenant, 1)
    mine = TENANTS[0]
    old = replicated.master_of(mine)
    others = [tenant for tenant in TENANTS if replicated.master_of(tenant) is not old]
    for server in replicated.masters:
        assert server.ask("WAIT", 1, 5000) == 1
    old.kill()
    moves = node.moves
    # Before the cluster knows that it is down. Then it serves nobody until there is a new master.
    assert [node.add(tenant, 2) for tenant in others] == [1] * len(others)
    eventually(lambda: node.added(mine, 2), "a write at the new master")
    assert replicated.wait_for_failover(mine, old) is not old
    assert node.moves > moves
    for tenant in TENANTS:
        assert node.add(tenant, 3) == 1
        assert node.members(tenant) >= {1, 3}
    assert node.commands.link.problem is None


def test_a_master_that_hangs_harms_only_its_own_tenants(cluster: ClusterRedis, make_node: Any) -> None:
    node = make_node(cluster)
    for tenant in TENANTS:
        node.add(tenant, 1)
    hung = cluster.master_of(TENANTS[0])
    others = [tenant for tenant in TENANTS if cluster.master_of(tenant) is not hung]
    hung.signal(signal.SIGSTOP)
    try:
        with pytest.raises((exceptions.TimeoutError, exceptions.ConnectionError)):
            node.add(TENANTS[0], 2)
        assert [node.add(tenant, 2) for tenant in others] == [1] * len(others)
        assert node.commands.link.problem is None
    finally:
        hung.signal(signal.SIGCONT)
    eventually(lambda: node.added(TENANTS[0], 3), "the master is back")


def test_a_slot_that_nobody_serves_is_tried_until_the_time_out_and_served_again_later(
    cluster: ClusterRedis, make_node: Any
) -> None:
    node, tenant = make_node(cluster), TENANTS[0]
    node.add(tenant, 1)
    slot = cluster.slot_of(tenant)
    master = cluster.master_of(tenant)
    master.ask("CLUSTER", "DELSLOTS", slot)
    with pytest.raises(Unavailable):
        node.unread(tenant)
    master.ask("CLUSTER", "ADDSLOTS", slot)
    eventually(lambda: node.added(tenant, 2), "the slot is served again")


def test_a_whole_cluster_that_was_away_is_used_again(cluster: ClusterRedis, make_node: Any) -> None:
    node = make_node(cluster)
    for tenant in TENANTS:
        node.add(tenant, 1)
    cluster.stop()
    for tenant in TENANTS:
        assert not node.added(tenant, 2)
    eventually(lambda: gevent.sleep(0.01) or node.commands.link.problem == AWAY.text, "it is away")
    cluster.start()
    eventually(lambda: all(node.added(tenant, 3) for tenant in TENANTS), "it is back")
    assert node.commands.link.problem is None


def test_a_node_waits_for_a_cluster_that_comes_later(make_node: Any) -> None:
    cluster = ClusterRedis(OPTIONS)
    node = make_node(cluster)
    assert not node.added(TENANTS[0], 1)
    assert node.commands.link.problem == AWAY.text
    with pytest.raises(exceptions.ConnectionError):
        node.topology.shard_of(TENANTS[0])
    try:
        cluster.start()
        eventually(lambda: node.added(TENANTS[0], 1), "the node has found the cluster")
    finally:
        cluster.stop()


def test_each_master_learns_the_scripts_that_it_does_not_know(cluster: ClusterRedis, make_node: Any) -> None:
    node = make_node(cluster)
    count = Script(node.commands, "notification_count", NodeAddress(0))
    calls = [(TenantKeys(tenant), {"user_id": "ana", "sid": None}) for tenant in TENANTS]
    assert count.run_each(calls) == [0] * len(TENANTS)
    cluster.master_of(TENANTS[0]).ask("SCRIPT", "FLUSH")
    assert count.run_each(calls) == [0] * len(TENANTS)
    cluster.master_of(TENANTS[0]).ask("SCRIPT", "FLUSH")
    assert [node.unread(tenant) for tenant in TENANTS] == [0] * len(TENANTS)


def test_a_back_end_publishes_to_tenants_of_all_masters_and_follows_a_slot(cluster: ClusterRedis) -> None:
    with NotificationService.from_url(cluster.url) as notifications:
        for tenant in TENANTS:
            assert notifications.create(tenant, "ana", type="invoice", title="Paid").new
        migration = Migration(cluster, TENANTS[0], another(cluster, TENANTS[0]))
        migration.begin()
        migration.move()
        migration.end()
        assert [notifications.unread_count(tenant, "ana") for tenant in TENANTS] == [1] * len(TENANTS)
        cluster.stop()
        with pytest.raises(Unavailable):
            notifications.unread_count(TENANTS[0], "ana")
        cluster.start()

        def is_back() -> bool:
            try:
                return notifications.unread_count(TENANTS[0], "ana") == 0
            except Unavailable:
                return False

        eventually(is_back, "the cluster is back")


def test_a_back_end_with_the_url_of_one_node_is_told_what_to_write(cluster: ClusterRedis) -> None:
    wrong = another(cluster, TENANTS[0])
    with NotificationService.from_url(f"redis://{wrong.place}/0") as notifications, pytest.raises(Unavailable) as told:
        notifications.unread_count(TENANTS[0], "ana")
    assert f"write REDIS_URL as redis+cluster://{wrong.place}" in str(told.value.__cause__)


def test_doctor_finds_a_healthy_cluster_healthy(cluster: ClusterRedis) -> None:
    found = {finding.what: finding.verdict for finding in examine(cluster.url)}
    assert {what: verdict for what, verdict in found.items() if what not in {"settings", "persistence"}} == {
        "redis": "good", "version": "good", "clock": "good", "pub/sub": "good", "scripts": "good", "eviction": "good",
        "cluster": "good", "keys": "good", "memory": "good", "permissions": "good", "replicas": "good",
    }  # fmt: skip


def test_doctor_says_that_a_single_server_is_no_cluster() -> None:
    server = Process()
    server.start()
    try:
        found = {finding.what: finding for finding in examine(f"redis+cluster://{server.place}")}
        assert found["redis"].verdict == "bad"
        assert f"write REDIS_URL as redis://{server.place}" in found["redis"].text
    finally:
        server.stop()
