"""Why something is refused: a code of the contract, with the texts that the server has for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: Code → what is said to people, and REST's status.
TEXTS: dict[str, tuple[str, int]] = {
    "unauthenticated": ("Not authenticated", 401),
    "token_expired": ("Token has expired", 401),
    "forbidden": ("Forbidden", 403),
    "invalid_payload": ("Invalid payload", 422),
    "unknown_event": ("Unknown event", 404),
    "not_in_room": ("Not in room", 403),
    "not_found": ("Not found", 404),
    "locked": ("Locked by another user", 409),
    "version_conflict": ("Version conflict", 409),
    "conflict": ("Conflict", 409),
    "method_not_allowed": ("Method not allowed", 405),
    "too_large": ("Document too large", 413),
    "limit_exceeded": ("Limit exceeded", 409),
    "rate_limited": ("Too many requests", 429),
    "unavailable": ("Temporarily unavailable", 503),
    "internal": ("Internal error", 500),
}

#: Characters of an event's name that an error repeats.
MAX_EVENT_LENGTH = 200


class Refused(Exception):
    """Something is refused with a code of the contract."""

    def __init__(self, code: str, message: str | None = None, details: Mapping[str, Any] | None = None) -> None:
        self.code = code
        self.message = message or TEXTS[code][0]
        self.details = None if details is None else dict(details)
        super().__init__(self.message)

    @property
    def status(self) -> int:
        """The status of a REST answer."""
        return TEXTS[self.code][1]

    def error(self, event: str | None) -> dict[str, Any]:
        """The contract's `Error`; `event` is what failed, None if it was no event."""
        named = event if event is None else event[:MAX_EVENT_LENGTH]
        return {"message": self.message, "code": self.code, "event": named, "details": self.details}


def invalid(path: str, reason: str, message: str | None = None) -> Refused:
    """`invalid_payload`, at a place of the payload."""
    return Refused("invalid_payload", message, {"path": path, "reason": reason})


def limited(limit: int, message: str) -> Refused:
    """`limit_exceeded`."""
    return Refused("limit_exceeded", message, {"limit": limit})
