"""Why a session ended: what handlers are told, the log says and the metrics count."""

from __future__ import annotations

from enum import Enum


class Reason(str, Enum):
    """The first four are python-socketio's own words for the same."""

    CLIENT_DISCONNECT = "client disconnect"
    TRANSPORT_CLOSE = "transport close"
    TRANSPORT_ERROR = "transport error"
    PING_TIMEOUT = "ping timeout"
    SERVER_DISCONNECT = "server disconnect"
    #: It had no Socket.IO connection when its time was over, or had said too much without one (`Entrance`).
    NO_CONNECT = "no connect"
    #: Its CONNECT was refused.
    REFUSED = "refused"
    #: More waited for it than an outbox holds.
    SLOW_CLIENT = "slow client"
    #: It sent more than the budget for FLOOD_SECONDS.
    FLOOD = "flood"
    #: The node refuses for the moment; the client should come back.
    UNAVAILABLE = "unavailable"
    SERVER_STOPPING = "server stopping"

    @property
    def label(self) -> str:
        """The reason as a metric's label."""
        return self.value.replace(" ", "_")

    @property
    def close_code(self) -> int:
        """What a WebSocket's close frame says of it (RFC 6455 7.4.1)."""
        return _CLOSE_CODES.get(self, _NORMAL)


_NORMAL, _GOING_AWAY, _POLICY_VIOLATION, _TRY_AGAIN_LATER = 1000, 1001, 1008, 1013

_CLOSE_CODES = {
    Reason.TRANSPORT_ERROR: _POLICY_VIOLATION,
    Reason.NO_CONNECT: _POLICY_VIOLATION,
    Reason.REFUSED: _POLICY_VIOLATION,
    Reason.FLOOD: _POLICY_VIOLATION,
    Reason.SERVER_STOPPING: _GOING_AWAY,
    Reason.UNAVAILABLE: _TRY_AGAIN_LATER,
}


#: Ends by the server, which its client may not know of: what waits for its next poll can still be polled.
FETCHABLE = frozenset({Reason.SERVER_DISCONNECT, Reason.REFUSED, Reason.UNAVAILABLE, Reason.SERVER_STOPPING})

#: An end at which nothing more is sent, and the TCP connection is reset, because the peer does not read. Who is only
#: silent gets a close frame and the end of the stream: it may wake up. So does who sends too much, but is read no more.
ABORTING = Reason.SLOW_CLIENT
