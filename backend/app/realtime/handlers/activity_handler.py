"""Activity: the tenant's feed."""

from __future__ import annotations

from app.realtime.container import Services
from app.realtime.handlers.event import Payload, Result, on
from app.realtime.libraries.socketio import SocketIO
from app.realtime.managers.connection_manager import Connection
from app.realtime.utils.message_types import MessageType


def register_activity_handlers(socketio: SocketIO, services: Services) -> None:
    """Register `activity:feed`."""
    activity = services.activity

    @on(socketio, services, MessageType.ACTIVITY_FEED)
    def handle_activity_feed_request(connection: Connection, data: Payload) -> Result:
        return {"next": activity.send_feed(connection.tenant_id, connection.sid, data)}
