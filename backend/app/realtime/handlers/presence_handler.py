"""Presence: status, location, the list, heartbeats (seed 4.3)."""

from __future__ import annotations

from app.realtime.container import Services
from app.realtime.handlers.event import Payload, Result, on
from app.realtime.libraries.socketio import SocketIO
from app.realtime.managers.connection_manager import Connection
from app.realtime.managers.presence_manager import KEEP
from app.realtime.utils.message_types import MessageType, PresenceStatus
from realtime_contracts.rules.ids import as_text


def register_presence_handlers(socketio: SocketIO, services: Services) -> None:
    """Register `presence:update`, `presence:list` and `heartbeat`."""
    presence = services.presence

    @on(socketio, services, MessageType.PRESENCE_UPDATE)
    def handle_presence_update(connection: Connection, data: Payload) -> Result:
        status = data.get("status")
        return presence.update(
            connection,
            PresenceStatus(status) if status else None,
            current_page=data.get("current_page", KEEP),
            current_entity_type=data.get("entity_type", KEEP),
            current_entity_id=as_text(data["entity_id"]) if "entity_id" in data else KEEP,
        )

    @on(socketio, services, MessageType.PRESENCE_LIST)
    def handle_presence_list_request(connection: Connection, data: Payload) -> Result:
        entity_type, entity_id = data.get("entity_type"), as_text(data.get("entity_id"))
        presence.send_list(connection, entity_type, entity_id, data.get("after"), data.get("limit"))
        return None

    @on(
        socketio,
        services,
        MessageType.HEARTBEAT,
        echo=MessageType.HEARTBEAT_ACK,
        prompt=presence.heartbeats.is_noted_soon,
    )
    def handle_heartbeat(connection: Connection, data: Payload) -> Result:
        return {"timestamp": presence.heartbeat(connection, active=data.get("active", True))}
