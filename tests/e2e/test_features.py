"""Every requirement of `features/`, over WebSocket and over long-polling, on one node and on two."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from realtime_contracts.conform.observed import Manners
from realtime_contracts.conform.reports.words import wire_text
from realtime_contracts.conform.requirements import suite
from realtime_contracts.conform.scenario import Target, run
from realtime_contracts.wire.transport import no_thread_left

if TYPE_CHECKING:
    from realtime_contracts.conform.requirements import Example
    from realtime_contracts.wire.forged import Mint
    from realtime_contracts.wire.timeouts import Timeouts
    from tests.e2e.cluster import Cluster

TRANSPORTS = ("websocket", "polling")


def arenas() -> list[pytest.param]:
    """Every example in every arena: transport and number of nodes."""
    return [
        pytest.param(
            example,
            (transport, count),
            id=f"{example.id}-{transport}-{count}",
            marks=[getattr(pytest.mark, mark) for mark in marks_of(example)],
        )
        for example in suite().examples
        for transport in TRANSPORTS
        for count in ((2,) if "multi_node" in example.needs else (1, 2))
    ]


def marks_of(example: Example) -> list[str]:
    """The tags to choose examples by with `-m`."""
    own = [tag for tag in example.requirement.tags if "/" not in tag]
    return list(dict.fromkeys([*own, *example.needs]))


@pytest.mark.parametrize(("example", "arena"), arenas(), indirect=["arena"])
def test_requirement(
    example: Example,
    arena: tuple[str, int],
    cluster: Cluster,
    mint: Mint,
    timeouts: Timeouts,
    request: pytest.FixtureRequest,
) -> None:
    """A server that meets its contract: the scenario passes, and nothing that was heard in it broke the contract."""
    transport, count = arena
    faults = request.getfixturevalue("faults") if "fault" in example.needs else None
    target = Target(cluster.urls[:count], transport, mint, timeouts, faults, Manners())
    with no_thread_left():
        outcome = run(example, target)
    if not outcome.is_right:
        failure = outcome.result.failure
        why = f"expected: {failure.expected}\nactual: {failure.actual}\n{failure.hint}" if failure else ""
        steps = "\n".join(f"  {step.status:<8} {step.keyword} {step.text}" for step in outcome.result.steps)
        breaches = "\n".join(map(str, outcome.breaches))
        pytest.fail(
            f"{example.id} {example.name}\n{steps}\n{why}\n{breaches}\n{wire_text(outcome.result.wire)}", pytrace=False
        )


def test_every_example_is_a_test_in_every_arena() -> None:
    """Nothing is lost on the way from the features to the tests."""
    ids = Counter(param.id for param in arenas())
    assert set(ids.values()) == {1}
    assert len(ids) == sum(2 if "multi_node" in example.needs else 4 for example in suite().examples)
