"""Connecting and disconnecting (seed 4.2)."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import structlog
from flask import request
from flask_socketio import ConnectionRefusedError as Refused
from flask_socketio import SocketIO

from app.realtime.container import Services
from app.realtime.handlers.event import on_anything_else
from app.realtime.utils.user_agents import parse_user_agent
from realtime_contracts.rules.errors import Internal, RealtimeError

logger = structlog.get_logger(__name__)

#: python-socketio's word for a Socket.IO disconnect by the client; any other end is a lost transport.
CLIENT_DISCONNECT = "client disconnect"


def register_connection_handlers(socketio: SocketIO, services: Services) -> None:
    """Register what runs at the start and the end of a connection."""
    admission = services.admission
    # Its patterns take 0.1 s to load. Load them now, not while the first client waits.
    parse_user_agent("")

    @socketio.on("connect")  # type: ignore[untyped-decorator]
    def handle_connect(auth: Any) -> None:
        # Nothing but a refusal may leave this function: the library takes a TypeError for a handler
        # without `auth` and calls again, and any other exception leaves the client without an answer.
        try:
            token = (auth.get("token") if isinstance(auth, dict) else None) or request.args.get("token")
            admission.connect(_sid(), token, request.headers.get("User-Agent", ""), request.remote_addr or "")
        except RealtimeError as error:
            raise Refused(error.message, {"code": error.code}) from None
        except Exception:
            internal = Internal(uuid4().hex)
            logger.exception("connect_failed", **internal.details)
            raise Refused(internal.message, {"code": internal.code}) from None

    @socketio.on("disconnect")  # type: ignore[untyped-decorator]
    def handle_disconnect(reason: str) -> None:
        connection = admission.end(_sid(), goodbye=reason == CLIENT_DISCONNECT)
        if connection is not None:
            logger.info("disconnected", sid=connection.sid, user_id=connection.user_id, reason=reason)

    on_anything_else(socketio, services)


def _sid() -> str:
    return str(request.sid)  # type: ignore[attr-defined]  # set by Flask-SocketIO
