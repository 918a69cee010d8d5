"""The errors that services raise, for back ends to import, and those that are not in the contract.

`realtime_contracts.rules.errors` defines the others.
"""

from __future__ import annotations

from realtime_contracts.rules.errors import (
    Conflict,
    InvalidPayload,
    LimitExceeded,
    NotFound,
    RealtimeError,
    TooLarge,
    Unavailable,
    VersionConflict,
)

__all__ = [
    "Conflict",
    "ConnectionLost",
    "InvalidPayload",
    "LimitExceeded",
    "NoPermission",
    "NotFound",
    "RealtimeError",
    "RedisRefused",
    "TooLarge",
    "Unavailable",
    "VersionConflict",
]


class ConnectionLost(Unavailable):
    """Redis does not know a connection of this node: it lost its data, or other nodes took this one for dead.

    The server restores the connection's state and tries once more. A client sees this only if that fails
    too, as `unavailable`.
    """


class RedisRefused(Exception):
    """Redis has refused a command, in these words: a defect, or broken data. Asking again does not help."""


class NoPermission(RedisRefused, Unavailable):
    """The user of Redis lacks a permission: `unavailable` for clients, until the operator grants it."""

    details = None

    def __init__(self, said: str) -> None:
        """`said`: what Redis says. Clients do not get it."""
        Exception.__init__(self, said)
