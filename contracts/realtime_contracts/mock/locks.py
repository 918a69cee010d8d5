"""Locks: places of a room's document that one user has reserved for a while, in all their tabs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from realtime_contracts.mock.clock import Timer, rfc3339
from realtime_contracts.mock.hub import Connection, Hub
from realtime_contracts.mock.places import Places, overlap
from realtime_contracts.mock.refusals import Refused, invalid, limited

#: Locks that one user may hold in a room, and that there may be. The contract's numbers.
MAX_OF_USER, MAX_OF_ROOM = 100, 300

#: Levels that a place may be deep, as the server has it.
MAX_DEPTH = 100


@dataclass
class _Lock:
    path: str
    user_id: str
    user_name: str
    acquired_at: str
    expires_at: str
    end: Timer

    def shown(self) -> dict[str, Any]:
        """The lock as the wire has it."""
        return {name: getattr(self, name) for name in ("path", "user_id", "user_name", "acquired_at", "expires_at")}


class Locks:
    """The locks in one room."""

    def __init__(self, hub: Hub, room_id: str) -> None:
        self._hub = hub
        self._room_id = room_id
        self._locks: dict[str, _Lock] = {}

    def lock(self, connection: Connection, path: str, seconds: float) -> dict[str, Any]:
        """Lock a place, or renew one's lock on it. Raises Refused: locked, limit_exceeded, invalid_payload."""
        if path.count("/") > MAX_DEPTH:
            raise invalid("/path", f"more than {MAX_DEPTH} levels deep")
        user, known = connection.user, self._locks.get(path)
        self.check(user.user_id, [path])
        if known is None:
            own = sum(lock.user_id == user.user_id for lock in self._locks.values())
            if own >= MAX_OF_USER:
                raise limited(MAX_OF_USER, f"A user may hold {MAX_OF_USER} locks")
            if len(self._locks) >= MAX_OF_ROOM:
                raise limited(MAX_OF_ROOM, f"A room may have {MAX_OF_ROOM} locks")
        else:
            known.end.cancel()
        now = self._hub.clock.now()
        end = self._hub.clock.later(seconds, lambda: self._end(lambda lock: lock.end is end))
        acquired_at = rfc3339(now) if known is None else known.acquired_at
        lock = _Lock(path, user.user_id, user.name, acquired_at, rfc3339(now + seconds), end)
        self._locks[path] = lock
        self._announce()
        return lock.shown()

    def unlock(self, user_id: str, path: str) -> None:
        """End a user's lock on a place. Raises Refused: not_found, locked (by another)."""
        lock = self._locks.get(path)
        if lock is None:
            raise Refused("not_found", "No such lock")
        if lock.user_id != user_id:
            raise Refused("locked", details=lock.shown())
        self._end(lambda held: held is lock)

    def check(self, user_id: str, places: Iterable[str]) -> None:
        """Raises Refused if another's lock is in the way of a user at any of these places."""
        foreign = {path: lock for path, lock in self._locks.items() if lock.user_id != user_id}
        locked = Places(foreign)
        for place in places:
            if foreign and locked.overlap(place):
                lock = next(lock for path, lock in foreign.items() if overlap(path, place))
                raise Refused("locked", details=lock.shown())

    def end_of_user(self, user_id: str, *, skip: str) -> None:
        """A user has left the room."""
        self._end(lambda lock: lock.user_id == user_id, skip)

    def shown(self) -> list[dict[str, Any]]:
        """All locks, by their places."""
        return [lock.shown() for _, lock in sorted(self._locks.items())]

    def status(self) -> dict[str, Any]:
        """`doc:lock_status`."""
        return {"room_id": self._room_id, "locks": self.shown()}

    def _end(self, over: Callable[[_Lock], bool], skip: str | None = None) -> None:
        ended = [path for path, lock in self._locks.items() if over(lock)]
        for path in ended:
            self._locks.pop(path).end.cancel()
        if ended:
            self._announce(skip)

    def _announce(self, skip: str | None = None) -> None:
        self._hub.tell_room(self._room_id, "doc:lock_status", self.status(), skip=skip)
