"""How often one may ask: a token bucket for each who does.

A bucket holds `BURST_SECONDS` worth of tokens and is filled at an even rate; asking takes one. A bucket that is
full again is as good as none, so it is forgotten: what is kept is who asked in the last seconds, not who ever did.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from threading import Lock

#: How many seconds of its rate a bucket holds, and so the seconds in which an empty one is full: a page that
#: opens asks for several things at once.
BURST_SECONDS = 2.0


class RateLimit:
    """The buckets of all who may ask `rate` times a second. Safe to use from several threads."""

    def __init__(self, rate: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._size = max(1.0, rate * BURST_SECONDS)
        self._clock = clock
        #: Who asked → their tokens, and when they were counted.
        self._buckets: dict[Hashable, tuple[float, float]] = {}
        self._swept_at = clock()
        self._lock = Lock()

    def take(self, key: Hashable) -> float:
        """Take a token of `key`'s: 0.0 if there was one, else the seconds until there is."""
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
        """How many buckets are kept."""
        return len(self._buckets)

    def _tokens(self, key: Hashable, now: float) -> float:
        tokens, counted_at = self._buckets.get(key, (self._size, now))
        return min(self._size, tokens + (now - counted_at) * self._rate)

    def _sweep(self, now: float) -> None:
        self._swept_at = now
        for key in [key for key in self._buckets if self._tokens(key, now) >= self._size]:
            del self._buckets[key]
