"""Documents: sync and edit."""

from __future__ import annotations

from app.realtime.container import Services
from app.realtime.handlers.event import Payload, Result, on
from app.realtime.libraries.socketio import SocketIO
from app.realtime.managers.connection_manager import Connection
from app.realtime.utils.message_types import MessageType


def register_document_handlers(socketio: SocketIO, services: Services) -> None:
    """Register `doc:sync` and `doc:edit`."""
    documents = services.documents

    @on(socketio, services, MessageType.DOC_SYNC)
    def handle_doc_sync(connection: Connection, data: Payload) -> Result:
        room_id, since = data["room_id"], data.get("since_version")
        version, epoch = documents.sync(connection, room_id, None if since is None else int(since), data.get("epoch"))
        return {"room_id": room_id, "version": version, "epoch": epoch}

    @on(socketio, services, MessageType.DOC_EDIT, delays_ack=True)
    def handle_doc_edit(connection: Connection, data: Payload) -> Result:
        base, epoch = int(data["base_version"]), data.get("epoch")
        edit = documents.edit(connection, data["room_id"], base, data["changes"], data["edit_id"], epoch)
        return {"version": edit.version, "epoch": edit.epoch}
