"""What pytest-bdd would let pass fails the run: a lost example, an unknown sentence, a step that is never awaited.

Each test runs pytest on the features with one thing made wrong by a plugin.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from realtime_contracts.conform.requirements import features_folder

ROOT = Path(__file__).parents[2]

OTHER_FEATURES = """
from pathlib import Path
from realtime_contracts.conform import requirements
requirements.features_folder = lambda: Path(__file__).parent / "features"
"""
ROW_LOST = """
from pytest_bdd.parser import Examples
all_rows = Examples.as_contexts
Examples.as_contexts = lambda self: list(all_rows(self))[:-1]
"""
ASYNC_STEP = """
from realtime_contracts.conform.sentences import given
@given("the office is open")
async def office_open() -> None: ...
"""
TEXT_READ_OTHERWISE = """
from pytest_bdd import parser
render = parser.render_string
parser.render_string = lambda text, context: render(text, context).replace("invoice:42", "invoice:43")
"""
WRONG_SERVER = f"""
import sys
from tests.e2e.cluster import Cluster
Cluster.program = (sys.executable, {str(ROOT / "tests/mutants/serve.py")!r}, "MUTANT")
"""


def run_features(folder: Path, plugin: str, *arguments: str) -> tuple[int, str]:
    """Run test_features.py with a plugin of this text. Returns pytest's exit status, and what it printed."""
    (folder / "wrong.py").write_text(plugin, "utf-8")
    command = [sys.executable, "-m", "pytest", "-p", "wrong", "-p", "no:cacheprovider", "-q", *arguments]
    done = subprocess.run(
        [*command, "tests/e2e/test_features.py"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def changed_features(folder: Path, old: str, new: str) -> None:
    """Copy the features to `folder`, with the first text of this kind in rooms.feature replaced."""
    shutil.copytree(features_folder(), folder / "features")
    path = folder / "features" / "rooms.feature"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


@pytest.mark.parametrize(
    ("plugin", "expected"),
    [
        (ROW_LOST, "differences in all"),
        (TEXT_READ_OTHERWISE, "-polling-1: expected one test of "),
        (ASYNC_STEP, "the step office_open must be a plain function"),
    ],
    ids=["row lost", "text read otherwise", "async step"],
)
def test_the_run_fails_at_collection(plugin: str, expected: str, tmp_path: Path) -> None:
    # Also where only some tests are chosen.
    status, output = run_features(tmp_path, plugin, "--collect-only", "-k", "typing")
    assert expected in output
    assert status != pytest.ExitCode.OK


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("Example: The next one", "Example: The first one in a room", "rooms/1.1-polling-1: expected one test of "),
        ('"invoice:42" shows Ana to Ana', "the weather is fine", "fits no step"),
    ],
    ids=["two scenarios of one name", "undefined step"],
)
def test_features_that_pytest_bdd_would_read_are_refused(old: str, new: str, expected: str, tmp_path: Path) -> None:
    changed_features(tmp_path, old, new)
    status, output = run_features(tmp_path, OTHER_FEATURES, "--collect-only")
    assert expected in output
    assert status != pytest.ExitCode.OK


@pytest.mark.parametrize(
    ("mutant", "test", "expected"),
    [
        ("own-cursor-in-sync", "cursors/2.1-websocket-2", ["expected: ", "got: ", "failed   Then "]),
        ("extra-field-in-message", "rooms/1.2-polling-1", ["every step passed, but", "room:user_joined"]),
    ],
    ids=["step", "contract"],
)
def test_a_wrong_server_fails_and_the_report_shows_why(
    mutant: str, test: str, expected: list[str], tmp_path: Path
) -> None:
    status, output = run_features(tmp_path, WRONG_SERVER.replace("MUTANT", mutant), "-k", test)
    assert status == pytest.ExitCode.TESTS_FAILED
    assert "1 failed" in output
    for text in [*expected, "passed   Given ", "- wire log -", "- the nodes' logs -"]:
        assert text in output
