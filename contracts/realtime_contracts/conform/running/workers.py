"""Runs examples in worker processes. A worker that hangs is ended, and its example is INCONCLUSIVE.

Threads would not do: an example may hang, leave threads behind or block the interpreter, and must not affect others.
"""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
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

#: Seconds that an example may take beyond the server's timeouts: many times what our longest takes.
LIMIT_SECONDS = 90.0
#: How often one example may wait for the longest of the server's timeouts.
WAITS = 4

Transport = Literal["websocket", "polling"]


@dataclass(frozen=True)
class Job:
    """An example and its transport."""

    example: Example
    transport: Transport


@dataclass(frozen=True)
class Assignment:
    """The settings that every worker needs."""

    nodes: tuple[str, ...]
    source: TokenSource
    timeouts: Timeouts
    patience: float

    def limit(self, example: Example) -> float:
        """Return the seconds after which the harness gives up on an example."""
        clocks = self.timeouts
        longest = max(clocks.gone, clocks.away, clocks.cursor, clocks.death) if "slow" in example.needs else 0.0
        return LIMIT_SECONDS + WAITS * longest


def work(
    jobs: Sequence[Job], assignment: Assignment, count: int, begun: Callable[[Job], None] = lambda _: None
) -> Iterator[Outcome]:
    """Run the jobs in `processes` workers; yield outcomes as they arrive. Closing the generator ends the workers.

    `begun` is called with each job when a worker starts it.
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
        # Ctrl-C is for the parent, which ends its workers. They inherit this, so they ignore it while they start.
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
        except OSError:  # The worker has ended since its last job.
            self.end()
            self._start()
            with suppress(OSError):  # That one has ended, too: `take` will see it.
                self.pipe.send((job.example.id, job.transport))

    def take(self, *, came: bool) -> Outcome:
        job, self.job = self.job, None
        assert job is not None  # Only busy workers are checked.
        if came:
            try:
                outcome: Outcome = self.pipe.recv()
            except (EOFError, OSError):  # OSError if the worker had not read its job.
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
    """Return the outcome of an example that did not finish."""
    example = job.example
    failure = Failure("the scenario comes to an end", why)
    result = Result(example.requirement.id, example.row, example.name, job.transport, Verdict.INCONCLUSIVE, failure)
    return Outcome(result, (), {}, Coverage())


def _serve(pipe: Connection[Any, Any], assignment: Assignment) -> None:
    """The worker's loop: read an example, send its outcome, until the pipe is closed."""
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
        except OSError:  # The parent is gone.
            return


def _shown(breach: Breach) -> Breach:
    """Return a breach with its payload redacted for reports."""
    return replace(breach, path=redacted(breach.path), reason=redacted(breach.reason), payload=shown(breach.payload))


def _settle(threads: int) -> None:
    """Give the threads of an example a moment to end. Those of a silent server may outlive it, at no cost."""
    deadline = time.monotonic() + 1.0
    while threading.active_count() > threads and time.monotonic() < deadline:
        time.sleep(0.01)
