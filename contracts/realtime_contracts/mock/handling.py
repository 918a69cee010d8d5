"""Handles one connection's events in order, and plays the scenario for it.

A scenario's time starts when the connection opens.
"""

from __future__ import annotations

import dataclasses
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from realtime_contracts.mock.access import Access
from realtime_contracts.mock.clock import Timer
from realtime_contracts.mock.connections import Connection
from realtime_contracts.mock.events import Events
from realtime_contracts.mock.presence import LOCATION
from realtime_contracts.mock.scenario import OWN_FIELDS, Step
from realtime_contracts.mock.tenant import Tenant
from realtime_contracts.rules.claims import Identity
from realtime_contracts.rules.errors import Forbidden, InvalidPayload, RateLimited, RealtimeError, TokenExpired
from realtime_contracts.rules.limits import EXPIRING_SECONDS
from realtime_contracts.rules.pace import Refusal, kind_of
from realtime_contracts.rules.packets import UNREADABLE, event_name
from realtime_contracts.rules.presence import choice
from realtime_contracts.rules.times import rfc3339

#: Longest wait for a token's end in seconds: a month. The loop's timers do not reach much further.
_FAR = 30 * 86_400.0

#: Accepts tokens signed by anybody.
ANYBODY = Access()


class Client(Protocol):
    """The part of the Socket.IO server that a handler needs."""

    def acknowledge(self, ack_id: int, ack: dict[str, Any]) -> None: ...

    def disconnect(self, *, transport: bool = False) -> None:
        """Disconnect by Socket.IO's DISCONNECT, or break the `transport`."""


