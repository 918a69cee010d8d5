"""Heartbeats that are written behind, on a real Redis: what is noted, and what writing it does."""

from __future__ import annotations

import time
from types import SimpleNamespace

import pytest

from app.realtime.managers.connection_manager import Connection
from app.realtime.store.keys import TenantKeys
from app.realtime.utils.message_types import PresenceStatus
from realtime_contracts.rules.errors import Unavailable
from tests.integration.backend import Backend, Tape, keys_of
from tests.integration.conftest import MakeBackend


@pytest.fixture
def ana(backend: Backend, tape: Tape, tenant: str) -> Connection:
    """Ana is connected, and Redis has been told that she is active."""
    connection = backend.connect(tenant, "ana")
    backend.presence.heartbeat(connection, active=True)
    tape.heard()
    return connection


def beat(backend: Backend, *connections: Connection) -> list[str]:
    """A heartbeat of each that is noted, later than what Redis has. Returns the times of their acks."""
    told = []
    for connection in connections:
        first = last_active(backend, connection)
        while (at := backend.presence.heartbeat(connection, active=True)) <= first:
            pass
        told.append(at)
    return told


def last_active(backend: Backend, connection: Connection) -> str:
    presence = backend.presence.get_presence(connection.user_id, connection.tenant_id)
    assert presence is not None
    users = backend.presence.get_online_users(connection.tenant_id)
    [listed] = [user["last_active_at"] for user in users if user["user_id"] == connection.user_id]
    assert listed == presence.last_active_at
    return presence.last_active_at


def written(backend: Backend) -> list[Connection]:
    """Write what is noted; returns the connections of those for whom that was not enough."""
    backend.presence.heartbeats.write()
    refused = backend.presence.heartbeats.refused
    found = list(refused.values())
    refused.clear()
    return found


def test_the_first_heartbeat_is_written_at_once_and_the_next_with_the_time_of_its_ack(
    backend: Backend, ana: Connection
) -> None:
    first = last_active(backend, ana)
    [told] = beat(backend, ana)
    assert told > first
    assert last_active(backend, ana) == first
    assert written(backend) == []
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
    [told] = beat(backend, ana)
    backend.lose(ana)
    assert written(backend) == [ana]
    assert last_active(backend, ana) == told
    backend.goodbye(other)


def test_busy_holds_and_starts_no_timer(backend: Backend, ana: Connection, tape: Tape) -> None:
    backend.presence.update(ana, PresenceStatus.BUSY)
    tape.heard()
    [told] = beat(backend, ana)
    assert written(backend) == []
    assert last_active(backend, ana) == told
    assert backend.redis.zscore(TenantKeys(ana.tenant_id).active, "ana") is None
    assert tape.names() == []


def test_an_away_that_the_server_sets_ends_with_the_next_heartbeat_once_the_node_has_heard_of_it(
    backend: Backend, make_backend: MakeBackend, ana: Connection, tape: Tape
) -> None:
    backend.presence.heartbeat(ana, active=True)
    make_backend().presence.set_away("ana", ana.tenant_id)
    # The node has not heard of it yet: the note is not enough.
    assert written(backend) == [ana]
    backend.presence.heartbeats.forget(ana.tenant_id, "ana")
    backend.presence.heartbeat(ana, active=True)
    assert [one.payload["status"] for one in tape.heard()] == ["away", "online"]


def test_who_leaves_while_redis_answers_is_not_steady_but_everybody_else_is(backend: Backend, ana: Connection) -> None:
    heartbeats = backend.presence.heartbeats
    for who, steady in {"ana": False, "somebody else": True}.items():
        heartbeats.forget_all()
        with heartbeats.asking(ana):
            heartbeats.forget(ana.tenant_id, who)
        assert heartbeats.note(ana, 0) == steady


def test_of_two_questions_about_a_user_the_newer_one_counts(backend: Backend, ana: Connection) -> None:
    heartbeats = backend.presence.heartbeats
    heartbeats.forget_all()
    with heartbeats.asking(ana):
        heartbeats.forget(ana.tenant_id, "ana")
        with heartbeats.asking(ana):
            pass
    assert heartbeats.note(ana, 0)


def test_a_question_that_redis_did_not_answer_leaves_nobody_steady(backend: Backend, ana: Connection) -> None:
    heartbeats = backend.presence.heartbeats
    heartbeats.forget_all()
    with pytest.raises(Unavailable), heartbeats.asking(ana):
        raise Unavailable
    assert not heartbeats.note(ana, 0)


def test_only_the_note_of_who_becomes_unsteady_is_written_at_once(backend: Backend, ana: Connection) -> None:
    heartbeats, ben = backend.presence.heartbeats, backend.connect(ana.tenant_id, "ben")
    backend.presence.heartbeat(ben, active=True)
    told = beat(backend, ana, ben)
    assert not heartbeats.forget(ana.tenant_id, "cleo")
    assert heartbeats.forget(ana.tenant_id, "ana")
    heartbeats.write(everything=False)
    assert last_active(backend, ana) == told[0]
    assert last_active(backend, ben) < told[1]
    heartbeats.write()
    assert [last_active(backend, ana), last_active(backend, ben)] == told


def test_a_tenant_that_fails_does_not_keep_others_notes_from_being_written(
    backend: Backend, ana: Connection, tenant: str
) -> None:
    others = [backend.connect(f"{place} {tenant}", "ben") for place in ("a", "z")]  # one before, one after, by name
    broken = TenantKeys(tenant).online
    try:
        for one in others:
            backend.presence.heartbeat(one, active=True)
        told = beat(backend, *others)
        backend.presence.heartbeat(ana, active=True)
        backend.redis.rename(broken, f"{broken} aside")
        backend.redis.set(broken, "no hash")
        backend.presence.heartbeats.write()
        assert [last_active(backend, one) for one in others] == told
        assert not backend.presence.heartbeats.waiting
        assert not backend.presence.heartbeats.note(ana, 0)
    finally:
        backend.redis.rename(f"{broken} aside", broken)
        for one in others:
            backend.everybody_leaves(one.tenant_id)
            backend.rooms.forget_due(one.tenant_id)


def test_what_redis_has_lost_is_restored_and_not_made_up(backend: Backend, ana: Connection, tape: Tape) -> None:
    backend.presence.heartbeat(ana, active=True)
    backend.redis.delete(*keys_of(backend.redis, ana.tenant_id))
    assert written(backend) == [ana]
    assert keys_of(backend.redis, ana.tenant_id) == []
    assert tape.names() == []


def test_nobody_is_taken_for_steady_long_after_their_last_activity(make_backend: MakeBackend, tenant: str) -> None:
    backend = make_backend(away_timeout_seconds=0.000001)
    ana = backend.connect(tenant, "ana")
    for _ in range(3):
        backend.presence.heartbeat(ana, active=True)
        assert not backend.presence.heartbeats.waiting


def test_a_heartbeat_that_was_to_be_noted_is_noted_a_moment_later(
    backend: Backend, ana: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the choice and the note its payload is checked, in the loop, where Redis cannot be asked any more."""
    began, heartbeats = time.monotonic(), backend.presence.heartbeats
    later = 0.0
    monkeypatch.setattr(
        "app.realtime.managers.heartbeats.time",
        SimpleNamespace(time=time.time, monotonic=lambda: began + later),
    )
    assert heartbeats.is_noted_soon(ana)
    while heartbeats.is_noted_soon(ana):
        later += 0.01
    later += 0.4
    assert heartbeats.note(ana, heartbeats.clock.now())
    later += 0.2
    assert not heartbeats.note(ana, heartbeats.clock.now())
