"""Time: what it is now, what is to happen later, and the timeouts. A test has a clock of its own."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from realtime_contracts.rules import limits


@dataclass(frozen=True)
class Timeouts:
    """The timeouts that a mock server runs with, in seconds."""

    away: float = limits.AWAY_SECONDS
    offline: float = limits.OFFLINE_SECONDS
    typing: float = limits.TYPING_SECONDS
    cursor: float = limits.CURSOR_SECONDS
    #: A lock for which its holder named no time.
    lock: float = limits.LOCK_SECONDS
    ping_interval: float = limits.PING_INTERVAL_SECONDS
    ping_timeout: float = limits.PING_TIMEOUT_SECONDS


#: Something that will happen, unless it is cancelled.
Timer = asyncio.TimerHandle


class Clock:
    """The clock of the running event loop."""

    def now(self) -> float:
        """Seconds since 1970."""
        return time.time()

    def later(self, seconds: float, call: Callable[[], None]) -> Timer:
        """Call this in so many seconds."""
        return asyncio.get_running_loop().call_later(seconds, call)
