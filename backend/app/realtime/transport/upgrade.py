"""The change of a session from polling to a WebSocket."""

from __future__ import annotations

from app.realtime.transport import limits
from app.realtime.transport.message import Message
from app.realtime.transport.polling import Polling
from app.realtime.transport.reasons import Reason
from app.realtime.transport.session import Session
from app.realtime.transport.timers import Timers
from app.realtime.transport.websocket import WebSocket

_PROBE, _PROBE_ANSWER, _UPGRADE = "2probe", Message.of_text("3probe"), "5"


class Upgrade:
    """Owns the WebSocket until the client has probed it and says that it changes over. Polls go on until then.

    A body that is being read when the client says so was sent before the WebSocket's messages. They wait for it.
    """

    def __init__(self, polling: Polling, websocket: WebSocket, timers: Timers) -> None:
        self.probed = False
        self._polling = polling
        self._websocket = websocket
        self._timers = timers
        self._deadline = timers.schedule(limits.UPGRADE_SECONDS, self._too_late)
        #: What came on the WebSocket while a body is read: what is left of one turn. None before the change.
        self._early: list[str | bytes] | None = None
        polling.upgrade = websocket.owner = self

    @property
    def full(self) -> bool:
        """Whether the WebSocket must wait for a body."""
        return self._early is not None

    def receive(self, packet: str | bytes) -> None:
        """Take a packet of the WebSocket."""
        if self._early is not None:
            self._early.append(packet)
        elif packet == _PROBE and not self.probed:
            self.probed = True
            self._websocket.write((_PROBE_ANSWER,), _PROBE_ANSWER.frame)
            self._polling.wake()
        elif packet != _UPGRADE or not self.probed:
            self.end(Reason.TRANSPORT_ERROR)
        elif self._polling.receiving:
            self._early = []
        else:
            self._finish()

    def body_taken(self) -> None:
        """Go on with what waited for a body."""
        if self._early is not None:
            session = self._finish()
            for packet in self._early:
                session.receive(packet)
            self._websocket.resume()

    def end(self, reason: Reason, code: int | None = None) -> None:
        """Give the upgrade up. The session goes on by polling, unless its client has changed over already."""
        if self._polling.upgrade is self:
            self._polling.upgrade = None
            self._timers.cancel(self._deadline)
            self._websocket.close(reason, reason.close_code if code is None else code)
            if self._early is not None:
                self._polling.session.end(reason)

    def _finish(self) -> Session:
        self._polling.upgrade = None
        self._timers.cancel(self._deadline)
        session = self._polling.session
        self._websocket.owner = session
        session.transport = self._websocket
        self._websocket.take(session.max_message_bytes)
        waiting = self._polling.hand_over()
        if waiting:
            session.send(*waiting)
        return session

    def _too_late(self) -> None:
        self.end(Reason.TRANSPORT_ERROR)
