"""A run where the server goes: what ended it fails, and whoever was there meanwhile is run again, alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

import pytest

from realtime_contracts.conform.requirements import Example
from realtime_contracts.conform.results import Breach, Failure, Result, Run, Verdict
from realtime_contracts.conform.running import run
from realtime_contracts.conform.running.findings import Findings
from realtime_contracts.conform.running.minting import TokenSource
from realtime_contracts.conform.running.run import FAILURES_IN_A_ROW, Plan, Runner, conform, unsure
from realtime_contracts.conform.running.selection import Selection
from realtime_contracts.conform.running.server import NotStarted
from realtime_contracts.conform.running.workers import Assignment, Job
from realtime_contracts.conform.scenario import Outcome
from tests.unit.contracts.conform.playing import SECRET, example, outcome, requirement, suite_of

Does = Literal["pass", "fail", "kill", "unsure", "interrupt"]


@dataclass
class Server:
    """A server of which only this is known: whether it is there, and what each scenario does to it."""

    does: dict[str, Does]
    #: Whether somebody starts it again, and how often they have.
    is_revived: bool = True
    revivals: int = 0
    there: bool = True
    #: The scenarios of each call of `work`, with the number of processes.
    calls: list[tuple[list[str], int]] = field(default_factory=list)
    closed: int = 0
    #: Seconds since the epoch, as everybody here tells them; it goes on by one with each scenario.
    now: float = 1000.0

    def problems(self) -> list[str]:
        return [] if self.there else ["nobody listens"]

    def restart(self) -> None:
        self.revivals += 1
        self.there = self.there or self.is_revived

    def work(self, jobs: Sequence[Job], _: Assignment, count: int, begun: Callable[[Job], None]) -> Iterator[Outcome]:
        """As the real one, with `count` scenarios at the same time, whose outcomes come in their order."""
        self.calls.append(([job.example.id for job in jobs], count))
        try:
            for first in range(0, len(jobs), count):
                for job in jobs[first : first + count]:
                    begun(job)
                yield from self._together(jobs[first : first + count])
        finally:
            self.closed += 1

    def _together(self, jobs: Sequence[Job]) -> list[Outcome]:
        self.now += 1
        started = self.now
        if any(self.does.get(job.example.id) == "interrupt" for job in jobs):
            raise KeyboardInterrupt
        there = self.there
        killed = there and any(self.does.get(job.example.id) == "kill" for job in jobs)
        self.there = there and not killed
        self.now += 1
        return [self._outcome(job, started, there=there and not killed) for job in jobs]

    def _outcome(self, job: Job, started: float, *, there: bool) -> Outcome:
        does = self.does.get(job.example.id, "pass")
        verdict = {"fail": Verdict.FAIL, "unsure": Verdict.INCONCLUSIVE}.get(does, Verdict.PASS)
        verdict = verdict if there else Verdict.INCONCLUSIVE
        return outcome(job.example, verdict, transport=job.transport, started=started, seconds=1.0)


@dataclass
class FakePlan:
    """As much of a plan as a runner asks for."""

    server: Server
    jobs: int = 2
    known: frozenset[str] = frozenset()
    assignment: None = None

    def problems(self) -> list[str]:
        return self.server.problems()

    def restart(self) -> None:
        self.server.restart()


class Ran:
    """A run of some scenarios against a server, and what came of it."""

    def __init__(
        self, server: Server, plan: FakePlan, examples: Sequence[Example], how_it_ended: Callable[[], str] | None
    ) -> None:
        self.server = server
        self.told: list[Result] = []
        self.findings = Findings(frozenset())
        jobs = [Job(each, "websocket") for each in examples]
        runner_ = Runner(plan, self.findings, self.told.append, how_it_ended)  # type: ignore[arg-type]  # enough of one
        self.complaints = runner_.run(jobs)

    @property
    def verdicts(self) -> dict[str, str]:
        return {result.id: result.verdict.name for result in self.told}


Go = Callable[..., Ran]
FAILING: dict[str, Does] = {f"_{n}": "fail" for n in range(1, FAILURES_IN_A_ROW * 2)}
GONE = "the run ended before its end, for the server is gone: nobody listens"


@pytest.fixture
def go(monkeypatch: pytest.MonkeyPatch) -> Go:
    """Run `count` scenarios (`presence/1.1` and on), which do to the server what is said of them."""

    def run_so_many(
        count: int = 6,
        *,
        jobs: int = 2,
        known: Sequence[str] = (),
        revived: bool = True,
        level: str = "must",
        how_it_ended: Callable[[], str] | None = None,
        **does: Does,
    ) -> Ran:
        server = Server({f"presence/1.{name[1:]}": what for name, what in does.items()}, revived)
        monkeypatch.setattr(run, "work", server.work)
        monkeypatch.setattr(run.time, "time", lambda: server.now)
        examples = [example(requirement(f"presence/1.{n}", level)) for n in range(1, count + 1)]  # type: ignore[arg-type]
        return Ran(server, FakePlan(server, jobs, frozenset(known)), examples, how_it_ended)

    monkeypatch.setattr(run, "BACK_SECONDS", 0.15)
    return run_so_many


def test_where_the_server_stays_everything_is_run_once_and_told_once(go: Go) -> None:
    made = go(_2="fail")
    assert made.complaints == []
    assert made.verdicts == {f"presence/1.{n}": "FAIL" if n == 2 else "PASS" for n in range(1, 7)}
    assert len(made.told) == 6
    assert made.findings.results == made.told
    assert made.server.calls == [([f"presence/1.{n}" for n in range(1, 7)], 2)]
    assert made.server.revivals == 0
    assert made.server.closed == 1


def test_nothing_to_run_is_no_complaint(go: Go) -> None:
    made = go(0)
    assert (made.complaints, made.told) == ([], [])


def test_a_failure_is_told_once_something_later_has_passed_or_at_the_end(go: Go) -> None:
    assert [result.id for result in go(3, jobs=1, _1="fail").told] == ["presence/1.2", "presence/1.1", "presence/1.3"]
    assert [result.id for result in go(3, jobs=1, _3="fail").told] == ["presence/1.1", "presence/1.2", "presence/1.3"]


def test_who_passed_while_another_failed_says_nothing_of_the_time_after(go: Go) -> None:
    made = go(2, jobs=2, _1="fail")
    assert [result.id for result in made.told] == ["presence/1.2", "presence/1.1"]


KILLED_ONE_OR_MORE: list[tuple[int, int, dict[str, Does], str, list[int], int]] = [
    (6, 3, {"_2": "kill"}, "PFPPPP", [1, 2, 3], 2),
    (4, 2, {"_1": "kill", "_4": "kill"}, "FPPF", [1, 2, 3, 4], 4),
    (3, 1, {"_3": "kill"}, "PPF", [3], 2),
    (2, 1, {"_1": "fail", "_2": "kill"}, "FF", [1, 2], 2),
    (4, 4, {"_1": "kill"}, "FPPP", [1, 2, 3, 4], 2),
]


@pytest.mark.parametrize(
    ("count", "jobs", "does", "verdicts", "alone", "revivals"),
    KILLED_ONE_OR_MORE,
    ids=["one of three at a time", "two", "the last", "one after a failure", "the first of all at a time"],
)
def test_who_may_have_ended_the_server_is_run_again_alone_and_only_who_did_fails_for_it(
    go: Go, count: int, jobs: int, does: dict[str, Does], verdicts: str, alone: list[int], revivals: int
) -> None:
    made = go(count, jobs=jobs, **does)
    assert made.complaints == []
    assert "".join(made.verdicts[f"presence/1.{n}"][0] for n in range(1, count + 1)) == verdicts
    assert len(made.told) == count
    for result in made.told:
        ended = result.failure is not None and result.failure.actual == "it is gone: nobody listens"
        assert ended == (does.get(f"_{result.id.rpartition('.')[2]}") == "kill")
    together, *later = made.server.calls
    assert together == ([f"presence/1.{n}" for n in range(1, count + 1)], jobs)
    assert later == [([f"presence/1.{n}"], 1) for n in alone]
    assert (made.server.revivals, made.server.there) == (revivals, True)
    assert made.server.closed == len(made.server.calls)


@pytest.mark.parametrize(("level", "worth"), [("must", "FAIL"), ("should", "WARN"), ("may", "WARN")])
def test_ending_the_server_is_worth_what_the_requirement_is(go: Go, level: str, worth: str) -> None:
    [result] = go(1, level=level, _1="kill").told
    assert (result.id, result.verdict.name) == ("presence/1.1", worth)
    assert result.failure is not None
    assert result.failure.expected == "the server survives this"


def test_what_is_inconclusive_at_a_server_that_is_well_stays_so(go: Go) -> None:
    made = go(3, _2="unsure")
    assert made.verdicts["presence/1.2"] == "INCONCLUSIVE"
    assert len(made.server.calls) == 1


def test_after_some_failures_in_a_row_it_is_asked_whether_anybody_is_there(
    go: Go, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Server, "problems", lambda _: ["nobody listens"])
    made = go(FAILURES_IN_A_ROW * 2, jobs=1, **FAILING)
    assert made.complaints[0] == GONE
    assert made.verdicts == {f"presence/1.{n}": "INCONCLUSIVE" for n in range(1, FAILURES_IN_A_ROW + 1)}


def test_failures_in_a_row_at_a_server_that_is_well_are_its_own(go: Go) -> None:
    made = go(FAILURES_IN_A_ROW * 2, jobs=1, **FAILING)
    assert (made.complaints, len(made.told), len(made.server.calls)) == ([], FAILURES_IN_A_ROW * 2, 1)


def test_a_server_that_stays_away_ends_the_run_with_a_sentence(go: Go) -> None:
    made = go(6, jobs=2, revived=False, _3="kill")
    assert made.complaints[0] == GONE
    assert made.verdicts == {"presence/1.1": "PASS", "presence/1.2": "PASS", "presence/1.3": "INCONCLUSIVE"}
    assert made.server.closed == 1


def test_a_server_that_stays_away_when_a_suspect_is_alone_ends_the_run(go: Go, monkeypatch: pytest.MonkeyPatch) -> None:
    once = Server.restart

    def restart(self: Server) -> None:
        if self.revivals == 0:
            once(self)

    monkeypatch.setattr(Server, "restart", restart)
    made = go(3, jobs=3, _1="kill")
    assert made.complaints[0] == GONE
    assert made.verdicts == {"presence/1.1": "FAIL"}
    assert made.server.closed == 2


def test_a_server_that_cannot_be_started_again_ends_the_run_with_the_reason(
    go: Go, monkeypatch: pytest.MonkeyPatch
) -> None:
    def restart(_: Server) -> None:
        raise NotStarted("`server` cannot be started: it is gone")

    monkeypatch.setattr(Server, "restart", restart)
    made = go(2, jobs=1, _1="kill")
    told = "the run ended before its end, for the server is gone: `server` cannot be started: it is gone"
    assert made.complaints[0] == told
    assert made.verdicts == {"presence/1.1": "INCONCLUSIVE"}


def test_a_server_that_goes_for_ever_ends_the_run(go: Go, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "MOST_TIMES_GONE", 3)
    killing: dict[str, Does] = {f"_{n}": "kill" for n in range(1, 7)}
    made = go(6, jobs=1, **killing)
    assert made.complaints[0] == GONE
    assert made.server.revivals == 3


def test_a_server_that_comes_back_by_itself_is_waited_for(go: Go, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bool] = []

    def problems(self: Server) -> list[str]:
        asked.append(self.there)
        self.there = self.there or asked[-3:] == [False] * 3
        return [] if asked[-1] else ["nobody listens"]

    monkeypatch.setattr(run, "BACK_SECONDS", 30.0)
    monkeypatch.setattr(Server, "problems", problems)
    made = go(3, jobs=3, revived=False, _2="kill")
    assert made.complaints == []
    assert made.verdicts == {"presence/1.1": "PASS", "presence/1.2": "FAIL", "presence/1.3": "PASS"}


@pytest.mark.parametrize("when", [1, 2, 3])
def test_an_interruption_ends_the_run_and_keeps_what_was_sure(go: Go, when: int) -> None:
    interrupting: dict[str, Does] = {f"_{when}": "interrupt"}
    made = go(3, jobs=1, **interrupting)
    assert made.complaints == ["the run was interrupted"]
    assert made.verdicts == {f"presence/1.{n}": "PASS" for n in range(1, when)}
    assert made.server.closed == 1


def test_an_interruption_while_a_suspect_is_alone_is_one_too(go: Go, monkeypatch: pytest.MonkeyPatch) -> None:
    together = Server._together

    def interrupted(self: Server, jobs: Sequence[Job]) -> list[Outcome]:
        if len(self.calls) > 2:
            raise KeyboardInterrupt
        return together(self, jobs)

    monkeypatch.setattr(Server, "_together", interrupted)
    made = go(4, jobs=2, _3="kill")
    assert made.complaints == ["the run was interrupted"]
    assert made.verdicts == {"presence/1.1": "PASS", "presence/1.2": "PASS", "presence/1.3": "FAIL"}
    assert made.server.closed == 3


def test_what_is_known_to_fail_is_marked_if_it_does_also_where_it_ends_the_server(go: Go) -> None:
    known = tuple(f"presence/1.{n}" for n in (1, 2, 3, 5))
    made = go(5, known=known, _1="fail", _3="unsure", _4="fail", _5="kill")
    assert {result.id for result in made.told if result.known} == {"presence/1.1", "presence/1.5"}
    assert made.verdicts["presence/1.5"] == "FAIL"


def test_what_a_server_of_the_run_wrote_before_it_ended_is_told_with_who_ended_it(go: Go) -> None:
    token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbmEifQ.c2lnbmF0dXJl"
    words = f"it ended with 1:\nof {token}\nTypeError: cannot read (server.js:35:21)"
    made = go(6, jobs=3, how_it_ended=lambda: words, _2="kill")
    [failed] = [result for result in made.told if result.verdict is Verdict.FAIL]
    assert failed.failure is not None
    assert failed.failure.actual == (
        "it is gone: nobody listens\nit ended with 1:\nof <token>\nTypeError: cannot read (server.js:35:21)"
    )


def test_how_it_ended_are_of_before_the_server_was_started_again(go: Go, monkeypatch: pytest.MonkeyPatch) -> None:
    revivals: list[int] = []
    restart = Server.restart

    def counted(self: Server) -> None:
        restart(self)
        revivals.append(self.revivals)

    monkeypatch.setattr(Server, "restart", counted)
    made = go(1, jobs=1, how_it_ended=lambda: f"started again {len(revivals)} times", _1="kill")
    assert made.told[0].failure is not None
    assert made.told[0].failure.actual == "it is gone: nobody listens\nstarted again 1 times"
    assert revivals == [1, 2]


def test_where_a_server_of_the_run_stays_away_its_how_it_ended_are_told(go: Go) -> None:
    made = go(2, jobs=1, revived=False, how_it_ended=lambda: "it ended with 1: out of memory", _1="kill")
    assert made.complaints == [f"{GONE}\nit ended with 1: out of memory"]


@pytest.mark.parametrize(
    ("count", "killer", "asked"),
    [
        (2, "_1", "presence/1.2, presence/1.1"),
        (20, "_9", ", ".join(f"presence/1.{n}" for n in (10, 9, 8, 7, 6, 5, 4)) + ", …"),
    ],
    ids=["few", "many"],
)
def test_where_a_server_is_gone_that_is_not_ours_to_start_it_is_told_what_it_was_asked_last(
    go: Go, count: int, killer: str, asked: str
) -> None:
    killing: dict[str, Does] = {killer: "kill"}
    made = go(count, jobs=2, revived=False, **killing)
    advice = "With --exec 'my-server --port {port}' instead of a URL, the run goes on and tells which of them ends it."
    assert made.complaints[1:] == [f"it was last asked: {asked}. {advice}"]


def test_a_server_that_has_not_quite_ended_yet_is_started_again_once_it_has(
    go: Go, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bool] = []

    def late(self: Server) -> None:
        asked.append(self.there)
        self.there = self.there or len(asked) % 2 == 0

    monkeypatch.setattr(run, "BACK_SECONDS", 30.0)
    monkeypatch.setattr(Server, "restart", late)
    made = go(3, jobs=3, _2="kill")
    assert made.complaints == []
    assert made.verdicts == {"presence/1.1": "PASS", "presence/1.2": "FAIL", "presence/1.3": "PASS"}


def test_what_was_not_met_while_a_server_went_for_good_is_not_its_fault() -> None:
    breach = Breach("room:join", "ack", "", "no ack")
    made = unsure(outcome(example(requirement("presence/1.1")), Verdict.FAIL, breach))
    assert (made.result.verdict, made.breaches) == (Verdict.INCONCLUSIVE, ())
    assert made.result.failure == Failure("something", "nothing", "The server has gone meanwhile: that may be why.")


# A run as a whole: who hears of what, and what stands in it beside the results

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

    how_it_ended: Callable[[], str] | None = None

    def __init__(
        self,
        _: Plan,
        findings: Findings,
        tell: Callable[[Result], None],
        how_it_ended: Callable[[], str] | None,
    ) -> None:
        self._findings = findings
        self._tell = tell
        type(self).how_it_ended = how_it_ended

    def run(self, jobs: list[Job]) -> list[str]:
        for job in jobs:
            made = outcome(job.example)
            self._findings.add(made)
            self._tell(made.result)
        return []


@pytest.fixture
def no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "Runner", PassesAll)
    monkeypatch.setattr(run, "not_clustered", lambda urls, *_: f"{' and '.join(urls)} are strangers")


def ran(*problems: str, urls: tuple[str, ...] = ("a",)) -> tuple[Run, list[Result]]:
    heard: list[Result] = []
    plan = Fake(urls, TokenSource(SECRET), Selection((), "may"), found=list(problems))
    return conform(plan, SMALL, heard.append, str), heard


@pytest.mark.usefixtures("no_server")
def test_who_listens_hears_of_all_results() -> None:
    made, heard = ran()
    assert {result.verdict for result in heard} == {Verdict.PASS, Verdict.SKIP}
    assert sorted(result.id for result in heard) == sorted(result.id for result in made.results)
    assert PassesAll.how_it_ended is str


@pytest.mark.usefixtures("no_server")
def test_where_there_is_no_server_nothing_is_heard_and_the_run_has_it_all() -> None:
    made, heard = ran("nobody listens", urls=("a", "b"))
    assert heard == []
    assert made.complaints == ("nobody listens",)
    assert {result.verdict for result in made.results} == {Verdict.INCONCLUSIVE, Verdict.SKIP}
    assert made.notes == {}, "who is not there cannot be a stranger"


@pytest.mark.usefixtures("no_server")
def test_nodes_that_are_strangers_are_a_note_and_no_complaint() -> None:
    made, _ = ran(urls=("a", "b"))
    assert made.notes == {"nodes": "a and b are strangers"}
    assert (made.complaints, made.verdict) == ((), Verdict.PASS)
    assert ran()[0].notes == {}, "one URL is no cluster"
