"""A run from its beginning to its end: choose, look whether there is a server, run, look again, sum up."""

from __future__ import annotations

import importlib.metadata
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from realtime_contracts.conform.coverage import Coverage
from realtime_contracts.conform.requirements import Example, Suite
from realtime_contracts.conform.results import Result, Run, Verdict
from realtime_contracts.conform.running.assembly import Findings
from realtime_contracts.conform.running.plan import Plan
from realtime_contracts.conform.running.probe import strangers
from realtime_contracts.conform.running.runner import Runner
from realtime_contracts.conform.running.workers import Job, Transport, gave_up
from realtime_contracts.conform.scenario import Outcome
from realtime_contracts.contract.registry import registry
from realtime_contracts.wire.timeouts import set_patience


def conform(
    plan: Plan,
    suite: Suite,
    tell: Callable[[Result], None] = lambda _: None,
    last_words: Callable[[], str] | None = None,
) -> Run:
    """Run what was selected against the nodes of a cluster; `tell` hears of each result as it comes.

    Where there is no server to begin with, it hears of none: nothing was tried. `last_words` are those of a server that
    was started for the run.

    Raises NothingSelected. Ctrl-C ends the run, and what was found until then is in it.
    """
    set_patience(plan.patience)
    started = time.time()
    chosen = plan.selection.of(suite)
    findings = Findings(plan.known)
    complaints = plan.problems()
    if complaints:
        tell = _tell_nobody
    notes = {} if complaints else _notes(plan)

    jobs = []
    for example in chosen:
        reason = plan.selection.why_not(example)
        if reason:
            tell(_add_skipped(findings, example, plan.transports[0], reason))
        else:
            jobs += [Job(example, transport) for transport in plan.transports]
    if not complaints:
        complaints += Runner(plan, findings, tell, last_words).run(jobs)
    done = {(result.id, result.transport) for result in findings.results}
    for job in jobs:
        if (job.example.id, job.transport) not in done:
            outcome = gave_up(job, f"not tried: {complaints[0] if complaints else 'the run ended before'}")
            findings.add(outcome)
            tell(outcome.result)
    return replace(_summed_up(plan, suite, chosen, findings, complaints, started), notes=notes)


def _tell_nobody(_: Result) -> None:
    pass


def _notes(plan: Plan) -> dict[str, str]:
    """What the nodes seem to be, if it is no cluster."""
    told = strangers(plan.urls, plan.source, plan.transports[0]) if len(plan.urls) > 1 else ""
    return {"nodes": told} if told else {}


def _add_skipped(findings: Findings, example: Example, transport: Transport, reason: str) -> Result:
    result = Result(example.requirement.id, example.row, example.name, transport, Verdict.SKIP, skipped=reason)
    findings.add(Outcome(result, (), {}, Coverage()))
    return result


def _summed_up(
    plan: Plan, suite: Suite, chosen: Sequence[Example], findings: Findings, complaints: list[str], started: float
) -> Run:
    order = {example.id: number for number, example in enumerate(chosen)}
    findings.results.sort(key=lambda result: (order[result.id], result.transport))
    only = plan.selection.contract_ids()
    asked = set(plan.selection.words) - only
    # Where only checks of the contract were asked for, what the scenarios themselves are worth is another question.
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
