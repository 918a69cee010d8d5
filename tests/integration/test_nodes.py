"""Leases on a real Redis: who is dead, who notices, and that two who notice at once do no harm.

On a Redis of its own: the index of the nodes belongs to all tenants.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.realtime.cluster.deadlines import Deadlines
from app.realtime.cluster.reaping import Reaping
from app.realtime.cluster.tasks import Tasks
from app.realtime.managers.connection_manager import _Ending
from app.realtime.store.keys import NODES, node_tenants
from tests.integration.backend import Backend, Tape, assert_gapless, eventually, keys_of, together
from tests.redis_server import RedisServer

#: ms of a lease that ends while one looks, and of one that does not.
SHORT, LONG = 30, 60_000


@pytest.fixture
def nodes(own_redis: RedisServer) -> Iterator[list[Backend]]:
    """Return three nodes; the first is the one that dies."""
    made = [Backend(own_redis.url, offline_timeout_seconds=0.05) for _ in range(3)]
    yield made
    for backend in made:
        backend.close()


def reap(node: Backend, dead: Backend, ended_at_ms: int) -> None:
    """Do what a node does that has found another dead."""
    # Its tasks are not started, so what it plans does not run.
    deadlines = Deadlines(Tasks(), node.connections, node.presence, node.rooms, node.notifications, node.nodes)
    reaping = Reaping(node.address, node.nodes, node.connections, node.presence, node.rooms, deadlines)
    reaping.reap(dead.address.node_id, ended_at_ms)


def test_a_node_learns_whether_it_had_its_lease(nodes: list[Backend]) -> None:
    first = nodes[0].nodes
    assert first.renew(LONG).had is False
    assert first.renew(LONG).had is True
    nodes[0].redis.delete(NODES)
    assert first.renew(LONG).had is False


def test_a_lease_that_ran_out_is_seen_by_the_others_until_the_node_is_buried_and_then_no_more(
    nodes: list[Backend],
) -> None:
    dead, one, two = (backend.nodes for backend in nodes)
    dead_id = nodes[0].address.node_id
    dead.renew(SHORT)
    assert one.renew(LONG).expired == {}
    ended = eventually(lambda: one.renew(LONG).expired, "the lease has run out")
    assert list(ended) == [dead_id]
    assert two.renew(LONG).expired == ended
    one.remove_node(dead_id)
    assert one.renew(LONG).expired == {}
    assert two.renew(LONG).expired == {}


def test_a_node_does_not_see_itself_expired(nodes: list[Backend]) -> None:
    one = nodes[0].nodes
    one.renew(0)
    assert one.renew(LONG).expired == {}


def test_a_node_whose_tenants_were_lost_in_a_failover_is_told(nodes: list[Backend]) -> None:
    """Its lease is there, the last tenants that it has stored are not."""
    one = nodes[0]
    one.nodes.take_over({"acme", "globex"})
    one.nodes.renew(LONG, 2)
    assert one.nodes.renew(LONG, 2).had
    one.nodes.unwatch("globex")
    assert not one.nodes.renew(LONG, 2).had
    assert one.nodes.renew(LONG, 1).had


def test_a_node_that_leaves_is_told_how_many_live_and_is_adopted_at_once(nodes: list[Backend]) -> None:
    first, second, third = (backend.nodes for backend in nodes)
    for node in (first, second, third):
        node.renew(LONG)
    assert first.leave() == 2
    assert list(second.renew(LONG).expired) == [nodes[0].address.node_id]
    assert second.leave() == 1
    first.remove_node(nodes[0].address.node_id)
    assert third.leave() == 0


def test_two_nodes_that_reap_a_third_at_once_let_each_user_leave_once(nodes: list[Backend], tenant: str) -> None:
    dead, one, two = nodes
    tape = Tape(one.redis)
    watcher = one.connect(tenant, "watcher")
    one.join(watcher, "invoice:1")
    users = [f"u{number:02}" for number in range(30)]
    for user_id in users:
        dead.join(dead.connect(tenant, user_id), "invoice:1")
    moved = [two.connect(tenant, user_id) for user_id in users[:10]]
    dead.nodes.renew(SHORT)
    ended_at = eventually(lambda: one.nodes.renew(LONG).expired, "the lease has run out")[dead.address.node_id]
    tape.heard()

    together(
        lambda: reap(one, dead, ended_at),
        lambda: reap(two, dead, ended_at),
        lambda: reap(one, dead, ended_at),
    )

    def swept() -> bool:
        together(lambda: one.presence.expire(tenant) and None, lambda: two.presence.expire(tenant) and None)
        return len(one.presence.get_online_users(tenant)) == 11

    eventually(swept, "who has not moved is offline")
    heard = tape.heard()
    assert_gapless(heard)
    assert sorted(h.payload["user_id"] for h in heard if h.event == "presence:user_left") == users[10:]
    assert sorted(h.payload["user_id"] for h in heard if h.event == "room:user_left") == users
    assert one.nodes.renew(LONG).expired == {}
    assert one.redis.exists(node_tenants(dead.address.node_id)) == 0
    assert one.nodes.tenants(one.address.node_id) == {tenant}
    for connection in moved:
        two.goodbye(connection)
    one.goodbye(watcher)
    assert keys_of(one.redis, tenant) == []
    tape.close()


def test_what_ended_the_first_time_although_its_answer_was_lost_is_looked_after(
    nodes: list[Backend], tenant: str
) -> None:
    node = nodes[0]
    connection = node.connect(tenant, "ana")
    node.connections._end(connection, goodbye=False)  # Redis has done it, and nobody has heard so
    node.connections.local_connections.clear()
    node.connections._endings.append(_Ending(connection, goodbye=False))
    ((due_of, seconds),) = node.connections.finish_endings()
    assert due_of == tenant
    assert 0 < seconds <= node.settings.offline_timeout_seconds
    eventually(lambda: node.presence.expire(tenant) == ([], None), "Ana is gone")
    assert keys_of(node.redis, tenant) == []


def test_the_grace_of_a_dead_node_counts_from_the_end_of_its_lease(nodes: list[Backend], tenant: str) -> None:
    dead, one, _ = nodes
    connection = dead.connect(tenant, "ana")
    seconds, _micros = one.redis.time()
    due = one.connections.end_foreign(tenant, "ana", connection.sid, dead.address.node_id, (seconds - 5) * 1000)
    assert due == 0
    assert one.presence.expire(tenant) == ([], None)
    assert one.presence.get_presence("ana", tenant) is None
    assert keys_of(one.redis, tenant) == []


def test_a_user_who_is_back_when_the_dead_node_is_reaped_stays(nodes: list[Backend], tenant: str) -> None:
    dead, one, two = nodes
    tape = Tape(one.redis)
    lost = dead.connect(tenant, "ana")
    back = two.connect(tenant, "ana")
    tape.heard()
    assert one.connections.end_foreign(tenant, "ana", lost.sid, dead.address.node_id, 1) is None
    assert one.presence.expire(tenant)[0] == []
    assert tape.names() == []
    two.goodbye(back)
    assert tape.names() == ["presence:user_left"]
    assert keys_of(one.redis, tenant) == []
    tape.close()
