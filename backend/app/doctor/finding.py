"""What a check has found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["good", "warn", "bad"]

WORST_FIRST: tuple[Verdict, ...] = ("bad", "warn", "good")


@dataclass(frozen=True)
class Finding:
    """The result of one check. `text` says what was found and, if not good, what to do."""

    what: str
    verdict: Verdict
    text: str
