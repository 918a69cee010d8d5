"""Runs one example against a server: its steps in order, and its verdict.

A `Target` describes the server. The first step that fails ends the scenario. Other breaches of the contract are in the
outcome beside the result. Any exception other than a failed expectation is blamed on the server if it had already
broken the contract (a missing field cannot be read), and otherwise on the harness: INCONCLUSIVE.
"""

from __future__ import annotations

import contextlib
import inspect
import json
import time
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import requests

from realtime_contracts.conform.coverage import Coverage, measure
from realtime_contracts.conform.observed import Behaviour, describe
from realtime_contracts.conform.reports.words import wire_text
from realtime_contracts.conform.requirements import Example, Sentence
from realtime_contracts.conform.results import Breach, Failure, Result, Step, Verdict, Wire
from realtime_contracts.conform.running.minting import NoToken
from realtime_contracts.conform.steps import fitting
from realtime_contracts.conform.world import World
from realtime_contracts.wire.journal import Entry, Journal, NotReachedError, NotSeenError, NotToldError, UnmetError
from realtime_contracts.wire.redaction import redacted, shown
from realtime_contracts.wire.timeouts import Timeouts
from realtime_contracts.wire.tokens import Mint

#: The verdict on a requirement that is not met, by its level.
UNMET = {"must": Verdict.FAIL, "should": Verdict.WARN, "may": Verdict.WARN}

#: Limits of a failure's text in characters and of the wire log in lines, in case a server floods.
MOST_CHARACTERS = 8000
MOST_LINES = 1000

#: Characters kept of a payload; its texts are cut at fewer.
MOST_OF_A_PAYLOAD = 4000

_DIRECTIONS: dict[str, Literal["sent", "received", "note"]] = {
    "sent": "sent",
    "packet": "sent",
    "request": "sent",
    "event": "received",
    "ack": "received",
    "answer": "received",
}

#: What a step raises when an answer lacks a field. Our own server proves that the field can be there.
NOT_UNDERSTOOD = (LookupError, TypeError, ValueError, AttributeError, StopIteration)


@dataclass
class Target:
    #: The base URLs of the nodes of one cluster.
    nodes: list[str]
    transport: Literal["websocket", "polling"]
    mint: Mint
    timeouts: Timeouts
    behaviour: Behaviour = field(default_factory=Behaviour)


@dataclass(frozen=True)
class Outcome:
    """The outcome of an example: its result, and the contract's observations."""

    result: Result
    breaches: tuple[Breach, ...]
    came: dict[tuple[str, str], int]
    coverage: Coverage
    #: Whether the failure is unrelated to the scenario's subject: no answer, or no such operation.
    untold: bool = False
    #: The event that never came, if that was the failure.
    awaited: str = ""

    @property
    def is_right(self) -> bool:
        """Whether the scenario passed without a breach of the contract."""
        return self.result.verdict is Verdict.PASS and not self.breaches


def run(example: Example, target: Target) -> Outcome:
    """Run an example. Raises only what ends the process."""
    started = time.time()
    world = World(target.nodes, target.transport, target.mint, target.timeouts, target.behaviour)
    steps: list[Step] = []
    error: Exception | None = None
    try:
        _run_steps(example, world, steps)
    except Exception as caught:  # noqa: BLE001 - whatever it is, it is this scenario's verdict
        error = caught
    wire = wire_of(world)
    try:
        world.end()
    except Exception as caught:  # noqa: BLE001 - as above
        error = error or caught
    error = error or next((defect for tab in world.tabs for defect in tab.client.defects), None)
    breaches = world.observed.breaches
    verdict, failure = Verdict.PASS, None
    if error is not None:
        lines = [describe(who, breach) for who, breach in breaches]
        if isinstance(error, NotSeenError) and error.event and target.behaviour.never(error.event):
            lines.insert(0, f"this server was never seen to send {error.event}")
        verdict, why = _verdict(example, steps, error, lines, wire)
        failure = Failure(_shortened(why.expected), _shortened(why.actual), _shortened(why.hint))
    result = Result(
        requirement=example.requirement.id,
        row=example.row,
        name=example.name,
        transport=target.transport,
        verdict=verdict,
        failure=failure,
        steps=(*steps, *(Step(s.keyword, s.text, "skipped") for s in example.sentences[len(steps) :])),
        wire=_middle_left_out(wire),
        started=started,
        seconds=time.time() - started,
        nodes=tuple(sorted({target.nodes.index(tab.url) + 1 for tab in world.tabs})),
    )
    return Outcome(
        result,
        tuple(breach for _, breach in breaches),
        dict(world.observed.came),
        measure(world.observed),
        untold=error is not None and _says_nothing(error, world),
        awaited=error.event if isinstance(error, NotSeenError) else "",
    )


def _says_nothing(error: Exception, world: World) -> bool:
    """Whether a failure is unrelated to the scenario's subject."""
    no_operation = world.back.reply is not None and not world.back.reply.is_of_contract
    return no_operation or not isinstance(error, AssertionError) or isinstance(error, NotToldError)


