"""A run as a whole: who hears of what, and what stands in it beside the results."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from realtime_contracts.conform.results import Result, Run, Verdict
from realtime_contracts.conform.running import session
from realtime_contracts.conform.running.assembly import Findings
from realtime_contracts.conform.running.minting import TokenSource
from realtime_contracts.conform.running.plan import Plan
from realtime_contracts.conform.running.selection import Selection
from realtime_contracts.conform.running.session import conform
from realtime_contracts.conform.running.workers import Job
from realtime_contracts.wire.timeouts import patience, set_patience
from tests.unit.contracts.conform.playing import SECRET, example, outcome, requirement, suite_of

#: One is tried, and one is left out.
SMALL = suite_of(
    example(requirement("presence/1.1")),
    example(requirement("presence/1.2", needs=("fault",)), needs=("fault",)),
)


@dataclass(frozen=True)
class Fake(Plan):
    """A plan of which the problems are known beforehand."""

    found: list[str] = field(default_factory=list)

    def problems(self) -> list[str]:
        return list(self.found)


class PassesAll:
    """A runner at whose server everything passes."""

    last_words: Callable[[], str] | None = None

    def __init__(
        self,
        _: Plan,
        findings: Findings,
        tell: Callable[[Result], None],
        last_words: Callable[[], str] | None,
    ) -> None:
        self._findings = findings
        self._tell = tell
        type(self).last_words = last_words

    def run(self, jobs: list[Job]) -> list[str]:
        for job in jobs:
            made = outcome(job.example)
            self._findings.add(made)
            self._tell(made.result)
        return []


@pytest.fixture(autouse=True)
def no_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(session, "Runner", PassesAll)
    monkeypatch.setattr(session, "strangers", lambda urls, *_: f"{' and '.join(urls)} are strangers")
    before = patience()
    yield
    set_patience(before)


def ran(*problems: str, urls: tuple[str, ...] = ("a",)) -> tuple[Run, list[Result]]:
    heard: list[Result] = []
    plan = Fake(urls, TokenSource(SECRET), Selection((), "may"), found=list(problems))
    return conform(plan, SMALL, heard.append, str), heard


def test_who_listens_hears_of_all_results() -> None:
    run, heard = ran()
    assert {result.verdict for result in heard} == {Verdict.PASS, Verdict.SKIP}
    assert sorted(result.id for result in heard) == sorted(result.id for result in run.results)
    assert PassesAll.last_words is str


def test_where_there_is_no_server_nothing_is_heard_and_the_run_has_it_all() -> None:
    run, heard = ran("nobody listens", urls=("a", "b"))
    assert heard == []
    assert run.complaints == ("nobody listens",)
    assert {result.verdict for result in run.results} == {Verdict.INCONCLUSIVE, Verdict.SKIP}
    assert run.notes == {}, "who is not there cannot be a stranger"


def test_nodes_that_are_strangers_are_a_note_and_no_complaint() -> None:
    run, _ = ran(urls=("a", "b"))
    assert run.notes == {"nodes": "a and b are strangers"}
    assert (run.complaints, run.verdict) == ((), Verdict.PASS)
    assert ran()[0].notes == {}, "one URL is no cluster"
