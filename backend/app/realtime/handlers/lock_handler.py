"""Locks: lock, unlock, list."""

from __future__ import annotations

from flask_socketio import SocketIO

from app.realtime.handlers.event import Payload, Result, on
from app.realtime.managers.connection_manager import Connection
from app.realtime.managers.lock_manager import LockManager, get_lock_manager
from app.realtime.node import get_node
from app.realtime.utils.message_types import MessageType


def register_lock_handlers(socketio: SocketIO) -> None:
    """Register `doc:lock`, `doc:unlock` and `doc:lock_status`."""

    @on(socketio, MessageType.DOC_LOCK)
    def handle_doc_lock(connection: Connection, data: Payload) -> Result:
        ttl = int(data.get("ttl", LockManager.LOCK_TTL_SECONDS))
        lock = get_lock_manager().lock(connection, data["room_id"], data.get("path", ""), ttl)
        get_node().plan_check(connection.tenant_id, ttl)
        return {"lock": lock}

    @on(socketio, MessageType.DOC_UNLOCK)
    def handle_doc_unlock(connection: Connection, data: Payload) -> Result:
        room_id = data["room_id"]
        return {"room_id": room_id, "locks": get_lock_manager().unlock(connection, room_id, data.get("path", ""))}

    @on(socketio, MessageType.DOC_LOCK_STATUS)
    def handle_doc_lock_status(connection: Connection, data: Payload) -> Result:
        room_id = data["room_id"]
        return {"room_id": room_id, "locks": get_lock_manager().send_status(connection, room_id)}
