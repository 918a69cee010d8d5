"""Revocations that the bus tells of: open connections with such tokens end.

A connection may begin while its revocation is on the way: Redis has let it in before, and it is not among the
connections of this node yet. So what was told in the last seconds is kept, and looked at when it begins.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import structlog

from app.realtime.managers.connection_manager import Connection, ConnectionManager
from app.realtime.store.keys import tenant_of
from app.realtime.store.revocations import revoked
from realtime_contracts.rules.errors import RealtimeError

logger = structlog.get_logger(__name__)

#: Seconds that a revocation is kept for connections that begin. More than a script takes.
_RECENT_SECONDS = 60.0


@dataclass(frozen=True)
class Told:
    """A revocation, as the bus tells of it. `before_ms`: tokens issued earlier are revoked; one by its id, always."""

    tenant_id: str
    what: str
    id: str
    before_ms: float

    def concerns(self, connection: Connection) -> bool:
        """Whether it revokes the token of a connection."""
        if connection.tenant_id != self.tenant_id:
            return False
        if self.what == "token":
            return connection.token.token_id == self.id
        if self.what == "user" and connection.user_id != self.id:
            return False
        return connection.token.issued_at_ms < self.before_ms


class Revocations:
    """Ends the connections that a revocation concerns, by `end` with the sid and the error, which must not block."""

    def __init__(self, connections: ConnectionManager, end: Callable[[str, RealtimeError], None]) -> None:
        self._connections = connections
        self._end = end
        self._recent: deque[tuple[float, Told]] = deque()

    def hear(self, head: Mapping[str, Any]) -> None:
        """Take a message of the bus."""
        now = time.monotonic()
        told = Told(tenant_of(head["room"]), head["what"], head["id"], head["before"])
        while self._recent and self._recent[0][0] < now - _RECENT_SECONDS:
            self._recent.popleft()
        self._recent.append((now, told))
        concerned = [c.sid for c in self._connections.local_connections.values() if told.concerns(c)]
        logger.info("revoked", what=told.what, tenant_id=told.tenant_id, connections=len(concerned))
        for sid in concerned:
            self._end(sid, revoked())

    def refuse_late(self, connection: Connection) -> None:
        """Raise Unauthenticated if the token of a connection was revoked while it began, or got that token."""
        if any(told.concerns(connection) for _, told in self._recent):
            raise revoked()
