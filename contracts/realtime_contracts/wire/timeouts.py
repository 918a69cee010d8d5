"""How long the server under test takes for what it does by the clock."""

from __future__ import annotations

from dataclasses import dataclass

from realtime_contracts.rules import limits

#: Seconds to wait for what should come at once. Only a failing test waits so long.
PATIENCE = 8.0

_patience = PATIENCE


def patience() -> float:
    """Seconds that this process waits for what should come at once."""
    return _patience


def set_patience(seconds: float) -> None:
    """Wait so long from now on, in this process."""
    global _patience  # noqa: PLW0603 - one server is looked at by one process, and every wait in it asks
    _patience = seconds


@dataclass(frozen=True)
class NodeTimeouts:
    """The timeouts that one server runs with, in seconds. The defaults are the contract's."""

    away: float = limits.AWAY_SECONDS
    offline: float = limits.OFFLINE_SECONDS
    typing: float = limits.TYPING_SECONDS
    cursor: float = limits.CURSOR_SECONDS
    #: A lock for which its holder named no time.
    lock: float = limits.LOCK_SECONDS
    ping_interval: float = limits.PING_INTERVAL_SECONDS
    ping_timeout: float = limits.PING_TIMEOUT_SECONDS


@dataclass(frozen=True)
class Timeouts(NodeTimeouts):
    """The timeouts that a cluster runs with, and how long it may take for what it does by them."""

    lease: float = 10.0

    @property
    def silence(self) -> float:
        """The longest it may take to notice that a client has gone without closing anything.

        A ping goes out every interval and is waited for as long as the timeout; a sweep that is as long
        as the timeout may find it.
        """
        return self.ping_interval + 2 * self.ping_timeout

    @property
    def gone(self) -> float:
        """The longest a user may stay online whose transport was lost."""
        return self.silence + self.offline

    @property
    def death(self) -> float:
        """The longest the users of a dead node may stay online: noticing it, twice a lease, and the grace."""
        return 2 * self.lease + self.offline
