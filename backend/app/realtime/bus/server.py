"""The Socket.IO server, which says when it has answered an event."""

from __future__ import annotations

from typing import Any

import socketio


class Server(socketio.Server):  # type: ignore[misc]  # the library is untyped
    """What differs from the library's: the bus is told when an event's ack is on its way to the client.

    The ack is what a handler returns, so nobody else knows.
    """

    def _handle_event_internal(self, server: Any, sid: str, *event: Any) -> None:
        try:
            super()._handle_event_internal(server, sid, *event)
        finally:
            self.manager.answered(sid)
