"""Whether the tests that a page names exist."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).parents[3]


def missing_tests(names: Iterable[str]) -> list[str]:
    """Of `tests/path.py::test_name`, those that are not there."""
    return [name for name in names if not _exists(*name.partition("::")[::2])]


def _exists(path: str, test: str) -> bool:
    file = ROOT / path
    return file.is_file() and f"def {test}(" in file.read_text("utf-8")
