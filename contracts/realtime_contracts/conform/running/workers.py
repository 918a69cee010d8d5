"""Processes that run examples, each one at a time. One that hangs is ended, and its example is INCONCLUSIVE.

Processes and not threads: an example may hang, leave a thread behind or take the interpreter's time; none of that may
reach the others.
"""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from typing import Any, Literal

from realtime_contracts.conform.coverage import Coverage
from realtime_contracts.conform.requirements import Example, suite
from realtime_contracts.conform.results import Breach, Failure, Result, Verdict
from realtime_contracts.conform.running.minting import TokenSource
from realtime_contracts.conform.scenario import Outcome, Target, run
from realtime_contracts.wire.redaction import redacted, shown
from realtime_contracts.wire.timeouts import Timeouts, set_patience

#: Seconds that an example may take beside the server's timeouts: many times what the longest of ours takes.
LIMIT_SECONDS = 90.0
#: How often the longest of the server's timeouts may be waited out in one example.
WAITS = 4

Transport = Literal["websocket", "polling"]


@dataclass(frozen=True)
class Job:
    """An example over a transport."""

    example: Example
    transport: Transport


@dataclass(frozen=True)
class Assignment:
    """What every worker has to know."""

    nodes: tuple[str, ...]
    source: TokenSource
    timeouts: Timeouts
    patience: float

    def limit(self, example: Example) -> float:
        """Seconds after which the harness gives up an example."""
        clocks = self.timeouts
        longest = max(clocks.gone, clocks.away, clocks.cursor, clocks.death) if "slow" in example.needs else 0.0
        return LIMIT_SECONDS + WAITS * longest


def work(
    jobs: Sequence[Job], assignment: Assignment, count: int, begun: Callable[[Job], None] = lambda _: None
) -> Iterator[Outcome]:
    """Run the jobs in so many processes, and yield the outcomes as they come. Closing it ends the processes.

    `begun` hears of each job as it is given to a process.
    """
    waiting = list(reversed(jobs))
    workers = [_Worker(assignment) for _ in range(min(count, len(jobs)))]
    try:
        while True:
            for worker in workers:
                if worker.job is None and waiting:
                    job = waiting.pop()
                    begun(job)
                    worker.give(job)
            busy = [worker for worker in workers if worker.job is not None]
            if not busy:
                return
            timeout = max(0.0, min(worker.deadline for worker in busy) - time.monotonic())
            ready = multiprocessing.connection.wait([worker.pipe for worker in busy], timeout)
            for worker in busy:
                if worker.pipe in ready or time.monotonic() >= worker.deadline:
                    yield worker.take(came=worker.pipe in ready)
    finally:
        for worker in workers:
            worker.end()


class _Worker:
    def __init__(self, assignment: Assignment) -> None:
        self.job: Job | None = None
        self.deadline = 0.0
        self._assignment = assignment
        self._start()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, self._assignment), daemon=True)
        # Ctrl-C is for the parent, which ends its workers. They inherit that, and so cannot hear it while they begin.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            self._process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        theirs.close()

    def give(self, job: Job) -> None:
        self.job, self.deadline = job, time.monotonic() + self._assignment.limit(job.example)
        try:
            self.pipe.send((job.example.id, job.transport))
        except OSError:  # it has ended since its last job
            self.end()
            self._start()
            self.pipe.send((job.example.id, job.transport))

    def take(self, *, came: bool) -> Outcome:
        job, self.job = self.job, None
        assert job is not None  # only who has a job is asked
        if came:
            try:
                outcome: Outcome = self.pipe.recv()
            except (EOFError, OSError):  # the latter, if it has not even read what it was to do
                why = f"the harness's own process ended, with {self._exit_code()}"
            else:
                return outcome
        else:
            why = f"the harness gave up after {self._assignment.limit(job.example):g} s"
        self.end()
        self._start()
        return gave_up(job, why)

    def _exit_code(self) -> int | None:
        self._process.join(1.0)
        return self._process.exitcode

    def end(self) -> None:
        self.pipe.close()
        self._process.terminate()
        self._process.join(2.0)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()


def gave_up(job: Job, why: str) -> Outcome:
    """The outcome of an example that came to no end."""
    example = job.example
    failure = Failure("the scenario comes to an end", why)
    result = Result(example.requirement.id, example.row, example.name, job.transport, Verdict.INCONCLUSIVE, failure)
    return Outcome(result, (), {}, Coverage())


def _serve(pipe: Connection[Any, Any], assignment: Assignment) -> None:
    """The worker's life: an example in, an outcome out, until the pipe is closed."""
    set_patience(assignment.patience)
    by_id = {example.id: example for example in suite().examples}
    targets: dict[str, Target] = {}
    threads = threading.active_count()
    while True:
        try:
            id_, transport = pipe.recv()
        except (EOFError, OSError):
            return
        if transport not in targets:
            targets[transport] = Target(list(assignment.nodes), transport, assignment.source.mint, assignment.timeouts)
        outcome = run(by_id[id_], targets[transport])
        _settle(threads)
        breaches = tuple(_shown(breach) for breach in outcome.breaches)
        try:
            pipe.send(replace(outcome, breaches=breaches))
        except OSError:  # nobody is there any more who wants to know
            return


def _shown(breach: Breach) -> Breach:
    """A breach as a report may show it."""
    return replace(breach, path=redacted(breach.path), reason=redacted(breach.reason), payload=shown(breach.payload))


def _settle(threads: int) -> None:
    """Let the threads of an example end; those of a server that never answers may take a while, and cost nothing."""
    deadline = time.monotonic() + 1.0
    while threading.active_count() > threads and time.monotonic() < deadline:
        time.sleep(0.01)
