"""Typed calls on the room scripts."""

from __future__ import annotations

from enum import Enum
from typing import Any, cast

import orjson
import redis

from app.realtime.store.address import NodeAddress
from app.realtime.store.due import Due, DueStore
from app.realtime.store.keys import TenantKeys
from app.realtime.store.members import Member
from app.realtime.store.script import Script, reaching_redis

#: user_id → {user_name, joined_at, sids}, sids never empty.
Members = dict[str, dict[str, Any]]


class JoinRefused(Enum):
    """Why a join changed nothing."""

    NO_CONNECTION = 0
    TOO_MANY_ROOMS = -1


class Left(Enum):
    """What came of a leave."""

    LEFT = 1
    NO_CONNECTION = 0
    NOT_IN_ROOM = -1


class RoomStore:
    """Rooms in Redis. Every method is one round trip and may raise Unavailable."""

    def __init__(self, client: redis.Redis, address: NodeAddress) -> None:
        self._client = client
        self._join = Script(client, "room_join", address)
        self._leave = Script(client, "room_leave", address)
        self._users = Script(client, "room_users", address)
        self._due = DueStore(client)
        self._expire = Script(client, "room_expire", address)

    def join(
        self,
        keys: TenantKeys,
        member: Member,
        room_id: str,
        max_rooms: int,
        moves: dict[str, str],
    ) -> Members | JoinRefused:
        """Put a connection into a room. Returns who is in it now."""
        entity_type, entity_id = room_id.split(":")
        answer = self._join(
            keys,
            user_id=member.user_id,
            user_name=member.user_name,
            sid=member.sid,
            room_id=room_id,
            entity_type=entity_type,
            entity_id=entity_id,
            max_rooms=max_rooms,
            moves=moves,
        )
        return JoinRefused(answer) if isinstance(answer, int) else _members(answer)

    def leave(self, keys: TenantKeys, user_id: str, sid: str, room_id: str) -> Left:
        """Take a connection out of a room."""
        return Left(self._leave(keys, user_id=user_id, sid=sid, rooms=[{"room_id": room_id}]))

    def members(self, keys: TenantKeys, room_id: str, sid: str | None = None) -> Members:
        """Who is in a room; `room:users` is also sent to connection `sid` if given."""
        return _members(self._users(keys, room_id=room_id, sid=sid))

    def due(self, keys: TenantKeys) -> Due:
        """In which rooms a cursor, typing or a lock has come to its end."""
        return self._due.list(keys.rooms_due)

    def expire(self, keys: TenantKeys, room_id: str, cursor_ms: int) -> None:
        """End what has come to its end in a room; a cursor lives `cursor_ms` without a move."""
        self._expire(keys, room_id=room_id, lives_ms=cursor_ms)

    def forget_due(self, keys: TenantKeys) -> None:
        """Remove the locks of rooms that nobody is in, and all that waits for its time. Two round trips."""
        with reaching_redis():
            room_ids = cast("list[str]", self._client.zrange(keys.rooms_due, 0, -1))
            self._client.delete(keys.rooms_due, *(keys.locks(room_id) for room_id in room_ids))

    def read(self, keys: TenantKeys, room_id: str) -> tuple[dict[str, str], Members]:
        """The room's record ({} if nobody is in it) and its members' entries by user_id."""
        with reaching_redis():
            pipe = self._client.pipeline(transaction=True)
            pipe.hgetall(keys.room(room_id))
            pipe.hgetall(keys.room_users(room_id))
            record, members = pipe.execute()
        return record, {user_id: orjson.loads(entry) for user_id, entry in members.items()}

    def rooms_of_user(self, keys: TenantKeys, user_id: str) -> set[str]:
        """The room_ids that any of the user's connections is in. Two round trips."""
        with reaching_redis():
            sids = cast("set[str]", self._client.smembers(keys.user_connections(user_id)))
        return self.rooms_of(keys, sorted(sids))

    def rooms_of(self, keys: TenantKeys, sids: list[str]) -> set[str]:
        """The room_ids that any of the connections is in."""
        if not sids:
            return set()
        with reaching_redis():
            return cast("set[str]", self._client.sunion([keys.connection_rooms(sid) for sid in sids]))


def _members(flat: list[str]) -> Members:
    return {user_id: orjson.loads(entry) for user_id, entry in zip(flat[::2], flat[1::2], strict=True)}
