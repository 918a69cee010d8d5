"""The Socket.IO server of an app (seed 1.1).

`init_socketio(app)` makes it; `get_socketio()` gives the current app's. Two apps in one process have
one each: `socketio` is a proxy to the current app's.
"""

from __future__ import annotations

import logging
from typing import cast

from flask import Flask, current_app
from werkzeug.local import LocalProxy

from app.realtime.container import get_services
from app.realtime.handlers import register_handlers
from app.realtime.libraries.socketio import SocketIO
from realtime_contracts.rules.packets import Json, Packet

#: Nothing that the libraries log is of interest.
_SILENT = logging.getLogger("silent")
_SILENT.disabled = True


def init_socketio(app: Flask) -> SocketIO:
    """Give `app` a Socket.IO server: path `/socket.io`, both transports, the bus, all handlers.

    The app must have its services (`app.create_app` does both).
    """
    services = get_services(app)
    settings = services.settings
    server = SocketIO(manage_session=False)
    server.init_app(
        app,
        client_manager=services.bus,
        async_mode=settings.socketio_async_mode,
        cors_allowed_origins=settings.cors_allowed_origins,
        ping_interval=settings.ping_interval,
        ping_timeout=settings.ping_timeout,
        max_http_buffer_size=settings.max_message_bytes,
        entrance=settings.entrance,
        json=Json,
        serializer=Packet,
        # The libraries' log lines have bytes of clients in them. With a boolean here they would be printed.
        logger=_SILENT,
        engineio_logger=_SILENT,
    )
    server.server.eio.engine.siblings = services.workers.siblings
    register_handlers(server, services)
    return server


def get_socketio() -> SocketIO:
    """The Socket.IO server of the current app. Needs an application context."""
    return cast("SocketIO", current_app.extensions["socketio"])


socketio = cast("SocketIO", LocalProxy(get_socketio))
