"""What clients may send, on a clock that stands until it is told to go."""

from __future__ import annotations

import hypothesis
import pytest
from hypothesis import strategies as st

from realtime_contracts.rules.pace import (
    CALM_SECONDS,
    EVENTS,
    LATE_SECONDS,
    POSITIONS,
    STANDSTILL_SECONDS,
    Allowance,
    Allowances,
    Pace,
    Pacing,
    Refusal,
    kind_of,
)

#: Ten a second and twenty at once; of positions four and eight. A user may send twice that; ten seconds are abuse.
ALLOWANCES = Allowances(Allowance(10, 20), Allowance(4, 8), user_factor=2, abuse_seconds=10)
BEGAN = 1000.0


@pytest.fixture
def pacing() -> Pacing:
    return Pacing(ALLOWANCES)


@pytest.fixture
def pace(pacing: Pacing) -> Pace:
    """Return what Ana's first connection may send of events."""
    return pacing.begin("ana", BEGAN)[EVENTS]


def accepted(pace: Pace, now: float, events: int = 1000) -> int:
    """How many of so many events at once are accepted."""
    return sum(pace.take(now) is None for _ in range(events))


def refused(pace: Pace, now: float) -> Refusal:
    """The refusal of an event that is one too many, after all that may be sent."""
    while (refusal := pace.take(now)) is None:
        pass
    return refusal


# How many


def test_as_many_as_may_come_at_once_do(pace: Pace) -> None:
    assert accepted(pace, BEGAN) == 20


@pytest.mark.parametrize(("seconds", "more"), [(0.099, 0), (0.1001, 1), (1.0001, 10), (2, 20), (1000, 20)])
def test_an_empty_bucket_fills_at_an_even_rate(pace: Pace, seconds: float, more: int) -> None:
    accepted(pace, BEGAN)
    assert accepted(pace, BEGAN + seconds) == more


@hypothesis.given(st.lists(st.floats(0, 3), max_size=150), st.integers(1, 5), st.integers(1, 5))
def test_no_more_than_the_rate_and_the_burst_in_any_time(pauses: list[float], rate: int, burst: int) -> None:
    many = Allowance(1000, 1000)
    pace = Pacing(Allowances(Allowance(rate, burst), many, user_factor=1000)).begin("ana", BEGAN)[EVENTS]
    now, times = BEGAN, []
    for pause in pauses:
        now += pause
        if pace.take(now) is None:
            times.append(now)
        else:
            assert times[-burst:][0] + burst / rate > now - 1e-6, "an event was refused although there was one left"
    for first in range(len(times)):
        for last in range(first + burst, len(times)):
            assert last - first + 1 <= burst + (times[last] - times[first]) * rate + 1e-6


def test_cursors_and_typing_have_a_bucket_of_their_own(pacing: Pacing) -> None:
    events, positions = pacing.begin("ana", BEGAN)
    assert accepted(events, BEGAN) == 20
    assert accepted(positions, BEGAN) == 8


@pytest.mark.parametrize(
    ("event", "kind"),
    [("cursor:move", POSITIONS), ("typing:stop", POSITIONS), ("room:join", EVENTS), ("cursors", EVENTS), ("", EVENTS)],
)
def test_the_name_of_an_event_says_its_kind(event: str, kind: int) -> None:
    assert kind_of(event) == kind


def test_a_users_connections_share_a_bucket(pacing: Pacing) -> None:
    first, second, third = (pacing.begin("ana", BEGAN)[EVENTS] for _ in range(3))
    assert [accepted(pace, BEGAN) for pace in (first, second, third)] == [20, 20, 0]
    assert accepted(pacing.begin("ben", BEGAN)[EVENTS], BEGAN) == 20


def test_what_the_user_is_refused_takes_nothing_from_the_connection(pacing: Pacing) -> None:
    first, second, third = (pacing.begin("ana", BEGAN)[EVENTS] for _ in range(3))
    for pace in (first, second, third):
        accepted(pace, BEGAN)
    assert accepted(third, BEGAN + 0.5) == 10, "the user's bucket has ten again, and the connection's all of them"


# What a refusal says


def test_who_waits_as_long_as_told_may_send_a_seconds_events(pace: Pace) -> None:
    refusal = refused(pace, BEGAN)
    assert refusal.retry_after == pytest.approx(1, abs=0.002)
    assert accepted(pace, BEGAN + refusal.retry_after) == 10


