"""Rooms on a real Redis: first in, last out, and no key of an empty room."""

from __future__ import annotations

import pytest

from app.realtime.policy import RoomRequest
from app.realtime.store.keys import TenantKeys
from realtime_contracts.rules.errors import Forbidden, LimitExceeded, NotInRoom
from tests.integration.backend import Backend, Tape, keys_of
from tests.integration.conftest import MakeBackend

ROOM = "invoice:42"


def room_keys(backend: Backend, tenant: str) -> list[str]:
    return [key for key in keys_of(backend.redis, tenant) if "room" in key]


def test_first_tab_in_and_last_tab_out_are_announced(make_backend: MakeBackend, tenant: str) -> None:
    backend, other = make_backend(), make_backend()
    tape = Tape(backend.redis)
    ben, first, second = backend.connect(tenant, "ben"), backend.connect(tenant, "ana"), other.connect(tenant, "ana")
    backend.join(ben, ROOM)
    tape.heard()

    backend.join(first, ROOM)
    joined, users = tape.heard()
    assert (joined.event, joined.room) == ("room:user_joined", TenantKeys(tenant).room_channel(ROOM))
    assert joined.skip == first.sid
    assert (users.event, users.room) == ("room:users", first.sid)
    # By time of joining, which may be the same millisecond.
    assert {user["user_id"] for user in users.payload["users"]} == {"ben", "ana"}

    other.join(second, ROOM)
    assert [(one.event, one.room) for one in tape.heard()] == [("room:users", second.sid)]
    backend.leave(first, ROOM)
    assert tape.names() == []
    assert {user["user_id"] for user in backend.rooms.get_room_users(ROOM, tenant)} == {"ben", "ana"}
    other.leave(second, ROOM)
    (left,) = tape.heard()
    assert (left.event, left.payload["user_id"]) == ("room:user_left", "ana")
    tape.close()


def test_joining_again_is_harmless_and_keeps_the_time_of_joining(backend: Backend, tape: Tape, tenant: str) -> None:
    ana = backend.connect(tenant, "ana")
    first = backend.join(ana, ROOM)
    tape.heard()
    assert [backend.join(ana, ROOM) for _ in range(3)] == [first] * 3
    assert tape.names() == ["room:users"] * 3
    backend.leave(ana, ROOM)
    assert room_keys(backend, tenant) == []


def test_leaving_a_room_one_is_not_in_is_refused_and_announces_nothing(
    backend: Backend, tape: Tape, tenant: str
) -> None:
    ana, ben, tab = backend.connect(tenant, "ana"), backend.connect(tenant, "ben"), backend.connect(tenant, "ana")
    backend.join(ben, ROOM)
    backend.join(tab, ROOM)
    before = keys_of(backend.redis, tenant)
    tape.heard()
    for room_id in (ROOM, "invoice:4", "tenant:other"):
        with pytest.raises(NotInRoom):
            backend.leave(ana, room_id)
    assert tape.names() == []
    assert keys_of(backend.redis, tenant) == before


def test_a_connection_is_in_no_more_rooms_than_allowed(make_backend: MakeBackend, tenant: str) -> None:
    backend = make_backend(max_rooms_per_connection=3)
    tape = Tape(backend.redis)
    ana, tab = backend.connect(tenant, "ana"), backend.connect(tenant, "ana")
    for number in range(3):
        backend.join(ana, f"invoice:{number}")
    tape.heard()
    with pytest.raises(LimitExceeded) as refusal:
        backend.join(ana, "invoice:3")
    assert refusal.value.details == {"limit": 3}
    assert tape.names() == []
    assert backend.rooms.get_room("invoice:3", tenant) is None
    backend.join(ana, "invoice:0")  # again, where it is already
    backend.join(tab, "invoice:3")  # another connection is another count
    backend.leave(ana, "invoice:0")
    backend.join(ana, "invoice:3")
    tape.close()


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


def test_joining_ends_an_away_of_the_server(backend: Backend, tape: Tape, tenant: str) -> None:
    ana = backend.connect(tenant, "ana")
    backend.presence.set_away("ana", tenant)
    tape.heard()
    backend.join(ana, ROOM)
    assert tape.names() == ["presence:update", "room:user_joined", "room:users"]


def test_a_refused_join_is_no_activity(make_backend: MakeBackend, tenant: str) -> None:
    backend = make_backend(max_rooms_per_connection=1)
    tape = Tape(backend.redis)
    ana = backend.connect(tenant, "ana")
    backend.join(ana, ROOM)
    backend.presence.set_away("ana", tenant)
    tape.heard()
    with pytest.raises(LimitExceeded):
        backend.join(ana, "invoice:43")
    assert tape.names() == []
    tape.close()


def test_anyone_of_the_tenant_may_ask_who_is_in_a_room(backend: Backend, tape: Tape, tenant: str) -> None:
    ana, ben = backend.connect(tenant, "ana", "Ana"), backend.connect(tenant, "ben")
    backend.join(ana, ROOM)
    tape.heard()
    users = backend.rooms.send_users(ROOM, "ben", ben.sid, tenant)
    (sent,) = tape.heard()
    assert (sent.event, sent.room, sent.payload) == ("room:users", ben.sid, {"room_id": ROOM, "users": users})
    assert [set(user) for user in users] == [{"user_id", "user_name", "joined_at"}]
    assert backend.rooms.send_users("invoice:7", "ben", ben.sid, tenant) == []
    assert tape.heard()[0].payload == {"room_id": "invoice:7", "users": []}


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
    make_backend: MakeBackend, tenant: str
) -> None:
    asked: list[RoomRequest] = []

    def policy(request: RoomRequest) -> bool:
        asked.append(request)
        return request.role == "accountant" or not request.room_id.startswith("payroll:")

    backend = make_backend(policy=policy)
    tape = Tape(backend.redis)
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
    tape.close()


def test_a_policy_that_fails_changes_nothing(make_backend: MakeBackend, tenant: str) -> None:
    def policy(request: RoomRequest) -> bool:
        raise KeyError(request.room_id)

    backend = make_backend(policy=policy)
    tape = Tape(backend.redis)
    ana = backend.connect(tenant, "ana")
    tape.heard()
    with pytest.raises(KeyError):
        backend.join(ana, ROOM)
    assert tape.names() == []
    assert room_keys(backend, tenant) == []
    tape.close()
