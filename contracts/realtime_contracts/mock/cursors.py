"""Cursors: where everybody is in a room's document. A user has one there, whatever the number of their tabs."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2s
from typing import Any

from realtime_contracts.mock.clock import Timer
from realtime_contracts.mock.hub import Connection, Hub

#: Announcements of one user's cursor: five at once, then one in so many seconds. So at most 30 in any second.
BURST, INTERVAL_SECONDS = 5, 0.042

#: Colours that can be seen on light and on dark, as the server has them.
PALETTE = (
    "#c2410c",
    "#0f7fa8",
    "#7c3aed",
    "#15803d",
    "#db2777",
    "#8a6d00",
    "#2563eb",
    "#d32f2f",
    "#0d8a7d",
    "#b32bc0",
    "#5b7a0b",
    "#64748b",
)


@dataclass
class _Cursor:
    sid: str
    shown: dict[str, Any]
    end: Timer
    #: When the next announcement would come at an even rate, in seconds.
    arrival: float = 0.0
    waiting: Timer | None = None


class Cursors:
    """The cursors in one room."""

    def __init__(self, hub: Hub, room_id: str) -> None:
        self._hub = hub
        self._room_id = room_id
        self._cursors: dict[str, _Cursor] = {}

    def move(self, connection: Connection, data: dict[str, Any]) -> None:
        """A user's cursor is somewhere else; announced as the rate allows, the last position in any case."""
        user = connection.user
        shown = {
            "user_id": user.user_id,
            "user_name": user.name,
            "color": color_of(user.user_id),
            "line": int(data["line"]),
            "column": int(data["column"]),
            "selection_start": _position(data.get("selection_start")),
            "selection_end": _position(data.get("selection_end")),
        }
        end = self._hub.clock.later(self._hub.timeouts.cursor, lambda: self.remove(user.user_id))
        cursor = self._cursors.get(user.user_id)
        if cursor is None:
            cursor = self._cursors[user.user_id] = _Cursor(connection.sid, shown, end)
        else:
            cursor.end.cancel()
            cursor.sid, cursor.shown, cursor.end = connection.sid, shown, end
        if cursor.waiting is None:
            self._announce_in_turn(user.user_id, cursor)

    def remove(self, user_id: str) -> None:
        """A user's cursor is nowhere."""
        cursor = self._cursors.pop(user_id, None)
        if cursor is None:
            return
        cursor.end.cancel()
        if cursor.waiting is not None:
            cursor.waiting.cancel()
        data = {"room_id": self._room_id, "user_id": user_id}
        self._hub.tell_room(self._room_id, "cursor:remove", data, skip_user=user_id)

    def end_of_connection(self, user_id: str, sid: str) -> None:
        """A connection has left: with it goes the cursor that it moved."""
        if (cursor := self._cursors.get(user_id)) is not None and cursor.sid == sid:
            self.remove(user_id)

    def others(self, user_id: str) -> dict[str, Any]:
        """`cursor:sync` for a user."""
        cursors = [cursor.shown for owner, cursor in sorted(self._cursors.items()) if owner != user_id]
        return {"room_id": self._room_id, "cursors": cursors}

    def _announce_in_turn(self, user_id: str, cursor: _Cursor) -> None:
        cursor.waiting = None
        now = self._hub.clock.now()
        wait = cursor.arrival - (BURST - 1) * INTERVAL_SECONDS - now
        if wait > 0:
            cursor.waiting = self._hub.clock.later(wait, lambda: self._announce_in_turn(user_id, cursor))
            return
        cursor.arrival = max(now, cursor.arrival) + INTERVAL_SECONDS
        data = {"room_id": self._room_id, **cursor.shown}
        self._hub.tell_room(self._room_id, "cursor:move", data, skip_user=user_id)


def color_of(user_id: str) -> str:
    """The colour of a user's cursor: always the same, and the server's."""
    digest = blake2s(user_id.encode(), digest_size=4).digest()
    return PALETTE[int.from_bytes(digest, "big") % len(PALETTE)]


def _position(data: dict[str, float] | None) -> dict[str, int] | None:
    """A position with whole numbers: JSON's 4.0 is the integer 4."""
    return None if data is None else {"line": int(data["line"]), "column": int(data["column"])}
