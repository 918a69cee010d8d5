"""A room: its users, their cursors and typing. Its document outlasts its members."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from realtime_contracts.mock.clock import Timer
from realtime_contracts.mock.connections import Connection, Connections
from realtime_contracts.mock.documents import Document, Locks
from realtime_contracts.rules.colors import color_of
from realtime_contracts.rules.errors import LimitExceeded
from realtime_contracts.rules.limits import MAX_ROOMS, MAX_TYPING_FIELDS
from realtime_contracts.rules.places import overlap, place_of
from realtime_contracts.rules.rates import CURSOR_RATE
from realtime_contracts.rules.times import rfc3339

Payload = dict[str, Any]


@dataclass
class Member:
    """A user in a room, with the connections that have joined."""

    #: As in `room:users`.
    shown: Payload
    sids: set[str] = field(default_factory=set)


class Room:
    """One room of a tenant."""

    def __init__(self, connections: Connections, room_id: str) -> None:
        self._connections = connections
        self.room_id = room_id
        self.members: dict[str, Member] = {}
        self.cursors = Cursors(connections, room_id)
        self.typing = Typing(connections, room_id)
        self.locks = Locks(connections, room_id)
        self.document = Document(connections, room_id, self.locks)

    def check_limit(self, connection: Connection) -> None:
        """Raise LimitExceeded if the connection is in as many other rooms as allowed."""
        if self.room_id not in connection.rooms and len(connection.rooms) >= MAX_ROOMS:
            raise LimitExceeded(MAX_ROOMS, f"A connection may be in {MAX_ROOMS} rooms")

    def join(self, connection: Connection) -> None:
        """Add a connection to the room; announce the user if they are new there."""
        user = connection.user
        if self.room_id not in connection.rooms:
            connection.rooms.add(self.room_id)
            is_new = user.user_id not in self.members
            joined_at = rfc3339(self._connections.clock.now())
            shown = {"user_id": user.user_id, "user_name": user.name, "joined_at": joined_at}
            self.members.setdefault(user.user_id, Member(shown)).sids.add(connection.sid)
            if is_new:
                self._announce("room:user_joined", user.user_id, user.name, connection.sid)
        connection.send("room:users", self.users())
        if self.typing.users:
            connection.send("typing:users", self.typing.shown())

    def leave(self, connection: Connection, *, lost: bool = False) -> None:
        """Remove a connection, with its cursor and typing.

        With the user's last connection their locks end too, unless the transport was `lost`: then the locks wait for
        them.
        """
        connection.rooms.discard(self.room_id)
        user_id, sid = connection.user.user_id, connection.sid
        self.cursors.remove_of_connection(user_id, sid)
        self.typing.end(lambda typist: typist.sid == sid, skip=sid)
        member = self.members[user_id]
        member.sids.discard(sid)
        if member.sids:
            return
        if not lost:
            self.locks.end_of_user(user_id, skip=sid)
        del self.members[user_id]
        self._announce("room:user_left", user_id, member.shown["user_name"], sid)

    def users(self) -> Payload:
        """Return `room:users` by time of joining."""
        users = [member.shown for member in self.members.values()]
        return {"room_id": self.room_id, "users": sorted(users, key=lambda user: (user["joined_at"], user["user_id"]))}

    def _announce(self, event: str, user_id: str, user_name: str, skip: str) -> None:
        data = {"user_id": user_id, "user_name": user_name, "room_id": self.room_id}
        self._connections.send_to_room(self.room_id, event, data, skip=skip)


@dataclass
class _Cursor:
    sid: str
    shown: Payload
    end: Timer
    #: When the next announcement would come at an even rate, in seconds.
    arrival: float = 0.0
    waiting: Timer | None = None


class Cursors:
    """The cursors in one room. A user has one there, whatever the number of their connections."""

    def __init__(self, connections: Connections, room_id: str) -> None:
        self._connections = connections
        self._room_id = room_id
        self._cursors: dict[str, _Cursor] = {}

    def move(self, connection: Connection, data: Payload) -> None:
        """Move a user's cursor. Announced as the rate allows; the last position always."""
        user = connection.user
        shown = {
            "user_id": user.user_id,
            "user_name": user.name,
            "color": color_of(user.user_id),
            **_position(data),
            **{name: data.get(name) and _position(data[name]) for name in ("selection_start", "selection_end")},
        }
        end = self._connections.clock.later(self._connections.timeouts.cursor, lambda: self.remove(user.user_id))
        cursor = self._cursors.get(user.user_id)
        if cursor is None:
            cursor = self._cursors[user.user_id] = _Cursor(connection.sid, shown, end)
        else:
            cursor.end.cancel()
            cursor.sid, cursor.shown, cursor.end = connection.sid, shown, end
        if cursor.waiting is None:
            self._announce(cursor)

    def remove(self, user_id: str) -> None:
        """Remove a user's cursor, if any."""
        cursor = self._cursors.pop(user_id, None)
        if cursor is None:
            return
        cursor.end.cancel()
        if cursor.waiting is not None:
            cursor.waiting.cancel()
        data = {"room_id": self._room_id, "user_id": user_id}
        self._connections.send_to_room(self._room_id, "cursor:remove", data, skip_user=user_id)

    def remove_of_connection(self, user_id: str, sid: str) -> None:
        """Remove a user's cursor if this connection moved it last."""
        if (cursor := self._cursors.get(user_id)) is not None and cursor.sid == sid:
            self.remove(user_id)

    def others(self, user_id: str) -> Payload:
        """Return `cursor:sync` for a user."""
        cursors = [cursor.shown for owner, cursor in sorted(self._cursors.items()) if owner != user_id]
        return {"room_id": self._room_id, "cursors": cursors}

    def _announce(self, cursor: _Cursor) -> None:
        clock = self._connections.clock
        wait, cursor.arrival = CURSOR_RATE.next(cursor.arrival, clock.now())
        cursor.waiting = clock.later(wait, lambda: self._announce(cursor)) if wait else None
        if not wait:
            data = {"room_id": self._room_id, **cursor.shown}
            self._connections.send_to_room(self._room_id, "cursor:move", data, skip_user=cursor.shown["user_id"])


