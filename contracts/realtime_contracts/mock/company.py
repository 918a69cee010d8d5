"""A company as this server keeps it: its people, their connections, and all that they share."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from realtime_contracts.contract.registry import Direction
from realtime_contracts.mock.access import DEMO_USER, User
from realtime_contracts.mock.activity import Activity
from realtime_contracts.mock.clock import Clock
from realtime_contracts.mock.examples import colleagues, readable
from realtime_contracts.mock.hub import Connection, Hub, Send
from realtime_contracts.mock.notifications import Notifications
from realtime_contracts.mock.presence import Presence
from realtime_contracts.mock.refusals import limited
from realtime_contracts.mock.rooms import Room
from realtime_contracts.mock.timeouts import Timeouts

#: Connections a user may have. The contract's number.
MAX_CONNECTIONS = 20


class Company:
    """One company."""

    def __init__(self, hub: Hub, *, examples: bool = False) -> None:
        self.hub = hub
        self.presence = Presence(hub)
        self.rooms: dict[str, Room] = {}
        self.notifications = Notifications(hub)
        self.activity = Activity(hub)
        self._examples = examples
        self._welcomed: set[str] = set()
        if examples:
            for item in readable(Direction.REQUEST, "activity:record"):
                self.activity.record(item)

    def room(self, room_id: str) -> Room:
        """A room, made when it is first asked for."""
        if room_id not in self.rooms:
            self.rooms[room_id] = Room(self.hub, room_id)
        return self.rooms[room_id]

    def connect(self, sid: str, user: User) -> Connection:
        """A connection is there: the others hear of it, it gets the list. Raises Refused (limit_exceeded)."""
        if sum(1 for _ in self.hub.of_user(user.user_id)) >= MAX_CONNECTIONS:
            raise limited(MAX_CONNECTIONS, f"A user may have {MAX_CONNECTIONS} connections")
        self.know(user.user_id)
        connection = Connection(sid, user)
        self.presence.come(user, sid)
        self.hub.connections[sid] = connection
        self.hub.send(sid, "presence:list", self.presence.list())
        return connection

    def disconnect(self, connection: Connection, *, goodbye: bool) -> None:
        """A connection has ended: it leaves its rooms. Its user is offline at once if they said goodbye, else later."""
        del self.hub.connections[connection.sid]
        for room_id in sorted(connection.rooms):
            self.rooms[room_id].leave(connection, lost=not goodbye)
        user_id = connection.user.user_id
        if not any(self.hub.of_user(user_id)):
            (self.presence.leave if goodbye else self.presence.lose)(user_id)

    def know(self, user_id: str) -> None:
        """A user is here for the first time: where there are examples, some wait for them."""
        if self._examples and user_id not in self._welcomed:
            self._welcomed.add(user_id)
            for asked in readable(Direction.REQUEST, "notifications:create"):
                said = {name: value for name, value in asked.items() if name not in ("user_id", "expires_in")}
                self.notifications.create(user_id, said)


@dataclass
class Companies:
    """All companies, each made when somebody of it is first here."""

    clock: Clock
    send: Send
    timeouts: Timeouts = field(default_factory=Timeouts)
    #: How many fictional people are online in each.
    colleagues: int = 0
    #: Where there are notifications and activity from the contract's examples.
    with_examples: Iterable[str] = (DEMO_USER.tenant_id,)
    _companies: dict[str, Company] = field(default_factory=dict)

    def of(self, tenant_id: str) -> Company:
        """The company of this id."""
        if tenant_id not in self._companies:
            hub = Hub(tenant_id, self.clock, self.send, self.timeouts)
            made = self._companies[tenant_id] = Company(hub, examples=tenant_id in self.with_examples)
            for user_id, name in colleagues(self.colleagues):
                made.presence.come(User(user_id, tenant_id, name))
                made.presence.users[user_id].stop()
        return self._companies[tenant_id]
