"""The result of checking one capture: findings, counts, verdict. Plain data, for every report.

All text that comes from the capture is as it was there. Each report passes it through `Redactor.clean`.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum

from realtime_contracts.check.source import Kind
from realtime_contracts.wire.redaction import Redactor

#: Findings of one application that are kept, in any format; the others are counted. A client that is wrong in every
#: message says nothing new after that, and 10,000 take about 10 MB.
MAX_FINDINGS = 10_000


class Verdict(StrEnum):
    """The verdict on a capture, the gravest first: what could not be checked outranks what was found."""

    UNREADABLE = "unreadable"
    #: Nothing in it belongs to this contract. Never a success: a check of nothing finds nothing.
    NOTHING = "nothing"
    VIOLATIONS = "violations"
    CONFORMS = "conforms"


#: What a process ends with; 2 is the usage error, click's own.
EXIT_CODES = {Verdict.CONFORMS: 0, Verdict.VIOLATIONS: 1, Verdict.UNREADABLE: 3, Verdict.NOTHING: 4}


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a capture a packet is."""

    #: The packet's number in the file, from 1.
    frame: int
    #: Its line, in a file of lines.
    line: int | None = None
    #: JSON Pointer to it, in a HAR.
    pointer: str | None = None
    #: Seconds since 1970, or since whenever the log began; None if the capture does not tell.
    time: float | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that the contract does not allow."""

    place: Place
    #: The connection's name within the file.
    connection: str
    #: A `Direction`'s value. Of what is no message of a known direction, who sent it: client or server.
    direction: str
    #: None for what is no message at all.
    event: str | None
    #: As `Violation` has them: JSON Pointer into the payload, what is wrong, the keyword that says so.
    path: str
    reason: str
    keyword: str


@dataclass
class Skipped:
    """What was in the capture and was not checked."""

    other_namespaces: int = 0
    missing_bodies: int = 0
    #: WebSockets of which the capture has no list of messages.
    missing_sockets: int = 0
    #: Messages of WebSockets without data, or of a type that is not known.
    missing_messages: int = 0
    #: Connections of Engine.IO 3, which is Socket.IO 2.
    old_connections: int = 0
    #: WebSockets that are not of Socket.IO.
    other_sockets: int = 0
    #: Connections to other URLs than asked for.
    other_urls: int = 0
    #: Acks to events that came before the capture began.
    strayed_acks: int = 0
    #: Binary messages of which the capture does not hold all parts.
    torn_messages: int = 0
    #: Address of an application of which no event is in this contract → its events.
    other_applications: dict[str, int] = field(default_factory=dict)


@dataclass
class Result:
    """One capture, checked."""

    file: str
    contract: str
    redactor: Redactor
    kind: Kind | None = None
    verdict: Verdict = Verdict.CONFORMS
    #: Why it is unreadable, or why there is nothing in it: one sentence.
    reason: str | None = None
    connections: int = 0
    #: Addresses of the applications that were checked, without query.
    addresses: list[str] = field(default_factory=list)
    frames: int = 0
    #: (direction, event) of the contract → messages checked.
    checked: Counter[tuple[str, str]] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)
    #: All that were found, of which `findings` keeps the first.
    found: int = 0
    skipped: Skipped = field(default_factory=Skipped)
    #: When the first frame with a time was seen, as `Place.time`.
    began: float | None = None

    def seconds(self, place: Place) -> float | None:
        """When a packet came, in seconds since the first of its capture."""
        if place.time is None or self.began is None:
            return None
        return round(place.time - self.began, 1)

    def by_direction(self) -> dict[str, int]:
        """Messages checked, by direction."""
        counts: Counter[str] = Counter()
        for (direction, _), number in self.checked.items():
            counts[direction] += number
        return dict(sorted(counts.items()))


def gravest(results: list[Result]) -> Verdict:
    """The verdict on several captures: the gravest of any."""
    order = list(Verdict)
    return min((result.verdict for result in results), key=order.index, default=Verdict.NOTHING)
