"""Engine.IO by hand: the handshake alone, and a transport on which nobody has connected yet."""

from __future__ import annotations

import json
import time
from typing import Any

import requests

from realtime_contracts.wire.journal import Journal
from realtime_contracts.wire.sessions import BoundedSession
from realtime_contracts.wire.timeouts import patience
from realtime_contracts.wire.transport import Client

SOCKETIO_PATH = "/socket.io/"


def handshake(url: str, protocol: int = 4) -> requests.Response:
    """Ask `url` for a session over long-polling in Engine.IO's `protocol`."""
    with BoundedSession() as session:
        query = {"EIO": str(protocol), "transport": "polling"}
        return session.get(url + SOCKETIO_PATH, params=query, timeout=patience())


def handshake_of(response: requests.Response) -> dict[str, Any]:
    """What the server announces in its OPEN packet."""
    opened: dict[str, Any] = json.loads(response.text.removeprefix("0"))
    return opened


class BareTransport:
    """An Engine.IO session in which the test itself speaks Socket.IO."""

    def __init__(self, url: str, transport: str) -> None:
        self.journal = Journal("the bare transport", time.monotonic())
        self._client = Client()
        engine = self._client.eio
        engine.on("connect", lambda: None)
        engine.on("disconnect", lambda reason: self.journal.write("closed", reason))
        engine.on("message", lambda text: self.journal.write("event", str(text)[:1], text))
        engine.connect(url, transports=[transport], engineio_path=SOCKETIO_PATH.strip("/"))

    def send(self, packet: str) -> None:
        """Send a Socket.IO packet."""
        self._client.send_text(packet)

    def close(self) -> None:
        """Lose the transport."""
        self._client.cut()
