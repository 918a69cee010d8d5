"""A tenant without a wire: a clock that a test sets, and messages that are recorded and checked as they are sent."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable
from typing import Any

from realtime_contracts.contract.registry import Direction, registry
from realtime_contracts.mock.clock import Clock, Timer
from realtime_contracts.mock.connections import Connection
from realtime_contracts.mock.events import Events
from realtime_contracts.mock.tenant import Tenant, Tenants
from realtime_contracts.rules.claims import Identity
from realtime_contracts.rules.errors import Unauthenticated

#: When a test begins: some second of 2026.
BEGAN = 1_769_851_800.0
TENANT = "acme"


class FakeTimer:
    """Something that will happen on a fake clock."""

    def __init__(self, at: float, call: Callable[[], None]) -> None:
        self.at = at
        self.call = call
        self.cancelled = False

    def cancel(self) -> None:
        self.cancelled = True


class FakeClock(Clock):
    """A clock that stands still until it is told to go on."""

    def __init__(self) -> None:
        self._now = BEGAN
        self.timers: list[FakeTimer] = []

    def now(self) -> float:
        return self._now

    def later(self, seconds: float, call: Callable[[], None]) -> Timer:
        self.timers.append(FakeTimer(self._now + seconds, call))
        return self.timers[-1]

    def advance(self, seconds: float) -> None:
        """Let time pass, and happen what is due, in its order."""
        until = self._now + seconds
        while due := sorted((t for t in self.timers if not t.cancelled and t.at <= until), key=lambda timer: timer.at):
            self.timers.remove(due[0])
            self._now = max(self._now, due[0].at)
            due[0].call()
        self._now = until


def _no_token(_token: str) -> float:
    raise Unauthenticated


class RecordedTenant:
    """A tenant and what its connections have got. Whatever is sent must conform to the contract."""

    def __init__(self, **options: Any) -> None:
        self.clock = FakeClock()
        self.got: dict[str, list[tuple[str, dict[str, Any]]]] = {}
        self._sids = itertools.count(1)
        options.setdefault("with_examples", ())
        self.tenant: Tenant = Tenants(self.clock, **options).get(TENANT)

    def _send(self, sid: str, event: str, data: dict[str, Any]) -> None:
        assert registry().check(Direction.SERVER, event, data) is None, (event, data)
        self.got.setdefault(sid, []).append((event, data))

    def connect(self, name: str) -> Connection:
        return self.add(f"{name}-{next(self._sids)}", Identity(name.lower(), TENANT, name))

    def add(self, sid: str, user: Identity) -> Connection:
        return self.tenant.connect(sid, user, functools.partial(self._send, sid))

    def ask(self, connection: Connection, event: str, *payloads: Any) -> dict[str, Any]:
        """Send an event and return its ack, which must conform to the contract too."""
        ack = Events(self.tenant, connection, _no_token).answer(event, payloads)
        if event in registry().events(Direction.ACK):
            assert registry().check(Direction.ACK, event, ack) is None, (event, ack)
        return ack

    def enter(self, *names: str, room: str = "invoice:42") -> list[Connection]:
        """Connect these people and put them into a room; what they got of that is forgotten."""
        entity_type, entity_id = room.split(":")
        connections = [self.connect(name) for name in names]
        for connection in connections:
            assert self.ask(connection, "room:join", {"entity_type": entity_type, "entity_id": entity_id})["ok"]
        self.got.clear()
        return connections

    def events(self, connection: Connection) -> list[str]:
        """What a connection has got, by name."""
        return [event for event, _ in self.got.get(connection.sid, [])]

    def last(self, connection: Connection, event: str) -> dict[str, Any]:
        """What a connection has got last of an event."""
        return [data for name, data in self.got[connection.sid] if name == event][-1]
