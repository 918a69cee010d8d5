"""Rooms: who is in which invoice (seed 5.1).

A room is an entity of a tenant, `entity_type:entity_id`, and exists while somebody is in it. A
user is in a room with as many connections as have joined; others hear of the first and the last.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, cast

import redis
from flask import current_app

from app.errors import ConnectionLost, Forbidden, InvalidPayload, LimitExceeded, NotInRoom
from app.realtime.policy import RoomPolicy, RoomRequest
from app.realtime.store.address import NodeAddress
from app.realtime.store.keys import TenantKeys
from app.realtime.store.members import Member
from app.realtime.store.rooms import JoinRefused, Left, Members, RoomStore
from app.realtime.utils.message_types import RoomInfo
from app.settings import Settings
from realtime_contracts.rules import limits
from realtime_contracts.rules.ids import is_room_id
from realtime_contracts.rules.presence import Trigger, moves
from realtime_contracts.rules.times import from_rfc3339, to_rfc3339


class Room:
    """A room as it was when it was read: changing it changes nothing."""

    def __init__(self, room_id: str, entity_type: str, entity_id: str, tenant_id: str) -> None:
        self.room_id = room_id
        self.entity_type = entity_type
        self.entity_id = entity_id
        self.tenant_id = tenant_id
        self.users: dict[str, dict[str, Any]] = {}
        self.created_at = datetime.now(UTC)

    def add_user(self, user_id: str, user_name: str, sid: str, joined_at: str | None = None) -> None:
        """Add a user; `joined_at` is RFC 3339, now if absent."""
        self.users[user_id] = {
            "user_id": user_id,
            "user_name": user_name,
            "sid": sid,
            "joined_at": joined_at or to_rfc3339(datetime.now(UTC)),
        }

    def remove_user(self, user_id: str) -> None:
        """Remove a user, if there."""
        self.users.pop(user_id, None)

    def get_users(self) -> list[dict[str, Any]]:
        """The users by time of joining, each with the `sid` of their first connection in the room."""
        return sorted(self.users.values(), key=lambda user: (user["joined_at"], user["user_id"]))

    def wire_users(self) -> list[dict[str, Any]]:
        """The users as `room:users` shows them: a sid is nobody else's business."""
        return [{k: user[k] for k in ("user_id", "user_name", "joined_at")} for user in self.get_users()]

    def is_empty(self) -> bool:
        """Whether nobody is in the room."""
        return not self.users

    def to_dict(self) -> dict[str, Any]:
        """The room with its users and their number."""
        info = RoomInfo(self.room_id, self.entity_type, self.entity_id, self.get_users())
        return {**info.to_dict(), "user_count": len(self.users)}


