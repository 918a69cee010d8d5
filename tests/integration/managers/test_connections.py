"""Connections on a real Redis: repeated and unknown ends, the grace, numbers, and the keys that are left."""

from __future__ import annotations

from uuid import uuid4

import pytest

from app.realtime.store.keys import TenantKeys
from realtime_contracts.rules.errors import LimitExceeded
from tests.integration.backend import Backend, Tape, assert_gapless, eventually, keys_of
from tests.integration.conftest import MakeBackend


def forget(
    backend: Backend, tenant: str, user_id: str, sid: str, rooms: tuple[str, ...] = (), *, goodbye: bool = True
) -> float | None:
    """Run the script of a disconnect with any words."""
    ending = {"user_id": user_id, "sid": sid, "node_id": backend.address.node_id, "goodbye": goodbye, "lost_at_ms": 0}
    return backend.connections._forget(TenantKeys(tenant), rooms, **ending)


def test_the_same_connection_stored_twice_is_one(backend: Backend, tape: Tape, tenant: str) -> None:
    ana = backend.connect(tenant, "ana")
    before = {key: backend.redis.type(key) for key in keys_of(backend.redis, tenant)}
    tape.heard()
    backend.connections.restore_connection(ana)
    assert tape.names() == ["presence:list"]
    assert {key: backend.redis.type(key) for key in keys_of(backend.redis, tenant)} == before
    assert backend.connections.get_tenant_sids(tenant) == [ana.sid]
    backend.goodbye(ana)
    assert keys_of(backend.redis, tenant) == []


def test_a_connection_that_ends_twice_is_announced_once(backend: Backend, tape: Tape, tenant: str) -> None:
    ana, _ben = backend.connect(tenant, "ana"), backend.connect(tenant, "ben")
    tape.heard()
    for _ in range(3):
        assert forget(backend, tenant, "ana", ana.sid) is None
    assert tape.names() == ["presence:user_left"]
    assert forget(backend, tenant, "ana", ana.sid, goodbye=False) is None
    assert tape.names() == []
    backend.connections.local_connections.pop(ana.sid)


def test_the_end_of_an_unknown_connection_changes_nothing(backend: Backend, tape: Tape, tenant: str) -> None:
    backend.connect(tenant, "ana")
    before = keys_of(backend.redis, tenant)
    tape.heard()
    assert backend.connections.remove_connection("unheard-of", goodbye=True) is None
    assert forget(backend, tenant, "ana", "unheard-of", ("invoice:1",)) is None
    assert forget(backend, tenant, "ghost", "unheard-of", goodbye=False) is None
    assert tape.names() == []
    assert keys_of(backend.redis, tenant) == before


@pytest.mark.parametrize(
    "named",
    [(), ("invoice:1",), ("invoice:2", "invoice:9"), ("invoice:9", "invoice:8", "invoice:7")],
    ids=["none", "one", "one and a wrong one", "wrong ones"],
)
def test_a_disconnect_that_was_given_a_wrong_list_of_rooms_leaves_all_the_right_ones(
    named: tuple[str, ...], backend: Backend, tape: Tape, tenant: str
) -> None:
    ana, ben = backend.connect(tenant, "ana"), backend.connect(tenant, "ben")
    for room_id in ("invoice:1", "invoice:2", "invoice:3"):
        backend.join(ana, room_id)
    backend.join(ben, "invoice:9")
    tape.heard()
    forget(backend, tenant, "ana", ana.sid, named)
    heard = tape.heard()
    rooms = sorted(one.payload["room_id"] for one in heard if one.event == "room:user_left")
    assert rooms == ["invoice:1", "invoice:2", "invoice:3"]
    assert heard[-1].event == "presence:user_left"
    assert [user["user_id"] for user in backend.rooms.get_room_users("invoice:9", tenant)] == ["ben"]
    assert [key for key in keys_of(backend.redis, tenant) if "invoice:1" in key] == []
    backend.connections.local_connections.pop(ana.sid)


def test_the_last_tab_decides_goodbye_or_lost(backend: Backend, tape: Tape, tenant: str) -> None:
    first, second = backend.connect(tenant, "ana"), backend.connect(tenant, "ana")
    tape.heard()
    assert backend.lose(first) is None
    backend.goodbye(second)
    assert tape.names() == ["presence:user_left"]

    first, second = backend.connect(tenant, "ana"), backend.connect(tenant, "ana")
    tape.heard()
    backend.goodbye(first)
    assert backend.lose(second) == pytest.approx(60)
    assert tape.names() == []
    assert backend.presence.get_presence("ana", tenant) is not None


