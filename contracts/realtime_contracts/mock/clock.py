"""Time: what it is now, and what is to happen later. A test has a clock of its own."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

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
