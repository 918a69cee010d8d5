"""A company without a wire: a clock that a test sets, and messages that are judged as they are sent."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

from realtime_contracts.contract.registry import Direction, registry
from realtime_contracts.mock import events
from realtime_contracts.mock.access import User
from realtime_contracts.mock.clock import Timer
from realtime_contracts.mock.company import Companies, Company
from realtime_contracts.mock.hub import Connection
from realtime_contracts.mock.timeouts import Timeouts

#: When a test begins: some second of 2026.
BEGAN = 1_769_851_800.0
TENANT = "acme"


class Alarm:
    """Something that will happen on a fake clock."""

    def __init__(self, at: float, call: Callable[[], None]) -> None:
        self.at = at
        self.call = call
        self.cancelled = False

    def cancel(self) -> None:
        self.cancelled = True


class FakeClock:
    """A clock that stands still until it is told to go on."""

    def __init__(self) -> None:
        self._now = BEGAN
        self.alarms: list[Alarm] = []

    def now(self) -> float:
        return self._now

    def later(self, seconds: float, call: Callable[[], None]) -> Timer:
        return self.at(self._now + seconds, call)

    def at(self, when: float, call: Callable[[], None]) -> Timer:
        self.alarms.append(Alarm(when, call))
        return self.alarms[-1]

    def advance(self, seconds: float) -> None:
        """Let time pass, and happen what is due, in its order."""
        until = self._now + seconds
        while due := sorted((a for a in self.alarms if not a.cancelled and a.at <= until), key=lambda a: a.at):
            self.alarms.remove(due[0])
            self._now = max(self._now, due[0].at)
            due[0].call()
        self._now = until


class Office:
    """A company and what its connections have heard. Whatever is sent must conform to the contract."""

    def __init__(self, **options: Any) -> None:
        self.clock = FakeClock()
        self.heard: dict[str, list[tuple[str, dict[str, Any]]]] = {}
        self._sids = itertools.count(1)
        timeouts = options.pop("timeouts", Timeouts())
        options.setdefault("with_examples", ())
        self.company: Company = Companies(self.clock, self._send, timeouts, **options).of(TENANT)

    def _send(self, sid: str, event: str, data: dict[str, Any]) -> None:
        assert registry().check(Direction.SERVER, event, data) is None, (event, data)
        self.heard.setdefault(sid, []).append((event, data))

    def connect(self, name: str) -> Connection:
        return self.company.connect(f"{name}-{next(self._sids)}", User(name.lower(), TENANT, name))

    def ask(self, connection: Connection, event: str, *payloads: Any) -> dict[str, Any]:
        """Send an event and return its ack, which must conform to the contract too."""
        ack = events.answer(self.company, connection, event, payloads)
        if event in registry().events(Direction.ACK):
            assert registry().check(Direction.ACK, event, ack) is None, (event, ack)
        return ack

    def enter(self, *names: str, room: str = "invoice:42") -> list[Connection]:
        """Connect these people and put them into a room; what they have heard of that is forgotten."""
        entity_type, entity_id = room.split(":")
        connections = [self.connect(name) for name in names]
        for connection in connections:
            assert self.ask(connection, "room:join", {"entity_type": entity_type, "entity_id": entity_id})["ok"]
        self.heard.clear()
        return connections

    def events(self, connection: Connection) -> list[str]:
        """What a connection has heard, by name."""
        return [event for event, _ in self.heard.get(connection.sid, [])]

    def last(self, connection: Connection, event: str) -> dict[str, Any]:
        """What a connection has heard last of an event."""
        return [data for name, data in self.heard[connection.sid] if name == event][-1]
