"""Programs in Node for the tests: their packages fetched once, by their lock files.

`python -m tests.node` fetches the packages of all of them.
"""

from __future__ import annotations

import fcntl
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
#: The folders with a package-lock.json.
PROGRAMS = (
    "contracts/typescript",
    "tests/e2e/javascript",
    "tests/frontend/app",
    "tests/frontend/formatter",
    "tests/unit/contracts/javascript",
)

#: Seconds for one program, and for fetching its packages.
TIMEOUT = 110


def installed(folder: Path) -> Path:
    """`folder`, with the packages that its lock file names in node_modules/; fetches them unless they are there."""
    with (folder / "package.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two workers of one run may come here together
        fetched = folder / "node_modules/.package-lock.json"
        if not fetched.exists() or fetched.stat().st_mtime < (folder / "package-lock.json").stat().st_mtime:
            run("npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", cwd=folder)
            fetched.touch()
    return folder


def run(name: str, *words: str, cwd: Path, given: str = "", timeout: float = TIMEOUT) -> str:
    """What `node` or `npm` prints; fails the test if it is not there, or does not end well."""
    command = shutil.which(name)
    if command is None:
        pytest.fail(f"{name} is not installed: run `.ci/setup`, which brings Node 20 or later with npm")
    done = subprocess.run(
        (command, *words), cwd=cwd, input=given, capture_output=True, text=True, timeout=timeout, check=False
    )
    if done.returncode != 0:
        pytest.fail(f"{name} {' '.join(words)} failed:\n{done.stdout}{done.stderr}", pytrace=False)
    return done.stdout


if __name__ == "__main__":
    with ThreadPoolExecutor() as threads:
        list(threads.map(installed, [ROOT / program for program in PROGRAMS]))
