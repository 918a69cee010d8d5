"""Token buckets on a clock that stands until it is told to go."""

from __future__ import annotations

import hypothesis
import pytest
from hypothesis import strategies as st

from realtime_contracts.rules.rates import BURST_SECONDS, CURSOR_RATE, RateLimit


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def limit(clock: Clock) -> RateLimit:
    """Return a limit of ten a second, twenty at once."""
    return RateLimit(10, clock)


def taken(limit: RateLimit, key: object = "ana") -> int:
    """Take as many tokens as there are, and return how many that were."""
    count = 0
    while not limit.take(key):
        count += 1
    return count


def test_twice_a_seconds_worth_may_come_at_once(limit: RateLimit) -> None:
    assert taken(limit) == 20


def test_who_waits_as_long_as_told_is_let_in(limit: RateLimit, clock: Clock) -> None:
    taken(limit)
    wait = limit.take("ana")
    assert wait == pytest.approx(0.1)
    clock.now += wait
    assert not limit.take("ana")
    assert limit.take("ana")


def test_who_comes_too_early_is_told_the_rest_and_loses_nothing(limit: RateLimit, clock: Clock) -> None:
    taken(limit)
    clock.now += 0.0625
    assert limit.take("ana") == pytest.approx(0.0375)
    assert limit.take("ana") == pytest.approx(0.0375)


def test_a_bucket_fills_at_its_rate(limit: RateLimit, clock: Clock) -> None:
    taken(limit)
    clock.now += 0.5
    assert taken(limit) == 5


def test_a_bucket_is_never_more_than_full(limit: RateLimit, clock: Clock) -> None:
    taken(limit)
    clock.now += 3600
    assert taken(limit) == 20


def test_everybody_has_a_bucket_of_their_own(limit: RateLimit) -> None:
    taken(limit, ("acme", "ana"))
    assert taken(limit, ("acme", "ben")) == 20
    assert taken(limit, ("globex", "ana")) == 20


def test_full_buckets_are_forgotten(limit: RateLimit, clock: Clock) -> None:
    for user in range(1000):
        limit.take(user)
    assert len(limit) == 1000
    clock.now += BURST_SECONDS
    limit.take("ben")
    assert len(limit) == 1


def test_a_bucket_that_is_not_full_is_kept(limit: RateLimit, clock: Clock) -> None:
    clock.now += 1.9
    taken(limit)
    clock.now += 0.1
    limit.take("ben")
    assert len(limit) == 2
    assert taken(limit) == 1


def test_a_limit_below_one_lets_somebody_in(clock: Clock) -> None:
    limit = RateLimit(0.1, clock)
    assert taken(limit) == 1
    assert limit.take("ana") == pytest.approx(10)


@hypothesis.given(rate=st.integers(1, 1000), steps=st.lists(st.floats(0, 5, allow_nan=False), min_size=1, max_size=200))
def test_nobody_gets_more_than_the_burst_and_the_rate(rate: int, steps: list[float]) -> None:
    clock = Clock()
    limit, let_in = RateLimit(rate, clock), 0
    for step in steps:
        clock.now += step
        let_in += not limit.take("ana")
    assert let_in <= rate * BURST_SECONDS + rate * sum(steps) + 1e-6


@hypothesis.given(steps=st.lists(st.floats(0, 0.2, allow_nan=False), min_size=1, max_size=200))
def test_a_cursor_is_announced_at_most_thirty_times_in_any_second(steps: list[float]) -> None:
    now, arrival, announced = 1000.0, 0.0, []
    for step in steps:
        now += step
        wait, arrival = CURSOR_RATE.next(arrival, now)
        announced.append(now + wait)
        if wait:
            now += wait
            again, arrival = CURSOR_RATE.next(arrival, now)
            assert again < 1e-6
    assert all(sum(at <= other < at + 1 for other in announced) <= 30 for at in announced)


def test_the_first_moves_of_a_cursor_are_announced_at_once() -> None:
    waits, arrival = [], 0.0
    for _ in range(CURSOR_RATE.burst + 1):
        wait, arrival = CURSOR_RATE.next(arrival, 1000.0)
        waits.append(wait)
    assert waits[:-1] == pytest.approx([0.0] * CURSOR_RATE.burst, abs=1e-6)
    assert 0 < waits[-1] <= CURSOR_RATE.interval_ms / 1000
