"""Times on the wire: RFC 3339, UTC, milliseconds, `Z`."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache


def from_rfc3339(text: str) -> datetime:
    """The aware datetime of a time as Redis scripts write it."""
    return datetime.fromisoformat(text)


def to_rfc3339(moment: datetime) -> str:
    """An aware datetime as `2026-01-31T12:00:00.000Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def rfc3339(seconds: float) -> str:
    """Seconds since 1970 as the wire has them."""
    return rfc3339_of_ms(round(seconds * 1000))


@lru_cache(maxsize=8)
def rfc3339_of_ms(ms: int) -> str:
    """Milliseconds since 1970 as the wire has them. Made once, because a busy node writes the same time often."""
    whole, rest = divmod(ms, 1000)
    return f"{_second(whole)}.{rest:03}Z"


@lru_cache(maxsize=8)
def _second(seconds: int) -> str:
    """A whole second without its zone."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
