"""Cursors: move, sync, remove (seed 4.1)."""

from __future__ import annotations

from app.realtime.container import Services
from app.realtime.handlers.event import Payload, Result, on
from app.realtime.libraries.socketio import SocketIO
from app.realtime.managers.connection_manager import Connection
from app.realtime.utils.message_types import MessageType


def register_cursor_handlers(socketio: SocketIO, services: Services) -> None:
    """Register `cursor:move`, `cursor:sync` and `cursor:remove`."""
    cursors = services.cursors

    @on(socketio, services, MessageType.CURSOR_MOVE, prompt=_always)
    def handle_cursor_move(connection: Connection, data: Payload) -> Result:
        cursors.move(
            connection,
            data["room_id"],
            int(data["line"]),
            int(data["column"]),
            _position(data.get("selection_start")),
            _position(data.get("selection_end")),
        )
        return None

    @on(socketio, services, MessageType.CURSOR_SYNC)
    def handle_cursor_sync(connection: Connection, data: Payload) -> Result:
        room_id = data["room_id"]
        return {"room_id": room_id, "cursors": cursors.sync(connection, room_id)}

    @on(socketio, services, MessageType.CURSOR_REMOVE, prompt=_always)
    def handle_cursor_remove(connection: Connection, data: Payload) -> Result:
        cursors.remove(connection, data["room_id"])
        return None


def _always(_connection: Connection) -> bool:
    """Moves are only noted."""
    return True


def _position(data: dict[str, float] | None) -> dict[str, int] | None:
    """A position with whole numbers: JSON's 4.0 is the integer 4."""
    return None if data is None else {"line": int(data["line"]), "column": int(data["column"])}
