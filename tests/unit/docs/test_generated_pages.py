"""The generated pages say what the code says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from docs.generate import PAGES, main

ROOT = Path(__file__).parents[3]


def test_generated_pages_are_current(capsys: pytest.CaptureFixture[str]) -> None:
    assert main("--check") == 0, f"{capsys.readouterr().out}Run `make generate` and commit the pages."


def test_a_generated_page_says_so_at_its_top_and_is_marked_for_reviewers() -> None:
    marked = [
        line.split()[0] for line in (ROOT / ".gitattributes").read_text("utf-8").splitlines() if "-generated" in line
    ]
    for name in PAGES:
        assert re.search(
            r"Generated from .*`make generate`\. Do not edit", (ROOT / name).read_text("utf-8")[:300], re.DOTALL
        )
        assert name in marked
