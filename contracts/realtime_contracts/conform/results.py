"""What a run has found, as every report reads it: verdicts, and what they rest on.

Nothing here knows how a scenario is run or how a report looks. Everything is a frozen dataclass of plain values, so
that it goes from process to process and into JSON as it is.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Literal


class Verdict(Enum):
    """What a requirement is worth on a server. The order is from the worst to the best."""

    #: A MUST is not met.
    FAIL = "fail"
    #: The environment has failed, or the harness: nothing can be said of the server.
    INCONCLUSIVE = "inconclusive"
    #: A SHOULD is not met.
    WARN = "warn"
    #: It was not tried; the reason says why.
    SKIP = "skip"
    PASS = "pass"  # noqa: S105 - no password


def worst(verdicts: Iterable[Verdict]) -> Verdict | None:
    """The worst of some verdicts, None if there is none."""
    return min(verdicts, key=list(Verdict).index, default=None)


#: The exit status of a run, by its worst verdict. 2 is a wrong command line.
EXIT_STATUS = {
    Verdict.PASS: 0,
    Verdict.FAIL: 1,
    Verdict.WARN: 3,
    Verdict.INCONCLUSIVE: 4,
    Verdict.SKIP: 5,  # only if nothing was tried: a run without a test is not green
}


@dataclass(frozen=True)
class Requirement:
    """One scenario of the features: what it is called for ever, how binding it is, and what it proves."""

    #: Permanent: `presence/3.2`. Never given to anything else, even when the scenario is gone.
    id: str
    family: str
    level: Literal["must", "should", "may"]
    feature: str
    rule: str
    name: str
    #: The sentence of the specification that it proves, "" if the source is a section of the seed alone.
    sentence: str
    #: Where that is from: `seed_4_2`, `spec_presence`.
    sources: tuple[str, ...]
    #: What it needs of whoever runs it: `multi_node`, `fault`, `slow`.
    needs: tuple[str, ...]
    tags: tuple[str, ...]
    #: Rows of the ruling table of the specification that it decides, by their key.
    rulings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Wire:
    """One thing that went over one connection, or over REST. Tokens are redacted, what is long is cut."""

    #: Seconds since the scenario began.
    at: float
    #: Whose tab it was: `Ana's tab 1 (node 1)`, or `REST`.
    who: str
    #: `sent` by the client, `received` by it, or a `note` on the connection (connected, refused, closed).
    direction: Literal["sent", "received", "note"]
    #: `event`, `ack`, `packet`, `request`, `answer`, `connected`, `refused`, `closed`.
    kind: str
    name: str
    payload: Any = None


@dataclass(frozen=True)
class Step:
    """A sentence of the scenario, and what became of it."""

    keyword: str
    text: str
    status: Literal["passed", "failed", "skipped", "undefined", "ambiguous"]
    seconds: float = 0.0


@dataclass(frozen=True)
class Failure:
    """Why a verdict is not PASS, in words for a person: what was expected, and what there was."""

    expected: str
    actual: str
    #: What the harness has to add: where it was thrown, what to try.
    hint: str = ""


@dataclass(frozen=True)
class Result:
    """One example of a requirement, run once: the rows of an outline are `#1`, `#2` … of its id."""

    requirement: str
    #: The row of an outline, from 1 over all its tables; 0 for a scenario that has none.
    row: int
    #: The name with the row's values in it.
    name: str
    transport: Literal["websocket", "polling"]
    verdict: Verdict
    failure: Failure | None = None
    #: Why it was not tried.
    skipped: str = ""
    steps: tuple[Step, ...] = ()
    wire: tuple[Wire, ...] = ()
    #: Seconds since the epoch, and how long it took.
    started: float = 0.0
    seconds: float = 0.0
    #: The numbers of the nodes (from 1) that its connections went to.
    nodes: tuple[int, ...] = ()
    #: It was expected to fail (`--known-failing`), and did.
    known: bool = False

    @property
    def id(self) -> str:
        """What selects it again: `presence/7.1#3`."""
        return f"{self.requirement}#{self.row}" if self.row else self.requirement

    @property
    def family(self) -> str:
        """The family of its requirement."""
        return self.requirement.partition("/")[0]

    @property
    def failed_before(self) -> bool:
        """Whether it failed at a Given or a When: before it came to what the scenario is about."""
        kind = ""
        for step in self.steps:
            kind = kind if step.keyword in ("And", "But", "*") else step.keyword
            if step.status == "failed":
                return kind in ("Given", "When")
        return False


@dataclass(frozen=True)
class Breach:
    """A message, an ack or an answer that broke the contract, or came out of its order; where it was seen first."""

    #: `presence:list`, `room:join`, `notifications:list`; what came out of order is `presence` or `documents`.
    message: str
    #: `server` message, `ack` of an event, `response` of the REST API, `order` of messages, or `secrecy`.
    direction: Literal["server", "ack", "response", "order", "secrecy"]
    #: The JSON Pointer of what is wrong, and why it is.
    path: str
    reason: str
    payload: Any = None


@dataclass(frozen=True)
class ContractCheck:
    """What all scenarios together say of one message of the contract: `contract/server/presence:list`."""

    id: str
    message: str
    direction: str
    sentence: str
    verdict: Verdict
    #: How often it was seen, and how often it was wrong.
    seen: int = 0
    wrong: int = 0
    #: The first breach, and the id of the result in which it was seen.
    breach: Breach | None = None
    seen_in: str = ""


@dataclass(frozen=True)
class Cell:
    """Coverage of one keyword of one schema: how often the features had it accepted, and refused."""

    direction: str
    message: str
    #: Where the keyword stands in the schema: `/properties/status/enum`.
    keyword: str
    accepted: int = 0
    refused: int = 0


@dataclass(frozen=True)
class Traffic:
    """Coverage of one message: how often it went, how often it was answered with an ack, and with which errors."""

    direction: str
    message: str
    count: int = 0
    acks: int = 0
    errors: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class Ruling:
    """A row of the specification's table of rulings, and what the run says of it."""

    key: str
    seed: str
    ruling: str
    verdict: Verdict
    #: The results and contract checks that have decided it, the worst first.
    decided_by: tuple[str, ...] = ()


@dataclass(frozen=True)
class Run:
    """Everything that a run has found."""

    servers: tuple[str, ...]
    harness: str
    contract: str
    started: float
    seconds: float
    verdict: Verdict
    requirements: tuple[Requirement, ...]
    results: tuple[Result, ...]
    contract_checks: tuple[ContractCheck, ...] = ()
    rulings: tuple[Ruling, ...] = ()
    traffic: tuple[Traffic, ...] = ()
    keywords: tuple[Cell, ...] = ()
    #: Why a run ended before its end, or could not begin; what is wrong with the list of known failures.
    complaints: tuple[str, ...] = ()
    #: The options that decide what a run proves, as they would be typed.
    options: tuple[str, ...] = ()
    #: What was told of the run while it went: seeds, versions. Shown in every report.
    notes: dict[str, str] = field(default_factory=dict)

    @property
    def exit_status(self) -> int:
        """By the worst cause."""
        return EXIT_STATUS[self.verdict]
