"""The timeouts of the server under test."""

from __future__ import annotations

from dataclasses import dataclass

from realtime_contracts.rules import limits

#: Seconds to wait for a message that should come at once. Only a failing test waits this long.
PATIENCE = 8.0

_patience = PATIENCE


def patience() -> float:
    """Return the seconds that this process waits for a message that should come at once."""
    return _patience


def set_patience(seconds: float) -> None:
    """Set the patience of this process."""
    global _patience  # noqa: PLW0603 - one server is looked at by one process, and every wait in it asks
    _patience = seconds


@dataclass(frozen=True)
class NodeTimeouts:
    """The timeouts of one server, in seconds. The defaults are the contract's."""

    away: float = limits.AWAY_SECONDS
    offline: float = limits.OFFLINE_SECONDS
    typing: float = limits.TYPING_SECONDS
    cursor: float = limits.CURSOR_SECONDS
    #: For a lock whose holder gave no time.
    lock: float = limits.LOCK_SECONDS
    ping_interval: float = limits.PING_INTERVAL_SECONDS
    ping_timeout: float = limits.PING_TIMEOUT_SECONDS


@dataclass(frozen=True)
class Timeouts(NodeTimeouts):
    """The timeouts of a cluster, and the longest times that follow from them."""

    lease: float = 10.0

    @property
    def silence(self) -> float:
        """Return the longest time until a silent client is noticed.

        A ping goes out every interval and its pong is awaited for the timeout. The sweep that finds a missing pong
        takes up to another timeout.
        """
        return self.ping_interval + 2 * self.ping_timeout

    @property
    def gone(self) -> float:
        """Return the longest time that a user may stay online after a lost transport."""
        return self.silence + self.offline

    @property
    def death(self) -> float:
        """Return the longest time that a dead node's users may stay online: twice a lease, and the grace."""
        return 2 * self.lease + self.offline
