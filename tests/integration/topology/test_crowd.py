"""Faults of Redis under 200 clients and an edit a millisecond: what is lost is told, and every view is right again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e.cluster import Cluster
from tests.integration.backend import SECRET, eventually
from tests.integration.conftest import QUIET
from tests.integration.topology.crowd import Crowd
from tests.redis_cluster import ClusterRedis, Migration
from tests.redis_processes import Process
from tests.redis_sentinel import SERVICE, SentinelRedis
from tests.redis_server import OPTIONS, RedisServer

TENANTS = 20

#: Seconds after the new master is there in which every view is right.
RIGHT_SECONDS = 5.0

#: Seconds of edits that replication may lose when a master dies: it sends at once, so this is a busy machine's.
LAG_SECONDS = 1.0

#: Edits of each tenant before a fault, and between two.
EDITS = 10

Gather = Callable[[RedisServer], Crowd]


@pytest.fixture
def gather(tmp_path: Path) -> Iterator[Gather]:
    """Start a setup and two nodes on it, and gather a crowd there."""
    ends: list[Callable[[], None]] = []

    def make(setup: RedisServer) -> Crowd:
        ends.append(setup.stop)
        setup.start()
        nodes = Cluster(setup.url, SECRET, tmp_path, **QUIET)
        ends.append(nodes.close)
        nodes.start()
        return Crowd(nodes.urls, TENANTS)

    yield make
    for end in reversed(ends):
        end()


@pytest.mark.parametrize("how", ["dies", "is demoted"])
def test_a_master_behind_sentinels(how: str, gather: Gather) -> None:
    setup = SentinelRedis(OPTIONS)
    with gather(setup).running() as crowd:
        crowd.acked(EDITS)
        old, began = setup.master, time.monotonic()
        if how == "dies":
            old.kill()
        else:  # its connections stay open, and say READONLY
            setup.sentinels[0].ask("SENTINEL", "FAILOVER", SERVICE)
        setup.wait_for_failover(old)
        if how == "is demoted":  # until it knows, it takes writes that are lost: Sentinels do not fence it
            eventually(lambda: old.ask("ROLE")[0] == "slave", "the old master is a replica")
        goes_on(crowd, began, time.monotonic())


@pytest.mark.parametrize("how", ["dies", "is demoted"])
def test_a_master_of_a_cluster(how: str, gather: Gather) -> None:
    cluster = ClusterRedis(OPTIONS, replicas=1)
    with gather(cluster).running() as crowd:
        crowd.acked(EDITS)
        tenant = crowd.tenants[0].name
        old, began = cluster.master_of(tenant), time.monotonic()
        if how == "dies":
            old.kill()
        else:  # the replica takes over in agreement with it, and nothing is lost
            replica_of(cluster, old).ask("CLUSTER", "FAILOVER")
        cluster.wait_for_failover(tenant, old)
        goes_on(crowd, began if how == "dies" else None, time.monotonic())


def test_slots_that_move_and_connections_that_are_cut_lose_nothing(gather: Gather) -> None:
    cluster = ClusterRedis(OPTIONS)
    with gather(cluster).running() as crowd:
        crowd.acked(EDITS)
        for tenant in crowd.tenants[:3]:
            source = cluster.master_of(tenant.name)
            migration = Migration(cluster, tenant.name, next(one for one in cluster.masters if one is not source))
            migration.begin()
            while migration.move(3):
                time.sleep(0.002)
            migration.end()
        cluster.wait_until_whole(cluster.masters)
        assert crowd.see_right() < RIGHT_SECONDS
        crowd.acked(EDITS)
        for kind in ("pubsub", "normal"):
            for master in cluster.masters:
                assert master.ask("CLIENT", "KILL", "TYPE", kind) > 0
            assert crowd.see_right() < RIGHT_SECONDS
            crowd.acked(EDITS)
        crowd.stop_editing()
        assert crowd.lost() == []


def goes_on(crowd: Crowd, lossy_since: float | None, there: float) -> None:
    """Since the new master is there, every view is right soon, and edits are kept; what is lost was acked before."""
    crowd.see_right()
    assert time.monotonic() - there < RIGHT_SECONDS
    crowd.acked(EDITS)
    crowd.stop_editing()
    lost = [edit.acked_at for edit in crowd.lost()]
    if lossy_since is None:
        assert lost == []
    else:
        assert all(acked is not None and lossy_since - LAG_SECONDS < acked < there for acked in lost), lost


def replica_of(cluster: ClusterRedis, master: Process) -> Process:
    """The one replica of a master."""
    port = int(master.ask("ROLE")[2][0][1])
    return next(server for server in cluster.servers if server.port == port)
