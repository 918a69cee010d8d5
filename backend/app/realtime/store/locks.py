"""Typed calls on the lock scripts."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any, cast

import orjson
import redis

from app.errors import LimitExceeded, Locked, NotFound
from app.realtime.store.address import NodeAddress
from app.realtime.store.keys import TenantKeys
from app.realtime.store.members import Member, admitted
from app.realtime.store.script import Script

#: A lock as the wire shows it: path, user_id, user_name, acquired_at, expires_at.
Lock = dict[str, Any]


@dataclass(frozen=True)
class LockLimits:
    """Locks that a user may hold in a room, and that all users may."""

    of_user: int
    of_room: int


class _Answer(Enum):
    """How doc_lock.lua and doc_unlock.lua begin their answers."""

    DONE = 1
    ANOTHERS = 2
    NONE = 3


class LockStore:
    """Locks in Redis. Every method is one round trip; all may raise Unavailable, NotInRoom and ConnectionLost."""

    def __init__(self, client: redis.Redis, address: NodeAddress) -> None:
        self._address = address
        self._lock = Script(client, "doc_lock")
        self._unlock = Script(client, "doc_unlock")
        self._status = Script(client, "doc_lock_status")

    def lock(
        self, keys: TenantKeys, member: Member, room_id: str, path: str, lasts_ms: int, limits: LockLimits
    ) -> Lock:
        """Lock `path` for the member's user, or renew their lock. Raises Locked, LimitExceeded."""
        answer, *rest = _answered(
            self._lock(
                [*self._keys(keys, member, room_id), keys.rooms_due],
                [*self._head(keys, member, room_id), member.user_name, path, lasts_ms, limits.of_user, limits.of_room],
            )
        )
        match _Answer(answer):
            case _Answer.ANOTHERS:
                raise Locked(orjson.loads(rest[0]))
            case _Answer.NONE:
                whose = "A user may hold" if rest[0] == limits.of_user else "A room may have"
                raise LimitExceeded(rest[0], f"{whose} {rest[0]} locks")
        return cast("Lock", orjson.loads(rest[0]))

    def unlock(self, keys: TenantKeys, member: Member, room_id: str, path: str) -> list[Lock]:
        """End the user's lock on exactly `path`. Returns the locks that are left. Raises Locked, NotFound."""
        answer, *rest = _answered(
            self._unlock(self._keys(keys, member, room_id), [*self._head(keys, member, room_id), path])
        )
        match _Answer(answer):
            case _Answer.ANOTHERS:
                raise Locked(orjson.loads(rest[0]))
            case _Answer.NONE:
                raise NotFound("No such lock")
        return cast("list[Lock]", orjson.loads(rest[0]))

    def status(self, keys: TenantKeys, member: Member, room_id: str) -> list[Lock]:
        """Send `doc:lock_status` to the member's connection and return the locks."""
        answer = self._status(self._keys(keys, member, room_id), [self._address.node, member.sid, room_id])
        return cast("list[Lock]", orjson.loads(admitted(answer)))

    def _keys(self, keys: TenantKeys, member: Member, room_id: str) -> list[str]:
        return [keys.connection(member.sid), keys.connection_rooms(member.sid), keys.locks(room_id)]

    def _head(self, keys: TenantKeys, member: Member, room_id: str) -> list[str]:
        return [self._address.bus, room_id, keys.room_channel(room_id), member.user_id]


def _answered(answer: Any) -> list[Any]:
    return cast("list[Any]", admitted(answer))
