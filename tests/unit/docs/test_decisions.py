"""Each decision has a number, a title, a status with a date, and says first what was decided."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

DECISIONS = sorted((Path(__file__).parents[3] / "docs/decisions").glob("*.md"))
_HEAD = re.compile(
    r"# (?P<number>\d+)\. .+\n\n"
    r"Status: (accepted|replaced by decision \d+), \d{4}-\d\d-\d\d.*\.\n\n"
    r"[A-Z`].+\n"
)


@pytest.mark.parametrize("page", DECISIONS, ids=lambda page: page.stem)
def test_a_decision_begins_with_its_number_its_status_and_what_was_decided(page: Path) -> None:
    head = _HEAD.match(page.read_text("utf-8"))
    assert head, (
        f"expected '# N. Title', 'Status: accepted, YYYY-MM-DD.' and a sentence, got {page.read_text()[:200]!r}"
    )
    assert int(head["number"]) == int(page.name[:4])


def test_no_number_is_missing_or_given_twice() -> None:
    assert [int(page.name[:4]) for page in DECISIONS] == list(range(1, len(DECISIONS) + 1))
