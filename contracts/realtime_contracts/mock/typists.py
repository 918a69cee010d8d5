"""Who types in which field of a room."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from realtime_contracts.mock.clock import Timer
from realtime_contracts.mock.hub import Connection, Hub
from realtime_contracts.mock.places import overlap
from realtime_contracts.mock.refusals import limited

#: Fields of a room that one user may type in at a time. The contract's number.
MAX_FIELDS = 20


@dataclass
class Typist:
    """Somebody types somewhere; `field` None: somewhere in the room."""

    sid: str
    user_id: str
    user_name: str
    field: str | None
    end: Timer

    @property
    def place(self) -> str:
        """The place in the document: the field as a JSON Pointer, or the name of a top-level member."""
        if self.field is None:
            return ""
        return self.field if self.field.startswith("/") else "/" + self.field.replace("~", "~0").replace("/", "~1")


class Typists:
    """Who types in one room."""

    def __init__(self, hub: Hub, room_id: str) -> None:
        self._hub = hub
        self._room_id = room_id
        #: (user_id, field) → who types, by when they began.
        self._typists: dict[tuple[str, str | None], Typist] = {}

    def check_limit(self, user_id: str, field: str | None) -> None:
        """Raises Refused if a user types in as many fields as they may."""
        fields = [name for owner, name in self._typists if owner == user_id]
        if field not in fields and len(fields) >= MAX_FIELDS:
            raise limited(MAX_FIELDS, f"A user may type in {MAX_FIELDS} fields")

    def start(self, connection: Connection, field: str | None) -> None:
        """A user types, or still does. Announced if it is new."""
        user = connection.user
        key = (user.user_id, field)
        known = self._typists.get(key)
        end = self._hub.clock.later(self._hub.timeouts.typing, lambda: self.end(lambda typist: typist.end is end))
        if known is not None:
            known.end.cancel()
            known.sid, known.end = connection.sid, end
            return
        self._typists[key] = Typist(connection.sid, user.user_id, user.name, field, end)
        self._announce()

    def stop(self, user_id: str, field: str | None) -> None:
        """A user types no more in a field (None: in none). Announced if that is a change."""
        self.end(lambda typist: typist.user_id == user_id and (field is None or typist.field == field))

    def end_by_edit(self, user_id: str, writes: set[str]) -> None:
        """A user has edited where they typed."""
        self.end(
            lambda typist: (
                typist.user_id == user_id
                and (typist.place == "" or any(overlap(typist.place, place) for place in writes))
            )
        )

    def end(self, over: Callable[[Typist], bool], *, skip: str | None = None) -> None:
        """End the typing for which `over` says so; the room hears of it if there is any."""
        ended = [key for key, typist in self._typists.items() if over(typist)]
        for key in ended:
            self._typists.pop(key).end.cancel()
        if ended:
            self._announce(skip)

    def typing(self) -> dict[str, Any] | None:
        """`typing:users`, None if nobody types."""
        return self._shown() if self._typists else None

    def _shown(self) -> dict[str, Any]:
        users = [{"user_id": t.user_id, "user_name": t.user_name, "field": t.field} for t in self._typists.values()]
        return {"room_id": self._room_id, "users": users}

    def _announce(self, skip: str | None = None) -> None:
        self._hub.tell_room(self._room_id, "typing:users", self._shown(), skip=skip)
