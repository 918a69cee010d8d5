"""Presence: who is online in a company, how, and where.

What ends a status depends on who chose it: an away that the server set ends with any activity, one that the user
chose does not; busy ends only by the user's word. So there are four states behind three statuses.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from realtime_contracts.mock.access import User
from realtime_contracts.mock.clock import Timer, rfc3339
from realtime_contracts.mock.hub import Hub


class State(StrEnum):
    """A status together with who chose it."""

    ONLINE = "online"
    AUTO_AWAY = "auto_away"
    AWAY = "away"
    BUSY = "busy"

    @property
    def status(self) -> str:
        """What others see."""
        return "away" if self is State.AUTO_AWAY else self.value


class Trigger(StrEnum):
    """What happens to a user's presence. The value of a choice is the status that is chosen."""

    ACTIVITY = "activity"  # heartbeat, cursor, typing, edit, join, a new connection
    UPDATE = "update"  # presence:update without status
    CHOOSE_ONLINE = "online"
    CHOOSE_AWAY = "away"
    CHOOSE_BUSY = "busy"
    IDLE = "idle"  # nothing for as long as `Timeouts.away`
    NONE = "none"  # heartbeat {active: false}


_ONLINE, _AUTO, _AWAY, _BUSY = State

#: trigger → state → next state. Columns: online, away by the server, away chosen, busy.
TABLE: dict[Trigger, dict[State, State]] = {
    trigger: dict(zip(State, row, strict=True))
    for trigger, row in {
        Trigger.ACTIVITY: (_ONLINE, _ONLINE, _AWAY, _BUSY),
        Trigger.UPDATE: (_ONLINE, _ONLINE, _ONLINE, _BUSY),
        Trigger.CHOOSE_ONLINE: (_ONLINE, _ONLINE, _ONLINE, _ONLINE),
        Trigger.CHOOSE_AWAY: (_AWAY, _AWAY, _AWAY, _AWAY),
        Trigger.CHOOSE_BUSY: (_BUSY, _BUSY, _BUSY, _BUSY),
        Trigger.IDLE: (_AUTO, _AUTO, _AWAY, _BUSY),
        Trigger.NONE: (_ONLINE, _AUTO, _AWAY, _BUSY),
    }.items()
}

#: The fields of a place where a user can be.
LOCATION = ("current_page", "current_entity_type", "current_entity_id")


@dataclass
class Record:
    """One user who is online."""

    user_id: str
    user_name: str
    last_active: float
    place: dict[str, str | None]
    state: State = State.ONLINE
    away_timer: Timer | None = None
    grace_timer: Timer | None = None

    def stop(self) -> None:
        """Nothing more becomes of this record by itself."""
        for timer in (self.away_timer, self.grace_timer):
            if timer is not None:
                timer.cancel()
        self.away_timer = self.grace_timer = None


class Presence:
    """Who is online in one company. Every change is announced in one order, and counted."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self.users: dict[str, Record] = {}
        #: The number of the last message. It begins at the clock: above all that an earlier process gave.
        self.seq = round(hub.clock.now() * 1000)

    def come(self, user: User, sid: str | None = None) -> None:
        """A connection of a user is there; the others hear of it if the user was offline."""
        record = self.users.get(user.user_id)
        if record is not None:
            if record.grace_timer is not None:
                record.grace_timer.cancel()
                record.grace_timer = None
            renamed, record.user_name = record.user_name != user.name, user.name
            self.change(user.user_id, Trigger.ACTIVITY, always=renamed)
            return
        record = Record(user.user_id, user.name, self._hub.clock.now(), dict.fromkeys(LOCATION))
        self.users[user.user_id] = record
        self._wait_for_away(record)
        data = {"user_id": user.user_id, "user_name": user.name, "status": "online", "seq": self._next()}
        self._hub.tell("presence:user_joined", data, skip=sid)

    def leave(self, user_id: str) -> None:
        """A user goes offline, at once."""
        record = self.users.pop(user_id, None)
        if record is not None:
            record.stop()
            data = {"user_id": user_id, "user_name": record.user_name, "seq": self._next()}
            self._hub.tell("presence:user_left", data)

    def lose(self, user_id: str) -> None:
        """A user's last transport was lost: they stay for the grace time."""
        record = self.users.get(user_id)
        if record is not None:
            record.grace_timer = self._hub.clock.later(self._hub.timeouts.offline, lambda: self.leave(user_id))

    def change(
        self, user_id: str, trigger: Trigger, place: Mapping[str, str | None] | None = None, *, always: bool = False
    ) -> dict[str, Any]:
        """Move a user by the table, and to `place`. Announced if the status changed, or `always`.

        Returns the presence as `presence:update` shows it. Raises KeyError for who is offline.
        """
        record = self.users[user_id]
        before = record.state
        record.state = TABLE[trigger][before]
        record.place |= place or {}
        if trigger not in (Trigger.IDLE, Trigger.NONE):
            record.last_active = self._hub.clock.now()
            self._wait_for_away(record)
        if always or record.state.status != before.status:
            self._next()
            self._hub.tell("presence:update", self._shown(record))
        return self._shown(record)

    def list(self, entity_type: str | None = None, entity_id: str | None = None) -> dict[str, Any]:
        """`presence:list`: everybody, or who views an entity."""
        wanted = {"current_entity_type": entity_type, "current_entity_id": entity_id}
        viewing = [
            r
            for r in self.users.values()
            if all(value is None or r.place[name] == value for name, value in wanted.items())
        ]
        users = [
            {
                "user_id": r.user_id,
                "user_name": r.user_name,
                "status": r.state.status,
                "current_page": r.place["current_page"],
                "last_active_at": rfc3339(r.last_active),
            }
            for r in sorted(viewing, key=lambda r: (r.user_name, r.user_id))
        ]
        return {"users": users, "seq": self.seq}

    def _shown(self, record: Record) -> dict[str, Any]:
        said = {"user_id": record.user_id, "user_name": record.user_name, "status": record.state.status}
        return {**said, **record.place, "seq": self.seq}

    def _next(self) -> int:
        self.seq += 1
        return self.seq

    def _wait_for_away(self, record: Record) -> None:
        """The time without activity begins anew; it only counts for who is online."""
        if record.away_timer is not None:
            record.away_timer.cancel()
            record.away_timer = None
        if record.state is State.ONLINE:
            seconds = self._hub.timeouts.away
            record.away_timer = self._hub.clock.later(seconds, lambda: self._idle(record))

    def _idle(self, record: Record) -> None:
        record.away_timer = None
        self.change(record.user_id, Trigger.IDLE)
