"""The Socket.IO server: its events run in the context of their app, and it says when it has answered one."""

from __future__ import annotations

from typing import Any

import socketio
from flask import Flask


def adopt(server: Any, app: Flask) -> None:
    """Make a python-socketio server ours: Flask-SocketIO, which makes it, has no option for the class."""
    server.__class__ = Server
    server.app = app


class Server(socketio.Server):  # type: ignore[misc]  # the library is untyped
    """What differs from the library's: handlers find their app, and the bus is told that an ack is on its way.

    The ack is what a handler returns, so nobody else knows.
    """

    app: Flask

    def _handle_event_internal(self, server: Any, sid: str, *event: Any) -> None:
        try:
            with self.app.app_context():
                super()._handle_event_internal(server, sid, *event)
        finally:
            self.manager.answered(sid)
