"""Rooms: which users are in the room of an entity (seed 5.1).

A room belongs to an entity of a tenant, `entity_type:entity_id`, and exists while somebody is in it. A user
may be in a room with several connections; the others hear of the first that joins and the last that leaves.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, cast

import orjson
import redis

from app.realtime.managers.accessors import of_current_app
from app.realtime.managers.connection_manager import Connection
from app.realtime.policy import RoomPolicy, RoomRequest
from app.realtime.store.address import NodeAddress
from app.realtime.store.due import DueList
from app.realtime.store.executors import executors
from app.realtime.store.keys import TenantKeys
from app.realtime.store.moves import moves_of
from app.realtime.store.script import Script, admitted, reaching_redis
from app.realtime.utils.message_types import RoomInfo
from app.settings import Settings
from realtime_contracts.rules import limits
from realtime_contracts.rules.errors import Forbidden, InvalidPayload, LimitExceeded
from realtime_contracts.rules.ids import is_room_id
from realtime_contracts.rules.presence import Trigger
from realtime_contracts.rules.times import from_rfc3339, to_rfc3339

#: How room_join.lua refuses a connection that is in as many rooms as allowed.
_TOO_MANY_ROOMS = -2


class Room:
    """A snapshot of a room: changing it changes nothing in Redis."""

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
        """Return the users as `room:users` shows them, without their sids."""
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

    def __init__(
        self,
        redis_client: redis.Redis,
        settings: Settings,
        address: NodeAddress,
        policy: RoomPolicy,
        hear: Callable[[str], None] = lambda _room_channel: None,
        on_left: Callable[[Connection, str], None] = lambda _connection, _room_id: None,
    ) -> None:
        """`hear` has this node hear a room's channel, before a connection enters it.

        `on_left` is called with a connection of this node and the room that it has left.
        """
        self._hear = hear
        self._on_left = on_left
        self.redis = redis_client
        self._together = executors(redis_client).together
        self.MAX_ROOMS_PER_CONNECTION = settings.max_rooms_per_connection
        self._policy = policy
        self._cursor_ms = round(settings.cursor_timeout_seconds * 1000)
        self._join = Script(redis_client, "room_join", address)
        self._leave = Script(redis_client, "room_leave", address)
        self._users = Script(redis_client, "room_users", address)
        self._due = DueList(redis_client)
        self._expire = Script(redis_client, "room_expire", address)

    def join(self, connection: Connection, room_id: str) -> list[dict[str, Any]]:
        """Put a connection into a room: see `join_room`. Returns the users in it, as `room:users` shows them."""
        room = self.join_room(
            room_id,
            connection.user_id,
            connection.user_name,
            connection.sid,
            connection.tenant_id,
            role=connection.role,
        )
        connection.rooms.add(room_id)
        return room.wire_users()

    def leave(self, connection: Connection, room_id: str) -> None:
        """Take a connection out of a room: see `leave_room`. It hears nothing of it any more."""
        self.leave_room(room_id, connection.user_id, sid=connection.sid, tenant_id=connection.tenant_id)
        connection.rooms.discard(room_id)
        self._on_left(connection, room_id)

    def list_users(self, connection: Connection, room_id: str) -> list[dict[str, Any]]:
        """Send `room:users` to a connection: see `send_users`."""
        return self.send_users(room_id, connection.user_id, connection.sid, connection.tenant_id, role=connection.role)

    def join_room(
        self, room_id: str, user_id: str, user_name: str, sid: str, tenant_id: str, *, role: str = "user"
    ) -> Room:
        """Put connection `sid` into the tenant's room, creating it if needed (seed 5.1).

        Announces `room:user_joined` only if this is the user's first connection there, and sends
        `room:users` to the connection. Joining again is harmless. Raises InvalidPayload (room_id not
        `type:id`), Forbidden (policy), LimitExceeded (50 rooms), ConnectionLost.
        """
        self._check(RoomRequest(tenant_id, user_id, role, room_id, "join"))
        entity_type, entity_id = room_id.split(":")
        keys = TenantKeys(tenant_id)
        self._hear(keys.room_channel(room_id))
        answer = self._join(
            keys,
            user_id=user_id,
            user_name=user_name,
            sid=sid,
            room_id=room_id,
            entity_type=entity_type,
            entity_id=entity_id,
            max_rooms=self.MAX_ROOMS_PER_CONNECTION,
            moves=moves_of(Trigger.ACTIVITY),
        )
        if answer == _TOO_MANY_ROOMS:
            limit = self.MAX_ROOMS_PER_CONNECTION
            raise LimitExceeded(limit, f"A connection may be in {limit} rooms")
        return _room(room_id, tenant_id, admitted(answer))

    def leave_room(self, room_id: str, user_id: str, *, sid: str, tenant_id: str) -> None:
        """Take connection `sid` out of a room; announces `room:user_left` if its user is gone from it.

        Raises NotInRoom, ConnectionLost.
        """
        admitted(self._leave(TenantKeys(tenant_id), user_id=user_id, sid=sid, rooms=[{"room_id": room_id}]))

    def send_users(
        self, room_id: str, user_id: str, sid: str, tenant_id: str, *, role: str = "user"
    ) -> list[dict[str, Any]]:
        """Send `room:users` to connection `sid`, in the room or not, and return them. Raises Forbidden."""
        self._check(RoomRequest(tenant_id, user_id, role, room_id, "list"))
        members = self._users(TenantKeys(tenant_id), room_id=room_id, sid=sid)
        return _room(room_id, tenant_id, members).wire_users()

    def expire(self, tenant_id: str) -> float | None:
        """End the expired cursors, typing and locks in the tenant's rooms.

        Returns the seconds until the next check, None if nothing waits. Safe on any number of nodes at once.
        """
        keys = TenantKeys(tenant_id)
        while True:
            due = self._due.list(keys.rooms_due)
            for room_id in due.members:
                self._expire(keys, room_id=room_id, lives_ms=self._cursor_ms)
            if not due.members:
                return due.next_in

    def forget_due(self, tenant_id: str) -> None:
        """Remove the locks of empty rooms, and every deadline of the tenant's rooms. Two round trips."""
        keys = TenantKeys(tenant_id)
        with reaching_redis():
            room_ids = cast("list[str]", self.redis.zrange(keys.rooms_due, 0, -1))
            self.redis.delete(keys.rooms_due, *(keys.locks(room_id) for room_id in room_ids))

    def _check(self, request: RoomRequest) -> None:
        if not is_room_id(request.room_id):
            raise InvalidPayload("/room_id", "expected entity_type:entity_id")
        if self._policy(request) is not True:
            raise Forbidden

    # Only the seed asks for what follows (5.1); nothing in the server calls it.

    def create_room(self, entity_type: str, entity_id: str, tenant_id: str) -> Room:
        """The room of an entity. It is in Redis while somebody is in it, and not before."""
        room_id = f"{entity_type}:{entity_id}"
        return self.get_room(room_id, tenant_id) or _room(room_id, tenant_id, [])

    def get_room(self, room_id: str, tenant_id: str) -> Room | None:
        """A room with its users, None if nobody is in it."""
        if not is_room_id(room_id):
            return None
        keys = TenantKeys(tenant_id)
        with reaching_redis():
            reads = [("HGET", keys.room(room_id), "created_at"), ("HGETALL", keys.room_users(room_id))]
            created_at, members = self._together([("MULTI",), *reads, ("EXEC",)])[-1]
        if created_at is None:
            return None
        room = _room(room_id, tenant_id, members)
        room.created_at = from_rfc3339(created_at)
        return room

    def get_room_for_entity(self, entity_type: str, entity_id: str, tenant_id: str) -> Room | None:
        """The room of an entity, None if nobody is in it."""
        return self.get_room(f"{entity_type}:{entity_id}", tenant_id)

    def get_room_users(self, room_id: str, tenant_id: str) -> list[dict[str, Any]]:
        """The users in a room, each with a `sid`."""
        return _room(room_id, tenant_id, self._users(TenantKeys(tenant_id), room_id=room_id, sid=None)).get_users()

    def get_rooms_for_user(self, user_id: str, tenant_id: str) -> list[str]:
        """The room_ids that any of the user's connections is in. Two round trips."""
        with reaching_redis():
            sids = cast("set[str]", self.redis.smembers(TenantKeys(tenant_id).user_connections(user_id)))
        return self._rooms_of(TenantKeys(tenant_id), sids)

    def leave_all_rooms(self, user_id: str, sid: str, *, tenant_id: str) -> list[str]:
        """Take connection `sid` out of all its rooms; returns them. One round trip a room, and one.

        The end of a connection does this itself, in its own script.
        """
        rooms = self._rooms_of(TenantKeys(tenant_id), {sid})
        for room_id in rooms:
            self.leave_room(room_id, user_id, sid=sid, tenant_id=tenant_id)
        return rooms

    def _rooms_of(self, keys: TenantKeys, sids: set[str]) -> list[str]:
        if not sids:
            return []
        with reaching_redis():
            return sorted(cast("set[str]", self.redis.sunion([keys.connection_rooms(sid) for sid in sids])))


def _room(room_id: str, tenant_id: str, flat: list[str]) -> Room:
    """A room; `flat` is user_id and entry (JSON: user_name, joined_at and sids, of which there is one at least), …"""
    entity_type, entity_id = room_id.split(":")
    room = Room(room_id, entity_type, entity_id, tenant_id)
    for user_id, entry in zip(flat[::2], flat[1::2], strict=True):
        member = orjson.loads(entry)
        room.add_user(user_id, member["user_name"], member["sids"][0], member["joined_at"])
    return room


def get_room_manager() -> RoomManager:
    """The current app's RoomManager (seed 5.1)."""
    return of_current_app(RoomManager)
