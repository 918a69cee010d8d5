"""Presence: the online users of a tenant, their status and location. The rules of status are in `rules.presence`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from realtime_contracts.mock.clock import Timer
from realtime_contracts.mock.connections import Connections
from realtime_contracts.rules import limits
from realtime_contracts.rules.claims import Identity
from realtime_contracts.rules.presence import PRESENCE_TABLE, PresenceState, Trigger, place_of, user_at
from realtime_contracts.rules.times import rfc3339

#: The location fields.
LOCATION = ("current_page", "current_entity_type", "current_entity_id")


@dataclass
class Record:
    """One online user."""

    user_id: str
    user_name: str
    last_active: float
    location: dict[str, str | None]
    state: PresenceState = PresenceState.ONLINE
    #: None for a fictional colleague, who never becomes away by time.
    away_timer: Timer | None = None
    grace_timer: Timer | None = None

    def cancel_timers(self) -> None:
        """Cancel all timers of this record."""
        for timer in (self.away_timer, self.grace_timer):
            if timer is not None:
                timer.cancel()
        self.away_timer = self.grace_timer = None


class Presence:
    """The online users of one tenant. All changes are announced in one order, and numbered."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._clock = connections.clock
        self.users: dict[str, Record] = {}
        #: The number of the last message. It starts at the time, above any number of an earlier process.
        self.seq = round(self._clock.now() * 1000)

    def connect(self, user: Identity, sid: str | None = None) -> None:
        """Add a connection; announce the user if they were offline."""
        record = self.users.get(user.user_id)
        if record is not None:
            if record.grace_timer is not None:
                record.grace_timer.cancel()
                record.grace_timer = None
            renamed, record.user_name = record.user_name != user.name, user.name
            self.change(user.user_id, Trigger.ACTIVITY, always=renamed)
            return
        record = Record(user.user_id, user.name, self._clock.now(), dict.fromkeys(LOCATION))
        self.users[user.user_id] = record
        self._wait_for_away(record)
        data = {"user_id": user.user_id, "user_name": user.name, "status": "online", "seq": self._next()}
        self._connections.send_to_all("presence:user_joined", data, skip=sid)

    def connect_colleague(self, user: Identity) -> None:
        """Set a fictional user online, who has no connection and never becomes away by time."""
        if user.user_id not in self.users:
            self.connect(user)
            self.users[user.user_id].cancel_timers()

    def disconnect(self, user_id: str) -> None:
        """Set a user offline at once."""
        record = self.users.pop(user_id, None)
        if record is not None:
            record.cancel_timers()
            data = {"user_id": user_id, "user_name": record.user_name, "seq": self._next()}
            self._connections.send_to_all("presence:user_left", data)

    def start_grace(self, user_id: str) -> None:
        """Start the grace of a user whose last transport was lost."""
        record = self.users.get(user_id)
        if record is not None:
            seconds = self._connections.timeouts.offline
            record.grace_timer = self._clock.later(seconds, lambda: self.disconnect(user_id))

    def change(
        self, user_id: str, trigger: Trigger, location: Mapping[str, str | None] | None = None, *, always: bool = False
    ) -> dict[str, Any]:
        """Change a user's status by the table, and their `location`. Announced if the status changed, or `always`.

        Returns the presence as in `presence:update`. Raises KeyError for an offline user.
        """
        record = self.users[user_id]
        before = record.state
        record.state = PRESENCE_TABLE[trigger][before]
        record.location |= location or {}
        if trigger not in (Trigger.IDLE, Trigger.NONE):
            record.last_active = self._clock.now()
            self._wait_for_away(record)
        if always or record.state.status != before.status:
            self._next()
            self._connections.send_to_all("presence:update", self._shown(record))
        return self._shown(record)

    def list(
        self,
        entity_type: str | None = None,
        entity_id: str | None = None,
        after: str | None = None,
        limit: int = limits.PRESENCE_LIST,
    ) -> dict[str, Any]:
        """Return a page of `presence:list`: of all users, or of the viewers of an entity.

        Raises InvalidPayload for an `after` that no list had.
        """
        wanted = {"current_entity_type": entity_type, "current_entity_id": entity_id}
        users: list[dict[str, Any]] = [
            {
                "user_id": record.user_id,
                "user_name": record.user_name,
                "status": record.state.status,
                "current_page": record.location["current_page"],
                "last_active_at": rfc3339(record.last_active),
            }
            for record in sorted(self.users.values(), key=lambda record: (record.user_name, record.user_id))
            if all(value is None or record.location[name] == value for name, value in wanted.items())
        ]
        place = None if after is None else user_at(after)
        following = [user for user in users if place is None or (user["user_name"], user["user_id"]) > place]
        page = following[:limit]
        end = place_of(page[-1]["user_name"], page[-1]["user_id"]) if len(following) > limit else None
        return {"users": page, "total": len(users), "next": end, "seq": self.seq}

    def of_user(self, user_id: str) -> dict[str, Any]:
        """Return a user's presence as the REST API shows it."""
        record = self.users.get(user_id)
        if record is None:
            return {"user_id": user_id, "status": "offline", "last_active_at": None, **dict.fromkeys(LOCATION)}
        shown = {"user_id": user_id, "status": record.state.status, "last_active_at": rfc3339(record.last_active)}
        return {**shown, **record.location}

    def _shown(self, record: Record) -> dict[str, Any]:
        said = {"user_id": record.user_id, "user_name": record.user_name, "status": record.state.status}
        return {**said, **record.location, "seq": self.seq}

    def _next(self) -> int:
        self.seq += 1
        return self.seq

    def _wait_for_away(self, record: Record) -> None:
        """Restart the inactivity timer. It only runs for an online user."""
        if record.away_timer is not None:
            record.away_timer.cancel()
            record.away_timer = None
        if record.state is PresenceState.ONLINE:
            seconds = self._connections.timeouts.away
            record.away_timer = self._clock.later(seconds, lambda: self._idle(record))

    def _idle(self, record: Record) -> None:
        record.away_timer = None
        self.change(record.user_id, Trigger.IDLE)
