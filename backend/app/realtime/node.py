"""This process as a member of the cluster.

A node holds a lease in Redis and renews it three times in its length. The renewal returns the nodes whose
lease has run out. The first node that sees a dead one ends its connections as lost transports and watches
its tenants from then on. The end of a grace, inactivity and the end of a token are deadlines of this
module. After Redis or the bus was away, the node restores its connections and sends them the current state.

Every step may run twice and on several nodes at once: each is a script that checks the state first.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import structlog
from flask import Flask, current_app

from app.errors import ConnectionLost
from app.realtime.bus.manager import BusManager
from app.realtime.deadlines import Deadlines
from app.realtime.managers.connection_manager import Connection, ConnectionManager
from app.realtime.managers.cursor_manager import CursorManager
from app.realtime.managers.document_manager import DocumentManager
from app.realtime.managers.lock_manager import LockManager
from app.realtime.managers.presence_manager import PresenceManager
from app.realtime.managers.room_manager import RoomManager
from app.realtime.managers.typing_manager import TypingManager
from app.realtime.policy import load_policy
from app.realtime.recovery import Recovery
from app.realtime.services.activity_service import ActivityService
from app.realtime.services.notification_service import NotificationService
from app.realtime.store import client
from app.realtime.store.address import NodeAddress
from app.realtime.store.keys import TenantKeys
from app.realtime.store.nodes import NodeStore
from app.realtime.tasks import Tasks
from app.realtime.utils.message_types import MessageType
from app.settings import Settings
from realtime_contracts.rules.errors import Forbidden, LimitExceeded, TokenExpired, Unavailable

if TYPE_CHECKING:
    from flask_socketio import SocketIO

logger = structlog.get_logger(__name__)

#: Renewals in the length of a lease: two may fail before the node counts as dead.
RENEWALS_PER_LEASE = 3.3

#: Leases without hearing the bus after which the node subscribes anew.
DEAF_AFTER_LEASES = 1.0

#: Seconds between two checks whether the last connections of a stopping node have ended. `serve` bounds the whole.
ENDING_POLL_SECONDS = 0.02


class Node:
    """The managers of one app, and this process's own work for the cluster."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._redis = client.commands(settings)
        self.address = NodeAddress(client.database(self._redis))
        self.connections = ConnectionManager(self._redis, settings, self.address)
        self.presence = PresenceManager(self._redis, settings, self.address)
        self.rooms = RoomManager(self._redis, settings, self.address, load_policy(settings.room_policy))
        self.cursors = CursorManager(self._redis, settings, self.address)
        self.typing = TypingManager(self._redis, settings, self.address)
        self.documents = DocumentManager(self._redis, settings, self.address)
        self.locks = LockManager(self._redis, self.address)
        self.notifications = NotificationService(self._redis, settings.notification_ttl_seconds, self.address)
        self.activity = ActivityService(self._redis, settings.activity_ttl_seconds, self.address)
        self.bus = BusManager(
            client.listener(settings), self.address, self._started, self._resync_soon, self.plan_check
        )
        self._recovery = Recovery(
            self.bus,
            self.connections,
            self.presence,
            self.rooms,
            self.cursors,
            self.typing,
            self.documents,
            self.locks,
            self.notifications,
        )
        self._store = NodeStore(self._redis, self.address)
        self._server: Any = None
        self._tasks: Tasks
        self.stopping = False
        self._in_touch_since: float | None = None
        self._probe = 0
        self._deadlines = Deadlines(self.connections, self.presence, self.rooms, self.notifications, self._nothing_due)

    # Start and stop.

    def attach(self, socketio: SocketIO) -> None:
        """Serve with this Socket.IO server."""
        self._server = socketio.server
        self._tasks = Tasks(self._server, self.cursors.write)
        self._deadlines.attach(self._tasks)

    def start(self) -> None:
        """Subscribe to the bus and join the cluster, once. A forked worker starts with its first request."""
        if not self._server.manager_initialized:
            self._server.manager_initialized = True
            self._server.manager.initialize()

    def _started(self) -> None:
        self._tasks.start()
        self._tasks.at(0, self._tick)

    def problem(self) -> str | None:
        """Return why this node is not ready for clients, None if it is."""
        if self.stopping:
            return "draining"
        if self._in_touch_since is None:
            return "redis is away"
        if not self.bus.subscribed or self._is_deaf():
            return "the bus is not heard"
        if self._tasks.unfinished("restore", "resync"):
            return "connections are being put right"
        return None

    def stop(self) -> None:
        """Close every connection and leave the cluster.

        While other nodes live, users stay online for the grace, so that they can reconnect there. The last
        node takes all users offline.
        """
        self.stopping = True
        alone = True
        try:
            alone = self._store.leave() == 0
        except Unavailable:
            logger.warning("stopped_without_redis")
        for connection in list(self.connections.local_connections.values()):
            self.connections.remove_connection(connection.sid, goodbye=alone)
            self._server.disconnect(connection.sid)
        if alone:
            self._leave_nothing()
        self.bus.stop()
        self._tasks.stop()

    def _leave_nothing(self) -> None:
        """Take all users offline: no other node will do so later."""
        node_id = self.address.node_id
        try:
            # Nodes that stopped just before this one left their users to it.
            for dead, ended_at_ms in self._store.dead().items():
                if dead != node_id:
                    self._reap(dead, ended_at_ms)
            tenant_ids = self._store.tenants(node_id)
            for tenant_id in tenant_ids:
                # Some may be ending by themselves at this moment, with a round trip under way.
                while self._store.connections(node_id, TenantKeys(tenant_id)):
                    self._server.sleep(ENDING_POLL_SECONDS)
                for user in self.presence.get_online_users(tenant_id):
                    self.presence.set_offline(user["user_id"], tenant_id)
                self.rooms.forget_due(tenant_id)
            self._store.remove_node(node_id)
        except Unavailable:
            logger.warning("state_left_behind")

    def end(self, sid: str, *, goodbye: bool) -> Connection | None:
        """Remove a connection of this node that has ended. Returns it, None if it is not here."""
        removed = self.connections.remove_connection(sid, goodbye=goodbye)
        if removed is None:
            return None
        connection, due_in = removed
        if due_in is not None:
            self.plan_check(connection.tenant_id, due_in)
        return connection

    def end_at_expiry(self, connection: Connection) -> None:
        """Plan the end of a connection for the end of its token."""
        if connection.expires_at is not None:
            seconds = (connection.expires_at - datetime.now(UTC)).total_seconds()
            self._tasks.at(max(0.0, seconds), lambda: self._end_expired(connection.sid))

    def _end_expired(self, sid: str) -> None:
        if self.connections.get_connection(sid) is not None:
            self.bus.send(sid, MessageType.ERROR.value, TokenExpired().to_dict(None))
            self._server.disconnect(sid)

    # The lease.

    def _tick(self) -> None:
        lease = self.settings.node_lease_seconds
        if self.stopping:
            return
        self._tasks.at(lease / RENEWALS_PER_LEASE, self._tick)
        self._probe += 1
        try:
            found = self._store.renew(round(lease * 1000), self._probe)
        except Unavailable:
            if self._in_touch_since is not None:
                logger.warning("redis_lost")
            self._in_touch_since = None
            return
        if self._in_touch_since is None:
            self._in_touch_since = time.monotonic()
            logger.info("node_in_touch", node=self.address.node_id)
        if not found.had:
            logger.info("lease_new", connections=self.connections.get_connection_count())
            self._tasks.soon("restore", self._restore_all)
        self._tasks.soon("endings", self._finish_endings)
        if self._is_deaf():
            logger.warning("bus_deaf")
            self.bus.resubscribe()
        # A node that was out of touch itself gives the others one lease to come back.
        if time.monotonic() - self._in_touch_since >= lease:
            for node_id, ended_at in found.expired.items():
                self._tasks.soon(f"reap {node_id}", partial(self._reap, node_id, ended_at))

    def _finish_endings(self) -> None:
        for tenant_id, seconds in self.connections.finish_endings():
            self.plan_check(tenant_id, seconds)

    def _is_deaf(self) -> bool:
        """Whether no probe of this node has come back over the bus for too long."""
        patience = self.settings.node_lease_seconds * DEAF_AFTER_LEASES
        since = max(self._in_touch_since or time.monotonic(), self.bus.subscribed_at, self.bus.probe_heard_at)
        return time.monotonic() - since > patience

    def _reap(self, node_id: str, ended_at_ms: int) -> None:
        tenant_ids = self._store.tenants(node_id)
        self._store.take_over(tenant_ids)
        self.connections.watch(tenant_ids)
        ended = 0
        for tenant_id in tenant_ids:
            for sid, user_id in self._store.connections(node_id, TenantKeys(tenant_id)).items():
                self.connections.end_foreign(tenant_id, user_id, sid, node_id, ended_at_ms)
                ended += 1
            self.plan_check(tenant_id, 0)
        self._store.remove_node(node_id)
        logger.warning("node_reaped", dead=node_id, connections=ended)

    def plan_check(self, tenant_id: str, seconds: float) -> None:
        """Check a tenant's deadlines in `seconds`, or earlier if that is already planned."""
        self._deadlines.plan_check(tenant_id, seconds)

    def cursor_moved(self, connection: Connection) -> None:
        """Wake the writer: a cursor of the connection has moved."""
        self._tasks.write_soon()
        self.plan_check(connection.tenant_id, self.cursors.CURSOR_TIMEOUT_SECONDS)

    def _nothing_due(self, tenant_id: str) -> None:
        if self.connections.get_tenant_connections(tenant_id):
            # Nobody can become away now, but a busy user may be online again by then.
            self.plan_check(tenant_id, self.settings.away_timeout_seconds)
        else:
            self._forget(tenant_id)

    def _forget(self, tenant_id: str) -> None:
        self.connections.unwatch(tenant_id)
        self._store.unwatch(tenant_id)
        if tenant_id in self.connections.watched_tenants():
            # A new connection may have arrived meanwhile, and its index entry may be the one that was removed.
            self._store.take_over({tenant_id})

    def _restore_all(self) -> None:
        # The node's index was lost with its lease. Without the index nobody would clean up after the node.
        self._store.take_over(self.connections.watched_tenants())
        self._each(self.restore)

    def restore(self, connection: Connection) -> None:
        """Store one local connection and its rooms in Redis again, and send it the current lists."""
        if connection.sid not in self.connections.local_connections:
            return
        self._recovery.put_back(connection)
        self.plan_check(connection.tenant_id, self.settings.away_timeout_seconds)

    def _resync_soon(self) -> None:
        logger.warning("bus_resubscribed", connections=self.connections.get_connection_count())
        self._tasks.soon("resync", self._resync)

    def _resync(self) -> None:
        self._each(self._recovery.send_again)
        for tenant_id in {connection.tenant_id for connection in self.connections.local_connections.values()}:
            self.plan_check(tenant_id, 0)  # A missed message may have announced a deadline.

    def _each(self, action: Callable[[Connection], None]) -> None:
        for connection in list(self.connections.local_connections.values()):
            try:
                action(connection)
            except ConnectionLost:
                self.restore(connection)
            except (Forbidden, LimitExceeded) as error:
                logger.warning("connection_not_restored", code=error.code)
                self._server.disconnect(connection.sid)


def get_node(app: Flask | None = None) -> Node:
    """The node of `app`, or of the current app."""
    return cast("Node", (app or current_app).extensions["realtime"])
