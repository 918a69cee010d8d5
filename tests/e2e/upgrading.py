"""The harness's client, beginning with long-polling and changing to a WebSocket while messages are under way.

The library changes before it has sent or polled anything, which proves little. This one does so between two of its
first polls. It posts meanwhile, and what it would have posted afterwards goes over the WebSocket.
"""

from __future__ import annotations

import base64
import itertools
import threading
from typing import Any

from realtime_contracts.wire.transport import Client, EngineIO
from tests.e2e.transport.wire import SEPARATOR

#: Before which of its polls a connection changes, one connection after the other: at once, and after the first events.
_POLLS = itertools.cycle((2, 3))


class _Taken:
    """What an answered POST looks like."""

    status_code = 200


class UpgradingEngineIO(EngineIO):
    """Engine.IO that upgrades later."""

    def __init__(self, *args: Any, **options: Any) -> None:
        self._polls_left = next(_POLLS)
        #: What the upgrade needs.
        self._upgrade: tuple[Any, ...] | None = None
        #: Held by whoever posts, and by the upgrade.
        self.posting = threading.RLock()
        self._ws: Any = None
        super().__init__(*args, **options)

    @property
    def ws(self) -> Any:
        """The WebSocket, once it has taken over."""
        with self.posting:
            return self._ws

    @ws.setter
    def ws(self, ws: Any) -> None:
        self._ws = ws

    def connect(self, url: str, *args: Any, transports: list[str], **options: Any) -> None:
        """Connect, by polling first."""
        super().connect(url, *args, transports=["polling", "websocket"], **options)

    def start_background_task(self, target: Any, *args: Any, **options: Any) -> Any:
        """Start a thread for a loop. After the upgrade the threads of polling go on with the WebSocket."""
        if target == self._write_loop and self.write_loop_task:
            return self.write_loop_task
        if target == self._read_loop_websocket:
            return threading.current_thread()
        return super().start_background_task(target, *args, **options)

    def _connect_websocket(self, *where: Any) -> bool:
        self._upgrade = where
        return False

    def _send_request(self, method: str, *args: Any, **options: Any) -> Any:
        if method == "POST":
            with self.posting:
                return self._post(*args, **options)
        if self._upgrade is None:  # the handshake
            return super()._send_request(method, *args, **options)
        self._polls_left -= 1
        if self._polls_left:
            return super()._send_request(method, *args, **options)
        with self.posting:
            changed = super()._connect_websocket(*self._upgrade)
        if changed:
            self._read_loop_websocket()
            return None
        answer = super()._send_request(method, *args, **options)
        assert getattr(answer, "status_code", 0) != 200, "the upgrade has failed, and the session lives"
        return answer

    def _post(self, *args: Any, **options: Any) -> Any:
        if self._ws is None:
            return super()._send_request("POST", *args, **options)
        for packet in options["body"].split(SEPARATOR):
            if packet.startswith("b"):
                self._ws.send_binary(base64.b64decode(packet[1:]))
            else:
                self._ws.send(packet)
        return _Taken


class UpgradingClient(Client):
    """One Socket.IO connection over both transports."""

    def _engineio_client_class(self) -> type[EngineIO]:
        return UpgradingEngineIO

    def send_frame(self, frame: str) -> None:
        """Send a raw Engine.IO packet, not while the transport changes."""
        with self.eio.posting:
            super().send_frame(frame)
