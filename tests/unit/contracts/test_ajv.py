"""A second opinion: Ajv, the validator of the front ends, judges every example as its file says."""

from __future__ import annotations

import fcntl
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from realtime_contracts import Direction, registry

AJV = Path(__file__).parent / "ajv"
MESSAGES = [(direction, event) for direction in Direction for event in sorted(registry().events(direction))]


@pytest.fixture(scope="session")
def verdicts() -> dict[str, list[dict[str, Any]]]:
    """Ajv's verdict on each example, by file. Fetches Ajv into ajv/node_modules unless the lock file's is there."""
    node = _command("node")
    with (AJV / "package.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two workers of one run may come here together
        installed = AJV / "node_modules/.package-lock.json"
        if not installed.exists() or installed.stat().st_mtime < (AJV / "package-lock.json").stat().st_mtime:
            _run(_command("npm"), "ci", "--no-audit", "--no-fund", "--ignore-scripts")
            installed.touch()
    verdicts: dict[str, list[dict[str, Any]]] = json.loads(_run(node, "judge.mjs", str(registry().folder)))
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


def _command(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        pytest.fail(f"{name} is not installed: the contract's examples are also judged by Ajv, in Node 20 or newer")
    return path


def _run(*command: str) -> str:
    done = subprocess.run(command, cwd=AJV, capture_output=True, text=True, timeout=100, check=False)
    if done.returncode != 0:
        pytest.fail(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    return done.stdout
