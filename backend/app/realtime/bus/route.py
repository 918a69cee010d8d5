"""What a node hears for one Socket.IO room: the channels of it, and whether Redis has confirmed them."""

from __future__ import annotations

from collections.abc import Hashable

from gevent.event import Event

from realtime_contracts.rules.errors import Unavailable


class Route:
    """The channels of one Socket.IO room. A tenant's has two: the room's, and the node's own for that tenant."""

    __slots__ = ("_confirmed", "_missing", "channels", "dropped", "missed", "room", "shard", "tenant_id")

    def __init__(self, room: str, tenant_id: str, channels: tuple[bytes, ...]) -> None:
        self.room = room
        self.tenant_id = tenant_id
        self.channels = channels
        #: Which master's subscription hears it. None while the tenant's master is not known.
        self.shard: Hashable = None
        #: Whether messages were missed, so that a gap is to be reported once the route is heard.
        self.missed = False
        #: Whether Redis has ended the subscription by itself, and it was not asked for again.
        self.dropped = False
        self._missing = len(channels)
        #: Set by the last confirmation. Made by the first who waits.
        self._confirmed: Event | None = None

    @property
    def heard(self) -> bool:
        """Whether all channels are confirmed."""
        return not self._missing

    def begin(self) -> None:
        """A subscription begins: no channel is confirmed."""
        self.dropped = False
        self._missing = len(self.channels)

    def confirm(self) -> bool:
        """One more channel is confirmed. Returns whether the route is heard again, after messages were missed."""
        self._missing -= 1
        if self._missing:
            return False
        if self._confirmed is not None:
            self._confirmed.set()
            self._confirmed = None
        missed, self.missed = self.missed, False
        return missed

    def wait(self, seconds: float) -> None:
        """Wait until the route is heard. Raises Unavailable."""
        if self._confirmed is None:
            self._confirmed = Event()
        if not self._confirmed.wait(seconds):
            raise Unavailable
