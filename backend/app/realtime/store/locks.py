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
        self._lock = Script(client, "doc_lock", address)
        self._unlock = Script(client, "doc_unlock", address)
        self._status = Script(client, "doc_lock_status", address)

    def lock(
        self, keys: TenantKeys, member: Member, room_id: str, path: str, lasts_ms: int, limits: LockLimits
    ) -> Lock:
        """Lock `path` for the member's user, or renew their lock. Raises Locked, LimitExceeded."""
        answer, *rest = _answered(
            self._lock(
                keys,
                **_who_and_where(member, room_id),
                user_name=member.user_name,
                path=path,
                lasts_ms=lasts_ms,
                max_of_user=limits.of_user,
                max_of_room=limits.of_room,
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
        answer, *rest = _answered(self._unlock(keys, **_who_and_where(member, room_id), path=path))
        match _Answer(answer):
            case _Answer.ANOTHERS:
                raise Locked(orjson.loads(rest[0]))
            case _Answer.NONE:
                raise NotFound("No such lock")
        return cast("list[Lock]", orjson.loads(rest[0]))

    def status(self, keys: TenantKeys, member: Member, room_id: str) -> list[Lock]:
        """Send `doc:lock_status` to the member's connection and return the locks."""
        answer = self._status(keys, sid=member.sid, room_id=room_id)
        return cast("list[Lock]", orjson.loads(admitted(answer)))


def _answered(answer: Any) -> list[Any]:
    return cast("list[Any]", admitted(answer))


def _who_and_where(member: Member, room_id: str) -> dict[str, str]:
    return {"user_id": member.user_id, "sid": member.sid, "room_id": room_id}