@pytest.mark.parametrize(("rate", "burst"), [(1, 1), (100, 1), (1, 100), (7, 3), (1_000_000, 1_000_000)])
def test_who_waits_as_long_as_told_is_accepted_whatever_the_rate(rate: int, burst: int) -> None:
    pace = Pacing(Allowances(Allowance(rate, burst))).begin("ana", BEGAN)[EVENTS]
    refusal = refused(pace, BEGAN)
    assert 0 < refusal.retry_after <= 1.001
    assert pace.take(BEGAN + refusal.retry_after) is None


def test_the_wait_is_the_users_if_that_is_longer(pacing: Pacing) -> None:
    paces = [pacing.begin("ana", BEGAN)[EVENTS] for _ in range(3)]
    waits = [refused(pace, BEGAN).retry_after for pace in paces]
    assert waits[2] == pytest.approx(1, abs=0.002)


def test_an_excess_is_told_once(pace: Pace) -> None:
    accepted(pace, BEGAN, 20)
    refusals = [pace.take(BEGAN + moment / 1000) for moment in range(90)]
    assert [refusal.first for refusal in refusals if refusal is not None] == [True, *[False] * 89]


def test_after_a_calm_moment_a_new_excess_begins(pace: Pace) -> None:
    refused(pace, BEGAN)
    assert not refused(pace, BEGAN + CALM_SECONDS - 0.01).first
    assert refused(pace, BEGAN + 2 * CALM_SECONDS).first


# Abuse


def flood(pace: Pace, began: float, seconds: float) -> Refusal:
    """The last refusal of a flood: ten times as many as allowed."""
    refusals = [pace.take(began + step / 100) for step in range(int(seconds * 100) + 1)]
    return next(refusal for refusal in reversed(refusals) if refusal is not None)


def test_ten_seconds_of_excess_are_abuse(pace: Pace) -> None:
    accepted(pace, BEGAN)
    assert not flood(pace, BEGAN, 9.95).last
    refusal = flood(pace, BEGAN + 9.96, 0.05)
    assert refusal.last
    assert refusal.retry_after >= 10


def test_calm_seconds_are_taken_from_it(pace: Pace) -> None:
    accepted(pace, BEGAN)
    flood(pace, BEGAN, 8)
    assert not flood(pace, BEGAN + 13, 4).last
    assert flood(pace, BEGAN + 17.01, 5).last


def test_one_calm_second_does_not_excuse_a_flood(pace: Pace) -> None:
    now = BEGAN
    for _ in range(10):
        if flood(pace, now, 2).last:
            return
        now += 2.6
    pytest.fail("it went on for ever")


def test_who_waits_as_told_is_never_ended(pace: Pace) -> None:
    now, count = BEGAN, 0
    while now < BEGAN + 600:
        refusals = [pace.take(now + step / 1000) for step in range(40)]  # it hears of the first a moment later
        told = [refusal for refusal in refusals if refusal is not None]
        assert told[0].first
        assert not any(refusal.last for refusal in told)
        now += 0.02 + told[0].retry_after
        count += 1
    assert count > 400


def test_who_keeps_within_the_rate_is_never_refused(pace: Pace) -> None:
    assert all(pace.take(BEGAN + step / 10) is None for step in range(100_000))


# Connecting anew


def test_a_new_connection_goes_on_where_the_last_one_ended(pacing: Pacing) -> None:
    paces = pacing.begin("ana", BEGAN)
    flood(paces[EVENTS], BEGAN, 8)
    pacing.end("ana", paces, BEGAN + 8)
    again = pacing.begin("ana", BEGAN + 8.1)[EVENTS]
    assert accepted(again, BEGAN + 8.1) <= 1
    assert flood(again, BEGAN + 8.2, 2.5).last


def test_of_several_that_ended_the_worst_is_taken_over(pacing: Pacing) -> None:
    flooded, quiet = pacing.begin("ana", BEGAN), pacing.begin("ana", BEGAN)
    accepted(flooded[POSITIONS], BEGAN)
    pacing.end("ana", flooded, BEGAN)
    pacing.end("ana", quiet, BEGAN)
    assert accepted(pacing.begin("ana", BEGAN)[POSITIONS], BEGAN) == 0
    assert accepted(pacing.begin("ana", BEGAN)[POSITIONS], BEGAN) == 8


def test_the_users_bucket_outlives_the_connections(pacing: Pacing) -> None:
    both = [pacing.begin("ana", BEGAN) for _ in range(2)]
    for paces in both:
        accepted(paces[EVENTS], BEGAN)
        pacing.end("ana", paces, BEGAN)
    three = [pacing.begin("ana", BEGAN)[EVENTS] for _ in range(3)]
    assert [accepted(pace, BEGAN) for pace in three] == [0, 0, 0]


