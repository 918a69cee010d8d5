"""A tenant: its users, their connections, and their shared state."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from realtime_contracts.contract.registry import Direction
from realtime_contracts.mock.access import DEMO_USER
from realtime_contracts.mock.activity import Activity
from realtime_contracts.mock.clock import Clock
from realtime_contracts.mock.connections import Connection, Connections, Send
from realtime_contracts.mock.examples import colleagues, readable
from realtime_contracts.mock.notifications import Notifications
from realtime_contracts.mock.presence import Presence
from realtime_contracts.mock.rooms import Room
from realtime_contracts.rules.claims import Identity
from realtime_contracts.rules.errors import LimitExceeded
from realtime_contracts.rules.limits import MAX_CONNECTIONS
from realtime_contracts.rules.pace import Allowances, Pacing
from realtime_contracts.wire.timeouts import NodeTimeouts


class Tenant:
    """One tenant."""

    def __init__(self, connections: Connections, *, examples: bool = False) -> None:
        self.connections = connections
        self.presence = Presence(connections)
        self.pacing = Pacing(Allowances())
        self.rooms: dict[str, Room] = {}
        self.notifications = Notifications(connections)
        self.activity = Activity(connections)
        self._examples = examples
        self._known: set[str] = set()
        if examples:
            for item in readable(Direction.REQUEST, "activity:record"):
                self.activity.record(item)

    def room(self, room_id: str) -> Room:
        """Return a room, creating it if needed."""
        if room_id not in self.rooms:
            self.rooms[room_id] = Room(self.connections, room_id)
        return self.rooms[room_id]

    def check_limit(self, user_id: str) -> None:
        """Raise LimitExceeded if a user has as many connections as allowed."""
        if sum(1 for _ in self.connections.of_user(user_id)) >= MAX_CONNECTIONS:
            raise LimitExceeded(MAX_CONNECTIONS, f"A user may have {MAX_CONNECTIONS} connections")

    def connect(self, sid: str, user: Identity, send: Send) -> Connection:
        """Add a connection: announce its user, and send it `presence:list`."""
        self.know(user.user_id)
        paces = self.pacing.begin(user.user_id, self.connections.clock.now())
        connection = Connection(sid, user, send, paces)
        self.presence.connect(user, sid)
        self.connections.by_sid[sid] = connection
        send("presence:list", self.presence.list())
        return connection

    def disconnect(self, connection: Connection, *, goodbye: bool) -> None:
        """Remove a connection, also from its rooms. Its user's last one starts the grace; after a `goodbye` they are
        offline at once.
        """
        del self.connections.by_sid[connection.sid]
        self.pacing.end(connection.user.user_id, connection.paces, self.connections.clock.now())
        for room_id in sorted(connection.rooms):
            self.rooms[room_id].leave(connection, lost=not goodbye)
        user_id = connection.user.user_id
        if not any(self.connections.of_user(user_id)):
            (self.presence.disconnect if goodbye else self.presence.start_grace)(user_id)

    def know(self, user_id: str) -> None:
        """Give a new user the example notifications, if this tenant has any."""
        if self._examples and user_id not in self._known:
            self._known.add(user_id)
            for asked in readable(Direction.REQUEST, "notifications:create"):
                said = {name: value for name, value in asked.items() if name not in ("user_id", "expires_in")}
                self.notifications.create(user_id, said)


@dataclass
class Tenants:
    """All tenants, each created when first used."""

    clock: Clock
    timeouts: NodeTimeouts = field(default_factory=NodeTimeouts)
    #: Number of fictional users online in each tenant.
    colleagues: int = 0
    #: Tenants with notifications and activity from the contract's examples.
    with_examples: Iterable[str] = (DEMO_USER.tenant_id,)
    _by_id: dict[str, Tenant] = field(default_factory=dict)

    def get(self, tenant_id: str) -> Tenant:
        """Return the tenant of this id."""
        if tenant_id not in self._by_id:
            connections = Connections(tenant_id, self.clock, self.timeouts)
            tenant = self._by_id[tenant_id] = Tenant(connections, examples=tenant_id in self.with_examples)
            for user_id, name in colleagues(self.colleagues):
                tenant.presence.connect_colleague(Identity(user_id, tenant_id, name))
        return self._by_id[tenant_id]
