"""Greenlets that are used again."""

from __future__ import annotations

import weakref

import gevent

from app.realtime.transport import workers


class Session:
    """What an action is for."""

    ran = 0

    def act(self) -> None:
        Session.ran += 1


def test_a_worker_that_waits_keeps_nothing_of_what_it_did() -> None:
    sessions = [Session() for _ in range(3)]
    gone = [weakref.ref(session) for session in sessions]
    while sessions:
        workers.run(sessions.pop().act)
    while Session.ran < 3:
        gevent.sleep(0)
    assert [found() for found in gone] == [None] * 3


def test_a_worker_is_used_again() -> None:
    before, done = len(workers._idle), list[int]()
    for number in range(3):
        workers.run(lambda number=number: done.append(number))  # type: ignore[misc]
        while len(done) <= number:
            gevent.sleep(0)
    assert len(workers._idle) == max(before, 1)
