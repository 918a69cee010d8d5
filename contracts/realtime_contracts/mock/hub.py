"""What all parts of a company share: its connections, a way to reach them, the clock and the timeouts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from realtime_contracts.mock.access import User
from realtime_contracts.mock.clock import Clock
from realtime_contracts.mock.timeouts import Timeouts

#: Sends an event to one connection: its sid, the event, the payload.
Send = Callable[[str, str, dict[str, Any]], None]


@dataclass
class Connection:
    """One Socket.IO session of a user."""

    sid: str
    user: User
    #: The ids of the rooms that it is in.
    rooms: set[str] = field(default_factory=set)


@dataclass
class Hub:
    """One company's connections."""

    tenant_id: str
    clock: Clock
    send: Send
    timeouts: Timeouts = field(default_factory=Timeouts)
    connections: dict[str, Connection] = field(default_factory=dict)

    def of_user(self, user_id: str) -> Iterator[Connection]:
        """The connections of a user."""
        return (c for c in self.connections.values() if c.user.user_id == user_id)

    def tell(self, event: str, data: dict[str, Any], *, skip: str | None = None) -> None:
        """Tell the whole company, but for the connection `skip`."""
        self._tell(self.connections.values(), event, data, skip)

    def tell_user(self, user_id: str, event: str, data: dict[str, Any]) -> None:
        """Tell all connections of a user."""
        self._tell(self.of_user(user_id), event, data)

    def tell_room(
        self, room_id: str, event: str, data: dict[str, Any], *, skip: str | None = None, skip_user: str | None = None
    ) -> None:
        """Tell all connections in a room, but for one, or for those of a user."""
        inside = (c for c in self.connections.values() if room_id in c.rooms and c.user.user_id != skip_user)
        self._tell(inside, event, data, skip)

    def _tell(
        self, connections: Iterable[Connection], event: str, data: dict[str, Any], skip: str | None = None
    ) -> None:
        for connection in list(connections):
            if connection.sid != skip:
                self.send(connection.sid, event, data)
