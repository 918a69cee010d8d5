"""Documents: sync and edit."""

from __future__ import annotations

from flask_socketio import SocketIO

from app.realtime.handlers.event import Payload, Result, on
from app.realtime.managers.connection_manager import Connection
from app.realtime.managers.document_manager import get_document_manager
from app.realtime.node import get_node
from app.realtime.utils.message_types import MessageType


def register_document_handlers(socketio: SocketIO) -> None:
    """Register `doc:sync` and `doc:edit`."""

    @on(socketio, MessageType.DOC_SYNC)
    def handle_doc_sync(connection: Connection, data: Payload) -> Result:
        room_id, since = data["room_id"], data.get("since_version")
        version = get_document_manager().sync(connection, room_id, None if since is None else int(since))
        return {"room_id": room_id, "version": version}

    @on(socketio, MessageType.DOC_EDIT)
    def handle_doc_edit(connection: Connection, data: Payload) -> Result:
        ack = get_node().bus.delay_ack(connection.sid)
        edit = get_document_manager().edit(
            connection, data["room_id"], int(data["base_version"]), data["changes"], data["edit_id"]
        )
        ack.wait()
        return {"version": edit.version}
