"""A master behind Sentinels: a failover costs a moment, and nothing is remembered of the old master."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import gevent
import pytest
import redis

from app.realtime.services.notification_service import NotificationService
from app.realtime.store import topology
from app.realtime.store.pipeline import PipelinedRedis
from app.settings import Settings
from realtime_contracts.rules.errors import Unavailable
from tests.e2e.cluster import Cluster
from tests.integration.backend import PATIENCE, SECRET, come, eventually
from tests.integration.conftest import QUIET
from tests.redis_sentinel import SentinelRedis
from tests.redis_server import OPTIONS

#: Seconds to wait for Redis here.
TIMEOUT = 0.5


@pytest.fixture
def sentinels() -> Iterator[SentinelRedis]:
    """Yield a setup of this test's own."""
    setup = SentinelRedis(OPTIONS)
    try:
        setup.start()
        yield setup
    finally:
        setup.stop()


@pytest.fixture
def commands(sentinels: SentinelRedis) -> Iterator[PipelinedRedis]:
    """Yield the client of a node."""
    settings = Settings(redis_url=f"{sentinels.url}/0", jwt_secret_key=SECRET, redis_timeout=TIMEOUT)
    made = topology.of_settings(settings).commands()
    yield made
    made.link.close()


def written(commands: PipelinedRedis, number: int) -> bool:
    """Whether a write was acknowledged."""
    try:
        commands.link.execute(("SADD", "written", number))
    except redis.RedisError:
        gevent.sleep(0.01)
        return False
    return True


def test_writes_go_on_at_the_new_master_after_the_old_one_has_died(
    sentinels: SentinelRedis, commands: PipelinedRedis
) -> None:
    before = [number for number in range(200) if written(commands, number)]
    assert commands.link.execute(("WAIT", 1, 5000)) == 1
    old = sentinels.master
    old.kill()
    eventually(lambda: written(commands, 1000), "a write at the new master")
    assert sentinels.wait_for_failover(old) is not old
    kept = {int(number) for number in commands.link.execute(("SMEMBERS", "written"))}
    assert (kept >= {*before, 1000}, commands.link.problem) == (True, None)


def test_a_master_that_is_demoted_while_its_connection_stays_open_is_given_up(
    sentinels: SentinelRedis, commands: PipelinedRedis
) -> None:
    assert written(commands, 1)
    old = sentinels.master
    connects = commands.link.connects
    assert commands.link.execute(("WAIT", 1, 5000)) == 1
    sentinels.sentinels[0].ask("SENTINEL", "FAILOVER", "realtime")
    new = sentinels.wait_for_failover(old)
    # Until the old master knows, it takes writes that are lost: Sentinels do not fence it.
    eventually(lambda: old.ask("ROLE")[0] == "slave", "the old master is a replica")
    eventually(lambda: written(commands, 2), "a write at the new master")
    assert new.ask("SISMEMBER", "written", "2") == 1
    assert commands.link.connects > connects


def test_a_command_fails_at_once_while_the_master_and_all_sentinels_are_away(
    sentinels: SentinelRedis, commands: PipelinedRedis
) -> None:
    assert written(commands, 1)
    sentinels.stop()
    began = time.monotonic()
    assert not written(commands, 2)
    assert not written(commands, 3)
    assert time.monotonic() - began < 2 * TIMEOUT
    sentinels.start()
    eventually(lambda: written(commands, 4), "all are back")


def test_a_back_end_follows_a_failover(sentinels: SentinelRedis, tenant: str) -> None:
    with NotificationService.from_url(f"{sentinels.url}/0") as notifications:

        def notify(key: str) -> bool:
            try:
                notifications.create(tenant, "ana", type="invoice", title="Paid", idempotency_key=key)
            except Unavailable:
                return False
            return True

        assert notify("1")
        old = sentinels.master
        sentinels.sentinels[0].ask("SENTINEL", "FAILOVER", "realtime")
        sentinels.wait_for_failover(old)
        eventually(lambda: notify("2"), "a notification by the new master")


def test_clients_of_two_nodes_see_each_other_after_a_failover(sentinels: SentinelRedis, tmp_path: Path) -> None:
    cluster = Cluster(f"{sentinels.url}/0", SECRET, tmp_path, **QUIET)
    try:
        cluster.start()
        ana, ben = come(cluster.urls[0], "ana"), come(cluster.urls[1], "ben")
        old = sentinels.master
        old.signal(signal.SIGSTOP)  # as a machine that hangs, so that no connection ends by itself
        sentinels.wait_for_failover(old)
        since = time.monotonic()
        cluster.wait_ready()
        assert ana.ask("presence:update", {"status": "busy"}, within=PATIENCE)["ok"]
        ben.expect("presence:list")
        assert ben.ask("presence:list", {})["ok"]
        users = ben.expect("presence:list")["users"]
        assert [(user["user_id"], user["status"]) for user in users] == [("ana", "busy"), ("ben", "online")]
        assert time.monotonic() - since < PATIENCE
        ana.goodbye()
        ben.goodbye()
    finally:
        cluster.close()
