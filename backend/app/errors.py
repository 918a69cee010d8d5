"""Everything that can go wrong, as one tree: a class is a wire code.

Raise these from managers and handlers; the event decorator and the REST layer turn them into an
`Error` of the contract at one boundary. A docstring says what the *client* should do.
"""

from __future__ import annotations

from typing import Any


class RealtimeError(Exception):
    """A failure with a code on the wire. `message` is for people, `details` for programs."""

    code = "internal"
    http_status = 500
    message = "Internal error"

    def __init__(self, message: str | None = None, details: dict[str, Any] | None = None) -> None:
        super().__init__(message or self.message)
        self.message = message or self.message
        self.details = details

    def to_dict(self, event: str | None) -> dict[str, Any]:
        """The contract's `Error` for a failed `event` (None if there was no event)."""
        return {"message": self.message, "code": self.code, "event": event, "details": self.details}


class Unauthenticated(RealtimeError):
    """Get a valid access token and connect again."""

    code = "unauthenticated"
    http_status = 401
    message = "Not authenticated"


class TokenExpired(Unauthenticated):
    """Get a fresh token and connect again."""

    code = "token_expired"
    message = "Token has expired"


class Forbidden(RealtimeError):
    """Do not ask again: policy refuses this user."""

    code = "forbidden"
    http_status = 403
    message = "Forbidden"


class InvalidPayload(RealtimeError):
    """Correct the message: `details` holds `path` (a JSON Pointer) and `reason`."""

    code = "invalid_payload"
    http_status = 422
    message = "Invalid payload"

    def __init__(self, path: str, reason: str, message: str | None = None) -> None:
        super().__init__(message, {"path": path, "reason": reason})


class UnknownEvent(RealtimeError):
    """Check the event's name and the server's version."""

    code = "unknown_event"
    http_status = 404
    message = "Unknown event"


class NotInRoom(RealtimeError):
    """Join the room first."""

    code = "not_in_room"
    http_status = 403
    message = "Not in room"


class NotFound(RealtimeError):
    """There is no such thing (any more): look again what there is."""

    code = "not_found"
    http_status = 404
    message = "Not found"


class Locked(RealtimeError):
    """Somebody else has locked this place: `details` is their lock, with the time at which it ends."""

    code = "locked"
    http_status = 409
    message = "Locked by another user"

    def __init__(self, lock: dict[str, Any]) -> None:
        super().__init__(details=lock)


class VersionConflict(RealtimeError):
    """Apply `details.changes`, the edits you have missed, and make your edit anew on `details.version`.

    Without changes you have missed more than is kept: ask for the document (`doc:sync`).
    """

    code = "version_conflict"
    http_status = 409
    message = "Version conflict"

    def __init__(self, version: int, changes: list[dict[str, Any]] | None) -> None:
        super().__init__(details={"version": version, "changes": changes})


class Conflict(RealtimeError):
    """Look at how things are now: as they are, this cannot be done, and asking again will not help."""

    code = "conflict"
    http_status = 409
    message = "Conflict"


class MethodNotAllowed(RealtimeError):
    """Use a method that the header `Allow` names."""

    code = "method_not_allowed"
    http_status = 405
    message = "Method not allowed"


class TooLarge(RealtimeError):
    """Make it smaller: it is larger than it may be."""

    code = "too_large"
    http_status = 413
    message = "Document too large"


class LimitExceeded(RealtimeError):
    """Give something up first: `details.limit` is how many are allowed."""

    code = "limit_exceeded"
    http_status = 409
    message = "Limit exceeded"

    def __init__(self, limit: int, message: str | None = None) -> None:
        super().__init__(message, {"limit": limit})


class RateLimited(RealtimeError):
    """Wait for `details.retry_after` seconds, and ask less often from then on."""

    code = "rate_limited"
    http_status = 429
    message = "Too many requests"

    def __init__(self, retry_after: float) -> None:
        super().__init__(details={"retry_after": retry_after})


class Unavailable(RealtimeError):
    """Redis is away. Nothing was changed for certain: ask again in a moment."""

    code = "unavailable"
    http_status = 503
    message = "Temporarily unavailable"


class Internal(RealtimeError):
    """A defect of the server. Report `details.correlation_id`; the log has the rest."""

    details: dict[str, Any]

    def __init__(self, correlation_id: str) -> None:
        super().__init__(details={"correlation_id": correlation_id})


class ConnectionLost(Unavailable):
    """The server itself restores the connection's state and tries once more; a client sees
    this only if that fails too, as `unavailable`.

    Raised when Redis does not know a connection that this node holds: Redis lost its data, or
    the other nodes took this one for dead.
    """
