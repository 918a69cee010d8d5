"""The count at the end of a run: a suite that is lost, ran nothing, failed or skipped fails it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

COUNT = Path(__file__).parents[3] / ".ci" / "count.py"


def report(folder: Path, suite: str, tests: int, failures: int = 0, errors: int = 0, skipped: int = 0) -> None:
    counts = f'tests="{tests}" failures="{failures}" errors="{errors}" skipped="{skipped}"'
    folder.joinpath(f"{suite}.xml").write_text(f"<testsuites><testsuite {counts}/></testsuites>")


def count(folder: Path, *suites: str, redis: str = "") -> tuple[int, list[str]]:
    command, environment = [sys.executable, COUNT, folder, *suites], {**os.environ, "REDIS": redis}
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=False)
    return done.returncode, done.stdout.splitlines()


def test_suites_that_passed_are_added_up_on_the_last_line(tmp_path: Path) -> None:
    report(tmp_path, "unit", 40)
    report(tmp_path, "e2e", 2)
    status, lines = count(tmp_path, "unit", "e2e")
    assert (status, lines[-1]) == (0, "42 passed, 0 failed, 0 skipped")


def test_the_last_line_says_that_redis_was_the_embedded_valkey(tmp_path: Path) -> None:
    report(tmp_path, "unit", 40)
    status, lines = count(tmp_path, "unit", redis="embedded")
    assert (status, lines[-1]) == (0, "40 passed, 0 failed, 0 skipped on the embedded Valkey (REDIS=embedded)")


@pytest.mark.parametrize(
    ("counts", "complaint"),
    [
        ({"tests": 0}, "ran no test"),
        ({"tests": 3, "failures": 1}, "1 failed"),
        ({"tests": 3, "errors": 2}, "2 failed"),
        ({"tests": 3, "skipped": 1}, "1 skipped"),
        (None, "did not run"),
    ],
    ids=str,
)
def test_one_bad_suite_fails_the_run(tmp_path: Path, counts: dict[str, int] | None, complaint: str) -> None:
    report(tmp_path, "unit", 5)
    if counts is not None:
        report(tmp_path, "e2e", **counts)
    status, lines = count(tmp_path, "unit", "e2e")
    assert status == 1
    assert any(line.startswith("NOT GOOD: e2e") and complaint in line for line in lines), lines
