"""Event handlers, one module per family of messages: no Redis, no rules (seed 4.1)."""

from __future__ import annotations

from app.realtime.container import Services
from app.realtime.handlers.activity_handler import register_activity_handlers
from app.realtime.handlers.auth_handler import register_auth_handlers
from app.realtime.handlers.connection_handler import register_connection_handlers
from app.realtime.handlers.cursor_handler import register_cursor_handlers
from app.realtime.handlers.document_handler import register_document_handlers
from app.realtime.handlers.lock_handler import register_lock_handlers
from app.realtime.handlers.notification_handler import register_notification_handlers
from app.realtime.handlers.presence_handler import register_presence_handlers
from app.realtime.handlers.room_handler import register_room_handlers
from app.realtime.handlers.typing_handler import register_typing_handlers
from app.realtime.libraries.socketio import SocketIO


def register_handlers(socketio: SocketIO, services: Services) -> None:
    """Register all event handlers on a server."""
    register_connection_handlers(socketio, services)
    register_auth_handlers(socketio, services)
    register_presence_handlers(socketio, services)
    register_room_handlers(socketio, services)
    register_cursor_handlers(socketio, services)
    register_typing_handlers(socketio, services)
    register_document_handlers(socketio, services)
    register_lock_handlers(socketio, services)
    register_notification_handlers(socketio, services)
    register_activity_handlers(socketio, services)
