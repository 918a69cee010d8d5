"""Rooms on a real Redis: keys, policy and the seed's methods; features/rooms.feature proves the rest."""

from __future__ import annotations

import pytest

from app.realtime.policy import RoomRequest
from realtime_contracts.rules.errors import Forbidden, LimitExceeded
from tests.integration.backend import Backend, Tape, keys_of
from tests.integration.conftest import MakeBackend

ROOM = "invoice:42"


def room_keys(backend: Backend, tenant: str) -> list[str]:
    return [key for key in keys_of(backend.redis, tenant) if "room" in key]


def test_joining_again_is_harmless_and_keeps_the_time_of_joining(backend: Backend, tape: Tape, tenant: str) -> None:
    ana = backend.connect(tenant, "ana")
    first = backend.join(ana, ROOM)
    tape.heard()
    assert [backend.join(ana, ROOM) for _ in range(3)] == [first] * 3
    assert tape.names() == ["room:users"] * 3
    backend.leave(ana, ROOM)
    assert room_keys(backend, tenant) == []


def test_fifty_rooms_are_left_by_one_goodbye(backend: Backend, tape: Tape, tenant: str) -> None:
    ana = backend.connect(tenant, "ana")
    rooms = [f"invoice:{number:02}" for number in range(50)]
    for room_id in rooms:
        backend.join(ana, room_id)
    tape.heard()
    backend.goodbye(ana)
    assert sorted(one.payload["room_id"] for one in tape.heard("room:user_left")) == rooms
    assert keys_of(backend.redis, tenant) == []


def test_a_user_with_two_tabs_stays_in_the_room_when_one_is_lost(backend: Backend, tape: Tape, tenant: str) -> None:
    first, second = backend.connect(tenant, "ana"), backend.connect(tenant, "ana")
    backend.join(first, ROOM)
    backend.join(second, ROOM)
    tape.heard()
    backend.lose(first)
    assert tape.names() == []
    room = backend.rooms.get_room(ROOM, tenant)
    assert room is not None
    assert [user["sid"] for user in room.get_users()] == [second.sid]
    backend.lose(second)
    assert tape.names() == ["room:user_left"]
    assert room_keys(backend, tenant) == []


def test_a_refused_join_is_no_activity(make_backend: MakeBackend, tape: Tape, tenant: str) -> None:
    backend = make_backend(max_rooms_per_connection=1)
    ana = backend.connect(tenant, "ana")
    backend.join(ana, ROOM)
    backend.presence.set_away("ana", tenant)
    tape.heard()
    with pytest.raises(LimitExceeded):
        backend.join(ana, "invoice:43")
    assert tape.names() == []


def test_the_seeds_ways_to_read_a_room_agree(backend: Backend, tenant: str) -> None:
    assert backend.rooms.get_room(ROOM, tenant) is None
    empty = backend.rooms.create_room("invoice", "42", tenant)
    assert (empty.room_id, empty.is_empty()) == (ROOM, True)
    assert room_keys(backend, tenant) == []

    ana, tab = backend.connect(tenant, "ana", "Ana"), backend.connect(tenant, "ana", "Ana")
    backend.join(ana, ROOM)
    backend.join(tab, ROOM)
    backend.join(tab, "report:2026")
    room = backend.rooms.get_room(ROOM, tenant)
    assert room is not None
    assert room.to_dict()["user_count"] == 1
    assert room.get_users() == backend.rooms.get_room_users(ROOM, tenant)
    assert room.get_users()[0]["sid"] == ana.sid
    for found in (
        backend.rooms.create_room("invoice", "42", tenant),
        backend.rooms.get_room_for_entity("invoice", "42", tenant),
    ):
        assert found is not None
        assert found.to_dict() == room.to_dict()
        assert found.created_at == room.created_at
    assert backend.rooms.get_rooms_for_user("ana", tenant) == [ROOM, "report:2026"]
    assert backend.rooms.get_rooms_for_user("ben", tenant) == []


def test_leave_all_rooms_leaves_those_of_one_connection_only(backend: Backend, tape: Tape, tenant: str) -> None:
    ana, tab = backend.connect(tenant, "ana"), backend.connect(tenant, "ana")
    backend.join(ana, ROOM)
    backend.join(ana, "report:1")
    backend.join(tab, ROOM)
    tape.heard()
    assert backend.rooms.leave_all_rooms("ana", ana.sid, tenant_id=tenant) == [ROOM, "report:1"]
    assert [one.payload["room_id"] for one in tape.heard()] == ["report:1"]
    assert backend.rooms.leave_all_rooms("ana", ana.sid, tenant_id=tenant) == []
    assert backend.rooms.get_rooms_for_user("ana", tenant) == [ROOM]


def test_what_policy_refuses_is_neither_entered_nor_listed_and_nobody_hears_of_it(
    make_backend: MakeBackend, tape: Tape, tenant: str
) -> None:
    asked: list[RoomRequest] = []

    def policy(request: RoomRequest) -> bool:
        asked.append(request)
        return request.role == "accountant" or not request.room_id.startswith("payroll:")

    backend = make_backend(policy=policy)
    ana = backend.connect(tenant, "ana")
    before = keys_of(backend.redis, tenant)
    tape.heard()
    with pytest.raises(Forbidden):
        backend.join(ana, "payroll:1")
    with pytest.raises(Forbidden):
        backend.rooms.send_users("payroll:1", "ana", ana.sid, tenant)
    assert tape.names() == []
    assert keys_of(backend.redis, tenant) == before
    assert asked == [
        RoomRequest(tenant, "ana", "user", "payroll:1", "join"),
        RoomRequest(tenant, "ana", "user", "payroll:1", "list"),
    ]
    backend.rooms.join_room("payroll:1", "ana", "Ana", ana.sid, tenant, role="accountant")
    assert tape.names() == ["room:user_joined", "room:users"]


def test_a_policy_that_fails_changes_nothing(make_backend: MakeBackend, tape: Tape, tenant: str) -> None:
    def policy(request: RoomRequest) -> bool:
        raise KeyError(request.room_id)

    backend = make_backend(policy=policy)
    ana = backend.connect(tenant, "ana")
    tape.heard()
    with pytest.raises(KeyError):
        backend.join(ana, ROOM)
    assert tape.names() == []
    assert room_keys(backend, tenant) == []
