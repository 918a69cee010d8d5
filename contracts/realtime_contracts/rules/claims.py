"""Reads a user from the claims of an access token. The server checks the token itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from realtime_contracts.rules.errors import Unauthenticated
from realtime_contracts.rules.ids import is_safe_id
from realtime_contracts.rules.limits import MAX_NAME_LENGTH

#: The id of a token (`jti`), without characters that hide in a log line or cannot be UTF-8.
_TOKEN_ID = re.compile(r"[^\x00-\x1f\x7f-\x9f\ud800-\udfff]{1,255}")

#: The claims that are times, in seconds since 1970.
_TIMES = ("exp", "nbf", "iat")

#: The first second that no date has, since 1970.
_YEAR_10000 = 253_402_300_800

#: Characters of names that Python does not call printable: joiners, and spaces beyond ASCII.
_KEPT = frozenset("\u200c\u200d\u00a0\u2009\u202f\u3000")


@dataclass(frozen=True)
class Identity:
    """The user of a token."""

    user_id: str
    tenant_id: str
    name: str
    email: str = ""
    role: str = "user"
    #: When the token ends, in seconds since 1970; None: never.
    expires_at: float | None = None


def is_token_id(value: object) -> bool:
    """Whether a `jti` can be revoked: 1-255 characters, no controls."""
    return isinstance(value, str) and _TOKEN_ID.fullmatch(value) is not None


def identity(claims: Mapping[str, Any]) -> Identity:
    """Return the user of `claims`. Raises Unauthenticated if they name no user or no tenant."""
    user_id, tenant_id = claims.get("sub"), claims.get("tenant_id")
    expires: Any = claims.get("exp")
    if not is_safe_id(user_id) or not is_safe_id(tenant_id):
        raise Unauthenticated
    return Identity(
        str(user_id),
        str(tenant_id),
        _text(claims.get("name")) or "Unknown",
        _text(claims.get("email")),
        _role(claims.get("role")),
        float(expires) if _is_time(expires) else None,
    )


def check_times(claims: Mapping[str, Any]) -> None:
    """Raise Unauthenticated if a claim that is a time is none: PyJWT reads "5", true and 5.9 as 5."""
    for name in _TIMES:
        if name in claims and not _is_time(claims[name]):
            raise Unauthenticated


def connection_end(expires_at: float, leeway: float, now: float) -> float:
    """Return when the connection of a token ends, in seconds since 1970.

    That is the token's `exp`. A token that the leeway let in ends with the leeway, and not at once.
    """
    return expires_at if expires_at > now else expires_at + leeway


def _is_time(claim: object) -> bool:
    if isinstance(claim, bool) or not isinstance(claim, int | float):
        return False
    return -_YEAR_10000 < claim < _YEAR_10000  # also false for NaN


def _role(claim: object) -> str:
    """Return the role exactly as written, or none: it decides rights."""
    return claim if isinstance(claim, str) and claim and claim == _text(claim) else "user"


def _text(claim: object) -> str:
    """Return an optional claim as clean text; none if it is not a string or cannot be encoded."""
    if not isinstance(claim, str):
        return ""
    clean = "".join(c for c in claim if c.isprintable() or c in _KEPT)
    return clean.encode("utf-8", "ignore").decode()[:MAX_NAME_LENGTH].strip()
