"""How many events a client may send: by connection and by user, in buckets that fill at an even rate.

Nothing here reads a clock: `now` is in seconds of a monotonic one.
"""

from __future__ import annotations

import math
from collections.abc import Hashable
from dataclasses import dataclass

from realtime_contracts.rules import limits

#: The kinds of events, which have buckets of their own. Pages send positions while somebody types or moves the mouse.
EVENTS, POSITIONS = 0, 1

#: How the names of positions begin.
_POSITIONS = ("cursor:", "typing:")

#: Seconds without a refused event after which an excess is over. Less than a `retry_after`, so that whoever waits that
#: long begins anew.
CALM_SECONDS = 0.5

#: Seconds for which standstills are remembered.
RELIEF_SECONDS = 10.0

#: Seconds after a standstill or a slow event in which the first of those that had to wait are handled.
LATE_SECONDS = 0.5

#: A process that is late by more than this many seconds has stood still.
STANDSTILL_SECONDS = 0.25

#: An event that took longer than this many seconds has kept its connection waiting.
HELD_SECONDS = 0.5


#: The part of an event by which sums of fractions may be wrong.
_ROUNDING = 0.01


@dataclass(frozen=True)
class Allowance:
    """`per_second` events a second, `at_once` of them at once."""

    per_second: float
    at_once: int

    def times(self, factor: float) -> Allowance:
        """As many times as much."""
        return Allowance(self.per_second * factor, int(self.at_once * factor))


@dataclass(frozen=True)
class Allowances:
    """What a connection may send, what its user may on all of theirs, and when it ends for sending more.

    `abuse_seconds`: seconds of excess, less the seconds without.
    """

    events: Allowance = Allowance(limits.EVENTS_PER_SECOND, limits.EVENTS_AT_ONCE)
    positions: Allowance = Allowance(limits.POSITIONS_PER_SECOND, limits.POSITIONS_AT_ONCE)
    user_factor: float = limits.CONNECTIONS_OF_EVENTS
    abuse_seconds: float = limits.ABUSE_SECONDS


def kind_of(event: str) -> int:
    """The kind of an event of this name: EVENTS or POSITIONS."""
    return POSITIONS if event.startswith(_POSITIONS) else EVENTS


@dataclass(frozen=True, slots=True)
class Refusal:
    """An event that was one too many. In `retry_after` seconds, a second's events are accepted again.

    `first`: it begins an excess. `last`: the connection ends for it.
    """

    retry_after: float
    first: bool
    last: bool


class Standstills:
    """When this process stood still. `tick` is called every STANDSTILL_SECONDS."""

    def __init__(self) -> None:
        self._due: float | None = None
        #: Begin and end of each, of the last RELIEF_SECONDS.
        self._noticed: list[tuple[float, float]] = []

    def tick(self, now: float) -> None:
        """Note that the process runs."""
        self._look(now)
        self._due = now + STANDSTILL_SECONDS
        self._noticed = [stood for stood in self._noticed if now - stood[1] < RELIEF_SECONDS]

    def seconds_before(self, moment: float, now: float) -> float:
        """The seconds before `moment` of those that ended then, or not long before."""
        self._look(now)
        return sum(max(0.0, min(end, moment) - began) for began, end in self._noticed if moment - end <= LATE_SECONDS)

    def _look(self, now: float) -> None:
        if self._due is not None and now - self._due > STANDSTILL_SECONDS:
            self._noticed.append((self._due, now))
            self._due = now + STANDSTILL_SECONDS


class _Size:
    """What many buckets share. An event takes `interval` seconds to come back; `slack` seconds ahead, none are left."""

    __slots__ = ("at_once", "interval", "slack", "standstills")

    def __init__(self, allowance: Allowance, standstills: Standstills) -> None:
        self.interval = 1 / allowance.per_second
        self.slack = (allowance.at_once - 1 + _ROUNDING) * self.interval
        self.at_once = allowance.at_once
        self.standstills = standstills


class _Bucket:
    """What one sender has left. `due`: when it would be full again. `full_at`: when it was last."""

    __slots__ = ("_held", "_relief", "due", "full_at", "size")

    def __init__(self, size: _Size, now: float) -> None:
        self.size = size
        self.due = self.full_at = now
        #: Seconds that the sender had to wait for an event although the bucket was full, and when that ended.
        self._held: tuple[float, float] | None = None
        #: Of which `full_at` what follows is, and the seconds that the sender was kept waiting before and has not used.
        self._relief: tuple[float, float] | None = None

    def is_empty(self, now: float) -> bool:
        """Whether there is no event left."""
        return self.due - now > self.size.slack

    def hold(self, seconds: float, now: float) -> None:
        """An event took so long, and the sender's next ones waited for it."""
        lost = min(seconds, now - self.due)
        if lost > 0:
            before, ended = self._held or (0.0, now)
            self._held = lost + (before if now - seconds - ended <= LATE_SECONDS else 0.0), now

    def relieve(self, now: float) -> bool:
        """Fill an empty bucket with the events of the seconds in which the sender was kept waiting.

        Only of those for which there was no place in it. Returns whether it was empty, and is not any more.
        """
        if not self.is_empty(now):
            return False
        if self._relief is None or self._relief[0] != self.full_at:
            held, ended = self._held or (0.0, 0.0)
            stood_still = self.size.standstills.seconds_before(self.full_at, now)
            self._relief = self.full_at, max(stood_still, held if self.full_at - ended <= LATE_SECONDS else 0.0)
        seconds = self._relief[1]
        filled = min(seconds, self.due - now)
        self._relief = self.full_at, seconds - filled
        self.due -= filled
        return not self.is_empty(now)

    def wait(self, now: float) -> float:
        """Seconds until the events of a second, or as many as there may be, are in the bucket."""
        size = self.size
        return self.due - now - size.slack + (min(1 / size.interval, size.at_once) - 1) * size.interval


