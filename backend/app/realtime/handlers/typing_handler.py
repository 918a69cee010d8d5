"""Typing: start and stop. The script announces `typing:users`."""

from __future__ import annotations

from app.realtime.container import Services
from app.realtime.handlers.event import Payload, Result, on
from app.realtime.libraries.socketio import SocketIO
from app.realtime.managers.connection_manager import Connection
from app.realtime.utils.message_types import MessageType


def register_typing_handlers(socketio: SocketIO, services: Services) -> None:
    """Register `typing:start` and `typing:stop`."""
    typing = services.typing

    @on(socketio, services, MessageType.TYPING_START)
    def handle_typing_start(connection: Connection, data: Payload) -> Result:
        typing.start(connection, data["room_id"], data.get("field"))
        return None

    @on(socketio, services, MessageType.TYPING_STOP)
    def handle_typing_stop(connection: Connection, data: Payload) -> Result:
        typing.stop(connection, data["room_id"], data.get("field"))
        return None
