"""Restores the connections of this node after Redis or the bus was away.

`restore` stores a connection and its rooms again if Redis has lost them. `resync_soon` sends the current state to
connections that may have missed messages: first the notifications and activity that they have missed (see
`bus/positions.py`), then lists, cursors, typing, locks, documents and the unread count. What Redis has of this node and
the node has not is ended.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import structlog

from app.errors import ConnectionLost
from app.realtime.bus.manager import BusManager
from app.realtime.cluster.deadlines import Deadlines
from app.realtime.cluster.tasks import Tasks
from app.realtime.managers.connection_manager import Connection, ConnectionManager
from app.realtime.managers.cursor_manager import CursorManager
from app.realtime.managers.document_manager import DocumentManager
from app.realtime.managers.lock_manager import LockManager
from app.realtime.managers.presence_manager import PresenceManager
from app.realtime.managers.room_manager import RoomManager
from app.realtime.managers.typing_manager import TypingManager
from app.realtime.services.activity_service import ActivityService
from app.realtime.services.notification_service import NotificationService
from app.realtime.services.revocation_service import RevocationService
from app.realtime.store.address import NodeAddress
from app.realtime.store.keys import TenantKeys, tenant_of
from app.realtime.store.nodes import NodeStore
from app.realtime.transport.reasons import Reason
from realtime_contracts.rules.errors import Forbidden, LimitExceeded, NotInRoom, Unauthenticated, Unavailable

logger = structlog.get_logger(__name__)

#: Names of the jobs during which a node is not ready.
_RESTORE, _RESYNC = "restore", "resync"

#: Missed notifications or items that one script reads and one message has. It keeps Redis for about a millisecond.
_PIECE = 100


@dataclass(frozen=True)
class Recovery:
    """Puts connections right again. Every method may raise what the managers raise."""

    address: NodeAddress
    tasks: Tasks
    bus: BusManager
    nodes: NodeStore
    deadlines: Deadlines
    connections: ConnectionManager
    presence: PresenceManager
    rooms: RoomManager
    cursors: CursorManager
    typing: TypingManager
    documents: DocumentManager
    locks: LockManager
    notifications: NotificationService
    activity: ActivityService
    revocations: RevocationService

    def problem(self) -> str | None:
        """Return "connections are being put right" while they are, else None."""
        return "connections are being put right" if self.tasks.unfinished(_RESTORE, _RESYNC) else None

    def restore_soon(self, *, lost: bool) -> None:
        """Restore all connections, at a new lease. `lost`: Redis has lost the one that the node had."""
        if lost:
            self.documents.note_loss()
        self.tasks.soon(_RESTORE, self._restore_all)

    def resync_soon(self) -> None:
        """Send all connections the current state: the bus was not heard."""
        self.presence.heartbeats.forget_all()
        logger.warning("bus_resubscribed", connections=self.connections.get_connection_count())
        self.tasks.soon(_RESYNC, self._resync)

    def restore(self, connection: Connection) -> None:
        """Store one local connection and its rooms in Redis again, and send it the current lists."""
        if connection.sid not in self.connections.local_connections:
            return
        self.documents.note_loss()
        self._put_back(connection)
        self.deadlines.plan_check(connection.tenant_id, self.presence.AWAY_TIMEOUT_SECONDS)

    def _restore_all(self) -> None:
        # The node's index was lost with its lease. Without the index nobody would clean up after the node.
        self.nodes.take_over(self.connections.watched_tenants())
        self._each(self.restore)

    def _resync(self) -> None:
        self._end_those_gone()
        self._each(self._enter_again)
        self._catch_up()
        self._each(self._send_again)
        for tenant_id in {connection.tenant_id for connection in self.connections.local_connections.values()}:
            self.deadlines.plan_check(tenant_id, 0)  # A missed message may have announced a deadline.

    def _catch_up(self) -> None:
        """Tell each connection what it has missed of notifications and activity."""
        for room, heard in self.bus.behind():
            keys = TenantKeys(tenant_of(room))
            place, more = heard, True
            while more:
                if room == keys.tenant_channel:
                    place, more = self.activity.tell_missed(keys.tenant_id, place, _PIECE)
                else:
                    user_id = room.removeprefix(keys.users_channel)
                    place, more = self.notifications.tell_missed(keys.tenant_id, user_id, place, _PIECE)

    def put_right(self, connection: Connection, action: Callable[[Connection], object]) -> None:
        """Do something for a local connection, and restore it if Redis has lost it. Raises Unavailable only.

        A connection that cannot be restored is cut, and may come back.
        """
        if connection.sid not in self.connections.local_connections:
            return
        try:
            try:
                action(connection)
            except ConnectionLost:
                self.restore(connection)
        except Unavailable:
            raise
        except (Forbidden, LimitExceeded, Unauthenticated) as error:
            logger.warning("connection_not_restored", code=error.code)
            self.bus.cut(connection.sid, Reason.UNAVAILABLE)
        except Exception:
            # A fault of one tenant's data must not keep all others from being put right.
            logger.exception("connection_not_restored")
            self.bus.cut(connection.sid, Reason.UNAVAILABLE)

    def _end_those_gone(self) -> None:
        """End connections that Redis has and this node has not: a failover may have lost that they have ended."""
        for tenant_id in self.connections.watched_tenants():
            for sid, user_id in self.nodes.connections(self.address.node_id, TenantKeys(tenant_id)).items():
                if not self.connections.holds(sid):
                    self.connections.end_foreign(tenant_id, user_id, sid, self.address.node_id, 0)
                    self.deadlines.plan_check(tenant_id, 0)

    def _each(self, action: Callable[[Connection], None]) -> None:
        for connection in list(self.connections.local_connections.values()):
            self.put_right(connection, action)

    def _put_back(self, connection: Connection) -> None:
        """Store a connection and its rooms in Redis again, and send it the current lists."""
        self.connections.restore_connection(connection)
        self._send_count(connection)
        for room_id in sorted(connection.rooms):
            self.rooms.join(connection, room_id)
            self._send_room(connection, room_id)

    def _enter_again(self, connection: Connection) -> None:
        """Put a connection into its Socket.IO rooms, in case that message was lost, unless it is revoked."""
        self.revocations.refuse_revoked(connection.tenant_id, connection.token)
        keys = connection.keys
        self.bus.enter(connection.sid, [keys.tenant_channel, keys.user_channel(connection.user_id)])
        self.bus.enter(connection.sid, map(keys.room_channel, sorted(connection.rooms)))

    def _send_again(self, connection: Connection) -> None:
        """Send the current state to a connection that is in Redis and in its rooms, in case it missed messages."""
        self.presence.send_list(connection)
        self._send_count(connection)
        for room_id in sorted(connection.rooms):
            self.rooms.list_users(connection, room_id)
            self._send_room(connection, room_id)

    def _send_count(self, connection: Connection) -> None:
        self.notifications.send_count(connection.tenant_id, connection.user_id, connection.sid)

    def _send_room(self, connection: Connection, room_id: str) -> None:
        with suppress(NotInRoom):  # The connection has left the room meanwhile.
            self.cursors.sync(connection, room_id)
            self.typing.send(connection, room_id)
            self.locks.send_status(connection, room_id)
            # The whole document, even at version 0: a client whose document is gone must learn that.
            self.documents.sync(connection, room_id)
