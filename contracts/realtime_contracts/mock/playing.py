"""A scenario as one connection plays it: its timers run from when the connection is open."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from realtime_contracts.mock.access import User
from realtime_contracts.mock.clock import Timer
from realtime_contracts.mock.company import Company
from realtime_contracts.mock.hub import Connection
from realtime_contracts.mock.presence import LOCATION, Trigger
from realtime_contracts.mock.refusals import Refused
from realtime_contracts.mock.scenario import OWN_FIELDS, Emit, Step


class End(Protocol):
    """Ends the connection."""

    def __call__(self, *, transport: bool = False) -> None:
        """By Socket.IO's word, or as if the transport broke."""


@dataclass
class Plan:
    """What a scenario has in mind for one event of the client."""

    #: Seconds that it waits before it is taken up.
    delay: float = 0.0
    drop: str | None = None
    fail: Refused | None = None
    #: What comes after the answer.
    then: list[Callable[[], None]] = field(default_factory=list)


class Player:
    """Plays the steps for one connection."""

    def __init__(self, company: Company, connection: Connection, steps: Sequence[Step], end: End) -> None:
        self._company = company
        self._connection = connection
        self._steps = steps
        self._end_connection = end
        #: How often a step has been played, by its number.
        self._played = [0] * len(steps)
        self._timers: dict[int, Timer] = {}

    def begin(self) -> None:
        """The connection is open: the time runs."""
        for number, step in enumerate(self._steps):
            if step.after is not None or step.every is not None:
                self._wait(number, step)

    def end(self) -> None:
        """The connection is over."""
        for timer in self._timers.values():
            timer.cancel()

    def hear(self, event: Any) -> Plan:
        """What to do about an event of the client. Of two steps that fail it, or lose it, the first counts."""
        plan = Plan()
        for number, step in enumerate(self._steps):
            if step.on is None or step.on != event or self._played[number] == step.times:
                continue
            self._played[number] += 1
            plan.delay += step.delay or 0.0
            plan.drop = plan.drop or step.drop
            plan.fail = plan.fail or step.fail
            if step.emit is not None or step.disconnect is not None:
                plan.then.append(lambda step=step: self._do(step))  # type: ignore[misc]  # bound now
        return plan

    def _wait(self, number: int, step: Step) -> None:
        seconds = step.after if step.every is None else step.every
        self._timers[number] = self._company.hub.clock.later(seconds or 0.0, lambda: self._play(number, step))

    def _play(self, number: int, step: Step) -> None:
        self._played[number] += 1
        self._do(step)
        if step.every is not None and self._played[number] != step.times:
            self._wait(number, step)

    def _do(self, step: Step) -> None:
        if step.emit is not None:
            emit(self._company, self._connection, step.emit)
        if step.disconnect is not None:
            self._end_connection(transport=step.disconnect == "transport")


def emit(company: Company, connection: Connection, said: Emit) -> None:
    """Emit what a scenario says: to the connection, and where the server keeps such things, as if it had happened."""
    data = {name: value for name, value in said.data.items() if name not in OWN_FIELDS}
    match said.event:
        case "notification":
            company.notifications.create(connection.user.user_id, data)
        case "activity":
            company.activity.record(data)
        case "presence:user_joined":
            _come(company, data)
        case "presence:user_left":
            if not any(company.hub.of_user(data["user_id"])):
                company.presence.leave(data["user_id"])
        case "presence:update":
            _come(company, data)
            place = {name: data[name] for name in LOCATION}
            company.presence.change(data["user_id"], Trigger(data["status"]), place, always=True)
        case _:
            company.hub.send(connection.sid, said.event, said.data)


def _come(company: Company, data: dict[str, Any]) -> None:
    """Somebody is online who has no connection, and so never becomes away by themselves."""
    if data["user_id"] not in company.presence.users:
        company.presence.come(User(data["user_id"], company.hub.tenant_id, data["user_name"]))
        company.presence.users[data["user_id"]].stop()
