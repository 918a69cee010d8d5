"""The errors of the contract, and what this server alone can run into.

Raise these from managers and handlers; the event decorator and the REST layer turn them into an
`Error` of the contract at one boundary.
"""

from __future__ import annotations

from realtime_contracts.rules.errors import (
    Conflict,
    Forbidden,
    Internal,
    InvalidPayload,
    LimitExceeded,
    Locked,
    MethodNotAllowed,
    NotFound,
    NotInRoom,
    RateLimited,
    RealtimeError,
    TokenExpired,
    TooLarge,
    Unauthenticated,
    Unavailable,
    UnknownEvent,
    VersionConflict,
)

__all__ = [
    "Conflict",
    "ConnectionLost",
    "Forbidden",
    "Internal",
    "InvalidPayload",
    "LimitExceeded",
    "Locked",
    "MethodNotAllowed",
    "NotFound",
    "NotInRoom",
    "RateLimited",
    "RealtimeError",
    "TokenExpired",
    "TooLarge",
    "Unauthenticated",
    "Unavailable",
    "UnknownEvent",
    "VersionConflict",
]


class ConnectionLost(Unavailable):
    """Redis does not know a connection that this node holds: it lost its data, or other nodes took this one for dead.

    The server restores the connection's state and tries once more. A client sees this only if that fails
    too, as `unavailable`.
    """
