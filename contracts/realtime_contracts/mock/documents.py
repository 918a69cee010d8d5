"""A room's document: its versions, edits and locks."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import orjson

from realtime_contracts.mock.clock import Timer
from realtime_contracts.mock.connections import Connection, Connections
from realtime_contracts.rules import edits
from realtime_contracts.rules.edits import Changes, Touched
from realtime_contracts.rules.errors import LimitExceeded, Locked, NotFound, VersionConflict
from realtime_contracts.rules.limits import KEPT_EDITS, MAX_LOCKS_OF_ROOM, MAX_LOCKS_OF_USER
from realtime_contracts.rules.places import Places, check_lock_path, overlap
from realtime_contracts.rules.times import rfc3339


@dataclass(frozen=True)
class _Edit:
    touched: dict[str, list[str]]
    message: dict[str, Any]
    #: Author and id of an edit. A repeated edit gets the first answer again.
    key: tuple[str, str]


class Document:
    """The document of one room."""

    def __init__(self, connections: Connections, room_id: str, locks: Locks) -> None:
        self._connections = connections
        self._room_id = room_id
        self._locks = locks
        self.version = 0
        #: Never another one: the mock forgets nothing.
        self.epoch = uuid4().hex
        self._content = b"{}"
        self._log: deque[_Edit] = deque(maxlen=KEPT_EDITS)

    def edit(self, connection: Connection, data: dict[str, Any]) -> tuple[int, frozenset[str] | None]:
        """Apply an edit and announce it. Returns its version and the written places; None if it was applied before.

        Raises VersionConflict, Locked, InvalidPayload, TooLarge.
        """
        user, changes = connection.user, data["changes"]
        key = (user.user_id, data["edit_id"].lower())
        for made in self._log:
            if made.key == key:
                return made.message["version"], None
        content, touched = self._merged(int(data["base_version"]), data.get("epoch"), changes)
        self._locks.check(user.user_id, touched.writes)
        self.version, self._content = self.version + 1, content
        author = (user.user_id, user.name)
        announced = edits.announcement(self._room_id, self.version, author, changes, data["edit_id"])
        message = {**announced, "epoch": self.epoch}
        self._log.append(_Edit(touched.as_json(), message, key))
        self._connections.send_to_room(self._room_id, "doc:edit", message, skip=connection.sid)
        return self.version, touched.writes

    def sync(self, since: int | None, epoch: str | None) -> dict[str, Any]:
        """Return `doc:sync`: the edits after version `since` of `epoch` if all are kept, else the whole document."""
        missed = None if since is None else self._since(since, epoch)
        return {
            "room_id": self._room_id,
            "version": self.version,
            "epoch": self.epoch,
            "content": orjson.loads(self._content) if missed is None else None,
            "changes": [edit.message for edit in missed or ()],
            "locks": self._locks.shown(),
        }

    def _merged(self, base: int, epoch: str | None, changes: Changes) -> tuple[bytes, Touched]:
        missed = self._since(base, epoch)
        if missed is None:
            raise VersionConflict(self.version, self.epoch, None)
        try:
            return edits.merged(self._content, changes, [edit.touched for edit in missed])
        except edits.Unmergeable:
            raise VersionConflict(self.version, self.epoch, [edit.message for edit in missed]) from None

    def _since(self, version: int, epoch: str | None) -> list[_Edit] | None:
        """Return the edits after a version of `epoch` (None: of this one).

        None if some are not kept, or the version does not exist yet or is of another epoch.
        """
        missed = self.version - version
        if epoch not in (None, self.epoch) or missed < 0 or missed > len(self._log):
            return None
        return list(self._log)[len(self._log) - missed :]


@dataclass
class _Lock:
    #: As on the wire.
    shown: dict[str, Any]
    user_id: str
    end: Timer


class Locks:
    """The locks in one room: places reserved for one user, on all their connections."""

    def __init__(self, connections: Connections, room_id: str) -> None:
        self._connections = connections
        self._room_id = room_id
        self._locks: dict[str, _Lock] = {}

    def lock(self, connection: Connection, path: str, seconds: float) -> dict[str, Any]:
        """Lock a place, or renew the user's lock on it. Raises Locked, LimitExceeded, InvalidPayload."""
        check_lock_path(path)
        user, known = connection.user, self._locks.get(path)
        self.check(user.user_id, [path])
        if known is not None:
            known.end.cancel()
        elif sum(lock.user_id == user.user_id for lock in self._locks.values()) >= MAX_LOCKS_OF_USER:
            raise LimitExceeded(MAX_LOCKS_OF_USER, f"A user may hold {MAX_LOCKS_OF_USER} locks")
        elif len(self._locks) >= MAX_LOCKS_OF_ROOM:
            raise LimitExceeded(MAX_LOCKS_OF_ROOM, f"A room may have {MAX_LOCKS_OF_ROOM} locks")
        now = self._connections.clock.now()
        end = self._connections.clock.later(seconds, lambda: self._end(lambda lock: lock.end is end))
        shown = {
            "path": path,
            "user_id": user.user_id,
            "user_name": user.name,
            "acquired_at": rfc3339(now) if known is None else known.shown["acquired_at"],
            "expires_at": rfc3339(now + seconds),
        }
        self._locks[path] = _Lock(shown, user.user_id, end)
        self._announce()
        return shown

    def unlock(self, user_id: str, path: str) -> None:
        """End a user's lock on a place. Raises NotFound, Locked (by another)."""
        lock = self._locks.get(path)
        if lock is None:
            raise NotFound("No such lock")
        if lock.user_id != user_id:
            raise Locked(lock.shown)
        self._end(lambda held: held is lock)

    def check(self, user_id: str, places: Iterable[str]) -> None:
        """Raise Locked if another user's lock overlaps one of these places."""
        foreign = {path: lock for path, lock in self._locks.items() if lock.user_id != user_id}
        locked = Places(foreign)
        for place in places:
            if foreign and locked.overlap(place):
                raise Locked(next(lock for path, lock in foreign.items() if overlap(path, place)).shown)

    def end_of_user(self, user_id: str, *, skip: str) -> None:
        """End a user's locks when they leave the room."""
        self._end(lambda lock: lock.user_id == user_id, skip)

    def shown(self) -> list[dict[str, Any]]:
        """Return all locks by place."""
        return [lock.shown for _, lock in sorted(self._locks.items())]

    def status(self) -> dict[str, Any]:
        """Return `doc:lock_status`."""
        return {"room_id": self._room_id, "locks": self.shown()}

    def _end(self, is_over: Callable[[_Lock], bool], skip: str | None = None) -> None:
        ended = [path for path, lock in self._locks.items() if is_over(lock)]
        for path in ended:
            self._locks.pop(path).end.cancel()
        if ended:
            self._announce(skip)

    def _announce(self, skip: str | None = None) -> None:
        self._connections.send_to_room(self._room_id, "doc:lock_status", self.status(), skip=skip)
