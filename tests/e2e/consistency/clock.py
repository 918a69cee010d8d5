"""Redis' clock, read from outside: it is what acquired_at and expires_at are told in."""

from __future__ import annotations

import threading
import time

import redis

#: Readings for one mapping: the quickest of them says most.
READINGS = 15


class Clock:
    """Milliseconds of Redis' clock, from this process' monotonic one and what Redis said before and after."""

    def __init__(self, redis_url: str) -> None:
        self._redis_url = redis_url
        self._lock = threading.Lock()
        self._least, self._most = self._read()

    def now(self) -> float:
        """What Redis' clock shows, to within `blur_ms`."""
        return time.monotonic() * 1000 + (self._least + self._most) / 2

    def blur_ms(self) -> float:
        """How far `now` may be from the truth: the clocks are compared again, in case one was set meanwhile."""
        least, most = self._read()
        middle = (self._least + self._most) / 2
        return max(abs(end - middle) for end in (self._least, self._most, least, most))

    def _read(self) -> tuple[float, float]:
        """Between what Redis' clock is ahead of ours: it was read after we asked, and before we were answered."""
        spans = []
        with redis.Redis.from_url(self._redis_url) as client:
            for _ in range(READINGS):
                before = time.monotonic() * 1000
                seconds, micros = client.time()
                after = time.monotonic() * 1000
                shown = seconds * 1000 + micros / 1000
                # Messages have whole milliseconds.
                spans.append((after - before, shown - after - 1, shown - before + 1))
        return min(spans)[1:]
