"""Connecting and disconnecting (seed 4.2)."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs
from uuid import uuid4

import structlog
from flask_socketio import ConnectionRefusedError as Refused

from app.realtime.container import Services
from app.realtime.handlers.event import on_anything_else
from app.realtime.libraries.socketio import SocketIO, TryAgainError
from app.realtime.transport.reasons import Reason
from app.realtime.utils.user_agents import parse_user_agent
from realtime_contracts.rules.errors import Internal, RealtimeError, Unavailable

logger = structlog.get_logger(__name__)


def register_connection_handlers(socketio: SocketIO, services: Services) -> None:
    """Register what runs at the start and the end of a connection."""
    admission = services.admission
    socketio.server.eio.is_ready = services.lifecycle.is_ready
    # Its patterns take 0.1 s to load. Load them now, not while the first client waits.
    parse_user_agent("")

    @socketio.server.first("connect")
    def handle_connect(sid: str, environ: dict[str, Any], auth: Any = None) -> None:
        try:
            token = (auth.get("token") if isinstance(auth, dict) else None) or _query_token(environ)
            admission.connect(sid, token, environ.get("HTTP_USER_AGENT", ""), environ.get("REMOTE_ADDR", ""))
        except Unavailable:
            # An official client does not come back after a CONNECT_ERROR.
            raise TryAgainError from None
        except RealtimeError as error:
            raise Refused(error.message, {"code": error.code}) from None
        except Exception:
            internal = Internal(uuid4().hex)
            logger.exception("connect_failed", **internal.details)
            raise Refused(internal.message, {"code": internal.code}) from None

    @socketio.server.first("disconnect")
    def handle_disconnect(sid: str, reason: str) -> None:
        connection = admission.end(sid, goodbye=reason == Reason.CLIENT_DISCONNECT)
        if connection is not None:
            logger.info("disconnected", sid=connection.sid, user_id=connection.user_id, reason=str(reason))

    on_anything_else(socketio, services)


def _query_token(environ: dict[str, Any]) -> str | None:
    query = environ.get("QUERY_STRING", "")
    return parse_qs(query).get("token", [None])[0] if "token" in query else None
