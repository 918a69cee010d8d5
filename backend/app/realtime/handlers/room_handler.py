"""Rooms: join, leave, list the users (seed 5.2)."""

from __future__ import annotations

from app.realtime.container import Services
from app.realtime.handlers.event import Payload, Result, on
from app.realtime.libraries.socketio import SocketIO
from app.realtime.managers.connection_manager import Connection
from app.realtime.utils.message_types import MessageType
from realtime_contracts.rules.ids import as_text


def register_room_handlers(socketio: SocketIO, services: Services) -> None:
    """Register `room:join`, `room:leave` and `room:users`."""
    rooms = services.rooms

    @on(socketio, services, MessageType.ROOM_JOIN)
    def handle_room_join(connection: Connection, data: Payload) -> Result:
        room_id = f"{data['entity_type']}:{as_text(data['entity_id'])}"
        return {"room_id": room_id, "users": rooms.join(connection, room_id)}

    @on(socketio, services, MessageType.ROOM_LEAVE)
    def handle_room_leave(connection: Connection, data: Payload) -> Result:
        room_id = data["room_id"]
        rooms.leave(connection, room_id)
        return {"room_id": room_id}

    @on(socketio, services, MessageType.ROOM_USERS)
    def handle_room_users_request(connection: Connection, data: Payload) -> Result:
        room_id = data["room_id"]
        return {"room_id": room_id, "users": rooms.list_users(connection, room_id)}
