"""Background tasks of a node: the timekeeper, the worker and the writer.

They are tasks of the Socket.IO server, so they fit its concurrency library. The timekeeper runs short actions at their
deadlines; it must never block for long, because it also renews the lease. The worker runs longer jobs one after the
other, and retries those that fail while Redis is away. The writer writes pending cursors, and never waits for the other
two.
"""

from __future__ import annotations

import heapq
import itertools
import time
from collections.abc import Callable
from typing import Any, TypeVar

import structlog

from realtime_contracts.rules.errors import Unavailable

logger = structlog.get_logger(__name__)

#: Seconds between two tries of work that needs Redis while Redis is away.
RETRY_SECONDS = 1.0

Action = Callable[[], None]
Outcome = TypeVar("Outcome")


class Tasks:
    """The timekeeper, the worker and the writer of one node. `server` is python-socketio's.

    `write`: called by the writer; returns the seconds until the next call, None to wait for `write_soon`.
    """

    def __init__(self, server: Any, write: Callable[[], float | None]) -> None:
        self._server = server
        self._write = write
        self._to_write = server.eio.create_event()
        self._wake = server.eio.create_event()
        self._deadlines: list[tuple[float, int, Action]] = []
        self._order = itertools.count()
        self._work = server.eio.create_queue()
        self._queued: set[str] = set()
        #: Names of jobs that wait, run, or are retried.
        self._unfinished: set[str] = set()
        self._stopped = False

    def start(self) -> None:
        """Start all tasks."""
        for task in (self._keep_time, self._do_work, self._keep_writing):
            self._server.start_background_task(task)

    def stop(self) -> None:
        """End all tasks; what was planned is dropped."""
        self._stopped = True
        self._wake.set()
        self._to_write.set()
        self._work.put(None)

    def at(self, seconds: float, action: Action) -> None:
        """Run a short `action` in `seconds` from now."""
        heapq.heappush(self._deadlines, (time.monotonic() + seconds, next(self._order), action))
        self._wake.set()

    def soon(self, name: str, action: Action) -> None:
        """Queue `action` for the worker, unless a job of that name is already waiting."""
        self._unfinished.add(name)
        if name not in self._queued:
            self._queued.add(name)
            self._work.put((name, action))

    def unfinished(self, *names: str) -> bool:
        """Whether jobs of any of these names are unfinished."""
        return not self._unfinished.isdisjoint(names)

    def write_soon(self) -> None:
        """Wake the writer."""
        self._to_write.set()

    def _keep_writing(self) -> None:
        while True:
            self._to_write.clear()
            if self._stopped:
                return
            try:
                wait = _guarded("write", self._write)
            except Unavailable:
                wait = RETRY_SECONDS
            self._to_write.wait(wait)

    def _keep_time(self) -> None:
        while True:
            self._wake.clear()
            if self._stopped:  # Checked after the clear, so that the end is not missed.
                return
            while self._deadlines and self._deadlines[0][0] <= time.monotonic():
                self._meet(heapq.heappop(self._deadlines)[2])
            timeout = self._deadlines[0][0] - time.monotonic() if self._deadlines else None
            if timeout is None or timeout > 0:
                self._wake.wait(timeout)

    def _meet(self, action: Action) -> None:
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
                self.at(RETRY_SECONDS, lambda name=name, action=action: self.soon(name, action))  # type: ignore[misc]
            else:
                if name not in self._queued:
                    self._unfinished.discard(name)


def _guarded(name: str, action: Callable[[], Outcome]) -> Outcome | None:
    try:
        return action()
    except Unavailable:
        raise
    except Exception:
        # A defect in one job must not end all others; the log has the traceback.
        logger.exception("task_failed", task=name)
        return None