class Handler:
    """Handles the events of one connection."""

    def __init__(
        self,
        tenant: Tenant,
        connection: Connection,
        client: Client,
        steps: Sequence[Step] = (),
        access: Access = ANYBODY,
    ) -> None:
        self.tenant = tenant
        self.connection = connection
        self._events = Events(tenant, connection, self._refresh)
        self._access = access
        self._client = client
        self._steps = steps
        #: How often each step has been played.
        self._played = [0] * len(steps)
        #: Waiting events: names, payloads, ack ids, and why they are refused, if they are too many.
        self._waiting: deque[tuple[str, Sequence[Any], int | None, Refusal | None]] = deque()
        #: Whether the connection has been ended.
        self._ended = False
        self._timers: list[Timer] = []
        #: The timers of the token.
        self._ends: list[Timer] = []

    def start(self) -> None:
        """Start the timers of the token and of the scenario."""
        for number, step in enumerate(self._steps):
            if step.on is None:
                self._wait(number, step)
        self._plan_end()

    def receive(self, name: str, payloads: Sequence[Any], ack_id: int | None) -> None:
        """Queue an event. It is answered after all earlier ones."""
        if self._ended:
            return
        refusal = self.connection.paces[kind_of(name)].take(self.tenant.connections.clock.now())
        self._waiting.append((name, payloads, ack_id, refusal))
        if len(self._waiting) == 1:
            self._handle_waiting()

    def stop(self, *, goodbye: bool) -> None:
        for timer in (*self._timers, *self._ends):
            timer.cancel()
        self._waiting.clear()
        self.tenant.disconnect(self.connection, goodbye=goodbye)

    def _handle_waiting(self) -> None:
        """Handle waiting events until one has to be delayed."""
        while self._waiting:
            steps = self._steps_for(self._waiting[0][0]) if self._waiting[0][3] is None else []
            if delay := sum(step.delay or 0.0 for step in steps):
                self._later(delay, lambda steps=steps: self._handle_late(steps))  # type: ignore[misc]  # bound now
                return
            self._handle(steps)

    def _handle_late(self, steps: Sequence[Step]) -> None:
        self._handle(steps)
        self._handle_waiting()

    def _handle(self, steps: Sequence[Step]) -> None:
        """Answer the first waiting event. If two steps drop it or fail it, the first counts."""
        name, payloads, ack_id, refusal = self._waiting.popleft()
        if refusal is not None:
            self._refuse(name, ack_id, refusal)
            return
        dropped = next((step.drop for step in steps if step.drop), None)
        if dropped == "event":
            return
        ack = self._answer(name, payloads, next((step.fail for step in steps if step.fail), None))
        if ack_id is not None and dropped != "ack":
            self._client.acknowledge(ack_id, ack)
        for step in steps:
            self._play(step)

    def _refuse(self, name: str, ack_id: int | None, refusal: Refusal) -> None:
        """Refuse an event that is one too many: told once in an excess, and again at the end."""
        error = RateLimited(refusal.retry_after)
        event = None if name == UNREADABLE else event_name(name)
        if refusal.first and not refusal.last:
            self._events.fail(event, error)
        if ack_id is not None:
            self._client.acknowledge(ack_id, {"ok": False, "error": error.to_dict(event)})
        if refusal.last:
            self._end(error)

    def _answer(self, name: str, payloads: Sequence[Any], failure: RealtimeError | None) -> dict[str, Any]:
        if name == UNREADABLE:
            return self._events.fail(None, InvalidPayload("", str(payloads[0])))
        if failure is not None:
            return self._events.fail(name, failure)
        return self._events.answer(event_name(name), payloads)

    def _refresh(self, token: str) -> float | None:
        user, mine = self._access.user_of(token), self.connection.user
        if (user.tenant_id, user.user_id) != (mine.tenant_id, mine.user_id):
            raise Forbidden("The token is another user's")
        self.connection.user = dataclasses.replace(mine, role=user.role, expires_at=user.expires_at)
        self._plan_end()
        return user.expires_at

    def _plan_end(self) -> None:
        """Plan the warning and the end by the token, in place of those of the token before."""
        for timer in self._ends:
            timer.cancel()
        self._ends.clear()
        clock, ends = self.tenant.connections.clock, self.connection.user.expires_at
        if ends is not None and (left := ends - clock.now()) < _FAR:
            self._ends.append(clock.later(max(0.0, left - EXPIRING_SECONDS), lambda: self._warn(ends)))
            self._ends.append(clock.later(max(0.0, left), self._expire))

    def _warn(self, expires_at: float) -> None:
        self.connection.send("auth:expiring", {"expires_at": rfc3339(expires_at)})

    def _expire(self) -> None:
        self._end(TokenExpired())

    def _end(self, error: RealtimeError) -> None:
        self._ended = True
        self._waiting.clear()
        self._events.fail(None, error)
        self._client.disconnect()

    def _steps_for(self, event: str) -> list[Step]:
        """Return the steps that apply to an event, and count them."""
        numbers = [n for n, step in enumerate(self._steps) if step.on == event and self._played[n] != step.times]
        for number in numbers:
            self._played[number] += 1
        return [self._steps[number] for number in numbers]

    def _wait(self, number: int, step: Step) -> None:
        seconds = step.after if step.every is None else step.every
        self._later(seconds or 0.0, lambda: self._play_timed(number, step))

    def _play_timed(self, number: int, step: Step) -> None:
        self._played[number] += 1
        self._play(step)
        if step.every is not None and self._played[number] != step.times:
            self._wait(number, step)

    def _play(self, step: Step) -> None:
        if step.emit is not None:
            emit(self.tenant, self.connection, *step.emit)
        if step.disconnect is not None:
            self._client.disconnect(transport=step.disconnect == "transport")

    def _later(self, seconds: float, call: Callable[[], None]) -> None:
        self._timers.append(self.tenant.connections.clock.later(max(0.0, seconds), call))


def emit(tenant: Tenant, connection: Connection, event: str, payload: dict[str, Any]) -> None:
    """Emit a scenario's event to the connection, and store it where the server stores such events."""
    data = {name: value for name, value in payload.items() if name not in OWN_FIELDS}
    match event:
        case "notification":
            tenant.notifications.create(connection.user.user_id, data)
        case "activity":
            tenant.activity.record(data)
        case "presence:user_joined" | "presence:update":
            colleague = Identity(data["user_id"], tenant.connections.tenant_id, data["user_name"])
            tenant.presence.connect_colleague(colleague)
            if event == "presence:update":
                location = {name: data[name] for name in LOCATION}
                tenant.presence.change(colleague.user_id, choice(data["status"]), location, always=True)
        case "presence:user_left":
            if not any(tenant.connections.of_user(data["user_id"])):
                tenant.presence.disconnect(data["user_id"])
        case _:
            connection.send(event, payload)
