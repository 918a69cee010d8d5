"""Heartbeats that are written behind: most change nothing but a timestamp.

A user is steady on this node when Redis has said that activity does not change their status, and the bus has not said
otherwise since. A heartbeat of a steady user is noted, and answered at once. The notes are written a few seconds
later, all in one round trip, and always before the user could be taken for inactive.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from itertools import groupby

import redis

from app.realtime.managers.connection_manager import Connection
from app.realtime.store.address import NodeAddress
from app.realtime.store.keys import TenantKeys
from app.realtime.store.script import Script

#: Longest time in seconds between a heartbeat and its note in Redis, and which part of the away time that may be.
WRITE_SECONDS, _PARTS_OF_AWAY = 2.5, 8

#: Users of one script call: Redis does nothing else meanwhile.
_USERS_PER_CALL = 100

#: A tenant and a user of it.
Who = tuple[str, str]


@dataclass(frozen=True)
class Note:
    """A user was active over this connection: `at` by the monotonic clock, `at_ms` by Redis' clock."""

    connection: Connection
    at: float
    at_ms: int


class RedisClock:
    """Redis' time in ms since 1970, from this process's clock and the last difference seen. It never goes back."""

    def __init__(self) -> None:
        self._ahead = time.time() - time.monotonic()
        self._last = 0

    def told(self, ms: int) -> int:
        """Take a time that Redis has told just now. Returns it, or what was told before if that is later."""
        self._ahead = ms / 1000 - time.monotonic()
        self._last = max(self._last, ms)
        return self._last

    def now(self) -> int:
        """Return Redis' time."""
        self._last = max(self._last, int((time.monotonic() + self._ahead) * 1000))
        return self._last


class Heartbeats:
    """The users of this node's connections who are steady, and what is noted of them. `away_seconds`: see settings."""

    def __init__(self, client: redis.Redis, address: NodeAddress, away_seconds: float) -> None:
        self.clock = RedisClock()
        self._active = Script(client, "presence_active", address)
        self.write_seconds = min(WRITE_SECONDS, away_seconds / _PARTS_OF_AWAY)
        # A note is in Redis before the user would be due, even if it is written one time too late.
        self._steady_seconds = away_seconds - 2 * self.write_seconds
        #: When Redis was told last of a steady user's activity.
        self._steady: dict[Who, float] = {}
        self._notes: dict[Who, Note] = {}
        #: How often somebody has ceased to be steady.
        self.changes = 0

    def note(self, connection: Connection, at_ms: int) -> bool:
        """Note a heartbeat. False if Redis has to be asked what it changes."""
        who = connection.tenant_id, connection.user_id
        told_at = self._steady.get(who)
        now = time.monotonic()
        if told_at is None or now - told_at > self._steady_seconds:
            return False
        self._notes[who] = Note(connection, now, at_ms)
        return True

    def told(self, connection: Connection, changes: int) -> None:
        """Redis knows that a user is active now. `changes`: as it was before Redis was asked."""
        if changes == self.changes:
            self._steady[connection.tenant_id, connection.user_id] = time.monotonic()

    def forget(self, tenant_id: str, user_id: str) -> None:
        """A user's status may be changed by activity from now on, or the user has gone."""
        self.changes += 1
        self._steady.pop((tenant_id, user_id), None)

    def forget_all(self) -> None:
        """The bus was not heard for a while: nothing is known."""
        self.changes += 1
        self._steady.clear()

    @property
    def waiting(self) -> bool:
        """Whether there is something to write."""
        return bool(self._notes)

    def write(self) -> list[Connection]:
        """Write what is noted. Returns the connections for which that was not enough.

        One round trip. Raises Unavailable, and then keeps the notes.
        """
        notes, self._notes = self._notes, {}
        # Stays sorted by tenant: one call writes several users of one.
        ordered = sorted(notes.items(), key=lambda item: item[0])
        batches = [
            batch[start : start + _USERS_PER_CALL]
            for _, group in groupby(ordered, key=lambda item: item[0][0])
            for batch in [list(group)]
            for start in range(0, len(batch), _USERS_PER_CALL)
        ]
        calls = [(TenantKeys(batch[0][0][0]), {"users": [_record(note) for _, note in batch]}) for batch in batches]
        try:
            answers = self._active.run_all(calls)
        except BaseException:
            self._notes = {**notes, **self._notes}
            raise
        left: list[Connection] = []
        for batch, (now_ms, *numbers) in zip(batches, answers, strict=True):
            self.clock.told(now_ms)
            refused = {batch[number - 1][0] for number in numbers}
            for who, note in batch:
                if who in refused:
                    self._steady.pop(who, None)
                    left.append(note.connection)
                elif who in self._steady:
                    self._steady[who] = note.at
        return left


def _record(note: Note) -> dict[str, object]:
    return {"sid": note.connection.sid, "user_id": note.connection.user_id, "at_ms": note.at_ms}
