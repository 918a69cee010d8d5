"""One complete run: select, check the server, run, summarise.

When the server goes down, the scenarios running at that moment prove nothing: one may have caused it, the others did
not. So their failures are held back and repeated one by one when the server is back. A server that was started for the
run is restarted; any other gets a few seconds to return. A scenario that ends the server when it runs alone has failed.
If the server stays down, the report shows the last requests.
"""

from __future__ import annotations

import importlib.metadata
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from realtime_contracts.conform.coverage import Coverage
from realtime_contracts.conform.reports.words import SURVIVES
from realtime_contracts.conform.requirements import Example, Suite
from realtime_contracts.conform.results import Failure, Result, Run, Verdict
from realtime_contracts.conform.running.findings import Findings
from realtime_contracts.conform.running.minting import TokenSource
from realtime_contracts.conform.running.selection import Selection
from realtime_contracts.conform.running.server import NotStarted, not_clustered, problem_with
from realtime_contracts.conform.running.workers import Assignment, Job, Transport, gave_up, work
from realtime_contracts.conform.scenario import UNMET, Outcome
from realtime_contracts.contract.registry import registry
from realtime_contracts.wire.redaction import redacted
from realtime_contracts.wire.timeouts import PATIENCE, Timeouts, set_patience

#: Seconds to wait for a server that something else restarts.
BACK_SECONDS = 5.0
#: How often the server may go down in a run.
MOST_TIMES_GONE = 100
#: Consecutive failures after which the run checks whether the server is up.
FAILURES_IN_A_ROW = 5


@dataclass(frozen=True)
class Plan:
    """The plan of a run."""

    urls: tuple[str, ...]
    source: TokenSource
    selection: Selection
    transports: tuple[Transport, ...] = ("websocket",)
    timeouts: Timeouts = field(default_factory=Timeouts)
    patience: float = PATIENCE
    jobs: int = 4
    known: frozenset[str] = frozenset()
    options: tuple[str, ...] = ()
    #: Restarts the ended nodes of a server that was started for the run.
    restart: Callable[[], None] = lambda: None

    @property
    def assignment(self) -> Assignment:
        """Return the settings for the workers."""
        return Assignment(self.urls, self.source, self.timeouts, self.patience)

    def problems(self) -> list[str]:
        """Return the first reason why the server cannot be tested now."""
        found = (problem_with(url, self.source, transport) for url in self.urls for transport in self.transports)
        return [problem for problem in found if problem][:1]


def conform(
    plan: Plan,
    suite: Suite,
    tell: Callable[[Result], None] = lambda _: None,
    how_it_ended: Callable[[], str] | None = None,
) -> Run:
    """Run the selection against the nodes of a cluster. `tell` is called with each result.

    If the server is down at the start, nothing is run and `tell` is not called. `how_it_ended` describes the end of a
    server that was started for the run.

    Raises NothingSelected. Ctrl-C ends the run; the results so far are kept.
    """
    set_patience(plan.patience)
    started = time.time()
    chosen = plan.selection.of(suite)
    findings = Findings(plan.known)
    complaints = plan.problems()
    notes = {}
    if complaints:
        tell = lambda _: None  # noqa: E731 - nobody
    elif len(plan.urls) > 1 and (said := not_clustered(plan.urls, plan.source, plan.transports[0])):
        notes["nodes"] = said

    def add(outcome: Outcome) -> None:
        findings.add(outcome)
        tell(outcome.result)

    jobs = []
    for example in chosen:
        if reason := plan.selection.why_not(example):
            id_, transport = example.requirement.id, plan.transports[0]
            result = Result(id_, example.row, example.name, transport, Verdict.SKIP, skipped=reason)
            add(Outcome(result, (), {}, Coverage()))
        else:
            jobs += [Job(example, transport) for transport in plan.transports]
    if not complaints:
        complaints += Runner(plan, findings, tell, how_it_ended).run(jobs)
    done = {(result.id, result.transport) for result in findings.results}
    for job in jobs:
        if (job.example.id, job.transport) not in done:
            add(gave_up(job, f"not tried: {complaints[0] if complaints else 'the run ended before'}"))
    return replace(_summed_up(plan, suite, chosen, findings, complaints, started), notes=notes)


def _summed_up(
    plan: Plan, suite: Suite, chosen: Sequence[Example], findings: Findings, complaints: list[str], started: float
) -> Run:
    order = {example.id: number for number, example in enumerate(chosen)}
    findings.results.sort(key=lambda result: (order[result.id], result.transport))
    only = plan.selection.contract_ids()
    asked = set(plan.selection.words) - only
    # If only contract checks were selected, the scenarios' own verdicts do not count.
    checks = findings.contract_checks(frozenset() if asked else only)
    verdict = findings.verdict(findings.results if asked or not only else (), checks, complaints)
    requirements = tuple(dict.fromkeys(example.requirement for example in chosen))
    began = findings.began_to_pass()
    return Run(
        servers=plan.urls,
        harness=importlib.metadata.version("logiaccounting-realtime"),
        contract=registry().version,
        started=started,
        seconds=time.time() - started,
        verdict=verdict,
        requirements=requirements,
        results=tuple(findings.results),
        contract_checks=tuple(checks),
        rulings=tuple(findings.rulings(suite, checks)),
        traffic=tuple(findings.traffic()),
        keywords=tuple(findings.keywords()),
        complaints=(
            *complaints,
            *(f"{id_} is known to fail, and has begun to pass: take it off the list" for id_ in began),
        ),
        options=plan.options,
    )


