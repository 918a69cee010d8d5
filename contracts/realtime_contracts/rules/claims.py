"""What the claims of an access token say of a user. Checking the token is the server's business."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from realtime_contracts.rules.errors import Unauthenticated
from realtime_contracts.rules.ids import is_safe_id
from realtime_contracts.rules.limits import MAX_NAME_LENGTH

#: What names are written with, although Python does not call it printable: joiners, and spaces beyond ASCII.
_KEPT = frozenset("\u200c\u200d\u00a0\u2009\u202f\u3000")


@dataclass(frozen=True)
class Identity:
    """Who a token is for."""

    user_id: str
    tenant_id: str
    name: str
    email: str = ""
    role: str = "user"
    #: When the token ends, in seconds since 1970; None: never.
    expires_at: float | None = None


def identity(claims: Mapping[str, Any]) -> Identity:
    """Who `claims` are for. Raises Unauthenticated if they name no user or no tenant."""
    user_id, tenant_id, expires = claims.get("sub"), claims.get("tenant_id"), claims.get("exp")
    if not is_safe_id(user_id) or not is_safe_id(tenant_id):
        raise Unauthenticated
    return Identity(
        str(user_id),
        str(tenant_id),
        _text(claims.get("name")) or "Unknown",
        _text(claims.get("email")),
        _role(claims.get("role")),
        float(expires) if isinstance(expires, int | float) else None,
    )


def _role(claim: object) -> str:
    """A role decides rights, so it is taken as it is written or not at all."""
    return claim if isinstance(claim, str) and claim and claim == _text(claim) else "user"


def _text(claim: object) -> str:
    """An optional claim as clean text: whatever is not a string, or cannot be written, is none."""
    if not isinstance(claim, str):
        return ""
    clean = "".join(c for c in claim if c.isprintable() or c in _KEPT)
    return clean.encode("utf-8", "ignore").decode()[:MAX_NAME_LENGTH].strip()
