"""Access tokens as flask-jwt-extended makes them, for tests, demonstrations and the command line.

A real application gets its tokens from its own login; nothing here is part of the server. `mint` makes
a good token; every claim can be replaced or left out, because a harness needs bad ones as well.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Mapping
from typing import Any, Final

import jwt

#: Seconds a token lives unless told otherwise: long enough for a demonstration, short enough to be lost.
DEFAULT_TTL_SECONDS = 3600.0


class _Absent:
    def __repr__(self) -> str:
        return "ABSENT"


#: As the value of a claim: leave it out.
ABSENT: Final = _Absent()


def claims(
    user_id: str,
    tenant_id: str,
    *,
    name: str | None = None,
    email: str | None = None,
    role: str = "user",
    ttl: float = DEFAULT_TTL_SECONDS,
    changed: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The claims of an access token; `ttl` in seconds from now, negative for an expired one.

    `changed` replaces any claim, adds one, or leaves it out with `ABSENT`.
    """
    now = time.time()
    issued = int(min(now, now + ttl))
    made = {
        "fresh": False,
        "iat": issued,
        "jti": str(uuid.uuid4()),
        "type": "access",
        "sub": user_id,
        "nbf": issued,
        "exp": int(now + ttl),
        "tenant_id": tenant_id,
        "name": ABSENT if name is None else name,
        "email": ABSENT if email is None else email,
        "role": role,
        **(changed or {}),
    }
    return {claim: value for claim, value in made.items() if value is not ABSENT}


def sign(payload: dict[str, Any], key: str, algorithm: str = "HS256") -> str:
    """Turn claims into a token. `key` is the shared secret (HS256) or a private key in PEM (RS256, ES256)."""
    # PyJWT itself refuses a sub that is no string; a harness has to send such a token.
    return jwt.api_jws.encode(_json(payload), key, algorithm, headers={"typ": "JWT"})


def mint(key: str, user_id: str, tenant_id: str, *, algorithm: str = "HS256", **options: Any) -> str:
    """Make a signed access token. `options` as in `claims`.

    >>> token = mint("a-secret-of-thirty-two-bytes-or-more", "ana", "acme", name="Ana", ttl=600)
    """
    return sign(claims(user_id, tenant_id, **options), key, algorithm)


def _json(payload: dict[str, Any]) -> bytes:
    return json.dumps(payload, separators=(",", ":")).encode()
