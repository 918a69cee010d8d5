"""Locks: places of a room's document that one user has reserved for a while.

A lock covers its place and everything below it. It belongs to the user, not to a tab: it survives a lost
transport if the user reconnects in time. The script that commits an edit checks the locks itself, so no lock
can come between the check and the edit.
"""

from __future__ import annotations

from typing import Any, cast

import orjson
import redis

from app.realtime.managers.accessors import of_current_app
from app.realtime.managers.connection_manager import Connection
from app.realtime.managers.planning import PlanCheck, plan_nothing
from app.realtime.store.address import NodeAddress
from app.realtime.store.script import Script, admitted
from realtime_contracts.rules import limits
from realtime_contracts.rules.errors import LimitExceeded, Locked, NotFound
from realtime_contracts.rules.places import check_lock_path

#: A lock as the wire shows it: path, user_id, user_name, acquired_at, expires_at.
Lock = dict[str, Any]

#: How doc_lock.lua and doc_unlock.lua begin an answer that refuses; 1 is done.
_ANOTHERS, _REFUSED = 2, 3


class LockManager:
    """The locks of all rooms. A method is one round trip and may raise NotInRoom, ConnectionLost and Unavailable."""

    #: Seconds that a lock lasts if its holder does not say. The contract's number.
    LOCK_TTL_SECONDS = limits.LOCK_SECONDS

    #: Locks per user in a room, and per room.
    MAX_LOCKS, MAX_LOCKS_OF_A_ROOM = limits.MAX_LOCKS_OF_USER, limits.MAX_LOCKS_OF_ROOM

    def __init__(self, redis_client: redis.Redis, address: NodeAddress, plan_check: PlanCheck = plan_nothing) -> None:
        self._plan_check = plan_check
        self._lock = Script(redis_client, "doc_lock", address)
        self._unlock = Script(redis_client, "doc_unlock", address)
        self._status = Script(redis_client, "doc_lock_status", address)

    def lock(self, connection: Connection, room_id: str, path: str = "", ttl: float = LOCK_TTL_SECONDS) -> Lock:
        """Lock `path` (a JSON Pointer) for `ttl` seconds, or renew the user's lock on it; always announced.

        Raises Locked (another's is on it, above it or below it), LimitExceeded, InvalidPayload (deeper than allowed).
        """
        check_lock_path(path)
        answer, rest = admitted(
            self._lock(
                connection.keys,
                user_id=connection.user_id,
                user_name=connection.user_name,
                sid=connection.sid,
                room_id=room_id,
                path=path,
                lasts_ms=round(ttl * 1000),
                max_of_user=self.MAX_LOCKS,
                max_of_room=self.MAX_LOCKS_OF_A_ROOM,
            )
        )
        if answer == _ANOTHERS:
            raise Locked(orjson.loads(rest))
        if answer == _REFUSED:
            whose = "A user may hold" if rest == self.MAX_LOCKS else "A room may have"
            raise LimitExceeded(rest, f"{whose} {rest} locks")
        self._plan_check(connection.tenant_id, ttl)
        return cast("Lock", orjson.loads(rest))

    def unlock(self, connection: Connection, room_id: str, path: str = "") -> list[Lock]:
        """End the user's lock on `path`. Returns the room's locks. Raises NotFound, Locked (it is another's)."""
        answer, *rest = admitted(
            self._unlock(connection.keys, user_id=connection.user_id, sid=connection.sid, room_id=room_id, path=path)
        )
        if answer == _ANOTHERS:
            raise Locked(orjson.loads(rest[0]))
        if answer == _REFUSED:
            raise NotFound("No such lock")
        return cast("list[Lock]", orjson.loads(rest[0]))

    def send_status(self, connection: Connection, room_id: str) -> list[Lock]:
        """Send `doc:lock_status` to the connection, in order with the changes, and return the locks."""
        locks = admitted(self._status(connection.keys, sid=connection.sid, room_id=room_id))
        return cast("list[Lock]", orjson.loads(locks))


def get_lock_manager() -> LockManager:
    """The current app's LockManager."""
    return of_current_app(LockManager)
