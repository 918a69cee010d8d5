"""Locks: places of a room's document that one user has reserved for a while.

A lock covers its place and all below it. It is the user's, not a tab's: whoever loses the transport finds it
as it was when they come back in time. An edit asks for the locks in its own script, so none can slip
between the question and the edit.
"""

from __future__ import annotations

from typing import cast

import redis
from flask import current_app

from app.realtime.managers.connection_manager import Connection
from app.realtime.store.address import NodeAddress
from app.realtime.store.locks import Lock, LockLimits, LockStore
from realtime_contracts.rules import limits
from realtime_contracts.rules.places import check_lock_path


class LockManager:
    """The locks of all rooms. A method is one round trip and may raise NotInRoom, ConnectionLost and Unavailable."""

    #: Seconds that a lock lasts if its holder does not say. The contract's number.
    LOCK_TTL_SECONDS = limits.LOCK_SECONDS

    #: Locks that one user may hold in a room: a form has fewer fields. And all users: everybody is sent them all.
    MAX_LOCKS, MAX_LOCKS_OF_A_ROOM = limits.MAX_LOCKS_OF_USER, limits.MAX_LOCKS_OF_ROOM

    def __init__(self, redis_client: redis.Redis, address: NodeAddress) -> None:
        self._store = LockStore(redis_client, address)

    def lock(self, connection: Connection, room_id: str, path: str = "", ttl: int = LOCK_TTL_SECONDS) -> Lock:
        """Lock `path` (a JSON Pointer) for `ttl` seconds, or renew the user's lock on it; always announced.

        Raises Locked (another's is on it, above it or below it), LimitExceeded, InvalidPayload (deeper than allowed).
        """
        check_lock_path(path)
        most = LockLimits(self.MAX_LOCKS, self.MAX_LOCKS_OF_A_ROOM)
        return self._store.lock(connection.keys, connection.member, room_id, path, ttl * 1000, most)

    def unlock(self, connection: Connection, room_id: str, path: str = "") -> list[Lock]:
        """End the user's lock on `path`. Returns the room's locks. Raises NotFound, Locked (it is another's)."""
        return self._store.unlock(connection.keys, connection.member, room_id, path)

    def send_status(self, connection: Connection, room_id: str) -> list[Lock]:
        """Send `doc:lock_status` to the connection, in order with the changes, and return the locks."""
        return self._store.status(connection.keys, connection.member, room_id)


def get_lock_manager() -> LockManager:
    """The current app's LockManager."""
    return cast("LockManager", current_app.extensions["realtime"].locks)
