"""Access tokens: whose they are."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import jwt
from flask_jwt_extended import decode_token
from flask_jwt_extended.exceptions import JWTExtendedException
from jwt.exceptions import ExpiredSignatureError, PyJWTError

from app.errors import TokenExpired, Unauthenticated
from app.realtime.store.keys import is_safe_id

#: Characters of a user's name on the wire; a longer one is cut, because a name must not refuse a user.
MAX_NAME_LENGTH = 255

#: What names are written with, although Python does not call it printable: joiners, and spaces beyond ASCII.
_KEPT = frozenset("\u200c\u200d\u00a0\u2009\u202f\u3000")


def user_of(token: str) -> dict[str, Any]:
    """The user of an access token: see `ConnectionManager.verify`."""
    try:
        token = token.removeprefix("Bearer ")
        claims = decode_token(token)
        # The library takes a token without a type for an access token; we do not.
        kind = jwt.decode(token, options={"verify_signature": False}).get("type")
        expires = claims.get("exp")
        expires_at = datetime.fromtimestamp(expires, UTC) if expires is not None else None
    except ExpiredSignatureError as error:
        raise TokenExpired from error
    except (
        PyJWTError,
        JWTExtendedException,
        ValueError,
        TypeError,
        AttributeError,
        KeyError,
        OverflowError,  # an end beyond all time
    ) as error:
        raise Unauthenticated from error
    user_id, tenant_id = claims.get("sub"), claims.get("tenant_id")
    if kind != "access" or not is_safe_id(user_id) or not is_safe_id(tenant_id):
        raise Unauthenticated
    return {
        "user_id": user_id,
        "tenant_id": tenant_id,
        "user_name": _text(claims.get("name")) or "Unknown",
        "user_email": _text(claims.get("email")),
        "role": _role(claims.get("role")),
        "expires_at": expires_at,
    }


def _role(claim: object) -> str:
    """A role decides rights, so it is taken as it is written or not at all."""
    return claim if isinstance(claim, str) and claim and claim == _text(claim) else "user"


def _text(claim: object) -> str:
    """An optional claim as clean text: whatever is not a string, or cannot be written, is none."""
    if not isinstance(claim, str):
        return ""
    clean = "".join(c for c in claim if c.isprintable() or c in _KEPT)
    return clean.encode("utf-8", "ignore").decode()[:MAX_NAME_LENGTH].strip()
