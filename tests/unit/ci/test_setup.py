"""`.ci/setup` says before anything runs what the machine lacks, and what to do."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

SETUP = Path(__file__).parents[3] / ".ci" / "setup"

#: What the script itself calls; the machine of the test has no other commands.
COMMANDS = ("bash", "dirname")


def test_a_machine_without_apt_is_told_what_to_install_and_no_command_runs(tmp_path: Path) -> None:
    for name in COMMANDS:
        found = shutil.which(name)
        assert found
        (tmp_path / name).symlink_to(found)
    # Chromium is there under another name, and Python is.
    (tmp_path / "google-chrome").touch(mode=0o755)
    environment = {"PATH": str(tmp_path), "PYTHON": sys.executable, "HOME": os.environ["HOME"]}
    done = subprocess.run(
        [SETUP, "touch", tmp_path / "ran"], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    said = "Install these, or what your system calls them, and start again: make git curl docker.io."
    assert done.stderr == f"{said} REDIS=embedded does without Docker.\n"
    assert not (tmp_path / "ran").exists()
