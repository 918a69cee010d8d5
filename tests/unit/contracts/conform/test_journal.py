"""Waiting for what comes, and saying what came instead."""

from __future__ import annotations

import threading
import time

import pytest

from realtime_contracts.wire.journal import Journal, NotSeenError


@pytest.fixture
def journal() -> Journal:
    return Journal("Ana's tab", time.monotonic())


def test_what_is_there_already_is_found_at_once(journal: Journal) -> None:
    journal.write("event", "one", {"n": 1})
    assert journal.wait_for(lambda e: e.name == "one", "one", within=0).payload == {"n": 1}


def test_what_comes_later_is_waited_for(journal: Journal) -> None:
    waiting = threading.Thread(target=journal.write, args=("event", "one"))
    waiting.start()
    assert journal.wait_for(lambda e: e.name == "one", "one", within=10).name == "one"
    waiting.join()


def test_what_was_there_before_does_not_count(journal: Journal) -> None:
    journal.write("event", "one")
    with pytest.raises(NotSeenError):
        journal.wait_for(lambda e: e.name == "one", "one", since=len(journal), within=0)


def test_a_failure_says_who_waited_for_what_and_what_came_instead(journal: Journal) -> None:
    journal.write("sent", "question")
    mark = len(journal)
    journal.write("event", "two", {"n": 2})
    with pytest.raises(NotSeenError) as failure:
        journal.wait_for(lambda e: e.name == "one", "the answer", since=mark, within=0)
    text = str(failure.value)
    assert failure.value.expected == "Ana's tab gets the answer within 0 s"
    assert text.index("→ question") < text.index("came\n") < text.index("← two {'n': 2}")


def test_nothing_is_waited_for_once_the_connection_has_ended(journal: Journal) -> None:
    journal.write("closed", "transport error")
    with pytest.raises(NotSeenError, match="the connection ended"):
        journal.wait_for(lambda e: e.name == "one", "the answer", within=60)


def test_what_came_before_the_end_is_still_found(journal: Journal) -> None:
    journal.write("event", "one", {"n": 1})
    journal.write("closed", "transport error")
    assert journal.wait_for(lambda e: e.name == "one", "one", within=60).payload == {"n": 1}
