"""Background greenlets of a node: the timekeeper, the worker and the writers.

The timekeeper runs short actions at their deadlines; it must never block for long, because it also renews the lease.
The worker runs longer jobs one after the other, and retries those that fail while Redis is away. A writer writes what
a manager has noted, and never waits for the others.
"""

from __future__ import annotations

import heapq
import itertools
import time
from collections.abc import Callable
from typing import TypeVar

import structlog
from gevent.event import Event
from gevent.pool import Group
from gevent.queue import SimpleQueue

from realtime_contracts.rules.errors import Unavailable

logger = structlog.get_logger(__name__)

#: Seconds between two tries of work that needs Redis while Redis is away.
RETRY_SECONDS = 1.0

#: Cancelled deadlines are removed from the heap when there are this many of them, and more than live ones.
CANCELLED_AT_LEAST = 64

Action = Callable[[], None]
Outcome = TypeVar("Outcome")


class Deadline:
    """An action at a time of the monotonic clock. `action` is None once it has run or was cancelled."""

    __slots__ = ("action", "at", "number")

    def __init__(self, at: float, number: int, action: Action) -> None:
        self.at = at
        self.number = number
        self.action: Action | None = action

    def __lt__(self, other: Deadline) -> bool:
        """By time, and those of one time in the order they were planned."""
        return (self.at, self.number) < (other.at, other.number)


class Tasks:
    """The timekeeper, the worker and the writers of one node."""

    def __init__(self) -> None:
        #: The greenlets of the tasks.
        self.running = Group()
        self._writers: list[_Writer] = []
        self._wake = Event()
        self._deadlines: list[Deadline] = []
        self._cancelled = 0
        self._order = itertools.count()
        self._work: SimpleQueue[tuple[str, Action] | None] = SimpleQueue()
        self._queued: set[str] = set()
        #: Names of jobs that wait, run, or are retried.
        self._unfinished: set[str] = set()
        #: Names of jobs whose next try is planned.
        self._retried: set[str] = set()
        self._stopped = False

    def start(self) -> None:
        """Start all tasks."""
        for task in (self._keep_time, self._do_work, *(writer.run for writer in self._writers)):
            self.running.spawn(task)

    def stop(self) -> None:
        """End all tasks; what was planned is dropped."""
        self._stopped = True
        self._wake.set()
        for writer in self._writers:
            writer.stop()
        self._work.put(None)

    def at(self, seconds: float, action: Action) -> Deadline:
        """Run a short `action` in `seconds` from now. Returns what `cancel` takes."""
        deadline = Deadline(time.monotonic() + seconds, next(self._order), action)
        heapq.heappush(self._deadlines, deadline)
        if self._deadlines[0] is deadline:
            self._wake.set()
        return deadline

    def cancel(self, deadline: Deadline) -> None:
        """Drop a deadline and everything its action holds. Harmless once it has run."""
        if deadline.action is None:
            return
        deadline.action = None
        self._cancelled += 1
        if self._cancelled >= CANCELLED_AT_LEAST and self._cancelled * 2 > len(self._deadlines):
            self._deadlines = [planned for planned in self._deadlines if planned.action is not None]
            heapq.heapify(self._deadlines)
            self._cancelled = 0

    def planned(self) -> int:
        """How many deadlines are ahead."""
        return len(self._deadlines) - self._cancelled

    def soon(self, name: str, action: Action) -> None:
        """Queue `action` for the worker, unless a job of that name is already waiting."""
        self._unfinished.add(name)
        if name not in self._queued:
            self._queued.add(name)
            self._work.put((name, action))

    def unfinished(self, *names: str) -> bool:
        """Whether jobs of any of these names are unfinished."""
        return not self._unfinished.isdisjoint(names)

    def writer(self, write: Callable[[], float | None]) -> Callable[[], None]:
        """Give `write` a greenlet of its own; returns the function that wakes it.

        `write` returns the seconds until its next call, None to wait until it is woken.
        """
        writer = _Writer(write)
        self._writers.append(writer)
        return writer.wake

    def _keep_time(self) -> None:
        while True:
            self._wake.clear()
            if self._stopped:  # Checked after the clear, so that the end is not missed.
                return
            while self._deadlines and self._deadlines[0].at <= time.monotonic():
                self._meet(heapq.heappop(self._deadlines))
            timeout = self._deadlines[0].at - time.monotonic() if self._deadlines else None
            if timeout is None or timeout > 0:
                self._wake.wait(timeout)

    def _meet(self, deadline: Deadline) -> None:
        action, deadline.action = deadline.action, None
        if action is None:
            self._cancelled -= 1
            return
        try:
            _guarded("deadline", action)
        except Unavailable:
            # Actions that need Redis plan themselves again; an error must not end the timekeeper.
            logger.warning("deadline_missed")

    def _do_work(self) -> None:
        while not self._stopped:
            item = self._work.get()
            if item is None:
                return
            name, action = item
            self._queued.discard(name)
            try:
                _guarded(name, action)
            except Unavailable:
                self._retry(name, action)
            else:
                if name not in self._queued:
                    self._unfinished.discard(name)

    def _retry(self, name: str, action: Action) -> None:
        """Try a job again later; once, however often it was asked for meanwhile."""

        def again() -> None:
            self._retried.discard(name)
            self.soon(name, action)

        if name not in self._retried:
            self._retried.add(name)
            self.at(RETRY_SECONDS, again)


class _Writer:
    """Calls one function whenever it is woken, and when the function itself has said."""

    def __init__(self, write: Callable[[], float | None]) -> None:
        self._write = write
        self._to_write = Event()
        self._stopped = False

    def wake(self) -> None:
        self._to_write.set()

    def stop(self) -> None:
        self._stopped = True
        self._to_write.set()

    def run(self) -> None:
        while True:
            self._to_write.clear()
            if self._stopped:
                return
            try:
                wait = _guarded("write", self._write)
            except Unavailable:
                wait = RETRY_SECONDS
            self._to_write.wait(wait)


def _guarded(name: str, action: Callable[[], Outcome]) -> Outcome | None:
    try:
        return action()
    except Unavailable:
        raise
    except Exception:
        # A defect in one job must not end all others; the log has the traceback.
        logger.exception("task_failed", task=name)
        return None