def test_users_who_left_are_forgotten_when_they_could_send_as_much_as_anybody(pacing: Pacing) -> None:
    for number in range(100):
        paces = pacing.begin(number, BEGAN)
        paces[EVENTS].take(BEGAN)
        pacing.end(number, paces, BEGAN)
    flooding = pacing.begin("ana", BEGAN)
    flood(flooding[EVENTS], BEGAN, 20)
    pacing.end("ana", flooding, BEGAN + 20)
    pacing.begin("ben", BEGAN + 31)
    assert len(pacing) == 2, "Ben, and Ana whose abuse is not forgotten"
    pacing.begin("ben", BEGAN + 42)
    assert len(pacing) == 1


# The server's own slowness


def ticking(pacing: Pacing, until: float, began: float = BEGAN) -> None:
    """Tick as a process that runs."""
    for step in range(round((until - began) / STANDSTILL_SECONDS) + 1):
        pacing.standstills.tick(began + step * STANDSTILL_SECONDS)


def test_what_was_sent_while_the_process_stood_still_is_accepted(pacing: Pacing, pace: Pace) -> None:
    ticking(pacing, BEGAN + 5)
    now = BEGAN + 65
    assert accepted(pace, now) == pytest.approx(20 + 600, abs=5)
    pacing.standstills.tick(now)
    assert accepted(pace, now) == 0, "a standstill counts once"


def test_a_standstill_counts_for_the_user_too(pacing: Pacing) -> None:
    paces = [pacing.begin("ana", BEGAN)[EVENTS] for _ in range(3)]
    ticking(pacing, BEGAN + 5)
    assert sum(accepted(pace, BEGAN + 65) for pace in paces) == pytest.approx(40 + 2 * 600, abs=10)


def test_a_standstill_counts_only_for_those_who_were_read_right_after_it(pacing: Pacing, pace: Pace) -> None:
    ticking(pacing, BEGAN + 5)
    ticking(pacing, BEGAN + 65.5, BEGAN + 65)
    assert accepted(pace, BEGAN + 65 + LATE_SECONDS + 0.01) == 20


def test_a_standstill_while_the_bucket_fills_gives_nothing(pacing: Pacing, pace: Pace) -> None:
    ticking(pacing, BEGAN + 5)
    assert accepted(pace, BEGAN + 5.2) == 20
    assert accepted(pace, BEGAN + 6.2001) == 10


def test_standstills_in_a_row_add_up(pacing: Pacing, pace: Pace) -> None:
    ticking(pacing, BEGAN + 5)
    pacing.standstills.tick(BEGAN + 15)
    assert accepted(pace, BEGAN + 20) == pytest.approx(20 + 50, abs=5)


def test_a_process_that_runs_lets_nobody_send_more(pacing: Pacing, pace: Pace) -> None:
    ticking(pacing, BEGAN + 60)
    assert accepted(pace, BEGAN + 60 + STANDSTILL_SECONDS) == 20


def slow_event(pace: Pace, began: float, seconds: float) -> None:
    """Handle an event that takes so long."""
    assert pace.take(began) is None
    pace.hold(seconds, began + seconds)


def test_what_waited_for_a_slow_event_is_accepted(pace: Pace) -> None:
    slow_event(pace, BEGAN, 1.6)
    assert accepted(pace, BEGAN + 1.6) == 20 + 15
    assert accepted(pace, BEGAN + 2.6001) == 10, "that is all"


def test_slow_events_add_up(pace: Pace) -> None:
    slow_event(pace, BEGAN, 1.1)
    slow_event(pace, BEGAN + 1.1, 0.6)
    assert accepted(pace, BEGAN + 1.7) == 20 + 10 + 5


def test_a_slow_event_that_left_no_place_unused_gives_nothing(pace: Pace) -> None:
    accepted(pace, BEGAN, 19)
    slow_event(pace, BEGAN, 1)
    assert accepted(pace, BEGAN + 1.0001) == 10


def test_a_slow_event_long_ago_counts_no_more(pace: Pace) -> None:
    slow_event(pace, BEGAN, 1.6)
    assert accepted(pace, BEGAN + 1.6 + LATE_SECONDS + 0.01) == 20
    slow_event(pace, BEGAN + 10, 0.6)
    assert accepted(pace, BEGAN + 10.6) == 20 + 5, "and is not added to another one"
