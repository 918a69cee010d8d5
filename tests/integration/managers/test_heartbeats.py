"""Heartbeats that are written behind, on a real Redis: what is noted, and what writing it does."""

from __future__ import annotations

import pytest

from app.realtime.managers.connection_manager import Connection
from app.realtime.store.keys import TenantKeys
from app.realtime.utils.message_types import PresenceStatus
from tests.integration.backend import Backend, Tape, keys_of
from tests.integration.conftest import MakeBackend


@pytest.fixture
def ana(backend: Backend, tape: Tape, tenant: str) -> Connection:
    """Ana is connected, and Redis has been told that she is active."""
    connection = backend.connect(tenant, "ana")
    backend.presence.heartbeat(connection, active=True)
    tape.heard()
    return connection


def last_active(backend: Backend, connection: Connection) -> str:
    presence = backend.presence.get_presence(connection.user_id, connection.tenant_id)
    assert presence is not None
    [listed] = backend.presence.get_online_users(connection.tenant_id)
    assert listed["last_active_at"] == presence.last_active_at
    return presence.last_active_at


def test_the_first_heartbeat_is_written_at_once_and_the_next_with_the_time_of_its_ack(
    backend: Backend, ana: Connection
) -> None:
    first = last_active(backend, ana)
    told = max(backend.presence.heartbeat(ana, active=True) for _ in range(200))
    assert told > first
    assert last_active(backend, ana) == first
    assert backend.presence.heartbeats.write() == []
    assert last_active(backend, ana) == told
    assert not backend.presence.heartbeats.waiting


def test_an_inactive_heartbeat_is_not_written(backend: Backend, ana: Connection) -> None:
    first = last_active(backend, ana)
    assert backend.presence.heartbeat(ana, active=False) >= first
    assert not backend.presence.heartbeats.waiting


def test_a_heartbeat_written_late_does_not_set_the_time_back(
    backend: Backend, make_backend: MakeBackend, ana: Connection
) -> None:
    backend.presence.heartbeat(ana, active=True)
    later = make_backend().presence.update_activity("ana", ana.tenant_id)
    assert later is not None
    score = backend.redis.zscore(TenantKeys(ana.tenant_id).active, "ana")
    backend.presence.heartbeats.write()
    assert last_active(backend, ana) == later.last_active_at
    assert backend.redis.zscore(TenantKeys(ana.tenant_id).active, "ana") == score


def test_a_heartbeat_counts_although_its_connection_has_ended(backend: Backend, ana: Connection) -> None:
    other = backend.connect(ana.tenant_id, "ana")
    told = max(backend.presence.heartbeat(ana, active=True) for _ in range(200))
    backend.lose(ana)
    assert backend.presence.heartbeats.write() == [ana]
    assert last_active(backend, ana) == told
    backend.goodbye(other)


def test_busy_holds_and_starts_no_timer(backend: Backend, ana: Connection, tape: Tape) -> None:
    backend.presence.update(ana, PresenceStatus.BUSY)
    tape.heard()
    told = max(backend.presence.heartbeat(ana, active=True) for _ in range(200))
    assert backend.presence.heartbeats.write() == []
    assert last_active(backend, ana) == told
    assert backend.redis.zscore(TenantKeys(ana.tenant_id).active, "ana") is None
    assert tape.names() == []


def test_an_away_that_the_server_sets_ends_with_the_next_heartbeat_once_the_node_has_heard_of_it(
    backend: Backend, make_backend: MakeBackend, ana: Connection, tape: Tape
) -> None:
    backend.presence.heartbeat(ana, active=True)
    make_backend().presence.set_away("ana", ana.tenant_id)
    # The node has not heard of it yet: the note is not enough.
    assert backend.presence.heartbeats.write() == [ana]
    backend.presence.heartbeats.forget(ana.tenant_id, "ana")
    backend.presence.heartbeat(ana, active=True)
    assert [one.payload["status"] for one in tape.heard()] == ["away", "online"]


def test_a_message_that_is_heard_while_redis_answers_leaves_nobody_steady(backend: Backend, ana: Connection) -> None:
    heartbeats = backend.presence.heartbeats
    heartbeats.forget_all()
    before = heartbeats.changes
    heartbeats.forget(ana.tenant_id, "ana")
    heartbeats.told(ana, before)
    backend.presence.heartbeat(ana, active=True)
    assert not heartbeats.waiting
    backend.presence.heartbeat(ana, active=True)
    assert heartbeats.waiting


def test_what_redis_has_lost_is_restored_and_not_made_up(backend: Backend, ana: Connection, tape: Tape) -> None:
    backend.presence.heartbeat(ana, active=True)
    backend.redis.delete(*keys_of(backend.redis, ana.tenant_id))
    assert backend.presence.heartbeats.write() == [ana]
    assert keys_of(backend.redis, ana.tenant_id) == []
    assert tape.names() == []


def test_nobody_is_taken_for_steady_long_after_their_last_activity(make_backend: MakeBackend, tenant: str) -> None:
    backend = make_backend(away_timeout_seconds=0.000001)
    ana = backend.connect(tenant, "ana")
    for _ in range(3):
        backend.presence.heartbeat(ana, active=True)
        assert not backend.presence.heartbeats.waiting
