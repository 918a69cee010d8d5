"""The results of a run, as every report reads them: verdicts and their evidence.

This module does not know how a scenario runs or how a report looks. Everything is a frozen dataclass of plain values,
so it can be sent between processes and written as JSON.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Literal


class Verdict(Enum):
    """The verdict on a requirement, from the worst to the best."""

    #: A MUST is not met.
    FAIL = "fail"
    #: The environment or the harness failed, so the server was not judged.
    INCONCLUSIVE = "inconclusive"
    #: A SHOULD is not met.
    WARN = "warn"
    #: Not run; the reason is in the result.
    SKIP = "skip"
    PASS = "pass"  # noqa: S105 - no password


def worst(verdicts: Iterable[Verdict]) -> Verdict | None:
    """Return the worst of some verdicts, None if there are none."""
    return min(verdicts, key=list(Verdict).index, default=None)


#: The exit status of a run by its worst verdict. 2 is a usage error.
EXIT_STATUS = {
    Verdict.PASS: 0,
    Verdict.FAIL: 1,
    Verdict.WARN: 3,
    Verdict.INCONCLUSIVE: 4,
    Verdict.SKIP: 5,  # Only if nothing was run: a run without results must not be green.
}


@dataclass(frozen=True)
class Requirement:
    """One scenario of the features: its permanent id, its level, and what it proves."""

    #: Permanent: `presence/3.2`. Never reused, even when the scenario is deleted.
    id: str
    family: str
    level: Literal["must", "should", "may"]
    feature: str
    rule: str
    name: str
    #: The sentence of the specification that it proves; "" if the source is only a section of the seed.
    sentence: str
    #: The tags of its sources: `seed_4_2`, `spec_presence`.
    sources: tuple[str, ...]
    #: What it needs from the environment: `multi_node`, `fault`, `slow`.
    needs: tuple[str, ...]
    tags: tuple[str, ...]
    #: The keys of the rulings that it decides.
    rulings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Wire:
    """One entry of the wire log, from a connection or REST. Tokens are redacted and long texts cut."""

    #: Seconds since the scenario began.
    at: float
    #: The tab: `Ana's tab 1 (node 1)`, or `REST`.
    who: str
    #: `sent` by the client, `received` by it, or a `note` on the connection (connected, refused, closed).
    direction: Literal["sent", "received", "note"]
    #: `event`, `ack`, `packet`, `request`, `answer`, `connected`, `refused`, `closed`.
    kind: str
    name: str
    payload: Any = None


@dataclass(frozen=True)
class Step:
    """A sentence of the scenario and its result."""

    keyword: str
    text: str
    status: Literal["passed", "failed", "skipped", "undefined", "ambiguous"]
    seconds: float = 0.0


@dataclass(frozen=True)
class Failure:
    """Why a verdict is not PASS, as text: expected, actual."""

    expected: str
    actual: str
    #: The harness's hint: where the error was raised, what to try.
    hint: str = ""


@dataclass(frozen=True)
class Result:
    """One run of one example. The rows of an outline have the ids `#1`, `#2` and so on."""

    requirement: str
    #: The row of an outline, from 1 over all its tables; 0 for a plain scenario.
    row: int
    #: The name with the row's values filled in.
    name: str
    transport: Literal["websocket", "polling"]
    verdict: Verdict
    failure: Failure | None = None
    #: Why it was not run.
    skipped: str = ""
    steps: tuple[Step, ...] = ()
    wire: tuple[Wire, ...] = ()
    #: Start in seconds since the epoch, and duration.
    started: float = 0.0
    seconds: float = 0.0
    #: The numbers of the nodes (from 1) that it connected to.
    nodes: tuple[int, ...] = ()
    #: It is a known failure (`--known-failing`), and it failed.
    known: bool = False

    @property
    def id(self) -> str:
        """Return the id that selects it: `presence/7.1#3`."""
        return f"{self.requirement}#{self.row}" if self.row else self.requirement

    @property
    def family(self) -> str:
        return self.requirement.partition("/")[0]

    @property
    def failed_before(self) -> bool:
        """Whether it failed at a Given or a When, before it reached its subject."""
        kind = ""
        for step in self.steps:
            kind = kind if step.keyword in ("And", "But", "*") else step.keyword
            if step.status == "failed":
                return kind in ("Given", "When")
        return False


@dataclass(frozen=True)
class Breach:
    """A message, ack or answer that violates the contract or its order, with the first place where it was seen."""

    #: `presence:list`, `room:join`, `notifications:list`; for an order, `presence` or `documents`.
    message: str
    #: `server` message, `ack` of an event, `response` of the REST API, `order` of messages, or `secrecy`.
    direction: Literal["server", "ack", "response", "order", "secrecy"]
    #: The JSON Pointer of the error, and the reason.
    path: str
    reason: str
    payload: Any = None


@dataclass(frozen=True)
class ContractCheck:
    """The verdict on one message of the contract over all scenarios: `contract/server/presence:list`."""

    id: str
    message: str
    direction: str
    sentence: str
    verdict: Verdict
    #: How often the message was seen, and how often it was wrong.
    seen: int = 0
    wrong: int = 0
    #: The first breach, and the id of its result.
    breach: Breach | None = None
    seen_in: str = ""


@dataclass(frozen=True)
class Cell:
    """Coverage of one keyword of one schema: how often the server accepted it and refused it."""

    direction: str
    message: str
    #: The keyword's place in the schema: `/properties/status/enum`.
    keyword: str
    accepted: int = 0
    refused: int = 0


@dataclass(frozen=True)
class Traffic:
    """Coverage of one message: how often it was sent and acked, and the errors it was answered with."""

    direction: str
    message: str
    count: int = 0
    acks: int = 0
    errors: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class Ruling:
    """A ruling of the specification, and the run's verdict on it."""

    key: str
    seed: str
    ruling: str
    verdict: Verdict
    #: The results and contract checks that decided it, the worst first.
    decided_by: tuple[str, ...] = ()


@dataclass(frozen=True)
class Run:
    """All results of a run."""

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
    #: Why the run ended early or could not start; errors in the list of known failures.
    complaints: tuple[str, ...] = ()
    #: The options that affect the result, as they would be typed.
    options: tuple[str, ...] = ()
    #: Notes from the run, such as seeds and versions. Every report shows them.
    notes: dict[str, str] = field(default_factory=dict)

    @property
    def exit_status(self) -> int:
        """Return the exit status of the worst result."""
        return EXIT_STATUS[self.verdict]
