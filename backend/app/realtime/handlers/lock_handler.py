"""Locks: lock, unlock, list."""

from __future__ import annotations

from app.realtime.container import Services
from app.realtime.handlers.event import Payload, Result, on
from app.realtime.libraries.socketio import SocketIO
from app.realtime.managers.connection_manager import Connection
from app.realtime.managers.lock_manager import LockManager
from app.realtime.utils.message_types import MessageType


def register_lock_handlers(socketio: SocketIO, services: Services) -> None:
    """Register `doc:lock`, `doc:unlock` and `doc:lock_status`."""
    locks = services.locks

    @on(socketio, services, MessageType.DOC_LOCK)
    def handle_doc_lock(connection: Connection, data: Payload) -> Result:
        ttl = int(data.get("ttl", LockManager.LOCK_TTL_SECONDS))
        return {"lock": locks.lock(connection, data["room_id"], data.get("path", ""), ttl)}

    @on(socketio, services, MessageType.DOC_UNLOCK)
    def handle_doc_unlock(connection: Connection, data: Payload) -> Result:
        room_id = data["room_id"]
        return {"room_id": room_id, "locks": locks.unlock(connection, room_id, data.get("path", ""))}

    @on(socketio, services, MessageType.DOC_LOCK_STATUS)
    def handle_doc_lock_status(connection: Connection, data: Payload) -> Result:
        room_id = data["room_id"]
        return {"room_id": room_id, "locks": locks.send_status(connection, room_id)}
