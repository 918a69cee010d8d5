"""The parent of several workers: what it says of an end, and when it kills."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from app.place import Place
from app.supervisor import SILENT_SECONDS, START_SECONDS, Supervisor, cause_of


def test_the_parent_is_not_patched() -> None:
    """What gevent has patched cannot be forked and waited for as the parent does."""
    program = "import sys, app.cli, app.supervisor; sys.exit('gevent' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_a_place_survives_the_command_line() -> None:
    place = Place(2, 4, "::1", 8000, '/tmp/a b"c', 7, dev=True)
    assert Place.from_text(place.to_text()) == place


@pytest.mark.parametrize(
    ("status", "cause"),
    [
        (0, "exit status 0"),
        (3, "exit status 3"),
        (-signal.SIGKILL, "killed by SIGKILL"),
        (-signal.SIGSEGV, "killed by SIGSEGV"),
        (-50, "killed by signal 50"),
    ],
)
def test_an_end_has_a_cause(status: int, cause: str) -> None:
    assert cause_of(status) == cause


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(["sleep", "60"])
    yield process
    process.kill()
    process.wait()


@pytest.mark.parametrize(("serving", "seconds"), [(True, SILENT_SECONDS), (False, START_SECONDS)])
def test_a_worker_that_is_silent_is_killed(sleeper: subprocess.Popen[bytes], *, serving: bool, seconds: float) -> None:
    parent = Supervisor("127.0.0.1", 0, 1, "", {}, dev=False)
    [worker] = parent._workers
    worker.process, worker.serving = sleeper, serving
    for _ in range(int(seconds)):
        parent._judge(1.0)
    assert sleeper.poll() is None
    parent._judge(1.0)
    assert sleeper.wait(10) == -signal.SIGKILL
