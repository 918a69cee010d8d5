"""The errors of the contract as one tree: a class is a code.

    RealtimeError
        Unauthenticated ── TokenExpired
        Forbidden · NotInRoom · NotFound · UnknownEvent · MethodNotAllowed
        InvalidPayload · TooLarge
        Locked · VersionConflict · Conflict · LimitExceeded · RateLimited
        Unavailable · Internal

`contracts/errors.json` says of each code its HTTP status, its text and what the client
should do. A docstring says when the server raises it.
"""

from __future__ import annotations

from typing import Any

from realtime_contracts.contract.error_codes import error_codes


class RealtimeError(Exception):
    """A failure with a code on the wire. `message` is for people, `details` for programs."""

    code: str
    http_status: int
    message: str

    def __init_subclass__(cls, *, code: str | None = None) -> None:
        """A class without `code` has that of the class above it."""
        if code is not None:
            known = error_codes()[code]
            cls.code, cls.http_status, cls.message = known.code, known.status, known.message

    def __init__(self, message: str | None = None, details: dict[str, Any] | None = None) -> None:
        super().__init__(message or self.message)
        self.message = message or self.message
        self.details = details

    def to_answer(self) -> dict[str, Any]:
        """The body of a REST answer that failed."""
        body = {"success": False, "error": self.message, "code": self.code}
        return body if self.details is None else {**body, "details": self.details}

    def to_dict(self, event: str | None) -> dict[str, Any]:
        """The contract's `Error` for a failed `event` (None if there was no event)."""
        return {"message": self.message, "code": self.code, "event": event, "details": self.details}


class Unauthenticated(RealtimeError, code="unauthenticated"):
    """There is no access token, or it is not valid."""


class TokenExpired(Unauthenticated, code="token_expired"):
    """The access token has expired."""


class Forbidden(RealtimeError, code="forbidden"):
    """The policy or the token's role does not let this user."""


class InvalidPayload(RealtimeError, code="invalid_payload"):
    """The message is not what the contract says: at `path`, a JSON Pointer, for `reason`."""

    def __init__(self, path: str, reason: str, message: str | None = None) -> None:
        super().__init__(message, {"path": path, "reason": reason})


class UnknownEvent(RealtimeError, code="unknown_event"):
    """The contract has no event of that name."""


class NotInRoom(RealtimeError, code="not_in_room"):
    """The connection asks for something of a room that it is not in."""


class NotFound(RealtimeError, code="not_found"):
    """What was asked for does not exist, or was deleted."""


class Locked(RealtimeError, code="locked"):
    """Another user holds a lock on the place; `lock` is theirs."""

    def __init__(self, lock: dict[str, Any]) -> None:
        super().__init__(details=lock)


class VersionConflict(RealtimeError, code="version_conflict"):
    """The edit is made on an old version, and does not fit `changes`, the edits since; None if they are not kept.

    Or it is made on a version of another epoch than `epoch`, the document's; then, too, `changes` is None.
    """

    def __init__(self, version: int, epoch: str, changes: list[dict[str, Any]] | None) -> None:
        super().__init__(details={"version": version, "epoch": epoch, "changes": changes})


class Conflict(RealtimeError, code="conflict"):
    """The current state does not allow it."""


class MethodNotAllowed(RealtimeError, code="method_not_allowed"):
    """A path of the REST API does not have this method."""


class TooLarge(RealtimeError, code="too_large"):
    """A document, a body or the details in it are larger than the server takes."""


class LimitExceeded(RealtimeError, code="limit_exceeded"):
    """There are `limit` of them already."""

    def __init__(self, limit: int, message: str | None = None) -> None:
        super().__init__(message, {"limit": limit})


class RateLimited(RealtimeError, code="rate_limited"):
    """The caller asks too often; in `retry_after` seconds they may again."""

    def __init__(self, retry_after: float, message: str | None = None) -> None:
        super().__init__(message, {"retry_after": retry_after})
        self.retry_after = retry_after


class Unavailable(RealtimeError, code="unavailable"):
    """Redis cannot be reached."""


class Internal(RealtimeError, code="internal"):
    """A defect of the server; the log has `correlation_id` with its trace."""

    details: dict[str, Any]

    def __init__(self, correlation_id: str) -> None:
        super().__init__(details={"correlation_id": correlation_id})
