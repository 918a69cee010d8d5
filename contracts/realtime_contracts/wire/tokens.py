"""Access tokens as flask-jwt-extended makes them, and bad tokens that must not open a connection.

A real application gets tokens from its own login; the server does not use this module. `mint` makes a good token. Every
claim can be replaced or left out, because a harness needs bad tokens too.
"""

from __future__ import annotations

import base64
import json
import math
import re
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, Protocol

import jwt

#: Default lifetime in seconds: long enough for a demonstration, short enough to lose.
DEFAULT_TTL_SECONDS = 3600.0


#: A secret that no tested server has.
ANOTHER_KEY = "not-the-key-of-this-server-but-long-enough"
#: The `jti` of claims changed after signing. It is the only sign of the change for readers without the secret.
CHANGED = "changed-after-signing"
#: Lifetimes in seconds up to which a report states them.
SHORT_LIFE = 60
#: The end of a token in seconds since 1970 that is beyond all years.
_NO_TIME = 10**15
#: Characters of an overlong token.
_LONG = 4000
#: The separator after the label in the id of a scenario's tenant.
_OF_ITS_OWN = re.compile(r"-[0-9a-f]{8}(?!\w)")
_TENANT = re.compile(rf"[\w-]+{_OF_ITS_OWN.pattern}")
_WORD = re.compile(r"[\w-]+")


class _Absent:
    def __repr__(self) -> str:
        return "ABSENT"


#: As a claim's value: leave the claim out.
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
    """Return the claims of an access token; `ttl` in seconds from now, negative for an expired one.

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
    """Sign claims. `key` is the shared secret (HS256) or a private key in PEM (RS256, ES256)."""
    # PyJWT refuses a sub that is not a string; a harness has to send such a token.
    return jwt.api_jws.encode(_json(payload), key, algorithm, headers={"typ": "JWT"})


def mint(key: str, user_id: str, tenant_id: str, *, algorithm: str = "HS256", **options: Any) -> str:
    """Return a signed access token. `options` as in `claims`.

    >>> token = mint("a-secret-of-thirty-two-bytes-or-more", "ana", "acme", name="Ana", ttl=600)
    """
    return sign(claims(user_id, tenant_id, **options), key, algorithm)


def _json(payload: dict[str, Any]) -> bytes:
    return json.dumps(payload, separators=(",", ":")).encode()


# Bad tokens, by the words of a feature


class Mint(Protocol):
    """Makes tokens that the tested server accepts, with claims replaced or left out (`ABSENT`)."""

    def __call__(self, user_id: str, tenant_id: str, **options: Any) -> str: ...


#: Takes the mint and a user's claims; returns the auth payload of the connection.
_Forger = Callable[[Mint, str, str], Any]


def auth_payload(words: str, mint: Mint, user_id: str, tenant_id: str) -> Any:
    """Return the auth payload that a feature calls `words`, for this user as far as possible."""
    return FORGERS[words](mint, user_id, tenant_id)


def _with(**options: Any) -> _Forger:
    return lambda mint, user, tenant: {"token": mint(user, tenant, **options)}


def _tampered(mint: Mint, user: str, tenant: str) -> dict[str, str]:
    """Return another user's signature under the user's own claims."""
    head, _, signature = mint("somebody", "else").split(".")
    made = claims(user, tenant, changed={"jti": CHANGED})
    body = base64.urlsafe_b64encode(json.dumps(made).encode()).rstrip(b"=").decode()
    return {"token": f"{head}.{body}.{signature}"}


#: The makers of bad tokens, by name.
FORGERS: dict[str, _Forger] = {
    "no token": lambda *_: None,
    "an empty token": lambda *_: {"token": ""},
    "a token that is garbage": lambda *_: {"token": "garbage.garbage.garbage"},
    "a token signed with another key": lambda _, u, t: {"token": mint(ANOTHER_KEY, u, t)},
    "a token without signature": lambda _, u, t: {"token": sign(claims(u, t), "", "none")},
    "a token changed after signing": _tampered,
    "a refresh token": _with(changed={"type": "refresh"}),
    "a token without type": _with(changed={"type": ABSENT}),
    "a token that is not valid yet": lambda m, u, t: {"token": m(u, t, changed={"nbf": int(time.time()) + 3600})},
    "a token that is valid in three seconds": lambda m, u, t: {"token": m(u, t, changed={"nbf": int(time.time()) + 3})},
    "an expired token": _with(ttl=-60),
    "a token that ran out a second ago": lambda m, u, t: {
        "token": m(u, t, ttl=-1, changed={"iat": int(time.time()), "nbf": int(time.time())})
    },
    "a token without an end": _with(changed={"exp": ABSENT}),
    "a token with a list as end": _with(changed={"exp": [4102444800]}),
    "a token with a text as end": _with(changed={"exp": "tomorrow"}),
    "a token with an end beyond all years": _with(changed={"exp": _NO_TIME}),
    "a token without tenant": _with(changed={"tenant_id": ABSENT}),
    "a token with an empty tenant": _with(changed={"tenant_id": ""}),
    "a token with braces in the tenant": lambda m, u, t: {"token": m(u, "{" + t + "}")},
    "a token with a line break in the tenant": lambda m, u, t: {"token": m(u, t + "\n")},
    "a token with a list as tenant": lambda m, u, t: {"token": m(u, t, changed={"tenant_id": [t]})},
    "a token with a tenant of 129 characters": lambda m, u, t: {"token": m(u, t.ljust(129, "x"))},
    "a token without user": _with(changed={"sub": ABSENT}),
    "a token with an empty user": _with(changed={"sub": ""}),
    "a token with braces in the user": lambda m, u, t: {"token": m("{" + u + "}", t)},
    "a token with a blank before the tenant": lambda m, u, t: {"token": m(u, " " + t)},
    "a token with a blank after the user": lambda m, u, t: {"token": m(u + "\u00a0", t)},
    "a token with a user that is not in NFC": lambda m, u, t: {"token": m(u + "e\u0301", t)},
    "a token with a bidi character in the user": lambda m, u, t: {"token": m(u + "\u202exe", t)},
    "a token with a user of 129 characters": lambda m, u, t: {"token": m(u.ljust(129, "x"), t)},
    "a token of 8193 characters": lambda m, u, t: {"token": m(u, t).ljust(8193, "x")},
    "a number as token": lambda *_: {"token": 7},
    "a list as token": lambda m, u, t: {"token": [m(u, t)]},
    "null as token": lambda *_: {"token": None},
    "a string as auth payload": lambda m, u, t: m(u, t),
    "a list as auth payload": lambda m, u, t: [m(u, t)],
}


def described(token: str, owner: str) -> str:
    """Describe how a token differs from its owner's good token: `<refresh token at acme>`; a good one is `<token>`.

    `reports.program` makes the same token from these words.
    """
    try:
        claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    except ValueError:  # Token sources may format claims in their own way.
        return "<token>"
    told = f"{''.join(_kinds_in(claims))}token{''.join(_claims_in(claims, owner))}{_signature(token, claims)}"
    if "tenant_id" not in claims:
        return f"<{told} without tenant_id>"
    tenant = _word(claims["tenant_id"])
    if owner and told == "token" and _TENANT.fullmatch(tenant):
        return "<token>" if "name" in claims else "<token without name>"
    return f"<{told} at {_OF_ITS_OWN.sub('', tenant)}>"


def _kinds_in(claims: dict[str, Any]) -> Iterator[str]:
    early, life = _time(claims, "nbf") - _time(claims, "iat"), _life(claims)
    if claims.get("type") == "refresh":
        yield "refresh "
    if claims.get("role") == "service":
        yield "service "
    if life == 0 or life < -SHORT_LIFE:
        yield "expired "
    if early > 0:
        yield "early " if early > SHORT_LIFE else "soon "


def _life(claims: dict[str, Any]) -> float:
    """Return the seconds from a token's making to its end; infinite if it has none that is a time."""
    return _time(claims, "exp", math.inf) - _time(claims, "iat")


