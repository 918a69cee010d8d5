"""Whoever sends too much waits for the next second, and collects strikes that only calm takes away."""

from __future__ import annotations

import pytest

from app.realtime.transport import limits
from app.realtime.transport.budget import Budget


def spend(budget: Budget, second: float, *, frames: int = 0, size: int = 0) -> None:
    """Send in a second, and begin the next one."""
    budget.frames += frames
    budget.bytes += size
    budget.wait(second + 0.5)
    budget.wait(second + 1)


@pytest.mark.parametrize(
    "much", [{"frames": limits.FRAMES_PER_SECOND + 1}, {"size": limits.BYTES_PER_SECOND + 1}], ids=["frames", "bytes"]
)
def test_too_much_waits_for_the_next_second(much: dict[str, int]) -> None:
    budget = Budget(100.0)
    budget.frames, budget.bytes = much.get("frames", 0), much.get("size", 0)
    assert budget.wait(100.25) == pytest.approx(0.75)
    assert budget.wait(101.0) == 0
    assert (budget.frames, budget.bytes, budget.strikes) == (0, 0, 1)


def test_what_is_within_the_budget_never_waits() -> None:
    budget = Budget(100.0)
    budget.frames, budget.bytes = limits.FRAMES_PER_SECOND, limits.BYTES_PER_SECOND
    assert budget.wait(100.25) == 0
    assert budget.wait(101.0) == budget.strikes == 0


def test_a_calm_second_takes_one_strike_away_and_not_all() -> None:
    budget = Budget(0.0)
    for second in range(5):
        spend(budget, second, frames=limits.FRAMES_PER_SECOND + 1)
    assert budget.strikes == 5
    spend(budget, 5)
    assert budget.strikes == 4
    budget.wait(9.0)
    assert budget.strikes == 1
    budget.wait(100.0)
    assert budget.strikes == 0
