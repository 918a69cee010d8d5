"""Processes that run examples: what becomes of one that hangs or is killed, and that it harms no other.

What an example does is told by its requirement's rule: `presence/2.1` is a process that is killed. The workers are
real processes; all but the last tests give them a life of their own instead of a server.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

import pytest

from realtime_contracts.conform.coverage import Coverage
from realtime_contracts.conform.requirements import Example, suite
from realtime_contracts.conform.results import Breach, Result, Verdict
from realtime_contracts.conform.running import workers
from realtime_contracts.conform.running.minting import TokenSource
from realtime_contracts.conform.running.workers import LIMIT_SECONDS, WAITS, Assignment, Job, gave_up, work
from realtime_contracts.conform.scenario import Outcome
from realtime_contracts.wire.timeouts import Timeouts
from tests.unit.contracts.conform.playing import SECRET, example, nobody_at, requirement

SOURCE = TokenSource(SECRET)
PASSES, IS_KILLED, HANGS, LEAVES, IS_DEAF = (f"presence/{n}" for n in range(1, 6))


@dataclass(frozen=True)
class Impatient(Assignment):
    """Gives up soon what hangs; the limit of all others is as long as a process may take to start."""

    def limit(self, example: Example) -> float:
        return 0.2 if example.id.startswith((HANGS, IS_DEAF)) else 60.0


ASSIGNMENT = Impatient(("http://127.0.0.1:1",), SOURCE, Timeouts(), 1.0)


def serve(pipe: Connection[Any, Any], _: Assignment) -> None:
    """A worker's life that does what an id says, and tells its own process id as the name."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True:
        try:
            id_, transport = pipe.recv()
        except EOFError:
            return
        if id_.startswith(IS_KILLED):
            os.kill(os.getpid(), signal.SIGKILL)
        if id_.startswith(IS_DEAF):
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
        while id_.startswith((HANGS, IS_DEAF)):
            signal.pause()
        pipe.send(Outcome(Result(id_, 0, str(os.getpid()), transport, Verdict.PASS), (), {}, Coverage()))
        if id_.startswith(LEAVES):
            sys.exit(3)


def unborn(pipe: Connection[Any, Any], _: Assignment) -> None:
    """A worker that ends before it has read anything."""
    pipe.close()
    os._exit(7)


def killing(_: dict[str, Any]) -> str:
    """A source of tokens that takes its whole process with it."""
    os.kill(os.getpid(), signal.SIGKILL)
    return ""


@pytest.fixture(autouse=True)
def nothing_stays() -> Iterator[None]:
    """No process outlives its test."""
    assert multiprocessing.active_children() == []
    yield
    assert multiprocessing.active_children() == []