def _time(claims: dict[str, Any], name: str, otherwise: float = 0) -> float:
    """Return a claim that is a time, or `otherwise`: claims may be anything."""
    claim = claims.get(name)
    return claim if isinstance(claim, int | float) and abs(claim) < _NO_TIME else otherwise


def _claims_in(claims: dict[str, Any], owner: str) -> Iterator[str]:
    user = claims.get("sub")
    if user is None:
        yield " without sub"
    elif user != owner.lower():
        yield f" of {_word(user)}"
    for claim, usual in (("type", ("access", "refresh")), ("role", ("user", "service"))):
        if claim not in claims:
            yield f" without {claim}"
        elif claims[claim] not in usual:
            yield f" with {claim} {_word(claims[claim])}"
    if "name" in claims and claims["name"] != (owner or str(user).title()):
        yield f" with name {_word(claims['name'])}"
    life = _life(claims)
    if "exp" not in claims:
        yield " without exp"
    elif life == math.inf:
        yield f" with exp {_word(claims['exp'])}"
    elif life and -SHORT_LIFE <= life <= SHORT_LIFE:
        yield f" with ttl {life}"


def _signature(token: str, claims: dict[str, Any]) -> str:
    if claims.get("jti") == CHANGED:
        return " changed after signing"
    if token.endswith("."):
        return " not signed"
    if len(token) > _LONG:
        return f" with length {len(token)}"
    try:
        jwt.decode(token, ANOTHER_KEY, ["HS256"], options={"verify_exp": False})
    except jwt.InvalidTokenError:
        return ""
    return " signed with another key"


def _word(value: Any) -> str:
    return value if isinstance(value, str) and _WORD.fullmatch(value) else json.dumps(value)
