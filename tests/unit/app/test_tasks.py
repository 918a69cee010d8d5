"""What a node does by itself: at its time, in order, and one failure does not end the rest. In real greenlets."""

from __future__ import annotations

import time
import weakref
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from gevent.event import Event
from gevent.queue import Queue

from app.errors import ConnectionLost
from app.realtime.cluster import tasks as module
from app.realtime.cluster.deadlines import Deadlines
from app.realtime.cluster.tasks import Tasks
from realtime_contracts.rules import errors

#: Seconds in which everything here has happened, on the slowest machine.
SOON = 20.0


class Writer:
    """A writer that notes its turns, and says each time what it was told to say."""

    def __init__(self) -> None:
        self.turns: Queue[None] = Queue()
        self.says: list[float | Exception] = []
        self.wake: Callable[[], None]

    def __call__(self) -> float | None:
        self.turns.put(None)
        said = self.says.pop(0) if self.says else None
        if isinstance(said, Exception):
            raise said
        return said

    def has_turns(self, number: int) -> None:
        for _ in range(number):
            self.turns.get(timeout=SOON)


@pytest.fixture
def writer() -> Writer:
    return Writer()


@pytest.fixture
def tasks(monkeypatch: pytest.MonkeyPatch, writer: Writer) -> Iterator[Tasks]:
    """Yield tasks that are not started yet; at the end all must have ended."""
    monkeypatch.setattr(module, "RETRY_SECONDS", 0.01)
    made = Tasks()
    writer.wake = made.writer(writer)
    yield made
    made.stop()
    made.running.join(SOON)
    assert not made.running, "a task goes on after stop()"


class Done:
    """What has been done, in order, as actions that report themselves."""

    def __init__(self) -> None:
        self._queue: Queue[str] = Queue()

    def action(self, name: str, *failures: Exception) -> Callable[[], None]:
        """Return an action that fails as often as there are `failures`, and reports each time."""
        left = list(failures)

        def act() -> None:
            self._queue.put(name)
            if left:
                raise left.pop(0)

        return act

    def next(self) -> str:
        return self._queue.get(timeout=SOON)

    def nothing_more(self) -> bool:
        return self._queue.empty()


@pytest.fixture
def done() -> Done:
    return Done()


def test_actions_run_in_the_order_of_their_deadlines(tasks: Tasks, done: Done) -> None:
    for seconds, name in [(0.06, "third"), (0.0, "first"), (0.03, "second")]:
        tasks.at(seconds, done.action(name))
    tasks.start()
    assert [done.next() for _ in range(3)] == ["first", "second", "third"]


