"""One connection's conversation: what it says, answered in its order, with what the scenario has in mind for it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from realtime_contracts.mock import events
from realtime_contracts.mock.clock import Timer
from realtime_contracts.mock.company import Company
from realtime_contracts.mock.hub import Connection
from realtime_contracts.mock.packets import UNREADABLE
from realtime_contracts.mock.playing import Plan, Player
from realtime_contracts.mock.refusals import Refused, invalid
from realtime_contracts.mock.scenario import Step

#: Seconds beyond which nobody waits for the end of a token: a month. The loop's timers do not reach much further.
_FAR = 30 * 86_400.0


class Line(Protocol):
    """What a conversation needs of the server."""

    def acknowledge(self, ack_id: int, ack: dict[str, Any]) -> None:
        """Send an ack."""

    def end(self, *, transport: bool = False) -> None:
        """End the connection by Socket.IO's word, or let its `transport` break."""


@dataclass(frozen=True)
class _Said:
    event: Any
    payloads: Sequence[Any]
    ack_id: int | None


class Talk:
    """The conversation with one connection, from its list to its end."""

    def __init__(self, company: Company, connection: Connection, line: Line, steps: Sequence[Step] = ()) -> None:
        self.company = company
        self.connection = connection
        self._line = line
        self._player = Player(company, connection, steps, line.end)
        self._waiting: deque[_Said] = deque()
        self._timers: list[Timer] = []

    def begin(self) -> None:
        """The connection is open: its time runs, and the scenario's."""
        self._player.begin()
        ends = self.connection.user.expires_at
        if ends is not None and (left := ends - self.company.hub.clock.now()) < _FAR:
            self._later(left, self._expire)

    def hear(self, event: Any, payloads: Sequence[Any], ack_id: int | None) -> None:
        """The client has said something. It is answered when all that it said before has been."""
        self._waiting.append(_Said(event, payloads, ack_id))
        if len(self._waiting) == 1:
            self._take()

    def over(self, *, goodbye: bool) -> None:
        """The connection has ended."""
        self._player.end()
        for timer in self._timers:
            timer.cancel()
        self._waiting.clear()
        self.company.disconnect(self.connection, goodbye=goodbye)

    def _take(self) -> None:
        """Answer what is first, and all that follows until something has to wait."""
        while self._waiting:
            said = self._waiting[0]
            plan = self._player.hear(said.event)
            if plan.delay:
                self._later(plan.delay, lambda said=said, plan=plan: self._late(said, plan))  # type: ignore[misc]  # bound now
                return
            self._do(said, plan)

    def _late(self, said: _Said, plan: Plan) -> None:
        self._do(said, plan)
        self._take()

    def _do(self, said: _Said, plan: Plan) -> None:
        self._waiting.popleft()
        if plan.drop == "event":
            return
        ack = self._answer(said, plan.fail)
        if said.ack_id is not None and plan.drop != "ack":
            self._line.acknowledge(said.ack_id, ack)
        for effect in plan.then:
            effect()

    def _answer(self, said: _Said, fail: Refused | None) -> dict[str, Any]:
        if said.event is UNREADABLE:
            return events.fail(self.company, self.connection, None, invalid("", str(said.payloads[0])))
        if fail is not None:
            return events.fail(self.company, self.connection, said.event, fail)
        return events.answer(self.company, self.connection, said.event, said.payloads)

    def _expire(self) -> None:
        events.fail(self.company, self.connection, None, Refused("token_expired"))
        self._line.end()

    def _later(self, seconds: float, call: Callable[[], None]) -> None:
        self._timers.append(self.company.hub.clock.later(max(0.0, seconds), call))
