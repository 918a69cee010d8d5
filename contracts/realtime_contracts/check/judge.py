"""Checks each message of a capture against the contract, and counts messages.

A browser's capture contains all traffic of the page, for example a chat widget's own Socket.IO. So findings are kept by
application, that is by address without query. If an application sends no event of the contract, it is reported by name
and its findings are dropped.
"""

from __future__ import annotations

import difflib
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from realtime_contracts.check.result import MAX_FINDINGS, Finding, Place, Result, Skipped
from realtime_contracts.contract.registry import Direction, Registry
from realtime_contracts.wire.packets import ABSENT
from realtime_contracts.wire.redaction import Redactor, clipped

#: Unknown events for which a similar name is searched. A search takes a millisecond, and a client has few.
MAX_SUGGESTIONS = 100

#: Kinds of findings without a JSON Schema keyword.
UNKNOWN_EVENT, ARGUMENTS, ACK, PROTOCOL, JSON = "unknown_event", "arguments", "ack", "protocol", "json"

_OPPOSITE = {Direction.CLIENT: Direction.SERVER, Direction.SERVER: Direction.CLIENT}


@dataclass
class Application:
    """The messages seen at one address."""

    address: str
    connections: int = 0
    #: Events of either direction, and those of them that are in the contract.
    events: int = 0
    known: int = 0
    checked: Counter[tuple[str, str]] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)
    found: int = 0

    @property
    def is_other(self) -> bool:
        """Whether this is Socket.IO without any event of this contract."""
        return self.events > 0 and self.known == 0


@dataclass(frozen=True, slots=True)
class Origin:
    """The connection and application of a message."""

    application: Application
    connection: str


class Judge:
    """Checks the messages of one capture."""

    def __init__(self, registry: Registry, redactor: Redactor) -> None:
        self.redactor = redactor
        self.skipped = Skipped()
        self.version = registry.version
        self._registry = registry
        self._events = {direction: registry.events(direction) for direction in Direction}
        self._applications: dict[str, Application] = {}
        self._similar: dict[tuple[str, str], str] = {}

    def application(self, address: str) -> Application:
        """Return the application at an address; "" if the capture does not name one."""
        return self._applications.setdefault(address, Application(address))

    def event(self, origin: Origin, place: Place, direction: Direction, event: str, arguments: list[Any]) -> None:
        """Check an event, or a REST request or response; without an argument its payload is `{}`.

        Also an ack that names its event itself and must have one argument.
        """
        known = event in self._events[direction]
        origin.application.events += 1
        origin.application.known += known
        if direction is Direction.CLIENT and event == "connect" and arguments:
            self.redactor.learn_auth(arguments[0])
        if known:
            self._check(origin, place, direction, event, arguments if direction is Direction.ACK else arguments or [{}])
        else:
            reason = "not in the contract" + self._hint(direction, event)
            self.broken(origin, place, direction, reason, UNKNOWN_EVENT, event)

    def connect(self, origin: Origin, place: Place, auth: Any) -> None:
        """Check the auth payload of a connection, or ABSENT."""
        payload = {} if auth is ABSENT else auth
        self.redactor.learn_auth(payload)
        self._check(origin, place, Direction.CLIENT, "connect", [payload])

    def refusal(self, origin: Origin, place: Place, data: Any) -> None:
        """Check the payload of a CONNECT_ERROR."""
        self._check(origin, place, Direction.SERVER, "connect_error", [data])

    def ack(self, origin: Origin, place: Place, event: str, arguments: list[Any]) -> None:
        """Check the ack of a client's event. An unknown event has been reported already."""
        if event in self._events[Direction.ACK]:
            self._check(origin, place, Direction.ACK, event, arguments)
        elif event in self._events[Direction.CLIENT]:
            reason = "the contract has no ack of this event"
            self.broken(origin, place, Direction.ACK, reason, UNKNOWN_EVENT, event)

    def broken(
        self,
        origin: Origin,
        place: Place,
        sender: Direction,
        reason: str,
        keyword: str = PROTOCOL,
        event: str | None = None,
        path: str = "",
    ) -> None:
        """Add a finding; only count it above the limit."""
        application = origin.application
        application.found += 1
        if len(application.findings) < MAX_FINDINGS:
            finding = Finding(place, origin.connection, sender, event, path, reason, keyword)
            application.findings.append(finding)

    def finish(self, result: Result, *, strict: bool) -> None:
        """Write the totals to `result`. `strict` treats every application as one of this contract."""
        result.skipped = self.skipped
        for application in self._applications.values():
            if application.is_other and not strict:
                self.skipped.other_applications[application.address] = application.events
                continue
            if application.address and application.connections:
                result.addresses.append(application.address)
            result.connections += application.connections
            result.checked.update(application.checked)
            result.findings += application.findings
            result.found += application.found
        result.findings.sort(key=lambda finding: finding.place.frame)
        del result.findings[MAX_FINDINGS:]

    def _check(self, origin: Origin, place: Place, direction: Direction, event: str, arguments: list[Any]) -> None:
        origin.application.checked[direction, event] += 1
        if len(arguments) != 1:
            reason = f"expected exactly one argument, got {len(arguments)}"
            self.broken(origin, place, direction, reason, ARGUMENTS, event)
        elif (wrong := self._registry.check(direction, event, arguments[0])) is not None:
            self.broken(origin, place, direction, wrong.reason, wrong.keyword, event, wrong.path)

    def _hint(self, direction: Direction, event: str) -> str:
        """Suggest the event that was probably meant by an unknown one."""
        name = clipped(event)
        known = self._similar.get((direction, name))
        if known is not None or len(self._similar) >= MAX_SUGGESTIONS:
            return known or ""
        opposite = _OPPOSITE.get(direction)
        hint = ""
        if opposite and event in self._events[opposite]:
            hint = f" in this direction; the {opposite} sends it"
        elif similar := difflib.get_close_matches(name, sorted(self._events[direction]), 1):
            hint = f"; did you mean {similar[0]}?"
        self._similar[direction, name] = hint
        return hint