def test_actions_of_one_deadline_run_in_the_order_they_were_planned(
    tasks: Tasks, done: Done, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as still:
        now = time.monotonic()
        still.setattr(module, "time", SimpleNamespace(monotonic=lambda: now))
        for number in range(20):
            tasks.at(0, done.action(str(number)))
    tasks.start()
    assert [done.next() for _ in range(20)] == [str(number) for number in range(20)]


def test_an_action_does_not_run_before_its_time(tasks: Tasks) -> None:
    ran_at: Queue[float] = Queue()
    tasks.start()
    planned = time.monotonic()
    tasks.at(0.05, lambda: ran_at.put(time.monotonic()))
    assert ran_at.get(timeout=SOON) - planned >= 0.05


def test_an_earlier_action_is_not_kept_waiting_by_a_later_one(tasks: Tasks, done: Done) -> None:
    tasks.start()
    tasks.at(3600, done.action("in an hour"))
    tasks.at(0.01, done.action("now"))
    assert done.next() == "now"
    assert done.nothing_more()


def test_an_action_may_plan_another(tasks: Tasks, done: Done) -> None:
    tasks.start()
    tasks.at(0, lambda: tasks.at(0, done.action("planned by the first")))
    assert done.next() == "planned by the first"


@pytest.mark.parametrize("failure", [ValueError("a defect"), errors.Unavailable(), errors.NotInRoom()], ids=repr)
def test_an_action_that_fails_does_not_end_the_timekeeper(tasks: Tasks, done: Done, failure: Exception) -> None:
    tasks.start()
    tasks.at(0, done.action("fails", failure))
    assert done.next() == "fails"
    tasks.at(0, done.action("goes on"))
    assert done.next() == "goes on"


@pytest.mark.parametrize("failure", [ValueError("a defect"), errors.NotInRoom()], ids=repr)
def test_work_that_fails_is_given_up_and_does_not_end_the_worker(tasks: Tasks, done: Done, failure: Exception) -> None:
    tasks.start()
    tasks.soon("fails", done.action("fails", failure))
    tasks.soon("another", done.action("another"))
    assert [done.next(), done.next()] == ["fails", "another"]
    tasks.soon("last", done.action("last"))
    assert done.next() == "last"


def test_work_is_tried_again_until_redis_is_back(tasks: Tasks, done: Done) -> None:
    tasks.start()
    tasks.soon("reap", done.action("reap", errors.Unavailable(), ConnectionLost(), errors.Unavailable()))
    assert [done.next() for _ in range(4)] == ["reap"] * 4
    tasks.soon("last", done.action("last"))
    assert done.next() == "last"


def test_work_that_waits_for_redis_does_not_keep_other_work_waiting(
    tasks: Tasks, done: Done, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RETRY_SECONDS", 3600)
    tasks.start()
    tasks.soon("reap", done.action("reap", errors.Unavailable()))
    tasks.soon("sweep", done.action("sweep"))
    assert [done.next(), done.next()] == ["reap", "sweep"]


def test_work_is_done_in_the_order_it_was_asked_for(tasks: Tasks, done: Done) -> None:
    for number in range(20):
        tasks.soon(f"work {number}", done.action(str(number)))
    tasks.start()
    assert [done.next() for _ in range(20)] == [str(number) for number in range(20)]


def test_work_of_a_name_that_waits_already_is_not_asked_for_twice(tasks: Tasks, done: Done) -> None:
    for _ in range(5):
        tasks.soon("sweep acme", done.action("sweep acme"))
    tasks.soon("last", done.action("last"))
    tasks.start()
    assert [done.next(), done.next()] == ["sweep acme", "last"]


def test_work_that_has_begun_may_be_asked_for_again(tasks: Tasks, done: Done) -> None:
    begun, go_on = Event(), Event()

    def wait() -> None:
        begun.set()
        assert go_on.wait(SOON)

    tasks.start()
    tasks.soon("sweep acme", wait)
    assert begun.wait(SOON)
    tasks.soon("sweep acme", done.action("again"))
    go_on.set()
    assert done.next() == "again"


def test_long_work_does_not_keep_deadlines_waiting(tasks: Tasks, done: Done) -> None:
    go_on = Event()
    tasks.start()
    tasks.soon("long", lambda: done.action("long")() if go_on.wait(SOON) else None)
    tasks.at(0, done.action("the lease"))
    assert done.next() == "the lease"
    go_on.set()
    assert done.next() == "long"


def test_what_is_planned_is_dropped_at_the_end(tasks: Tasks, done: Done) -> None:
    tasks.at(3600, done.action("planned"))
    tasks.start()
    tasks.stop()
    assert done.nothing_more()


def test_tasks_that_end_before_they_start_do_nothing(tasks: Tasks, done: Done) -> None:
    tasks.soon("work", done.action("work"))
    tasks.stop()
    tasks.start()
    assert done.nothing_more()


def test_the_writer_writes_when_it_is_told_and_when_it_has_said_so_itself(tasks: Tasks, writer: Writer) -> None:
    writer.says = [0.01, 0.0]
    tasks.start()
    writer.has_turns(3)
    assert writer.turns.empty()
    writer.wake()
    writer.has_turns(1)


@pytest.mark.parametrize("failure", [errors.Unavailable(), ValueError("a defect")], ids=repr)
def test_a_writer_that_fails_goes_on(failure: Exception, tasks: Tasks, writer: Writer) -> None:
    writer.says = [failure]
    tasks.start()
    writer.has_turns(1)
    writer.wake()
    writer.has_turns(1)


def test_work_is_unfinished_until_it_is_done_also_while_redis_is_away(tasks: Tasks, done: Done) -> None:
    go_on = Event()
    tasks.soon("restore", done.action("restore", errors.Unavailable()))
    tasks.soon("other", lambda: go_on.wait(SOON) and None)
    assert tasks.unfinished("resync", "restore")
    assert not tasks.unfinished("resync")
    tasks.start()
    assert [done.next()] == ["restore"]
    assert tasks.unfinished("restore")  # it has failed, and the worker is busy with the other
    go_on.set()
    assert done.next() == "restore"
    tasks.soon("last", done.action("last"))
    assert done.next() == "last"
    assert not tasks.unfinished("restore", "other")


def test_work_that_is_wrong_is_finished_too(tasks: Tasks, done: Done) -> None:
    tasks.soon("restore", done.action("restore", ValueError("a defect")))
    tasks.soon("last", done.action("last"))
    tasks.start()
    assert [done.next(), done.next()] == ["restore", "last"]
    assert not tasks.unfinished("restore")


def test_a_cancelled_deadline_is_not_met(tasks: Tasks, done: Done) -> None:
    tasks.start()
    cancelled = tasks.at(0.01, done.action("cancelled"))
    tasks.at(0.02, done.action("the next"))
    tasks.cancel(cancelled)
    tasks.cancel(cancelled)
    assert done.next() == "the next"
    assert done.nothing_more()


def test_cancelling_what_has_run_does_nothing(tasks: Tasks, done: Done) -> None:
    tasks.start()
    met = tasks.at(0, done.action("met"))
    assert done.next() == "met"
    tasks.cancel(met)
    assert tasks.planned() == 0


def test_a_cancelled_deadline_keeps_nothing_of_its_action(tasks: Tasks) -> None:
    class Connection:
        def end(self) -> None: ...

    connection = Connection()
    gone = weakref.ref(connection)
    cancelled = tasks.at(3600, connection.end)
    del connection
    assert gone() is not None
    tasks.cancel(cancelled)
    assert gone() is None


def test_cancelled_deadlines_do_not_pile_up(tasks: Tasks) -> None:
    lasting = [tasks.at(3600 + number, lambda: None) for number in range(10)]
    for _ in range(20_000):
        tasks.cancel(tasks.at(3600, lambda: None))
    assert tasks.planned() == len(lasting)
    assert len(tasks._deadlines) < 200


def test_deadlines_keep_their_order_when_cancelled_ones_are_removed(tasks: Tasks, done: Done) -> None:
    cancelled = [tasks.at(3600, lambda: None) for _ in range(500)]
    for seconds, name in [(0.03, "third"), (0.0, "first"), (0.015, "second")]:
        tasks.at(seconds, done.action(name))
    for deadline in cancelled:
        tasks.cancel(deadline)
    tasks.start()
    assert [done.next() for _ in range(3)] == ["first", "second", "third"]


def test_a_job_that_fails_is_tried_again_once_however_often_it_was_asked_for(
    tasks: Tasks, done: Done, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RETRY_SECONDS", 3600)
    tasks.start()
    for _ in range(20):
        tasks.soon("check acme", done.action("tried", errors.Unavailable()))
        assert done.next() == "tried"
    tasks.soon("last", done.action("last"))
    assert done.next() == "last"
    assert tasks.planned() == 1
    assert tasks.unfinished("check acme")


def test_a_tenant_has_one_check_ahead_which_is_the_earliest(tasks: Tasks) -> None:
    unused: Any = None
    deadlines = Deadlines(tasks, *[unused] * 5)
    for seconds in range(20_000, 3600, -1):
        deadlines.plan_check("acme", seconds)
        deadlines.plan_check("globex", 30_000 - seconds)
    assert tasks.planned() == 2
    assert len(tasks._deadlines) < 200
    ahead = [deadline.at - time.monotonic() for deadline in tasks._deadlines if deadline.action is not None]
    assert sorted(round(seconds / 100) for seconds in ahead) == [36, 100]
