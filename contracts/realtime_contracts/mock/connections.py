"""The connections of one tenant, how to send to them, and their clock and timeouts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from realtime_contracts.mock.clock import Clock
from realtime_contracts.rules.claims import Identity
from realtime_contracts.rules.pace import Paces
from realtime_contracts.wire.timeouts import NodeTimeouts

#: Sends an event with its payload to one connection.
Send = Callable[[str, dict[str, Any]], None]


@dataclass
class Connection:
    """One Socket.IO session of a user."""

    sid: str
    user: Identity
    send: Send
    #: How many events it may send.
    paces: Paces
    #: The ids of the rooms that it has joined.
    rooms: set[str] = field(default_factory=set)


@dataclass
class Connections:
    """One tenant's connections."""

    tenant_id: str
    clock: Clock
    timeouts: NodeTimeouts = field(default_factory=NodeTimeouts)
    by_sid: dict[str, Connection] = field(default_factory=dict)

    def of_user(self, user_id: str) -> Iterator[Connection]:
        return (c for c in self.by_sid.values() if c.user.user_id == user_id)

    def send_to_all(self, event: str, data: dict[str, Any], *, skip: str | None = None) -> None:
        """Send to all connections of the tenant, except `skip`."""
        self._send(self.by_sid.values(), event, data, skip)

    def send_to_user(self, user_id: str, event: str, data: dict[str, Any]) -> None:
        """Send to all connections of a user."""
        self._send(self.of_user(user_id), event, data)

    def send_to_room(
        self, room_id: str, event: str, data: dict[str, Any], *, skip: str | None = None, skip_user: str | None = None
    ) -> None:
        """Send to all connections in a room, except one connection or one user's."""
        inside = (c for c in self.by_sid.values() if room_id in c.rooms and c.user.user_id != skip_user)
        self._send(inside, event, data, skip)

    def _send(self, to: Iterable[Connection], event: str, data: dict[str, Any], skip: str | None = None) -> None:
        for connection in list(to):
            if connection.sid != skip:
                connection.send(event, data)
