"""Notifications: count the unread, mark as read."""

from __future__ import annotations

from app.realtime.container import Services
from app.realtime.handlers.event import Payload, Result, on
from app.realtime.libraries.socketio import SocketIO
from app.realtime.managers.connection_manager import Connection
from app.realtime.utils.message_types import MessageType


def register_notification_handlers(socketio: SocketIO, services: Services) -> None:
    """Register `notification:read` and `notification:count`."""
    notifications = services.notifications

    @on(socketio, services, MessageType.NOTIFICATION_READ)
    def handle_notification_read(connection: Connection, data: Payload) -> Result:
        mine = connection.tenant_id, connection.user_id
        if "all" in data:
            notifications.mark_all_read(*mine)
            return {"count": 0}
        return {"count": notifications.mark_read(*mine, data["notification_id"])[1]}

    @on(socketio, services, MessageType.NOTIFICATION_COUNT)
    def handle_notification_count_request(connection: Connection, _data: Payload) -> Result:
        return {"count": notifications.send_count(connection.tenant_id, connection.user_id, connection.sid)}
