"""Tokens of open connections: a newer one takes the place of the one before."""

from __future__ import annotations

from app.realtime.container import Services
from app.realtime.handlers.event import Payload, Result, on
from app.realtime.libraries.socketio import SocketIO
from app.realtime.managers.connection_manager import Connection
from app.realtime.utils.message_types import MessageType


def register_auth_handlers(socketio: SocketIO, services: Services) -> None:
    """Register the handler of `auth:refresh`."""

    @on(socketio, services, MessageType.AUTH_REFRESH)
    def handle_auth_refresh(connection: Connection, data: Payload) -> Result:
        return {"expires_at": services.admission.refresh(connection, data["token"])}
