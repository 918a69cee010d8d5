"""The clock: the current time and timers. Tests replace it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

#: A timer that can be cancelled.
Timer = asyncio.TimerHandle


class Clock:
    """The clock of the running event loop."""

    def now(self) -> float:
        """Return seconds since 1970."""
        return time.time()

    def later(self, seconds: float, call: Callable[[], None]) -> Timer:
        """Call a function in this many seconds."""
        return asyncio.get_running_loop().call_later(seconds, call)
