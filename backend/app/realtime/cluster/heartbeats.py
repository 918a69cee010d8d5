"""Writes the heartbeats that are noted (`managers.heartbeats`) in time, and at once when a status may change."""

from __future__ import annotations

from app.errors import ConnectionLost
from app.realtime.cluster.recovery import Recovery
from app.realtime.cluster.tasks import Tasks
from app.realtime.managers.connection_manager import ConnectionManager
from app.realtime.managers.presence_manager import PresenceManager


class HeartbeatWriter:
    """Writes the notes of a node."""

    def __init__(
        self, tasks: Tasks, presence: PresenceManager, connections: ConnectionManager, recovery: Recovery
    ) -> None:
        self._tasks = tasks
        self._presence = presence
        self._connections = connections
        self._recovery = recovery
        self._write_soon = tasks.writer(self._write)

    def begin(self) -> None:
        """Write every `write_seconds` from now on."""
        self._tasks.at(self._presence.heartbeats.write_seconds, self._due)

    def unsteady(self, tenant_id: str, user_id: str) -> None:
        """The next heartbeat of a user may change their status: write what is noted, and note no more."""
        self._presence.heartbeats.forget(tenant_id, user_id)
        self._write_waiting()

    def _due(self) -> None:
        self.begin()
        self._write_waiting()

    def _write_waiting(self) -> None:
        if self._presence.heartbeats.waiting:
            self._write_soon()

    def _write(self) -> None:
        if not self._presence.heartbeats.waiting:
            return
        for connection in self._presence.heartbeats.write():
            if connection.sid in self._connections.local_connections:
                try:
                    self._presence.be_active(connection)
                except ConnectionLost:
                    self._recovery.restore(connection)
