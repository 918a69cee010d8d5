"""The timers of all sessions of a process, on one timer of the loop, which runs only while there are any."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import gevent
import structlog

from app.realtime.transport.wheel import Wheel

logger = structlog.get_logger(__name__)

#: Seconds by which an action may be late at most, and at least: to look costs more than what is found.
_LONGEST_TICK, _SHORTEST_TICK = 0.25, 0.01

#: An action is late by at most this part of the shortest time that matters.
_PARTS = 10


class Timers:
    """Runs actions later. An action runs in the loop: it must be short, and must not block.

    `shortest`: the shortest time in seconds that matters; actions are late by less than a tenth of it.
    """

    def __init__(self, shortest: float) -> None:
        self._tick_seconds = min(max(shortest / _PARTS, _SHORTEST_TICK), _LONGEST_TICK)
        self._wheel: Wheel = Wheel(time.monotonic, self._tick_seconds)
        self._timer: Any = None

    def schedule(self, seconds: float, action: Callable[[], None]) -> Any:
        """Run an action in `seconds`. Returns an entry for `cancel`."""
        if self._timer is None:
            self._timer = gevent.get_hub().loop.timer(self._tick_seconds, self._tick_seconds)
            self._timer.start(self._tick)
        return self._wheel.schedule(seconds, action)

    def cancel(self, entry: Any) -> None:
        """Do not run an action. Nothing, if it has run."""
        self._wheel.cancel(entry)

    def _tick(self) -> None:
        for action in self._wheel.advance():
            try:
                action()
            except Exception:
                # One defect must not end the timers of all others; the log has the traceback.
                logger.exception("timer_failed")
        if not len(self._wheel):
            self._timer.stop()
            self._timer.close()
            self._timer = None
