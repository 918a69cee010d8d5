"""The pytest plugin: one world per scenario, the steps, and the tags.

It asks for the fixtures `nodes`, `mint`, `timeouts` and `transport`, and leaves them to whoever runs it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from realtime_contracts.conformance.forged import Mint
from realtime_contracts.conformance.steps import MODULES
from realtime_contracts.conformance.timeouts import Timeouts
from realtime_contracts.conformance.transport import no_thread_left
from realtime_contracts.conformance.world import World

#: The tags of the features and what they mean. Any other tag is a mistake.
TAGS = {
    "connection": "family: coming, being refused, going",
    "presence": "family: who is online, and how",
    "rooms": "family: who is in a room",
    "cursors": "family: where everybody is in what a room shows",
    "typing": "family: who is writing, and where",
    "documents": "family: the document that a room edits together",
    "locks": "family: who has reserved a place of it",
    "notifications": "family: what needs somebody's attention",
    "activity": "family: what happened in the company",
    "rest": "family: the same over HTTP",
    "errors": "family: what a wrong event is answered with",
    "must": "level: the seed asks for it",
    "should": "level: a ruling on the seed asks for it",
    "multi_node": "need: two nodes, clients on both",
    "fault": "need: something is killed, stopped or cut",
    "slow": "takes as long as a timeout of the server",
}
#: Where a requirement comes from: a section of the seed, or of the specification.
SOURCE = re.compile(
    r"seed_\d+(_\d+)?|spec_(transport|errors|connecting|presence|rooms|cursors|typing|documents|rulings|notifications|activity|rest)"
)


def pytest_configure(config: pytest.Config) -> None:
    """Bring in the steps."""
    for module in MODULES:
        if not config.pluginmanager.is_registered(module):
            config.pluginmanager.register(module)


@pytest.fixture
def world(nodes: list[str], transport: str, mint: Mint, timeouts: Timeouts) -> Iterator[World]:
    """The scenario's world. Its end fails if anybody has heard what breaks the contract."""
    with no_thread_left():
        made = World(nodes, transport, mint, timeouts)
        wrong: list[str] = []
        try:
            yield made
        finally:
            wrong = made.end()
    if wrong:
        pytest.fail("\n".join(["The contract was broken:", *wrong]), pytrace=False)


def pytest_bdd_before_step(request: pytest.FixtureRequest, scenario: Any, step: Any) -> None:
    """What comes from a scenario's When on is what it has brought about."""
    steps = scenario.steps
    before = steps[steps.index(step) - 1] if steps.index(step) else None
    if step.type == "when" and (before is None or before.type != "when"):
        request.getfixturevalue("world").set_marks()
