"""Rooms: join, leave, list the users (seed 5.2)."""

from __future__ import annotations

from flask_socketio import SocketIO

from app.realtime.handlers.event import Payload, Result, on
from app.realtime.managers.connection_manager import Connection
from app.realtime.managers.cursor_manager import get_cursor_manager
from app.realtime.managers.room_manager import get_room_manager
from app.realtime.node import get_node
from app.realtime.utils.message_types import MessageType
from realtime_contracts.rules.ids import as_text


def register_room_handlers(socketio: SocketIO) -> None:
    """Register `room:join`, `room:leave` and `room:users`."""

    @on(socketio, MessageType.ROOM_JOIN)
    def handle_room_join(connection: Connection, data: Payload) -> Result:
        room_id = f"{data['entity_type']}:{as_text(data['entity_id'])}"
        room = get_room_manager().join_room(
            room_id,
            connection.user_id,
            connection.user_name,
            connection.sid,
            connection.tenant_id,
            role=connection.role,
        )
        connection.rooms.add(room_id)
        return {"room_id": room_id, "users": room.wire_users()}

    @on(socketio, MessageType.ROOM_LEAVE)
    def handle_room_leave(connection: Connection, data: Payload) -> Result:
        room_id = data["room_id"]
        get_room_manager().leave_room(room_id, connection.user_id, sid=connection.sid, tenant_id=connection.tenant_id)
        connection.rooms.discard(room_id)
        get_cursor_manager().forget(connection, room_id)
        get_node().bus.leave(connection.sid, connection.keys.room_channel(room_id))
        return {"room_id": room_id}

    @on(socketio, MessageType.ROOM_USERS)
    def handle_room_users_request(connection: Connection, data: Payload) -> Result:
        room_id = data["room_id"]
        users = get_room_manager().send_users(
            room_id, connection.user_id, connection.sid, connection.tenant_id, role=connection.role
        )
        return {"room_id": room_id, "users": users}
