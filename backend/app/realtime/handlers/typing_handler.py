"""Typing: start and stop. The script announces `typing:users`."""

from __future__ import annotations

from flask_socketio import SocketIO

from app.realtime.handlers.event import Payload, Result, on
from app.realtime.managers.connection_manager import Connection
from app.realtime.managers.typing_manager import get_typing_manager
from app.realtime.node import get_node
from app.realtime.utils.message_types import MessageType


def register_typing_handlers(socketio: SocketIO) -> None:
    """Register `typing:start` and `typing:stop`."""

    @on(socketio, MessageType.TYPING_START)
    def handle_typing_start(connection: Connection, data: Payload) -> Result:
        typing = get_typing_manager()
        typing.start(connection, data["room_id"], data.get("field"))
        get_node().plan_check(connection.tenant_id, typing.TYPING_TIMEOUT_SECONDS)
        return None

    @on(socketio, MessageType.TYPING_STOP)
    def handle_typing_stop(connection: Connection, data: Payload) -> Result:
        get_typing_manager().stop(connection, data["room_id"], data.get("field"))
        return None
