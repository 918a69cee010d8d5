"""Heartbeats that are written behind: most change nothing but a timestamp.

A user is steady on this node when Redis has said that activity does not change their status, and the bus has not said
otherwise since. A heartbeat of a steady user is noted, and answered at once. The notes are written a few seconds
later, hundreds in one round trip, and always before the user could be taken for inactive.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import groupby
from typing import NamedTuple

import redis
import structlog

from app.realtime.managers.connection_manager import Connection
from app.realtime.store.address import NodeAddress
from app.realtime.store.keys import TenantKeys
from app.realtime.store.script import Script
from realtime_contracts.rules.errors import Unavailable

logger = structlog.get_logger(__name__)

#: Longest time in seconds between a heartbeat and its note in Redis, and which part of the away time that may be.
WRITE_SECONDS, _PARTS_OF_AWAY = 2.5, 8

#: The longest time in seconds between the choice to answer a heartbeat without Redis and its note.
_MOMENT_SECONDS = 0.5

#: Users of one script call: Redis does nothing else meanwhile.
_USERS_PER_CALL = 100

#: A tenant and a user of it.
Who = tuple[str, str]


class Note(NamedTuple):
    """A user was active over this connection: `at` by the monotonic clock, `at_ms` by Redis' clock."""

    connection: Connection
    at: float
    at_ms: int

    @property
    def who(self) -> Who:
        """Whose activity it is."""
        return self.connection.tenant_id, self.connection.user_id


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
        #: Of whom Redis is being asked: the newest question.
        self._asked: dict[Who, object] = {}
        self._notes: dict[Who, Note] = {}
        #: Users whose note must be written before the others'.
        self._urgent: set[Who] = set()
        #: Users whose note was not enough: Redis has to be asked what their activity changes.
        self.refused: dict[Who, Connection] = {}

    def is_steady(self, connection: Connection, for_seconds: float = 0.0) -> bool:
        """Whether a heartbeat would only be noted, now and for so long."""
        told_at = self._steady.get((connection.tenant_id, connection.user_id))
        return told_at is not None and time.monotonic() - told_at <= self._steady_seconds - for_seconds

    def is_noted_soon(self, connection: Connection) -> bool:
        """Whether a heartbeat that is about to be handled will only be noted, though its check takes a moment."""
        return self.is_steady(connection, _MOMENT_SECONDS)

    def note(self, connection: Connection, at_ms: int) -> bool:
        """Note a heartbeat. False if Redis has to be asked what it changes."""
        if not self.is_steady(connection):
            return False
        note = Note(connection, time.monotonic(), at_ms)
        self._notes[note.who] = note
        return True

    @contextmanager
    def asking(self, connection: Connection) -> Iterator[None]:
        """Redis is told meanwhile that a user is active: they are steady then, unless the bus says otherwise."""
        who = connection.tenant_id, connection.user_id
        question = self._asked[who] = object()
        try:
            yield
            if self._asked.get(who) is question:
                self._steady[who] = time.monotonic()
        finally:
            if self._asked.get(who) is question:
                del self._asked[who]

    def forget(self, tenant_id: str, user_id: str) -> bool:
        """A user's status may be changed by activity from now on, or the user has gone.

        Returns whether something is noted of them, which `write` takes first.
        """
        who = tenant_id, user_id
        self._asked.pop(who, None)
        self._steady.pop(who, None)
        if who in self._notes:
            self._urgent.add(who)
        return who in self._notes

    def forget_all(self) -> None:
        """The bus was not heard for a while: nothing is known."""
        self._asked.clear()
        self._steady.clear()

    def close(self) -> None:
        """Note no more: Redis is asked about every heartbeat."""
        self._steady_seconds = -1.0

    @property
    def waiting(self) -> bool:
        """Whether there is something to write."""
        return bool(self._notes)

    def write(self, *, everything: bool = True) -> None:
        """Write what is noted, or only of the users whose status may change. Fills `refused`.

        A round trip for any few hundred calls. Raises Unavailable, and keeps the notes of the tenants that Redis did
        not serve. A fault of one tenant is logged, and its users are asked about anew with their next heartbeat.
        """
        batches = self._taken(everything=everything)
        answers = self._active.run_each(
            [(TenantKeys(batch[0].connection.tenant_id), {"users": list(map(_record, batch))}) for batch in batches]
        )
        unserved: Unavailable | None = None
        for batch, answer in zip(batches, answers, strict=True):
            if isinstance(answer, Unavailable):
                unserved = answer
                self._notes = {**{note.who: note for note in batch}, **self._notes}
            elif isinstance(answer, Exception):
                logger.error("heartbeats_not_written", exc_info=answer)
                for note in batch:
                    self._steady.pop(note.who, None)
            else:
                self._written(batch, *answer)
        if unserved is not None:
            raise unserved

    def _taken(self, *, everything: bool) -> list[list[Note]]:
        """Take the notes, in one batch for each script call: users of one tenant."""
        urgent, self._urgent = self._urgent, set()
        taken = self._notes if everything else {who: self._notes[who] for who in urgent if who in self._notes}
        self._notes = {} if everything else {who: note for who, note in self._notes.items() if who not in urgent}
        by_tenant = groupby(sorted(taken.values(), key=lambda note: note.who), key=lambda note: note.who[0])
        return [
            notes[start : start + _USERS_PER_CALL]
            for _, group in by_tenant
            for notes in [list(group)]
            for start in range(0, len(notes), _USERS_PER_CALL)
        ]

    def _written(self, batch: list[Note], now_ms: int, *refused: int) -> None:
        """Redis has answered. `refused`: the numbers of the notes that were not enough, from 1."""
        self.clock.told(now_ms)
        numbers = set(refused)
        for number, note in enumerate(batch, 1):
            if number in numbers:
                self._steady.pop(note.who, None)
                self.refused[note.who] = note.connection
            elif note.who in self._steady:
                self._steady[note.who] = note.at


def _record(note: Note) -> dict[str, object]:
    return {"sid": note.connection.sid, "user_id": note.connection.user_id, "at_ms": note.at_ms}
