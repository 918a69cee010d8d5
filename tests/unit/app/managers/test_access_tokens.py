"""What a token may claim: times within the leeway, issuer, audience. Odd claims are refused, and are no defect."""

from __future__ import annotations

import base64
import json
import time
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from app.realtime.managers.access_tokens import AccessTokens
from app.settings import Settings
from realtime_contracts.rules.errors import TokenExpired, Unauthenticated
from realtime_contracts.wire import tokens
from realtime_contracts.wire.tokens import ABSENT
from tests.unit.app.api.support import Api
from tests.unit.app.conftest import SECRET


def user_of(changed: dict[str, Any] | None = None, **settings: Any) -> dict[str, Any]:
    """The user of a token with these claims, at a server with these settings."""
    accepted = AccessTokens(Settings(jwt_secret_key=SECRET, **settings))
    return accepted.user_of(tokens.mint(SECRET, "ana", "acme", changed=changed))


def refused(changed: dict[str, Any] | None = None, **settings: Any) -> bool:
    with pytest.raises(Unauthenticated) as caught:
        user_of(changed, **settings)
    return type(caught.value) is Unauthenticated


# Times


def test_an_end_is_required_unless_a_setting_says_otherwise() -> None:
    assert refused({"exp": ABSENT})
    assert refused({"exp": None})
    assert user_of({"exp": ABSENT}, jwt_require_exp=False)["expires_at"] is None
    assert refused({"exp": None}, jwt_require_exp=False)


@pytest.mark.parametrize("claim", ["nbf", "iat"])
def test_a_token_of_a_clock_that_is_ahead_within_the_leeway_is_valid(claim: str) -> None:
    assert user_of({claim: time.time() + 4})
    assert refused({claim: time.time() + 30})
    assert user_of({claim: time.time() + 25}, jwt_leeway_seconds=30)
    assert refused({claim: time.time() + 4}, jwt_leeway_seconds=0)


def test_a_token_that_has_run_out_within_the_leeway_is_valid_until_the_leeway_ends() -> None:
    end = int(time.time()) - 2
    assert user_of({"exp": end})["expires_at"] == datetime.fromtimestamp(end + 5, UTC)
    for options in ({"jwt_leeway_seconds": 0}, {"jwt_leeway_seconds": 1}):
        with pytest.raises(TokenExpired):
            user_of({"exp": end}, **options)
    with pytest.raises(TokenExpired):
        user_of({"exp": end - 4})


def test_a_connection_ends_at_exp_and_not_with_the_leeway() -> None:
    end = int(time.time()) + 60
    assert user_of({"exp": end})["expires_at"] == datetime.fromtimestamp(end, UTC)


# Who made it, and for whom


@pytest.mark.parametrize("odd", [ABSENT, None, "", "other", ["login"], {"login": 1}, 5, True, "login\ud800"], ids=repr)
def test_only_the_issuer_of_the_settings_issues(odd: object) -> None:
    assert refused({"iss": odd}, jwt_issuer="login")
    assert user_of({"iss": "login"}, jwt_issuer="login")
    if odd is not None:  # Null is no issuer that PyJWT would read.
        assert user_of({"iss": odd})


@pytest.mark.parametrize(
    "odd", [ABSENT, None, "", "other", [], ["other"], ["realtime", 5], {"realtime": 1}, 5], ids=repr
)
def test_a_token_must_be_for_the_audience_of_the_settings(odd: object) -> None:
    assert refused({"aud": odd}, jwt_audience="realtime")
    assert user_of({"aud": "realtime"}, jwt_audience="realtime")
    assert user_of({"aud": ["other", "realtime"]}, jwt_audience="realtime")
    assert user_of({"aud": odd})


# Odd claims

NAMES = ["exp", "nbf", "iat", "iss", "aud", "sub", "jti", "type", "tenant_id", "name", "email", "role", "fresh"]
#: Text with anything that JSON can write, lone surrogates too.
TEXT = st.text(st.characters(exclude_categories=()), max_size=40) | st.text(max_size=3)
NUMBERS = st.integers() | st.floats() | st.integers(10**300, 10**310) | st.booleans()
ODD = st.recursive(
    st.none() | NUMBERS | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=8,
)
CLAIMS = st.dictionaries(st.sampled_from(NAMES) | TEXT, ODD | st.just(ABSENT), max_size=6)

#: What a server with each of the settings makes of claims.
SERVERS = [
    AccessTokens(Settings(jwt_secret_key=SECRET, **options))
    for options in ({}, {"jwt_require_exp": False}, {"jwt_issuer": "login", "jwt_audience": "realtime"})
]


def deep(opening: str, closing: str, depth: int) -> str:
    """A signed token whose header is as deep."""
    part = base64.urlsafe_b64encode(b'{"alg":"HS256","x":' + (opening * depth + "1" + closing * depth).encode() + b"}")
    return f"{part.decode().rstrip('=')}.e30.e30"


@given(CLAIMS)
@example({"exp": 10**400})
@example({"exp": float("nan"), "iat": float("inf")})
@example({"exp": "4102444800"})
@example({"exp": True})
@example({"iat": "0", "nbf": False})
@example({"sub": "\ud800", "jti": "\ud800"})
@hypothesis_settings(max_examples=200)
def test_no_claim_is_anything_but_a_users_or_refused(changed: dict[str, Any]) -> None:
    token = tokens.mint(SECRET, "ana", "acme", changed=changed)
    for server in SERVERS:
        try:
            user = server.user_of(token)
        except Unauthenticated:
            continue
        assert 1 <= len(user["user_id"]) <= 128
        assert 1 <= len(user["tenant_id"]) <= 128
        json.dumps([user[name] for name in ("user_id", "tenant_id", "user_name", "user_email", "role")]).encode()
        assert all(user[name].encode() is not None for name in ("user_name", "user_email", "role"))
        assert user["expires_at"] is None or user["expires_at"] > datetime.now(UTC)


@given(CLAIMS)
@hypothesis_settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_claim_fails_a_request(api: Api, changed: dict[str, Any]) -> None:
    """REST answers it as a user's request, or with 401: never with a 5xx."""
    answer = api.ask("GET", "presence", token=tokens.mint(SECRET, "ana", "acme", changed=changed))
    assert answer.status_code in {200, 401}


@pytest.mark.parametrize(
    ("opening", "closing", "depth"), [("[", "]", 2900), ('{"x":', "}", 950)], ids=["lists", "objects"]
)
def test_a_header_of_lists_in_lists_is_refused(api: Api, opening: str, closing: str, depth: int) -> None:
    """No secret is needed to send one: PyJWT parses the header first."""
    token = deep(opening, closing, depth)
    with pytest.raises(Unauthenticated):
        SERVERS[0].user_of(token)
    assert api.refused(api.ask("GET", "presence", token=token)) == (401, "unauthenticated")


def test_a_token_is_no_longer_than_the_contract_allows() -> None:
    long = tokens.mint(SECRET, "ana", "acme", changed={"more": "x" * 8000})
    with pytest.raises(Unauthenticated):
        SERVERS[0].user_of(long)
    assert SERVERS[0].user_of(tokens.mint(SECRET, "ana", "acme", changed={"more": "x" * 5000}))
