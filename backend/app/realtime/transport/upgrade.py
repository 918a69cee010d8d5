"""The change of a session from polling to a WebSocket."""

from __future__ import annotations

from app.realtime.transport import limits
from app.realtime.transport.message import Message
from app.realtime.transport.polling import Polling
from app.realtime.transport.reasons import Reason
from app.realtime.transport.timers import Timers
from app.realtime.transport.websocket import WebSocket

_PROBE, _PROBE_ANSWER, _UPGRADE = "2probe", Message.of_text("3probe"), "5"


class Upgrade:
    """Owns the WebSocket until the client has probed it and says that it changes over. Polls go on until then."""

    #: What a session is asked: an upgrade reads nothing ahead.
    full = False

    def __init__(self, polling: Polling, websocket: WebSocket, timers: Timers) -> None:
        self.probed = False
        self._polling = polling
        self._websocket = websocket
        self._timers = timers
        self._deadline = timers.schedule(limits.UPGRADE_SECONDS, self._too_late)
        polling.upgrade = websocket.owner = self

    def receive(self, packet: str | bytes) -> None:
        """Take a packet of the WebSocket."""
        if packet == _PROBE and not self.probed:
            self.probed = True
            self._websocket.write((_PROBE_ANSWER,), _PROBE_ANSWER.frame)
            self._polling.wake()
        elif packet == _UPGRADE and self.probed:
            self._finish()
        else:
            self.end(Reason.TRANSPORT_ERROR)

    def end(self, reason: Reason, code: int = 1000) -> None:
        """Give the upgrade up; the session goes on by polling."""
        if self._polling.upgrade is self:
            self._polling.upgrade = None
            self._timers.cancel(self._deadline)
            self._websocket.close(reason, code)

    def _finish(self) -> None:
        self._polling.upgrade = None
        self._timers.cancel(self._deadline)
        session = self._polling.session
        self._websocket.owner = session
        session.transport = self._websocket
        session.send(*self._polling.hand_over())

    def _too_late(self) -> None:
        self.end(Reason.TRANSPORT_ERROR)
