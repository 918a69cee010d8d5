"""A second opinion: Ajv, the validator of the front ends, judges every example as its file says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from realtime_contracts import Direction
from realtime_contracts.contract.registry import registry
from tests.node import installed, run

JAVASCRIPT = Path(__file__).parent / "javascript"
MESSAGES = registry().messages()


@pytest.fixture(scope="session")
def verdicts() -> dict[str, list[dict[str, Any]]]:
    """Ajv's verdict on each example, by file."""
    printed = run("node", "judge.mjs", str(registry().folder), cwd=installed(JAVASCRIPT))
    verdicts: dict[str, list[dict[str, Any]]] = json.loads(printed)
    return verdicts


@pytest.mark.parametrize(("direction", "event"), MESSAGES, ids=str)
def test_ajv_judges_every_example_alike(
    direction: Direction, event: str, verdicts: dict[str, list[dict[str, Any]]]
) -> None:
    examples = registry().examples(direction, event)
    judged = verdicts[f"{direction.value}/{event.replace(':', '.')}.json"]
    assert len(judged) == len(examples)
    for example, verdict in zip(examples, judged, strict=True):
        assert verdict["valid"] == example.valid, example.description
        assert example.valid or example.path in verdict["paths"], example.description