def _position(data: Payload) -> dict[str, int]:
    """Return a position with integers: JSON's 4.0 is the integer 4."""
    return {"line": int(data["line"]), "column": int(data["column"])}


@dataclass
class Typist:
    """A user who types in a field; None means somewhere in the room."""

    sid: str
    user_id: str
    user_name: str
    field: str | None
    end: Timer


class Typing:
    """Who types in one room."""

    def __init__(self, connections: Connections, room_id: str) -> None:
        self._connections = connections
        self._room_id = room_id
        #: (user_id, field) → the typist, by time of starting.
        self.users: dict[tuple[str, str | None], Typist] = {}

    def check_limit(self, user_id: str, field: str | None) -> None:
        """Raise LimitExceeded if a user types in as many other fields as allowed."""
        fields = [name for owner, name in self.users if owner == user_id]
        if field not in fields and len(fields) >= MAX_TYPING_FIELDS:
            raise LimitExceeded(MAX_TYPING_FIELDS, f"A user may type in {MAX_TYPING_FIELDS} fields")

    def start(self, connection: Connection, field: str | None) -> None:
        """Start or renew typing. Announced if it is new."""
        user = connection.user
        known = self.users.get((user.user_id, field))
        seconds = self._connections.timeouts.typing
        end = self._connections.clock.later(seconds, lambda: self.end(lambda typist: typist.end is end))
        if known is not None:
            known.end.cancel()
            known.sid, known.end = connection.sid, end
            return
        self.users[user.user_id, field] = Typist(connection.sid, user.user_id, user.name, field, end)
        self._announce()

    def stop(self, user_id: str, field: str | None) -> None:
        """Stop typing in a field (None: in all). Announced if anything changes."""
        self.end(lambda typist: typist.user_id == user_id and (field is None or typist.field == field))

    def end_by_edit(self, user_id: str, writes: Iterable[str]) -> None:
        """Stop typing in the fields that a user has edited."""
        self.end(
            lambda typist: (
                typist.user_id == user_id
                and (typist.field is None or any(overlap(place_of(typist.field), place) for place in writes))
            )
        )

    def end(self, is_over: Callable[[Typist], bool], *, skip: str | None = None) -> None:
        """End typing for which `is_over` is true. Announced if there is any."""
        ended = [key for key, typist in self.users.items() if is_over(typist)]
        for key in ended:
            self.users.pop(key).end.cancel()
        if ended:
            self._announce(skip)

    def shown(self) -> Payload:
        """Return `typing:users`."""
        users = [{"user_id": t.user_id, "user_name": t.user_name, "field": t.field} for t in self.users.values()]
        return {"room_id": self._room_id, "users": users}

    def _announce(self, skip: str | None = None) -> None:
        self._connections.send_to_room(self._room_id, "typing:users", self.shown(), skip=skip)
