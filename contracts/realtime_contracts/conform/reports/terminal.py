"""The terminal report: a tree of requirements as they are decided, then each failure in full.

The tree grows in the order of the features, in whatever order the processes finish. The server's text is never read as
markup, and its control characters are escaped.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from realtime_contracts.conform.reports.program import program
from realtime_contracts.conform.reports.words import MEANINGS, SIGNS, again, ended_the_server, source, wire_text
from realtime_contracts.conform.requirements import Example
from realtime_contracts.conform.results import (
    EXIT_STATUS,
    ContractCheck,
    Requirement,
    Result,
    Run,
    Step,
    Verdict,
    worst,
)
from realtime_contracts.reports.text import say
from realtime_contracts.wire.redaction import visible

_STYLES = {
    Verdict.PASS: "green",
    Verdict.FAIL: "bold red",
    Verdict.WARN: "yellow",
    Verdict.SKIP: "dim",
    Verdict.INCONCLUSIVE: "magenta",
}
_ORDER = list(Verdict)
#: Lines of the wire log shown before a failure.
WIRE_LINES = 14
#: Equal failures at the same step from which the cause is stated once, above them.
SAME = 5
#: Numbers in expected values that differ between scenarios, such as those of users and messages.
_NUMBERS = re.compile(r"\d+")


class Headings:
    """Headings of features and rules, each printed before its first requirement."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._feature = self._rule = ""

    def print(self, requirement: Requirement) -> None:
        """Print the headings that are new with this requirement."""
        if requirement.feature != self._feature:
            self._feature, self._rule = requirement.feature, ""
            self._console.print(Text(f"\n{requirement.feature}", style="bold"))
        if requirement.rule != self._rule:
            self._rule = requirement.rule
            self._console.print(Text(f"  {requirement.rule}", style="cyan"))


class Tree:
    """The requirements of a run, each printed when all of its examples are decided."""

    def __init__(self, console: Console, examples: Sequence[Example], transports: int, *, quiet: bool = False) -> None:
        self.console = console
        self._quiet = quiet
        self._transports = transports
        self._left: Counter[str] = Counter()
        self._requirements: dict[str, Requirement] = {}
        for example in examples:
            self._requirements[example.requirement.id] = example.requirement
            self._left[example.requirement.id] += transports
        self._waiting = list(self._requirements)
        self._done: dict[str, list[Result]] = defaultdict(list)
        self._headings = Headings(console)
        self._counts: Counter[Verdict] = Counter()
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self._progress = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
        self._task = self._progress.add_task("", total=sum(self._left.values()))

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def tell(self, result: Result) -> None:
        """Add a result."""
        id_ = result.requirement
        self._done[id_].append(result)
        done = self._transports if result.verdict is Verdict.SKIP else 1  # skipped on all transports at once
        self._left[id_] -= done
        self._counts[result.verdict] += 1
        bad = self._counts[Verdict.FAIL] + self._counts[Verdict.WARN]
        self._progress.update(self._task, advance=done, description=f"{bad} unmet" if bad else "")
        while self._waiting and self._left[self._waiting[0]] <= 0:
            self._print(self._waiting.pop(0))

    def _print(self, id_: str) -> None:
        requirement, results = self._requirements[id_], self._done[id_]
        verdict = worst(result.verdict for result in results) or Verdict.SKIP
        if self._quiet and verdict in (Verdict.PASS, Verdict.SKIP):
            return
        self._headings.print(requirement)
        line = Text("    ")
        line.append(f"{SIGNS[verdict]} ", style=_STYLES[verdict])
        line.append(f"{id_:<18} ", style="dim")
        line.append(requirement.name)
        passed = sum(result.verdict is Verdict.PASS for result in results)
        if len(results) > 1:
            line.append(f"  {passed} of {len(results)}", style="dim")
        if verdict is Verdict.SKIP:
            line.append(f"  {results[0].skipped}", style="dim")
        if any(result.known for result in results):
            line.append("  known to fail", style="dim")
        if any(map(ended_the_server, results)):
            line.append("  ended the server", style=_STYLES[Verdict.FAIL])
        say(self.console, line)


def summary(console: Console, run: Run, show: int) -> None:
    """Print everything after the tree; the first `show` failures in full."""
    requirements = {requirement.id: requirement for requirement in run.requirements}
    bad = [r for r in run.results if r.verdict not in (Verdict.PASS, Verdict.SKIP) and not r.known]
    worst_first: dict[str, Result] = {}
    for result in sorted(bad, key=_gravity):
        worst_first.setdefault(result.requirement, result)  # One example of each is enough.
    told = list(worst_first.values())
    if run.complaints:
        told = [result for result in told if result.verdict is not Verdict.INCONCLUSIVE]
    if told[:show]:
        _same_steps(console, bad)
    for result in told[:show]:
        _failure(console, run, requirements[result.requirement], result, bad)
    if len(told) > show:
        console.print(f"\n… and {len(told) - show} more requirements: --show {len(told)}, or --html, has them all.")
    _rulings(console, run)
    _contract(console, [check for check in run.contract_checks if check.verdict is Verdict.FAIL])
    for note in run.notes.values():
        say(console, f"\n{visible(note)}", "yellow")
    for complaint in run.complaints:
        say(console, f"\n{visible(complaint)}", "bold magenta")
    _counts(console, run)