class Runner:
    """One run of some jobs. `tell` is called with each final result.

    `how_it_ended`: the server's last output; None if it was not started for the run.
    """

    def __init__(
        self,
        plan: Plan,
        findings: Findings,
        tell: Callable[[Result], None],
        how_it_ended: Callable[[], str] | None = None,
    ) -> None:
        self._plan = plan
        self._findings = findings
        self._tell = tell
        self._how_it_ended = how_it_ended
        #: Requests to the server, the latest last.
        self._begun: list[str] = []
        #: Failures since the server was last known to be up.
        self._held: list[Outcome] = []
        #: Jobs to repeat one by one.
        self._again: list[Outcome] = []
        #: When the server was last found down, and when it was back.
        self._back_at = 0.0
        self._gone = 0

    def run(self, jobs: Sequence[Job]) -> list[str]:
        """Run all jobs. Returns why the run ended early, if it did."""
        outcomes = work(jobs, self._plan.assignment, self._plan.jobs, self._has_begun)
        try:
            for outcome in outcomes:
                why = self._consider(outcome)
                if why:
                    return [why, *self._asked_last()]
            why = self._look() or self._alone({(job.example.id, job.transport): job for job in jobs})
        except KeyboardInterrupt:
            return ["the run was interrupted"]
        finally:
            outcomes.close()  # type: ignore[attr-defined]  # a generator is
        return [why, *self._asked_last()] if why else []

    def _has_begun(self, job: Job) -> None:
        self._begun.append(job.example.id)

    def _asked_last(self) -> list[str]:
        """Return the scenarios that may have ended the server: those running then, or just before."""
        if self._how_it_ended is not None:
            return []
        most = self._plan.jobs + FAILURES_IN_A_ROW
        last = list(dict.fromkeys(reversed(self._begun)))
        told = ", ".join(last[:most]) + (", …" if last[most:] else "")
        advice = (
            "With --exec 'my-server --port {port}' instead of a URL, the run goes on and tells which of them ends it."
        )
        return [f"it was last asked: {told}. {advice}"]

    def _consider(self, outcome: Outcome) -> str:
        """Record an outcome or hold it back. Returns why the run cannot continue, if so."""
        result = outcome.result
        if result.verdict is Verdict.PASS:
            self._take(outcome)
            well = [held for held in self._held if _ended(held) < result.started]
            self._held = [held for held in self._held if _ended(held) >= result.started]
            for held in well:
                self._take(held)
            return ""
        if result.started and result.started < self._back_at:
            self._again.append(outcome)
            return ""
        self._held.append(outcome)
        if result.verdict is Verdict.INCONCLUSIVE or len(self._held) >= FAILURES_IN_A_ROW:
            return self._look()
        return ""

    def _look(self) -> str:
        """Check the server. If it is up, the held failures count. Returns why the run cannot continue, if so."""
        held, self._held = self._held, []
        if not held:
            return ""
        problems = self._plan.problems()
        if problems:
            why = self._bring_back(problems[0])
            if why:
                for outcome in held:
                    self._take(unsure(outcome))
                return why
            self._again += held
            return ""
        for outcome in held:
            self._take(outcome)
        return ""

    def _bring_back(self, problem: str) -> str:
        """Get the server back. Returns the reason if that fails."""
        self._gone += 1
        if self._gone <= MOST_TIMES_GONE:
            deadline = time.monotonic() + BACK_SECONDS
            while time.monotonic() < deadline:
                try:
                    self._plan.restart()  # Ask each time: a server that stopped answering may take a moment to end.
                except NotStarted as error:
                    return f"the run ended before its end, for the server is gone: {error}"
                if not self._plan.problems():
                    self._back_at = time.time()
                    return ""
                time.sleep(0.1)
        return f"the run ended before its end, for the server is gone: {self._with_its_end(problem)}"

    def _with_its_end(self, problem: str) -> str:
        return problem if self._how_it_ended is None else redacted(f"{problem}\n{self._how_it_ended()}")

    def _alone(self, jobs: dict[tuple[str, str], Job]) -> str:
        """Repeat the held failures one by one."""
        for suspect in self._again:
            job = jobs[suspect.result.id, suspect.result.transport]
            [outcome] = work([job], self._plan.assignment, 1, self._has_begun)
            problems = [] if outcome.result.verdict is Verdict.PASS else self._plan.problems()
            if not problems:
                self._take(outcome)
                continue
            self._take(ended_it(job.example, outcome, self._with_its_end(problems[0])))
            why = self._bring_back(problems[0])
            if why:
                return why
        return ""

    def _take(self, outcome: Outcome) -> None:
        result = outcome.result
        unmet = result.verdict in (Verdict.FAIL, Verdict.WARN)
        known = unmet and bool({result.id, result.requirement} & self._plan.known)
        outcome = replace(outcome, result=replace(result, known=known))
        self._findings.add(outcome)
        self._tell(outcome.result)


def unsure(outcome: Outcome) -> Outcome:
    """Return the outcome of an example that failed when the server went down."""
    result = outcome.result
    failure = replace(result.failure or Failure("", ""), hint="The server has gone meanwhile: that may be why.")
    return replace(outcome, result=replace(result, verdict=Verdict.INCONCLUSIVE, failure=failure), breaches=())


def ended_it(example: Example, outcome: Outcome, problem: str) -> Outcome:
    """Return the outcome of an example that ended the server."""
    failure = Failure(SURVIVES, f"it is gone: {problem}", "Run alone, with the same end.")
    result = replace(outcome.result, verdict=UNMET[example.requirement.level], failure=failure)
    return replace(outcome, result=result)


def _ended(outcome: Outcome) -> float:
    return outcome.result.started + outcome.result.seconds