def _shortened(text: str) -> str:
    """Return a failure's text for a report: without tokens, and cut."""
    text, half = redacted(text), MOST_CHARACTERS // 2
    if len(text) <= MOST_CHARACTERS:
        return text
    return f"{text[:half]}\n… ({len(text):,} characters)\n{text[-half:]}"


def _middle_left_out(wire: tuple[Wire, ...]) -> tuple[Wire, ...]:
    left, half = len(wire) - MOST_LINES, MOST_LINES // 2
    if left <= 0:
        return wire
    note = Wire(wire[half].at, "", "note", "left out", f"{left:,} messages")
    return (*wire[:half], note, *wire[-half:])


def _run_steps(example: Example, world: World, steps: list[Step]) -> None:
    before = ""
    for sentence in example.sentences:
        if sentence.kind == "when" and before != "when":
            world.set_marks()  # Later messages are effects of the When.
        before = sentence.kind
        began = time.monotonic()
        done: Literal["passed", "failed"] = "failed"
        try:
            _run_step(sentence, world)
            done = "passed"
        finally:
            steps.append(Step(sentence.keyword, sentence.text, done, time.monotonic() - began))


def _run_step(sentence: Sentence, world: World) -> None:
    [definition] = fitting(sentence.kind, sentence.text)
    offered = {
        "world": world,
        "datatable": [list(row) for row in sentence.table],
        **(definition.match(sentence.text) or {}),
    }
    wanted = inspect.signature(definition.function).parameters
    arguments = {name: offered[name] for name in wanted if name in offered}
    with _reaching_the_server():
        definition.function(**arguments)


@contextlib.contextmanager
def _reaching_the_server() -> Iterator[None]:
    """Turn a connection refused or lost during a request into an environment failure."""
    try:
        yield
    except (requests.ConnectionError, requests.Timeout) as error:
        raise NotReachedError(f"an answer from {_host(error)}", f"{type(error).__name__}: {_reason(error)}") from error


def _host(error: requests.RequestException) -> str:
    return str(error.request.url) if error.request is not None else "the server"


def _reason(error: BaseException) -> str:
    inner: Any = error.args[0] if error.args else error
    return str(getattr(inner, "reason", inner))


def _verdict(
    example: Example, steps: list[Step], error: Exception, breaches: list[str], wire: Sequence[Wire]
) -> tuple[Verdict, Failure]:
    at = f"{steps[-1].keyword} {steps[-1].text}" if steps else "the beginning"
    hint = "\n".join(["The contract was broken as well:", *breaches[:3]]) if breaches else ""
    if isinstance(error, NotReachedError):
        return Verdict.INCONCLUSIVE, Failure(
            error.expected, error.actual, "Nobody answered: is the server still there?"
        )
    unmet = UNMET[example.requirement.level]
    if isinstance(error, NoToken):
        return Verdict.INCONCLUSIVE, Failure("a token to come with", str(error))
    if isinstance(error, UnmetError):
        return unmet, Failure(error.expected, error.actual, hint)
    if isinstance(error, AssertionError):
        return unmet, Failure(at, str(error) or "it was not so", hint)
    where = traceback.extract_tb(error.__traceback__)[-1]
    what = (
        f"{type(error).__name__}: {error} (in {where.name}, line {where.lineno} of {where.filename.rpartition('/')[2]})"
    )
    if isinstance(error, NOT_UNDERSTOOD) or breaches:
        came = breaches[-1] if breaches else f"the last answer was {_last_answer(wire)}"
        return unmet, Failure(at, f"what came cannot be understood: {came}", what)
    return Verdict.INCONCLUSIVE, Failure(at, f"the harness itself has failed: {what}", "Please report this.")


def _last_answer(wire: Sequence[Wire]) -> str:
    received = [line for line in wire if line.direction == "received"]
    return wire_text(received[-1:]).strip() or "none"


def wire_of(world: World) -> tuple[Wire, ...]:
    """Return the wire log, sorted by time."""
    lines = [line for tab in world.tabs for line in _lines(tab.label, tab.journal)]
    return tuple(sorted([*lines, *_lines("REST", world.rest.journal)], key=lambda line: line.at))


def _lines(who: str, journal: Journal) -> list[Wire]:
    return [
        Wire(
            round(entry.at, 4),
            who,
            _DIRECTIONS.get(entry.kind, "note"),
            "event" if entry.kind == "sent" else entry.kind,
            redacted(entry.name),
            _payload(entry),
        )
        for entry in journal.since()
    ]


def _payload(entry: Entry) -> Any:
    value = entry.payload
    if entry.kind in ("sent", "request") and entry.name not in ("packet", "frame") and isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            value = entry.payload
    kept = shown(value)
    text = json.dumps(kept, default=repr)
    return kept if len(text) <= MOST_OF_A_PAYLOAD else text[:MOST_OF_A_PAYLOAD] + "…"
