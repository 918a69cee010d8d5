"""Work in buckets: what is spent comes back at an even rate."""

from __future__ import annotations

import pytest

from app.realtime.managers import effort
from app.realtime.managers.effort import Effort
from realtime_contracts.rules.errors import RateLimited


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return the time, in a list of one."""
    now = [1000.0]
    monkeypatch.setattr(effort, "monotonic", lambda: now[0])
    return now


def test_more_than_is_left_may_be_spent_once_and_is_waited_for(clock: list[float]) -> None:
    work = Effort(per_second=10, at_once=100)
    work.check("ana")
    work.spend(150, "ana")
    with pytest.raises(RateLimited) as refused:
        work.check("ana")
    assert refused.value.details == {"retry_after": 5.1}
    clock[0] += 5.0
    with pytest.raises(RateLimited):
        work.check("ana")
    clock[0] += 0.1
    work.check("ana")


def test_what_comes_back_is_no_more_than_a_full_bucket(clock: list[float]) -> None:
    work = Effort(per_second=10, at_once=100)
    work.spend(50, "ana")
    clock[0] += 1000
    work.spend(100, "ana")
    with pytest.raises(RateLimited):
        work.check("ana")


def test_each_sender_has_their_own(clock: list[float]) -> None:
    work = Effort(per_second=10, at_once=100)
    work.spend(100, "ana")
    work.check("ben")
    with pytest.raises(RateLimited):
        work.check("ben", "ana")


def test_senders_with_a_full_bucket_are_forgotten(clock: list[float]) -> None:
    work = Effort(per_second=10, at_once=100)
    for number in range(10_000):
        work.spend(1, number)
        clock[0] += 0.01
    assert len(work._due) <= effort._SWEEP_FROM + 1
