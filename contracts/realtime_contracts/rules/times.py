"""Times on the wire: RFC 3339, UTC, milliseconds, `Z`."""

from __future__ import annotations

from datetime import UTC, datetime


def from_rfc3339(text: str) -> datetime:
    """The aware datetime of a time as Redis scripts write it."""
    return datetime.fromisoformat(text)


def to_rfc3339(moment: datetime) -> str:
    """An aware datetime as `2026-01-31T12:00:00.000Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def rfc3339(seconds: float) -> str:
    """Seconds since 1970 as the wire has them."""
    return to_rfc3339(datetime.fromtimestamp(seconds, UTC))