class Pace(_Bucket):
    """What one connection sends of one kind of events, within what its user may send."""

    __slots__ = ("_abuse_seconds", "_excess", "_user")

    def __init__(self, size: _Size, user: _Bucket, abuse_seconds: float, now: float) -> None:
        super().__init__(size, now)
        self._user = user
        self._abuse_seconds = abuse_seconds
        #: When an event was refused last, and the seconds of excess by then, less the seconds without.
        self._excess: tuple[float, float] | None = None

    def take(self, now: float) -> Refusal | None:
        """Count an event; None if it is accepted. Every event pays for this: 0.15 µs."""
        user = self._user
        due, user_due = self.due, user.due
        size, user_size = self.size, user.size
        if due < now:
            due = self.full_at = now
        if user_due < now:
            user_due = user.full_at = now
        if due - now > size.slack or user_due - now > user_size.slack:
            return self._over(now)
        self.due = due + size.interval
        user.due = user_due + user_size.interval
        return None

    @property
    def has_refused(self) -> bool:
        """Whether an event was one too many, ever."""
        return self._excess is not None

    def burden(self, now: float) -> float:
        """Seconds until a new connection could send no more than this one."""
        calm_at = 0.0 if self._excess is None else sum(self._excess)
        return max(0.0, calm_at - now, self.due - now)

    def _over(self, now: float) -> Refusal | None:
        relieved = self.relieve(now)
        if self._user.relieve(now) or relieved:
            return self.take(now)
        refused_at, abuse = self._excess or (now - CALM_SECONDS, 0.0)
        calm = now - refused_at
        first = calm >= CALM_SECONDS
        abuse = max(0.0, abuse - calm) if first else abuse + calm
        self._excess = now, abuse
        last = abuse >= self._abuse_seconds
        wait = max(self.wait(now), self._user.wait(now), abuse if last else 0.0)
        return Refusal(math.ceil(wait * 1000) / 1000, first=first, last=last)


#: The paces of one connection, by kind of event; empty before it begins.
Paces = tuple[Pace, ...]


@dataclass(slots=True)
class _User:
    """A user's buckets, by kind, how many connections use them, and the paces of those that have ended."""

    buckets: tuple[_Bucket, _Bucket]
    connections: int = 0
    left: tuple[Paces, ...] = ()

    def at_rest(self, now: float) -> bool:
        """Whether a user that nobody knows could send no more."""
        return all(bucket.due <= now for bucket in self.buckets) and not any(burden(left, now) for left in self.left)


class Pacing:
    """The paces of all connections of a process.

    A connection that ends leaves its paces to the next of its user, so that nothing is won by connecting anew.
    """

    def __init__(self, allowances: Allowances) -> None:
        self.standstills = Standstills()
        self._abuse_seconds = allowances.abuse_seconds
        kinds, factor = (allowances.events, allowances.positions), allowances.user_factor
        self._sizes = [_Size(kind, self.standstills) for kind in kinds]
        self._user_sizes = [_Size(kind.times(factor), self.standstills) for kind in kinds]
        self._users: dict[Hashable, _User] = {}
        #: Users without a connection, until they could send as much as anybody.
        self._gone: dict[Hashable, _User] = {}
        self._swept_at = 0.0

    def __len__(self) -> int:
        """How many users are known."""
        return len(self._users) + len(self._gone)

    def begin(self, user: Hashable, now: float) -> Paces:
        """The paces of a user's new connection."""
        self._sweep(now)
        known = self._gone.pop(user, None) or self._users.get(user)
        if known is None:
            events, positions = self._user_sizes
            known = _User((_Bucket(events, now), _Bucket(positions, now)))
        self._users[user] = known
        known.connections += 1
        if known.left:
            worst = max(known.left, key=lambda left: burden(left, now))
            known.left = tuple(left for left in known.left if left is not worst)
            return worst
        events, positions = self._sizes
        buckets = known.buckets
        return (
            Pace(events, buckets[EVENTS], self._abuse_seconds, now),
            Pace(positions, buckets[POSITIONS], self._abuse_seconds, now),
        )

    def end(self, user: Hashable, paces: Paces, now: float) -> None:
        """A connection that `begin` was called for has ended."""
        known = self._users[user]
        known.left += (paces,)
        known.connections -= 1
        if not known.connections:
            self._gone[user] = self._users.pop(user)
        self._sweep(now)

    def _sweep(self, now: float) -> None:
        if now - self._swept_at >= RELIEF_SECONDS:
            self._swept_at = now
            self._gone = {user: known for user, known in self._gone.items() if not known.at_rest(now)}


def burden(paces: Paces, now: float) -> float:
    """Seconds until a new connection could send no more than one with these paces."""
    return max(pace.burden(now) for pace in paces)
