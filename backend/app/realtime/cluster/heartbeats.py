"""Writes the heartbeats that are noted (`managers.heartbeats`) in time, and at once when a status may change."""

from __future__ import annotations

import gevent
import structlog

from app.realtime.cluster.recovery import Recovery
from app.realtime.cluster.tasks import Tasks
from app.realtime.managers.presence_manager import PresenceManager
from realtime_contracts.rules.errors import Unavailable

logger = structlog.get_logger(__name__)

#: Seconds that a node which stops gives to its last notes: a third of what `serve` gives to all of its stop.
LAST_WRITE_SECONDS = 0.5


class HeartbeatWriter:
    """Writes the notes of a node."""

    def __init__(self, tasks: Tasks, presence: PresenceManager, recovery: Recovery) -> None:
        self._tasks = tasks
        self._presence = presence
        self._heartbeats = presence.heartbeats
        self._recovery = recovery
        self._everything = False
        self._write_soon = tasks.writer(self._write)

    def begin(self) -> None:
        """Write every `write_seconds` from now on."""
        self._tasks.at(self._heartbeats.write_seconds, self._due)

    def unsteady(self, tenant_id: str, user_id: str) -> None:
        """The next heartbeat of a user may change their status: write what is noted of them, and note no more."""
        if self._heartbeats.forget(tenant_id, user_id):
            self._write_soon()

    def finish(self) -> None:
        """Write what is noted, before the node stops, and note no more. Takes at most `LAST_WRITE_SECONDS`."""
        self._heartbeats.close()
        with gevent.Timeout(LAST_WRITE_SECONDS, False):  # type: ignore[arg-type]  # as documented
            try:
                self._heartbeats.write()
            except Unavailable:
                logger.warning("heartbeats_lost")

    def _due(self) -> None:
        self.begin()
        if self._heartbeats.waiting:
            self._everything = True
            self._write_soon()

    def _write(self) -> None:
        """Write, and ask Redis about the users for whom that was not enough. What fails is tried again."""
        everything, self._everything = self._everything, False
        try:
            self._heartbeats.write(everything=everything)
        except Unavailable:
            self._everything = True
            raise
        finally:
            self._ask()

    def _ask(self) -> None:
        refused = self._heartbeats.refused
        failed: set[str] = set()
        for who, connection in list(refused.items()):
            if connection.tenant_id in failed:
                continue
            try:
                self._recovery.put_right(connection, self._presence.be_active)
            except Unavailable:
                failed.add(connection.tenant_id)
            else:
                refused.pop(who, None)
        if failed:
            raise Unavailable
