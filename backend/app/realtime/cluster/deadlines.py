"""Deadlines of a tenant: grace, inactivity, cursors, typing, locks and notifications.

Redis keeps them in sorted sets. A node checks a tenant, handles what is due, learns when the next deadline is, and
sleeps until then. Several nodes may check one tenant at once: each step is a script, and only the first finds it due.
"""

from __future__ import annotations

import time

from app.realtime.cluster.tasks import Deadline, Tasks
from app.realtime.managers.connection_manager import ConnectionManager
from app.realtime.managers.presence_manager import PresenceManager
from app.realtime.managers.room_manager import RoomManager
from app.realtime.services.notification_service import NotificationService
from app.realtime.store.nodes import NodeStore


class Deadlines:
    """Plans which tenant this node checks when, and forgets tenants that have no deadline left."""

    def __init__(
        self,
        tasks: Tasks,
        connections: ConnectionManager,
        presence: PresenceManager,
        rooms: RoomManager,
        notifications: NotificationService,
        nodes: NodeStore,
    ) -> None:
        self._tasks = tasks
        self._connections = connections
        self._presence = presence
        self._rooms = rooms
        self._notifications = notifications
        self._nodes = nodes
        #: The next check of a tenant. There is one at most, whatever is planned.
        self._planned: dict[str, Deadline] = {}

    def plan_check(self, tenant_id: str, seconds: float) -> None:
        """Check a tenant in `seconds`, or earlier if that is already planned."""
        planned = self._planned.get(tenant_id)
        if planned is not None:
            if planned.at <= time.monotonic() + seconds:
                return
            self._tasks.cancel(planned)
        self._planned[tenant_id] = self._tasks.at(seconds, lambda: self._check_soon(tenant_id))

    def _check_soon(self, tenant_id: str) -> None:
        del self._planned[tenant_id]
        self._tasks.soon(f"check {tenant_id}", lambda: self._check(tenant_id))

    def _check(self, tenant_id: str) -> None:
        waits = [self._presence.expire(tenant_id)[1], self._rooms.expire(tenant_id)]
        next_in = min((seconds for seconds in waits if seconds is not None), default=None)
        if next_in is None:
            self._nothing_due(tenant_id)
        else:
            self.plan_check(tenant_id, next_in)
        self._check_notifications(tenant_id)

    def _nothing_due(self, tenant_id: str) -> None:
        if self._connections.get_tenant_connections(tenant_id):
            # Nobody can become away now, but a busy user may be online again by then.
            self.plan_check(tenant_id, self._presence.AWAY_TIMEOUT_SECONDS)
        else:
            self._forget(tenant_id)

    def _forget(self, tenant_id: str) -> None:
        self._connections.unwatch(tenant_id)
        self._nodes.unwatch(tenant_id)
        if tenant_id in self._connections.watched_tenants():
            # A new connection may have arrived meanwhile, and its index entry may be the one that was removed.
            self._nodes.take_over({tenant_id})

    def _check_notifications(self, tenant_id: str) -> None:
        """Expire notifications while a connected user could see them; otherwise the next request does it."""
        if self._connections.get_tenant_connections(tenant_id):
            next_in = self._notifications.expire(tenant_id)
            if next_in is not None:
                self.plan_check(tenant_id, next_in)
