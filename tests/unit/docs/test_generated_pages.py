"""The generated pages say what the code says."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from docs.generate import PAGES

ROOT = Path(__file__).parents[3]


def test_generated_pages_are_current() -> None:
    command = [sys.executable, ROOT / "docs" / "generate.py", "--check"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, f"{done.stdout}{done.stderr}Run `make generate` and commit the pages."


def test_a_generated_page_says_so_at_its_top_and_is_marked_for_reviewers() -> None:
    marked = [
        line.split()[0] for line in (ROOT / ".gitattributes").read_text("utf-8").splitlines() if "-generated" in line
    ]
    for name in PAGES:
        assert re.search(
            r"Generated from .*`make generate`\. Do not edit", (ROOT / name).read_text("utf-8")[:300], re.DOTALL
        )
        assert name in marked
