"""What the clock ends."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Timeouts:
    """What the clock ends, in seconds. The defaults are the contract's."""

    away: float = 300.0
    offline: float = 60.0
    typing: float = 6.0
    cursor: float = 300.0
    #: A lock for which its holder named no time.
    lock: float = 30.0
    ping_interval: float = 25.0
    ping_timeout: float = 30.0
