"""Presence: status, location, the list, heartbeats (seed 4.3)."""

from __future__ import annotations

from flask_socketio import SocketIO

from app.realtime.handlers.event import Payload, Result, on
from app.realtime.managers.connection_manager import Connection
from app.realtime.managers.presence_manager import KEEP, get_presence_manager
from app.realtime.node import get_node
from app.realtime.utils.message_types import MessageType, PresenceStatus
from realtime_contracts.rules.ids import as_text


def register_presence_handlers(socketio: SocketIO) -> None:
    """Register `presence:update`, `presence:list` and `heartbeat`."""

    @on(socketio, MessageType.PRESENCE_UPDATE)
    def handle_presence_update(connection: Connection, data: Payload) -> Result:
        status = data.get("status")
        return get_presence_manager().update(
            connection,
            PresenceStatus(status) if status else None,
            current_page=data.get("current_page", KEEP),
            current_entity_type=data.get("entity_type", KEEP),
            current_entity_id=as_text(data["entity_id"]) if "entity_id" in data else KEEP,
        )

    @on(socketio, MessageType.PRESENCE_LIST)
    def handle_presence_list_request(connection: Connection, data: Payload) -> Result:
        get_presence_manager().send_list(connection, data.get("entity_type"), as_text(data.get("entity_id")))
        return None

    @on(socketio, MessageType.HEARTBEAT)
    def handle_heartbeat(connection: Connection, data: Payload) -> Result:
        timestamp = get_presence_manager().heartbeat(connection, active=data.get("active", True))
        get_node().bus.send(connection.sid, MessageType.HEARTBEAT_ACK.value, {"timestamp": timestamp})
        return {"timestamp": timestamp}