def test_a_user_has_no_more_connections_than_allowed_and_the_refused_one_is_nowhere(
    make_backend: MakeBackend, tape: Tape, tenant: str
) -> None:
    backend, other = make_backend(max_connections_per_user=3), make_backend(max_connections_per_user=3)
    opened = [node.connect(tenant, "ana") for node in (backend, other, backend)]
    before = keys_of(backend.redis, tenant)
    tape.heard()
    with pytest.raises(LimitExceeded) as refusal:
        other.connect(tenant, "ana")
    assert refusal.value.details == {"limit": 3}
    assert tape.names() == []
    assert keys_of(backend.redis, tenant) == before
    assert other.connections.get_connection_count() == 1
    backend.connections.restore_connection(opened[0])  # one of the three, not a fourth
    other.connect(tenant, "ben")  # another user is another count
    backend.goodbye(opened[0])
    other.connect(tenant, "ana")


def test_a_tenant_has_no_more_connections_than_allowed_on_all_nodes(
    make_backend: MakeBackend, tape: Tape, tenant: str
) -> None:
    backend, other = make_backend(max_connections_per_tenant=2), make_backend(max_connections_per_tenant=2)
    ana = backend.connect(tenant, "ana")
    other.connect(tenant, "ben")
    before = keys_of(backend.redis, tenant)
    tape.heard()
    with pytest.raises(LimitExceeded, match="A tenant may have 2 connections") as refusal:
        other.connect(tenant, "cy")
    assert refusal.value.details == {"limit": 2}
    assert tape.names() == []
    assert keys_of(backend.redis, tenant) == before
    backend.connections.restore_connection(ana)  # one of the two, not a third
    backend.goodbye(backend.connect(f"{tenant}-2", "cy"))  # another tenant is another count
    backend.goodbye(ana)
    other.connect(tenant, "cy")


def test_equal_users_of_two_tenants_are_strangers(backend: Backend, tape: Tape, tenant: str) -> None:
    other = f"{tenant}-{uuid4().hex[:4]}"
    ana, stranger = backend.connect(tenant, "ana"), backend.connect(other, "ana")
    backend.join(ana, "invoice:1")
    backend.join(stranger, "invoice:1")
    assert [one.payload["user_id"] for one in tape.heard("presence:user_joined")] == ["ana", "ana"]
    backend.goodbye(stranger)
    heard = tape.heard()
    assert {one.event for one in heard} == {"presence:user_left", "room:user_left"}
    assert all(tenant + "}" not in one.room for one in heard)
    assert keys_of(backend.redis, other) == []
    assert backend.connections.get_user_sids("ana", tenant) == [ana.sid]
    assert len(backend.rooms.get_room_users("invoice:1", tenant)) == 1


def test_numbers_go_on_above_the_old_ones_after_redis_lost_the_tenant(
    backend: Backend, tape: Tape, tenant: str
) -> None:
    ana, _ben = backend.connect(tenant, "ana"), backend.connect(tenant, "ben")
    for _ in range(20):
        backend.presence.update(ana, None)
    before = tape.heard()
    assert_gapless(before)
    backend.redis.delete(*keys_of(backend.redis, tenant))
    eventually(lambda: _clock_ms(backend) > before[-1].payload["seq"], "the clock is above the last number")
    for connection in backend.connections.get_tenant_connections(tenant):
        backend.connections.restore_connection(connection)
    after = tape.heard()
    assert_gapless(after)
    assert after[0].payload["seq"] > before[-1].payload["seq"]
    assert [one.event for one in after].count("presence:user_joined") == 2


def _clock_ms(backend: Backend) -> int:
    seconds, micros = backend.redis.time()
    return seconds * 1000 + micros // 1000


def test_numbers_go_on_above_the_old_ones_after_everybody_left(backend: Backend, tape: Tape, tenant: str) -> None:
    last = 0
    for _ in range(5):
        # A tenant's counter starts at the clock in ms: two lives of a tenant in one ms may share numbers,
        # which nobody can see, because nobody is connected in between.
        eventually(lambda last=last: _clock_ms(backend) > last, "the clock is above the last number")
        backend.goodbye(backend.connect(tenant, "ana"))
        last = _clock_ms(backend) + 1
    numbers = [one.payload["seq"] for one in tape.heard("presence:user_joined", "presence:user_left")]
    assert numbers == sorted(set(numbers)), "a number came twice, or went backwards"


def test_a_user_with_odd_names_and_ids_comes_and_goes(backend: Backend, tape: Tape, tenant: str) -> None:
    names = [
        'Ana "the / slash" \\ O\'Neil',
        "مريم",
        "\N{MATHEMATICAL FRAKTUR CAPITAL A}na 👩‍👩‍👧",
        "a:b:c",
        "x" * 255,
        "%s %d \\n",
    ]
    for number, name in enumerate(names):
        connection = backend.connect(tenant, f"user:{number}/{name[:20].strip()}", name)
        backend.join(connection, "invoice:1")
    listed = tape.heard("presence:list")[-1].payload
    assert [user["user_name"] for user in listed["users"]] == sorted(names)
    backend.everybody_leaves(tenant)
    assert [one.payload["user_name"] for one in tape.heard("presence:user_left")] == names
    assert keys_of(backend.redis, tenant) == []
