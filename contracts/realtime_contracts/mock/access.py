"""Checks access tokens and returns their users.

Without a secret, everything but the signature is checked. With `any_token` only the ids are checked, and a client
without a token is the demo user.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Mapping
from typing import Any

import jwt

from realtime_contracts.rules.claims import Identity, check_times, connection_end, identity
from realtime_contracts.rules.errors import TokenExpired, Unauthenticated
from realtime_contracts.rules.limits import LEEWAY_SECONDS, MAX_TOKEN_LENGTH

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
        if not isinstance(token, str) or len(token) > MAX_TOKEN_LENGTH:
            raise Unauthenticated
        claims = self._claims(token.removeprefix("Bearer "))
        if self.any_token:
            return dataclasses.replace(identity(claims), expires_at=None)
        check_times(claims)
        if claims.get("type") != "access":
            raise Unauthenticated
        user = identity(claims)
        if user.expires_at is None:
            return user
        return dataclasses.replace(user, expires_at=connection_end(user.expires_at, LEEWAY_SECONDS, time.time()))

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
                    "require": [] if self.any_token else ["exp"],
                    **dict.fromkeys(("verify_exp", "verify_nbf", "verify_iat"), not self.any_token),
                },  # type: ignore[arg-type]  # its keys are not all literal here
                leeway=LEEWAY_SECONDS,
            )
        except jwt.ExpiredSignatureError:
            raise TokenExpired from None
        except (jwt.PyJWTError, ValueError, TypeError, AttributeError, KeyError, OverflowError, RecursionError):
            raise Unauthenticated from None
