"""Access tokens: whose they are, by the rules of the server.

Where there is no secret, signatures cannot be checked, and all else is. With `any_token` nothing is but who it says
that one is, and whoever has no token is the demo user.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jwt

from realtime_contracts.mock.refusals import Refused

#: Characters of a user's name on the wire; a longer one is cut.
MAX_NAME_LENGTH = 255

#: A user's or a tenant's id.
_SAFE_ID = re.compile(r"[^{}\x00-\x1f\x7f-\x9f\ud800-\udfff]{1,128}")

#: What names are written with, although Python does not call it printable.
_KEPT = frozenset("\u200c\u200d\u00a0\u2009\u202f\u3000")


@dataclass(frozen=True)
class User:
    """Somebody of a company, as their token says."""

    user_id: str
    tenant_id: str
    name: str
    role: str = "user"
    #: When the token ends, in seconds since 1970; None: never.
    expires_at: float | None = None


#: Who one is without a token, where that is allowed. The company is the one with the examples.
DEMO_USER = User("demo", "acme", "Demo")


@dataclass(frozen=True)
class Access:
    """Which tokens open the door."""

    secret: str | None = None
    any_token: bool = False

    def user_of(self, token: object) -> User:
        """The user of a token. Raises Refused: unauthenticated, token_expired."""
        if not token and self.any_token:
            return DEMO_USER
        if not isinstance(token, str):
            raise Refused("unauthenticated")
        claims = self._claims(token.removeprefix("Bearer "))
        user_id, tenant_id = claims.get("sub"), claims.get("tenant_id")
        typed = self.any_token or claims.get("type") == "access"
        if not (typed and is_safe_id(user_id) and is_safe_id(tenant_id)):
            raise Refused("unauthenticated")
        role, ends = _text(claims.get("role")), claims.get("exp")
        return User(
            str(user_id),
            str(tenant_id),
            _text(claims.get("name")) or "Unknown",
            role if role and role == claims.get("role") else "user",
            None if self.any_token or not isinstance(ends, int | float) else float(ends),
        )

    def _claims(self, token: str) -> Mapping[str, Any]:
        checks = {} if self.any_token else {"verify_exp": True, "verify_nbf": True, "verify_iat": True}
        try:
            return jwt.decode(
                token,
                self.secret or "",
                algorithms=["HS256"],
                options={
                    "verify_signature": self.secret is not None and not self.any_token,
                    "verify_aud": False,
                    **checks,
                },  # type: ignore[arg-type]  # its keys are not all literal here
            )
        except jwt.ExpiredSignatureError:
            raise Refused("token_expired") from None
        except (jwt.PyJWTError, ValueError, TypeError, AttributeError, KeyError, OverflowError):
            raise Refused("unauthenticated") from None


def is_safe_id(value: object) -> bool:
    """Whether this may be a user's or a tenant's id: 1 to 128 characters, no braces or controls."""
    return isinstance(value, str) and _SAFE_ID.fullmatch(value) is not None


def _text(claim: object) -> str:
    """An optional claim as clean text: whatever is not a string, or cannot be written, is none."""
    if not isinstance(claim, str):
        return ""
    clean = "".join(c for c in claim if c.isprintable() or c in _KEPT)
    return clean.encode("utf-8", "ignore").decode()[:MAX_NAME_LENGTH].strip()
