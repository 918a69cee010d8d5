"""Times as captures write them, all turned into seconds."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from decimal import Decimal

#: A time since 1970 above this is in milliseconds: as seconds it would be in the year 5138, as milliseconds in 1973.
MILLISECONDS_FROM = 1e11


def seconds(value: object) -> float | None:
    """A number of seconds or milliseconds, or RFC 3339 text, as seconds; None for what tells no time.

    Chrome writes seconds and Playwright milliseconds, -1 where it does not know.
    """
    if isinstance(value, str):
        return _of_text(value)
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        return None
    try:
        number = float(value)
    except (OverflowError, ValueError):
        return None
    if not math.isfinite(number) or number < 0:
        return None
    return number / 1000 if number > MILLISECONDS_FROM else number


def _of_text(text: str) -> float | None:
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
