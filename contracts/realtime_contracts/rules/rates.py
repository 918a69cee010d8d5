"""Rates: how often a user may call REST, and how often a cursor is announced."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from threading import Lock

#: How many seconds of its rate a bucket holds, and so the seconds in which an empty one is full: a page that
#: opens asks for several things at once.
BURST_SECONDS = 2.0


@dataclass(frozen=True)
class Rate:
    """How often a cursor is announced: `burst` times at once, then every `interval_ms`."""

    interval_ms: int
    burst: int

    def next(self, arrival: float, now: float) -> tuple[float, float]:
        """Whether to announce at `now`, in seconds: how long to wait, and the new `arrival` if that is 0.

        `arrival` is when the announcement after all before would come at an even rate; 0 before the first.
        """
        interval = self.interval_ms / 1000
        wait = max(0.0, arrival - (self.burst - 1) * interval - now)
        return wait, arrival if wait else max(now, arrival) + interval


#: At most 30 announcements a second, per user and room: five at once, so that a slow moment does not merge normal
#: moves, then one every 42 ms. In any second that is 5 + 23, and 30 at most with the last delayed one.
CURSOR_RATE = Rate(interval_ms=42, burst=5)


class RateLimit:
    """Token buckets for `rate` calls a second, by key. Safe to use from several threads.

    A bucket holds `BURST_SECONDS` worth of tokens and is filled at an even rate; a call takes one. A full bucket is
    dropped, so only recent callers are kept.
    """

    def __init__(self, rate: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._size = max(1.0, rate * BURST_SECONDS)
        self._clock = clock
        #: By key: the tokens, and when they were counted.
        self._buckets: dict[Hashable, tuple[float, float]] = {}
        self._swept_at = clock()
        self._lock = Lock()

    def take(self, key: Hashable) -> float:
        """Take a token of `key`: 0.0 if there was one, else the seconds until there is."""
        with self._lock:
            now = self._clock()
            if now - self._swept_at >= BURST_SECONDS:
                self._sweep(now)
            tokens = self._tokens(key, now)
            if tokens < 1:
                return (1 - tokens) / self._rate
            self._buckets[key] = tokens - 1, now
            return 0.0

    def __len__(self) -> int:
        """Return the number of buckets kept."""
        return len(self._buckets)

    def _tokens(self, key: Hashable, now: float) -> float:
        tokens, counted_at = self._buckets.get(key, (self._size, now))
        return min(self._size, tokens + (now - counted_at) * self._rate)

    def _sweep(self, now: float) -> None:
        self._swept_at = now
        for key in [key for key in self._buckets if self._tokens(key, now) >= self._size]:
            del self._buckets[key]