class RoomManager:
    """The rooms of all tenants. A method is one round trip unless it says more; any may raise Unavailable.

    Where the seed's signature had no tenant it has one here: a room_id means nothing without it.
    """

    #: Rooms one connection may be in. More is a client that forgets to leave.
    MAX_ROOMS_PER_CONNECTION = limits.MAX_ROOMS

    def __init__(self, redis_client: redis.Redis, settings: Settings, address: NodeAddress, policy: RoomPolicy) -> None:
        self.redis = redis_client
        self.MAX_ROOMS_PER_CONNECTION = settings.max_rooms_per_connection
        self._store = RoomStore(redis_client, address)
        self._policy = policy
        self._cursor_ms = round(settings.cursor_timeout_seconds * 1000)

    def join_room(
        self, room_id: str, user_id: str, user_name: str, sid: str, tenant_id: str, *, role: str = "user"
    ) -> Room:
        """Put connection `sid` into the tenant's room, creating it if needed (seed 5.1).

        Announces `room:user_joined` only if this is the user's first connection there, and sends
        `room:users` to the connection. Joining again is harmless. Raises InvalidPayload (room_id not
        `type:id`), Forbidden (policy), LimitExceeded (50 rooms), ConnectionLost.
        """
        self._check(RoomRequest(tenant_id, user_id, role, room_id, "join"))
        members = self._store.join(
            TenantKeys(tenant_id),
            Member(user_id, user_name, sid),
            room_id,
            self.MAX_ROOMS_PER_CONNECTION,
            moves(Trigger.ACTIVITY),
        )
        if members is JoinRefused.NO_CONNECTION:
            raise ConnectionLost
        if members is JoinRefused.TOO_MANY_ROOMS:
            limit = self.MAX_ROOMS_PER_CONNECTION
            raise LimitExceeded(limit, f"A connection may be in {limit} rooms")
        return _room(room_id, tenant_id, members)

    def leave_room(self, room_id: str, user_id: str, *, sid: str, tenant_id: str) -> None:
        """Take connection `sid` out of a room; announces `room:user_left` if its user is gone from it.

        Raises NotInRoom, ConnectionLost.
        """
        left = self._store.leave(TenantKeys(tenant_id), user_id, sid, room_id)
        if left is Left.NO_CONNECTION:
            raise ConnectionLost
        if left is Left.NOT_IN_ROOM:
            raise NotInRoom

    def leave_all_rooms(self, user_id: str, sid: str, *, tenant_id: str) -> list[str]:
        """Take connection `sid` out of all its rooms; returns them. One round trip a room, and one.

        The end of a connection does this itself, in its own script.
        """
        rooms = sorted(self._store.rooms_of(TenantKeys(tenant_id), [sid]))
        for room_id in rooms:
            self.leave_room(room_id, user_id, sid=sid, tenant_id=tenant_id)
        return rooms

    def send_users(
        self, room_id: str, user_id: str, sid: str, tenant_id: str, *, role: str = "user"
    ) -> list[dict[str, Any]]:
        """Send `room:users` to connection `sid`, in the room or not, and return them. Raises Forbidden."""
        self._check(RoomRequest(tenant_id, user_id, role, room_id, "list"))
        return _room(room_id, tenant_id, self._store.members(TenantKeys(tenant_id), room_id, sid)).wire_users()

    def create_room(self, entity_type: str, entity_id: str, tenant_id: str) -> Room:
        """The room of an entity (seed 5.1). It is in Redis while somebody is in it, and not before."""
        room_id = f"{entity_type}:{entity_id}"
        return self.get_room(room_id, tenant_id) or _room(room_id, tenant_id, {})

    def get_room(self, room_id: str, tenant_id: str) -> Room | None:
        """A room with its users, None if nobody is in it."""
        if not is_room_id(room_id):
            return None
        record, members = self._store.read(TenantKeys(tenant_id), room_id)
        if not record:
            return None
        room = _room(room_id, tenant_id, members)
        room.created_at = from_rfc3339(record["created_at"])
        return room

    def get_room_for_entity(self, entity_type: str, entity_id: str, tenant_id: str) -> Room | None:
        """The room of an entity, None if nobody is in it."""
        return self.get_room(f"{entity_type}:{entity_id}", tenant_id)

    def get_room_users(self, room_id: str, tenant_id: str) -> list[dict[str, Any]]:
        """The users in a room, each with a `sid`."""
        return _room(room_id, tenant_id, self._store.members(TenantKeys(tenant_id), room_id)).get_users()

    def get_rooms_for_user(self, user_id: str, tenant_id: str) -> list[str]:
        """The room_ids that any of the user's connections is in. Two round trips."""
        return sorted(self._store.rooms_of_user(TenantKeys(tenant_id), user_id))

    def expire(self, tenant_id: str) -> float | None:
        """End what has come to its end in the tenant's rooms: cursors, typing, locks.

        Returns in how many seconds to look again, None if nothing waits. Safe on any number of nodes at once.
        """
        keys = TenantKeys(tenant_id)
        while True:
            due = self._store.due(keys)
            for room_id in due.members:
                self._store.expire(keys, room_id, self._cursor_ms)
            if not due.members:
                return due.next_in

    def forget_due(self, tenant_id: str) -> None:
        """Forget what would come to its end later in rooms that nobody is in. Two round trips."""
        self._store.forget_due(TenantKeys(tenant_id))

    def _check(self, request: RoomRequest) -> None:
        if not is_room_id(request.room_id):
            raise InvalidPayload("/room_id", "expected entity_type:entity_id")
        if not self._policy(request):
            raise Forbidden


def _room(room_id: str, tenant_id: str, members: Members) -> Room:
    entity_type, entity_id = room_id.split(":")
    room = Room(room_id, entity_type, entity_id, tenant_id)
    for user_id, member in members.items():
        room.add_user(user_id, member["user_name"], member["sids"][0], member["joined_at"])
    return room


def get_room_manager() -> RoomManager:
    """The current app's RoomManager (seed 5.1)."""
    return cast("RoomManager", current_app.extensions["realtime"].rooms)
