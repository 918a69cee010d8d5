"""The npm package's validators judge as Python's does: every example, and payloads that nobody thought of."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from realtime_contracts import Direction
from realtime_contracts.contract.payloads.generator import nearly_valid, valid
from realtime_contracts.contract.registry import registry
from realtime_contracts.contract.schemas import own_schemas
from realtime_contracts.contract.violations import MANY_PARTS, has_more_parts
from tests.node import run

#: Of each message, so that all together are more than 10,000: half of them valid, half nearly.
PAYLOADS = 130
#: The same payloads on every run: a disagreement is found again.
SEED = 20261124

#: A number that was not what was asked for, at the end of a reason.
NUMBER = re.compile(r"got -?[0-9][0-9.e+-]*$")

MESSAGES = [(direction, event) for direction in Direction for event in sorted(registry().events(direction))]

Message = tuple[Direction, str, Any]


def examples() -> Iterator[Message]:
    for direction, event in MESSAGES:
        for example in registry().examples(direction, event):
            yield direction, event, example.data


def generated() -> Iterator[Message]:
    rng = random.Random(SEED)
    for direction, event in MESSAGES:
        for n in range(PAYLOADS):
            make = nearly_valid if n % 2 else valid
            yield direction, event, make(own_schemas(), direction.value, event, rng)


def judged(package: Path, messages: Iterable[Message]) -> list[dict[str, str] | None]:
    """What the npm package says of each message: nothing, or {path, reason, keyword}."""
    lines = (json.dumps({"direction": d.value, "event": e, "payload": p}) for d, e, p in messages)
    printed = run("node", "build/judge.mjs", cwd=package, given="\n".join(lines) + "\n")
    return [json.loads(line) for line in printed.splitlines()]


def of_python(message: Message) -> dict[str, str] | None:
    violation = registry().check(*message)
    return None if violation is None else {"path": violation.path, "reason": violation.reason}


def comparable(verdict: dict[str, str] | None) -> dict[str, str] | None:
    """Where and why, but for how a number is spelt: JavaScript has no 1.0, no -0.0, and 53 bits."""
    if verdict is None:
        return None
    return {"path": verdict["path"], "reason": NUMBER.sub("got a number", verdict["reason"])}


def alike(message: Message, ours: dict[str, str] | None, pythons: dict[str, str] | None) -> bool:
    """Whether both say the same. Of a large payload Python names the first fault that it finds, not the shallowest."""
    if comparable(ours) == comparable(pythons):
        return True
    large = ours is not None and pythons is not None and has_more_parts(message[2], MANY_PARTS)
    return large and ours["path"] in registry().wrong_places(*message)


@pytest.mark.parametrize("made", [examples, generated], ids=lambda made: made.__name__)
def test_both_judge_alike(made: Any, package: Path) -> None:
    messages = list(made())
    verdicts = judged(package, messages)
    assert len(verdicts) == len(messages)
    disagreed = []
    refused = 0
    for message, verdict in zip(messages, verdicts, strict=True):
        expected = of_python(message)
        refused += expected is not None
        if not alike(message, verdict, expected):
            disagreed.append((message, expected, verdict))
    assert disagreed == [], f"{len(disagreed)} of {len(messages)}, the first: {disagreed[0]}"
    assert len(messages) * 0.1 < refused < len(messages) * 0.9, "both sides are judged"


def test_more_than_ten_thousand_payloads_are_made() -> None:
    assert len(MESSAGES) * PAYLOADS > 10_000
