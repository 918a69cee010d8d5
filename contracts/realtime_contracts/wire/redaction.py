"""What a report may show of what went over the wire: no tokens, no texts without end, nothing but JSON.

Of a token that the harness has sent, words stand in its place that say how it differs from a good one of whoever sent
it: `<refresh token at acme>`. `reports.program` makes the same token of them.
"""

from __future__ import annotations

import base64
import json
import math
import re
from collections.abc import Iterator
from typing import Any

import jwt

from realtime_contracts.wire.forged import ANOTHER_KEY, CHANGED

#: A JSON Web Token, however it is wrapped.
_TOKEN = re.compile(r"eyJ[\w-]+\.[\w-]*\.?[\w-]*")
REDACTED = "<token>"
#: Characters of a text that are kept.
MOST_OF_A_TEXT = 300
#: Levels of a payload that are kept: what is nested deeper is there to be refused, not to be read.
DEEP = 20
#: Seconds up to which it is worth saying how long a token lives.
SHORT_LIFE = 60
#: Characters of a token from which on it was made longer than it is.
_LONG = 4000
#: What a tenant's id has behind its label, so that every scenario has tenants of its own.
_OF_ITS_OWN = re.compile(r"-[0-9a-f]{8}(?!\w)")
_TENANT = re.compile(rf"[\w-]+{_OF_ITS_OWN.pattern}")
_WORD = re.compile(r"[\w-]+")


def shown(value: Any, level: int = 0, *, owner: str | None = None) -> Any:  # noqa: PLR0911 - a line for each kind
    """A value as a report may show it: JSON, without tokens, long texts cut. `owner` as in `redacted`."""
    if isinstance(value, str):
        text = redacted(value.encode("utf-8", "replace").decode(), owner)
        return text if len(text) <= MOST_OF_A_TEXT else f"{text[:MOST_OF_A_TEXT]}… ({len(text):,} characters)"
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return value if -(2**53) < value < 2**53 else repr(value)
    if level >= DEEP:
        return "…"
    if isinstance(value, dict):
        return {shown(str(key)): shown(part, level + 1, owner=owner) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [shown(part, level + 1, owner=owner) for part in value]
    return redacted(repr(value)[:MOST_OF_A_TEXT])


def redacted(text: str, owner: str | None = None) -> str:
    """A text without the tokens in it. `owner`, for what the harness sends: whose tab it is, "" if nobody's."""
    if owner is None:
        return _TOKEN.sub(REDACTED, text)
    return _TOKEN.sub(lambda match: _words(match[0], owner), text)


def _words(token: str, owner: str) -> str:
    """What is to be known of a token: kind, user, claims, signature, company. `<token>` is a good one of its owner."""
    try:
        claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    except ValueError:  # a source of tokens may write them in its own way
        return REDACTED
    told = f"{''.join(_kinds(claims))}token{''.join(_claims(claims, owner))}{_signature(token, claims)}"
    if "tenant_id" not in claims:
        return f"<{told} without tenant_id>"
    tenant = _word(claims["tenant_id"])
    if owner and told == "token" and _TENANT.fullmatch(tenant):
        return REDACTED if "name" in claims else "<token without name>"
    return f"<{told} at {_OF_ITS_OWN.sub('', tenant)}>"


def _kinds(claims: dict[str, Any]) -> Iterator[str]:
    issued = claims.get("iat", 0)
    if claims.get("type") == "refresh":
        yield "refresh "
    if claims.get("role") == "service":
        yield "service "
    if claims.get("exp", math.inf) <= issued:
        yield "expired "
    if claims.get("nbf", 0) > issued:
        yield "early "


def _claims(claims: dict[str, Any], owner: str) -> Iterator[str]:
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
    life = claims.get("exp", math.inf) - claims.get("iat", 0)
    if 0 < life <= SHORT_LIFE:
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
