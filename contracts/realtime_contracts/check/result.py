"""The result of checking one capture: findings, counts, verdict. Plain data, for every report.

Text from the capture is unchanged here. Each report passes it through `Redactor.clean`.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum

from realtime_contracts.check.source import Kind
from realtime_contracts.wire.redaction import Redactor

#: Findings kept per application, in any format; more are only counted. A client that is wrong in every message adds
#: nothing new after that, and 10,000 findings take about 10 MB.
MAX_FINDINGS = 10_000


class Verdict(StrEnum):
    """The verdict on a capture, the gravest first: a check that failed outranks its findings."""

    UNREADABLE = "unreadable"
    #: It contains nothing of this contract. Never a success: a check of nothing finds nothing.
    NOTHING = "nothing"
    VIOLATIONS = "violations"
    CONFORMS = "conforms"


#: The exit status of each verdict; 2 is click's usage error.
EXIT_CODES = {Verdict.CONFORMS: 0, Verdict.VIOLATIONS: 1, Verdict.UNREADABLE: 3, Verdict.NOTHING: 4}


@dataclass(frozen=True, slots=True)
class Place:
    """The place of a packet in a capture."""

    #: The packet's number in the file, from 1.
    frame: int
    #: Its line, in a log.
    line: int | None = None
    #: Its JSON Pointer, in a HAR.
    pointer: str | None = None
    #: Seconds since 1970, or since the start of the log; None if the capture has no times.
    time: float | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One violation of the contract."""

    place: Place
    #: The connection's name within the file.
    connection: str
    #: A `Direction`'s value. Outside of messages, the sender: client or server.
    direction: str
    #: None outside of messages.
    event: str | None
    #: As in `Violation`: JSON Pointer into the payload, reason, keyword.
    path: str
    reason: str
    keyword: str


@dataclass
class Skipped:
    """The parts of the capture that were not checked."""

    other_namespaces: int = 0
    missing_bodies: int = 0
    #: WebSockets without a list of messages.
    missing_sockets: int = 0
    #: WebSocket messages without data, or of an unknown type.
    missing_messages: int = 0
    #: Connections of Engine.IO 3, that is Socket.IO 2.
    old_connections: int = 0
    #: WebSockets without Socket.IO.
    other_sockets: int = 0
    #: Connections to URLs that were not selected.
    other_urls: int = 0
    #: Acks of events from before the capture began.
    strayed_acks: int = 0
    #: Binary messages with missing parts.
    torn_messages: int = 0
    #: Addresses of applications without any event of this contract → their events.
    other_applications: dict[str, int] = field(default_factory=dict)


@dataclass
class Result:
    """The result for one capture."""

    file: str
    contract: str
    redactor: Redactor
    kind: Kind | None = None
    verdict: Verdict = Verdict.CONFORMS
    #: Why it is unreadable, or why nothing was checked: one sentence.
    reason: str | None = None
    connections: int = 0
    #: Addresses of the checked applications, without query.
    addresses: list[str] = field(default_factory=list)
    frames: int = 0
    #: (direction, event) of the contract → messages checked.
    checked: Counter[tuple[str, str]] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)
    #: The number of all findings; `findings` keeps the first ones.
    found: int = 0
    skipped: Skipped = field(default_factory=Skipped)
    #: The time of the first frame that has one, as `Place.time`.
    began: float | None = None

    def seconds(self, place: Place) -> float | None:
        """Return the time of a packet in seconds since the first of its capture."""
        if place.time is None or self.began is None:
            return None
        return round(place.time - self.began, 1)

    def by_direction(self) -> dict[str, int]:
        """Return the number of messages checked, by direction."""
        counts: Counter[str] = Counter()
        for (direction, _), number in self.checked.items():
            counts[direction] += number
        return dict(sorted(counts.items()))


def gravest(results: list[Result]) -> Verdict:
    """Return the gravest verdict of several captures."""
    order = list(Verdict)
    return min((result.verdict for result in results), key=order.index, default=Verdict.NOTHING)
