"""Timers run at most a tick late, never early, and leave nothing behind."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.realtime.transport.wheel import Wheel

TICK = 0.5


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@given(st.lists(st.tuples(st.floats(0, 50), st.floats(0, 5), st.booleans())))
def test_each_runs_once_and_in_time_unless_it_was_cancelled(timers: list[tuple[float, float, bool]]) -> None:
    clock = Clock()
    wheel = Wheel(clock, TICK)
    ran: dict[int, float] = {}
    due: dict[int, float] = {}
    entries = []
    for number, (seconds, _, _) in enumerate(timers):
        due[number] = clock.now + seconds
        entries.append(wheel.schedule(seconds, lambda number=number: ran.update({number: clock.now})))
    cancelled = set()
    for number, (_, step, cancel) in enumerate(timers):
        clock.now += step
        for action in wheel.advance():
            action()
        if cancel:
            wheel.cancel(entries[number])
            if number not in ran:
                cancelled.add(number)
    clock.now += 100
    for action in wheel.advance():
        action()
    assert set(ran) == set(due) - cancelled
    assert all(ran[number] >= due[number] for number in ran)
    assert len(wheel) == 0


def test_it_is_a_tick_late_at_most() -> None:
    clock = Clock()
    wheel = Wheel(clock, TICK)
    ran: list[float] = []
    wheel.schedule(3.2, lambda: ran.append(clock.now))
    while not ran:
        clock.now += 0.01
        for action in wheel.advance():
            action()
    assert 1003.2 <= ran[0] <= 1003.2 + TICK + 0.02


def test_an_action_may_schedule_and_cancel_others() -> None:
    clock = Clock()
    wheel = Wheel(clock, TICK)
    ran: list[str] = []
    second = wheel.schedule(2, lambda: ran.append("second"))

    def first() -> None:
        wheel.cancel(second)
        wheel.schedule(0, lambda: ran.append("third"))

    wheel.schedule(1, first)
    for _ in range(20):
        clock.now += TICK
        for action in wheel.advance():
            action()
    assert ran == ["third"]


def test_what_is_cancelled_is_forgotten_at_once() -> None:
    wheel = Wheel(Clock(), TICK)
    for entry in [wheel.schedule(number % 90, print) for number in range(20_000)]:
        wheel.cancel(entry)
    assert len(wheel) == 0
