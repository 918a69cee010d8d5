"""How long the server under test takes for what it does by the clock."""

from __future__ import annotations

from dataclasses import dataclass

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
class Timeouts:
    """The timeouts that a server runs with, in seconds. The defaults are the contract's."""

    away: float = 300.0
    offline: float = 60.0
    lease: float = 10.0
    ping_interval: float = 25.0
    ping_timeout: float = 30.0
    cursor: float = 300.0
    typing: float = 6.0
    #: How long a lock lasts whose holder named no time.
    lock: float = 30.0

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
