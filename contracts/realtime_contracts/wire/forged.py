"""Tokens and auth payloads that must not open a connection, by the words that a feature uses for them."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from typing import Any, Protocol

from realtime_contracts.wire import tokens
from realtime_contracts.wire.tokens import ABSENT

#: A secret that no server under test has.
ANOTHER_KEY = "not-the-key-of-this-server-but-long-enough"
#: The `jti` of claims that were changed after signing: nothing else shows it to whoever does not have the secret.
CHANGED = "changed-after-signing"


class Mint(Protocol):
    """Makes a token that the server under test accepts, with claims replaced or left out (`ABSENT`)."""

    def __call__(self, user_id: str, tenant_id: str, **options: Any) -> str: ...


#: Takes the mint and a user's claims, gives the auth payload of the connection.
_Forger = Callable[[Mint, str, str], Any]


def auth_payload(words: str, mint: Mint, user_id: str, tenant_id: str) -> Any:
    """The auth payload that a feature calls `words`, made for this user as far as it can be."""
    return FORGERS[words](mint, user_id, tenant_id)


def _claims(**options: Any) -> _Forger:
    return lambda mint, user, tenant: {"token": mint(user, tenant, **options)}


def _tampered(mint: Mint, user: str, tenant: str) -> dict[str, str]:
    """The signature of somebody else's good token under claims of one's own."""
    head, _, signature = mint("somebody", "else").split(".")
    claims = tokens.claims(user, tenant, changed={"jti": CHANGED})
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    return {"token": f"{head}.{body}.{signature}"}


#: By name, who makes it.
FORGERS: dict[str, _Forger] = {
    "no token": lambda *_: None,
    "an empty token": lambda *_: {"token": ""},
    "a token that is garbage": lambda *_: {"token": "garbage.garbage.garbage"},
    "a token signed with another key": lambda _, u, t: {"token": tokens.mint(ANOTHER_KEY, u, t)},
    "a token without signature": lambda _, u, t: {"token": tokens.sign(tokens.claims(u, t), "", "none")},
    "a token changed after signing": _tampered,
    "a refresh token": _claims(changed={"type": "refresh"}),
    "a token without type": _claims(changed={"type": ABSENT}),
    "a token that is not valid yet": lambda m, u, t: {"token": m(u, t, changed={"nbf": int(time.time()) + 3600})},
    "an expired token": _claims(ttl=-60),
    "a token without tenant": _claims(changed={"tenant_id": ABSENT}),
    "a token with an empty tenant": _claims(changed={"tenant_id": ""}),
    "a token with braces in the tenant": lambda m, u, t: {"token": m(u, "{" + t + "}")},
    "a token with a line break in the tenant": lambda m, u, t: {"token": m(u, t + "\n")},
    "a token with a list as tenant": lambda m, u, t: {"token": m(u, t, changed={"tenant_id": [t]})},
    "a token with a tenant of 129 characters": lambda m, u, t: {"token": m(u, t.ljust(129, "x"))},
    "a token without user": _claims(changed={"sub": ABSENT}),
    "a token with an empty user": _claims(changed={"sub": ""}),
    "a token with braces in the user": lambda m, u, t: {"token": m("{" + u + "}", t)},
    "a token with a user of 129 characters": lambda m, u, t: {"token": m(u.ljust(129, "x"), t)},
    "a token of 8193 characters": lambda m, u, t: {"token": m(u, t).ljust(8193, "x")},
    "a number as token": lambda *_: {"token": 7},
    "a list as token": lambda m, u, t: {"token": [m(u, t)]},
    "null as token": lambda *_: {"token": None},
    "a string as auth payload": lambda m, u, t: m(u, t),
    "a list as auth payload": lambda m, u, t: [m(u, t)],
}
