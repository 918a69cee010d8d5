"""Checks access tokens and returns their users.

Without a secret, everything but the signature is checked. With `any_token` only the ids are checked, and a client
without a token is the demo user.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import jwt

from realtime_contracts.rules.claims import Identity, identity
from realtime_contracts.rules.errors import TokenExpired, Unauthenticated

#: The user of a client without a token, if allowed. Its tenant has the example data.
DEMO_USER = Identity("demo", "acme", "Demo")


@dataclasses.dataclass(frozen=True)
class Access:
    """The accepted tokens."""

    secret: str | None = None
    any_token: bool = False

    def user_of(self, token: object) -> Identity:
        """Return the user of a token. Raises Unauthenticated, TokenExpired."""
        if not token and self.any_token:
            return DEMO_USER
        if not isinstance(token, str):
            raise Unauthenticated
        claims = self._claims(token.removeprefix("Bearer "))
        if self.any_token:
            return dataclasses.replace(identity(claims), expires_at=None)
        if claims.get("type") != "access":
            raise Unauthenticated
        return identity(claims)

    def _claims(self, token: str) -> Mapping[str, Any]:
        checked = self.secret is not None and not self.any_token
        try:
            return jwt.decode(
                token,
                self.secret or "",
                algorithms=["HS256"],
                options={
                    "verify_signature": checked,
                    "verify_aud": False,
                    **dict.fromkeys(("verify_exp", "verify_nbf", "verify_iat"), not self.any_token),
                },  # type: ignore[arg-type]  # its keys are not all literal here
            )
        except jwt.ExpiredSignatureError:
            raise TokenExpired from None
        except (jwt.PyJWTError, ValueError, TypeError, AttributeError, KeyError, OverflowError):
            raise Unauthenticated from None