@pytest.fixture
def forked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fork workers from a process that has imported everything: each starts a second earlier."""
    forkserver = multiprocessing.get_context("forkserver")
    forkserver.set_forkserver_preload([__name__])
    monkeypatch.setattr(workers.multiprocessing, "get_context", lambda _: forkserver)


@pytest.fixture
def own_life(forked: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "_serve", serve)


def jobs(*ids: str) -> list[Job]:
    return [Job(example(requirement(id_)), "websocket") for id_ in ids]


def ran(all_: Sequence[Job], count: int) -> dict[str, Outcome]:
    outcomes = list(work(all_, ASSIGNMENT, count))
    assert len(outcomes) == len(all_)
    return {outcome.result.id: outcome for outcome in outcomes}


def why(outcome: Outcome) -> str:
    """Why nothing came of an example."""
    assert outcome.result.verdict is Verdict.INCONCLUSIVE
    assert outcome.result.failure is not None
    assert outcome.result.failure.expected == "the scenario comes to an end"
    return outcome.result.failure.actual


def wait_until_all_have_ended() -> None:
    for child in multiprocessing.active_children():
        child.join(30)
        assert child.exitcode is not None


@pytest.mark.usefixtures("own_life")
def test_every_job_is_run_once_by_as_many_processes_as_were_asked_for() -> None:
    ids = [f"{PASSES}.{n}" for n in range(1, 9)]
    outcomes = ran(jobs(*ids), 2)
    assert set(outcomes) == set(ids)
    assert {outcome.result.verdict for outcome in outcomes.values()} == {Verdict.PASS}
    assert len({outcome.result.name for outcome in outcomes.values()}) <= 2


@pytest.mark.usefixtures("own_life")
def test_a_single_process_takes_them_in_their_order() -> None:
    ids = [f"{PASSES}.{n}" for n in range(1, 6)]
    outcomes = list(work(jobs(*ids), ASSIGNMENT, 1))
    assert [outcome.result.id for outcome in outcomes] == ids
    assert len({outcome.result.name for outcome in outcomes}) == 1


def test_no_job_needs_no_process() -> None:
    assert list(work([], ASSIGNMENT, 4)) == []


@pytest.mark.usefixtures("own_life")
@pytest.mark.parametrize(
    ("what", "reason"),
    [
        (IS_KILLED, "the harness's own process ended, with -9"),
        (HANGS, "the harness gave up after 0.2 s"),
        (IS_DEAF, "the harness gave up after 0.2 s"),
    ],
    ids=["killed", "hangs", "hangs and is deaf"],
)
def test_one_that_does_not_come_to_its_end_is_inconclusive_and_the_rest_goes_on(what: str, reason: str) -> None:
    outcomes = ran(jobs(f"{PASSES}.1", f"{what}.1", f"{PASSES}.2"), 1)
    assert why(outcomes[f"{what}.1"]) == reason
    first, last = (outcomes[f"{PASSES}.{n}"].result for n in (1, 2))
    assert (first.verdict, last.verdict) == (Verdict.PASS, Verdict.PASS)
    assert first.name != last.name


@pytest.mark.usefixtures("own_life")
def test_others_do_not_wait_for_one_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Impatient, "limit", lambda self, example: 60.0)
    going = work(jobs(f"{HANGS}.1", f"{PASSES}.1", f"{PASSES}.2"), ASSIGNMENT, 2)
    assert [next(going).result.id for _ in range(2)] == [f"{PASSES}.1", f"{PASSES}.2"]
    going.close()  # type: ignore[attr-defined]  # a generator is


@pytest.mark.usefixtures("own_life")
def test_one_that_ends_between_two_jobs_is_started_again_for_the_next() -> None:
    going = work(jobs(f"{LEAVES}.1", f"{PASSES}.1"), ASSIGNMENT, 1)
    assert next(going).result.verdict is Verdict.PASS
    wait_until_all_have_ended()
    assert next(going).result.verdict is Verdict.PASS
    assert list(going) == []


@pytest.mark.usefixtures("forked")
def test_one_that_cannot_even_begin_is_inconclusive_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "_serve", unborn)
    going = work(jobs(f"{PASSES}.1", f"{PASSES}.2"), ASSIGNMENT, 1)
    for _ in range(2):
        assert why(next(going)) == "the harness's own process ended, with 7"
        wait_until_all_have_ended()
    assert list(going) == []


@pytest.mark.usefixtures("own_life")
def test_closing_it_ends_every_process_also_one_that_hangs() -> None:
    going = work(jobs(f"{PASSES}.1", f"{HANGS}.1", f"{PASSES}.2"), ASSIGNMENT, 3)
    next(going)
    children = multiprocessing.active_children()
    assert len(children) == 3
    going.close()  # type: ignore[attr-defined]  # a generator is
    assert not any(child.is_alive() for child in children)


@pytest.mark.usefixtures("own_life")
def test_an_error_of_who_takes_the_outcomes_ends_every_process() -> None:
    children = []

    def take() -> None:
        for _ in work(jobs(f"{PASSES}.1", f"{HANGS}.1"), ASSIGNMENT, 2):
            children.extend(multiprocessing.active_children())
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        take()
    assert len(children) == 2
    assert not any(child.is_alive() for child in children)


def test_what_waits_for_the_servers_clocks_may_take_as_long_as_they_do() -> None:
    real = Assignment((), SOURCE, Timeouts(away=5, offline=1, ping_interval=1, ping_timeout=1, cursor=7, lease=1), 1.0)
    quick, slow = (example(requirement("presence/1.1", needs=needs)) for needs in ((), ("slow",)))
    assert real.limit(quick) == LIMIT_SECONDS
    assert real.limit(slow) == LIMIT_SECONDS + WAITS * 7


def test_what_was_given_up_is_of_its_job() -> None:
    made = gave_up(Job(example(requirement("presence/7.1"), 3), "polling"), "it was too late")
    assert (made.result.id, made.result.transport, made.result.verdict) == (
        "presence/7.1#3",
        "polling",
        Verdict.INCONCLUSIVE,
    )
    assert made.result.failure is not None
    assert made.result.failure.actual == "it was too late"
    assert (made.breaches, made.came) == ((), {})
    assert not made.is_right


# The life that they have otherwise


def real_jobs(count: int) -> list[Job]:
    return [Job(each, "websocket") for each in suite().examples if each.requirement.id == "connection/1.1"] * count


def test_an_example_goes_there_as_its_id_and_comes_back_as_what_came_of_it() -> None:
    with nobody_at() as port:
        [outcome] = work(real_jobs(1), Assignment((f"http://127.0.0.1:{port}",), SOURCE, Timeouts(), 0.5), 1)
    assert outcome.result.id == "connection/1.1"
    assert outcome.result.verdict is Verdict.INCONCLUSIVE
    assert outcome.result.failure is not None
    assert outcome.result.failure.hint == "Nobody answered: is the server still there?"
    assert [line.name for line in outcome.result.wire if line.direction == "sent"] == ["connect"]


def test_a_source_of_tokens_that_kills_its_process_is_survived() -> None:
    source = TokenSource(hook=f"{__name__}:killing")
    outcomes = list(work(real_jobs(2), Assignment(("http://127.0.0.1:1",), source, Timeouts(), 0.5), 1))
    assert [why(outcome) for outcome in outcomes] == ["the harness's own process ended, with -9"] * 2


def test_what_a_worker_sends_of_a_breach_has_no_token_in_it() -> None:
    token = SOURCE.mint("ana", "acme")
    breach = Breach("error", "server", f"/{token}", f"it says {token}", {"token": token})
    shown = workers._shown(breach)
    assert (shown.message, shown.direction) == ("error", "server")
    assert (shown.path, shown.reason, shown.payload) == ("/<token>", "it says <token>", {"token": "<token>"})


@pytest.mark.usefixtures("own_life")
def test_who_asks_hears_of_each_job_as_it_begins() -> None:
    all_ = jobs(f"{PASSES}.1", f"{PASSES}.2", f"{PASSES}.3")
    begun: list[Job] = []
    outcomes = work(all_, ASSIGNMENT, 1, begun.append)
    assert begun == []
    for number, _ in enumerate(outcomes, 1):
        assert begun == all_[:number]
