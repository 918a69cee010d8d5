"""A room as it was read, and what is refused before Redis is asked. The rest is tested on a real Redis."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from app.realtime.managers.room_manager import Room, RoomManager, get_room_manager
from realtime_contracts import Direction
from realtime_contracts.contract.registry import registry
from realtime_contracts.rules.errors import Forbidden, InvalidPayload

EARLY, LATE = "2026-01-31T12:00:00.000Z", "2026-01-31T12:00:01.000Z"


@pytest.fixture
def room() -> Room:
    """Return a room with Ben, who came first, and Ana."""
    made = Room("invoice:42", "invoice", "42", "acme")
    made.add_user("ana", "Ana", "s1", LATE)
    made.add_user("ben", "Ben", "s2", EARLY)
    return made


@pytest.fixture
def rooms(app: Flask) -> RoomManager:
    with app.app_context():
        return get_room_manager()


def test_users_are_in_the_order_of_their_coming(room: Room) -> None:
    assert [user["user_id"] for user in room.get_users()] == ["ben", "ana"]


def test_users_who_came_together_are_in_the_order_of_their_ids(room: Room) -> None:
    room.add_user("aaa", "Zed", "s3", LATE)
    assert [user["user_id"] for user in room.get_users()] == ["ben", "aaa", "ana"]


def test_a_user_is_kept_with_their_connection_and_shown_without(room: Room) -> None:
    assert room.get_users()[0] == {"user_id": "ben", "user_name": "Ben", "sid": "s2", "joined_at": EARLY}
    assert room.wire_users()[0] == {"user_id": "ben", "user_name": "Ben", "joined_at": EARLY}


def test_users_on_the_wire_are_the_contracts(room: Room) -> None:
    room.add_user("cy", "Cy", "s3")
    payload = {"room_id": room.room_id, "users": room.wire_users()}
    assert registry().check(Direction.SERVER, "room:users", payload) is None


def test_a_room_is_empty_when_its_last_user_has_gone(room: Room) -> None:
    room.remove_user("ana")
    assert not room.is_empty()
    room.remove_user("ben")
    room.remove_user("ben")
    assert room.is_empty()


def test_a_room_tells_its_entity_its_users_and_their_number(room: Room) -> None:
    assert room.to_dict() == {
        "room_id": "invoice:42",
        "entity_type": "invoice",
        "entity_id": "42",
        "users": room.get_users(),
        "user_count": 2,
    }


def test_a_room_knows_when_it_was_made_in_utc(room: Room) -> None:
    assert room.created_at.utcoffset() is not None


ASK: dict[str, Callable[[RoomManager, str], Any]] = {
    "join": lambda rooms, room_id: rooms.join_room(room_id, "ana", "Ana", "s1", "acme", role="clerk"),
    "list": lambda rooms, room_id: rooms.send_users(room_id, "ana", "s1", "acme", role="clerk"),
}


@pytest.mark.parametrize("action", ASK)
@pytest.mark.parametrize("room_id", ["", "invoice", "invoice:42:users", "tenant:{acme}", "invoice:4 2", "1:1"])
def test_what_names_no_room_is_refused_with_its_place(action: str, room_id: str, rooms: RoomManager) -> None:
    with pytest.raises(InvalidPayload) as caught:
        ASK[action](rooms, room_id)
    assert caught.value.details == {"path": "/room_id", "reason": "expected entity_type:entity_id"}


def test_a_room_that_cannot_be_is_not_there(rooms: RoomManager) -> None:
    assert rooms.get_room("no room", "acme") is None
    assert rooms.get_room_for_entity("tenant", "{acme}", "acme") is None


def test_the_limit_of_rooms_is_the_settings(rooms: RoomManager, app: Flask) -> None:
    allowed = app.extensions["realtime"].settings.max_rooms_per_connection
    assert allowed == rooms.MAX_ROOMS_PER_CONNECTION
    assert RoomManager.MAX_ROOMS_PER_CONNECTION == 50


@pytest.mark.parametrize("answer", [False, None, 1, "yes", [True], object()])
def test_a_policy_lets_in_by_true_and_by_nothing_else(rooms: RoomManager, answer: object) -> None:
    rooms._policy = lambda _request: answer  # type: ignore[assignment, return-value]
    with pytest.raises(Forbidden):
        rooms.join_room("invoice:42", "ana", "Ana", "s1", "acme")
