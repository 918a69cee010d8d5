"""The ends of tokens: a connection is told a minute before, and ends with its token.

A connection has one entry in the timing wheel of the process: first for the warning, then for the end.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from app.realtime.bus.manager import BusManager
from app.realtime.managers.connection_manager import Connection
from app.realtime.utils.message_types import MessageType
from realtime_contracts.rules.limits import EXPIRING_SECONDS
from realtime_contracts.rules.times import to_rfc3339

#: Seconds until the warning is tried again for a connection that has no list yet: the list comes first.
_AGAIN_SECONDS = 0.1


class TokenEnds:
    """Warns connections of this node, and calls `ended` with the sid of one whose token has run out.

    Both happen in the loop, and never block.
    """

    def __init__(self, bus: BusManager, ended: Callable[[str], None]) -> None:
        self._bus = bus
        self._ended = ended
        #: What waits in the wheel, by sid.
        self._waiting: dict[str, Any] = {}

    def plan(self, connection: Connection) -> None:
        """Plan the warning and the end of a connection, in place of what was planned."""
        self.forget(connection.sid)
        if connection.expires_at is not None:
            left = connection.expires_at.timestamp() - time.time()
            self._wait(connection.sid, left - EXPIRING_SECONDS, lambda: self._warn(connection))

    def forget(self, sid: str) -> None:
        """Drop what is planned for a connection."""
        entry = self._waiting.pop(sid, None)
        if entry is not None:
            self._bus.timers.cancel(entry)

    def _wait(self, sid: str, seconds: float, action: Callable[[], None]) -> None:
        self._waiting[sid] = self._bus.timers.schedule(max(0.0, seconds), action)

    def _warn(self, connection: Connection) -> None:
        sid, expires_at = connection.sid, connection.expires_at
        if expires_at is None:
            return
        left = expires_at.timestamp() - time.time()
        if left > 0 and not self._bus.has_entered(sid):
            self._wait(sid, _AGAIN_SECONDS, lambda: self._warn(connection))
            return
        self._bus.send(sid, MessageType.AUTH_EXPIRING.value, {"expires_at": to_rfc3339(expires_at)})
        self._wait(sid, left, lambda: self._end(sid))

    def _end(self, sid: str) -> None:
        self._waiting.pop(sid, None)
        self._ended(sid)
