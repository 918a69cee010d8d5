"""Access tokens: verifies one and reads its user.

A token comes from anybody: whatever is in its header or its claims, it is a user's or it is refused.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import jwt
from jwt.exceptions import ExpiredSignatureError, PyJWTError

from app.realtime.store.revocations import Claimed
from app.settings import Settings
from realtime_contracts.rules.claims import check_times, connection_end, identity, is_token_id
from realtime_contracts.rules.errors import TokenExpired, Unauthenticated
from realtime_contracts.rules.limits import MAX_TOKEN_LENGTH

if TYPE_CHECKING:
    from jwt.types import Options


class AccessTokens:
    """Verifies the tokens that the settings accept."""

    def __init__(self, settings: Settings) -> None:
        self._key = settings.jwt_key
        self._algorithm = settings.jwt_algorithm
        self._leeway = settings.jwt_leeway_seconds
        self._issuer = settings.jwt_issuer or None
        self._audience = settings.jwt_audience or None
        self._options: Options = {
            "verify_aud": self._audience is not None,
            "require": ["exp"] if settings.jwt_require_exp else [],
        }

    def user_of(self, token: str) -> dict[str, Any]:
        """The user of an access token: see `ConnectionManager.verify`.

        Flask-JWT-Extended makes such tokens. Its own check parses each twice, and takes four times as long.
        """
        try:
            token = token.removeprefix("Bearer ")
            claims = self._claims(token)
            kind, token_id = claims.get("type"), str(claims.get("jti", ""))
            expires_at = self._end(claims.get("exp"))
        except ExpiredSignatureError as error:
            raise TokenExpired from error
        except (
            PyJWTError,
            ValueError,
            TypeError,
            AttributeError,
            KeyError,
            OverflowError,  # The end is beyond the range of dates.
            RecursionError,  # Lists in lists: PyJWT parses the header of anybody's token.
        ) as error:
            raise Unauthenticated from error
        if kind != "access":
            raise Unauthenticated
        if not is_token_id(token_id):
            token_id = ""  # Such a token can be revoked with its user's others only.
        user = identity(claims)
        return {
            "user_id": user.user_id,
            "tenant_id": user.tenant_id,
            "user_name": user.name,
            "user_email": user.email,
            "role": user.role,
            "expires_at": expires_at,
            "token": Claimed(user.user_id, token_id, max(0.0, claims.get("iat", 0.0))),
        }

    def _claims(self, token: str) -> dict[str, Any]:
        """Return the claims of a token that is signed, and valid now. Raises what `user_of` catches."""
        if len(token) > MAX_TOKEN_LENGTH:
            raise ValueError("too long")
        claims = jwt.decode(
            token,
            self._key,
            [self._algorithm],
            self._options,
            audience=self._audience,
            issuer=self._issuer,
            leeway=self._leeway,
        )
        check_times(claims)
        return claims

    def _end(self, expires: float | None) -> datetime | None:
        if expires is None:
            return None
        return datetime.fromtimestamp(connection_end(expires, self._leeway, time.time()), UTC)