def _gravity(result: Result) -> tuple[bool, int]:
    """Sort key: the end of the server first, then the worst verdict; equals keep the order of the features."""
    return not ended_the_server(result), _ORDER.index(result.verdict)


def _same_steps(console: Console, bad: Sequence[Result]) -> None:
    """Find requirements that fail at the same step for the same reason: one cause, stated once."""
    at: dict[tuple[str, str], list[Result]] = defaultdict(list)
    for result in bad:
        failed = _failed(result)
        if failed is not None and result.failure is not None and not ended_the_server(result):
            at[failed.text, _NUMBERS.sub("", result.failure.expected)].append(result)
    counted = [(len({result.requirement for result in alike}), alike[0]) for alike in at.values()]
    for count, first in sorted(counted, key=lambda each: -each[0]):
        failed = _failed(first)
        if count >= SAME and failed is not None:
            step = visible(f"{failed.keyword} {failed.text}")
            say(console, f"\n{count} requirements failed at the same step: {step}", "bold")


def _failed(result: Result) -> Step | None:
    return next((step for step in result.steps if step.status == "failed"), None)


def _failure(console: Console, run: Run, requirement: Requirement, result: Result, bad: list[Result]) -> None:
    others = sum(r.requirement == result.requirement for r in bad) - 1
    more = f", and {others} more of it" if others else ""
    head = f"\n{SIGNS[result.verdict]} {result.id}  {visible(result.name)}  [{result.transport}]{more}"
    say(console, head, _STYLES[result.verdict])
    failure = result.failure
    failed = _failed(result)
    _field(console, "Requirement", f"{requirement.level.upper()}: {requirement.sentence or requirement.name}")
    _field(console, "Source", "; ".join(map(source, requirement.sources)))
    if failed is not None:
        _field(console, "At", f"{failed.keyword} {failed.text}")
    if failure is not None:
        _field(console, "Expected", failure.expected)
        _field(console, "Actual", failure.actual)
        if failure.hint:
            _field(console, "Hint", failure.hint)
    if result.wire:
        lines = result.wire[-WIRE_LINES:]
        left = len(result.wire) - len(lines)
        _field(console, "Wire", (f"… {left} before\n" if left else "") + wire_text(lines))
        _field(console, "Program", program(result, run.servers))
    _field(console, "Again", again(run, result))


def _rulings(console: Console, run: Run) -> None:
    broken = [ruling for ruling in run.rulings if ruling.verdict in (Verdict.FAIL, Verdict.WARN)]
    if broken:
        say(console, "\nOf the rulings on the seed, this server does what the seed says:", "bold")
    for ruling in broken:
        say(console, f"  ✗ {ruling.seed}", "yellow")
        by = ", ".join(ruling.decided_by[:4]) + (" …" if len(ruling.decided_by) > 4 else "")
        say(console, f"      ruled: {ruling.ruling}   ({by})", "dim")


def _contract(console: Console, broken: list[ContractCheck]) -> None:
    if broken:
        say(console, "\nMessages that break the contract:", "bold")
    for check in broken:
        breach = check.breach
        if breach is None:
            continue
        place = f" at {breach.path}" if breach.path else ""
        times = f"{check.wrong} times" if check.wrong > 1 else "once"
        say(console, f"  ✗ {visible(check.id)}  {times}, first in {check.seen_in}", "red")
        say(console, f"      {visible(breach.reason + place)}", "dim")


def _counts(console: Console, run: Run) -> None:
    counts = Counter(result.verdict for result in run.results if not result.known)
    known = sum(result.known for result in run.results)
    words = [f"{counts[verdict]} {verdict.name}" for verdict in reversed(_ORDER) if counts[verdict]]
    words += [f"{known} known to fail"] if known else []
    checks = Counter(check.verdict for check in run.contract_checks)
    words.append(f"contract: {checks[Verdict.PASS]} messages right, {checks[Verdict.FAIL]} wrong")
    exercised = [cell for cell in run.keywords if cell.accepted and cell.refused]
    words.append(f"{len(exercised)} of {len(run.keywords)} keywords on both sides")
    say(console, f"\n{', '.join(words)} in {run.seconds:.0f} s")
    status = EXIT_STATUS[run.verdict]
    say(console, f"{run.verdict.name}: {MEANINGS[run.verdict]} (exit status {status})", _STYLES[run.verdict])


def _field(console: Console, label: str, text: str) -> None:
    first, *rest = visible(text).splitlines() or [""]
    say(console, Text.assemble((f"  {label + ':':<12} ", "bold"), first))
    for line in rest:
        say(console, f"  {'':<12} {line}")
