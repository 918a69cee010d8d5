"""Restores connections after Redis or the bus was away.

`put_back` stores a connection and its rooms again if Redis has lost them. `send_again` sends the current state to
a connection that may have missed messages: lists, cursors, typing, locks, documents and the unread count.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from app.realtime.bus.manager import BusManager
from app.realtime.managers.connection_manager import Connection, ConnectionManager
from app.realtime.managers.cursor_manager import CursorManager
from app.realtime.managers.document_manager import DocumentManager
from app.realtime.managers.lock_manager import LockManager
from app.realtime.managers.presence_manager import PresenceManager
from app.realtime.managers.room_manager import RoomManager
from app.realtime.managers.typing_manager import TypingManager
from app.realtime.services.notification_service import NotificationService
from realtime_contracts.rules.errors import NotInRoom


@dataclass(frozen=True)
class Recovery:
    """The managers that recovery calls. Every method may raise what they raise."""

    bus: BusManager
    connections: ConnectionManager
    presence: PresenceManager
    rooms: RoomManager
    cursors: CursorManager
    typing: TypingManager
    documents: DocumentManager
    locks: LockManager
    notifications: NotificationService

    def put_back(self, connection: Connection) -> None:
        """Store a connection and its rooms in Redis again, and send it the current lists."""
        self.connections.restore_connection(connection)
        self._send_count(connection)
        for room_id in sorted(connection.rooms):
            self.rooms.join_room(
                room_id,
                connection.user_id,
                connection.user_name,
                connection.sid,
                connection.tenant_id,
                role=connection.role,
            )
            self._send_room(connection, room_id)

    def send_again(self, connection: Connection) -> None:
        """Send the current state to a connection that is in Redis and in its rooms, in case it missed messages."""
        keys, rooms = connection.keys, sorted(connection.rooms)
        self.bus.enter(connection.sid, [keys.tenant_channel, keys.user_channel(connection.user_id)])
        self.bus.enter(connection.sid, map(keys.room_channel, rooms))
        self.presence.send_list(connection)
        self._send_count(connection)
        for room_id in rooms:
            self.rooms.send_users(
                room_id, connection.user_id, connection.sid, connection.tenant_id, role=connection.role
            )
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
