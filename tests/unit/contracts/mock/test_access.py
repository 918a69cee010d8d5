"""Whose a token is, with a secret, without one, and where any will do."""

from __future__ import annotations

import time
from typing import Any

import pytest

from realtime_contracts.mock.access import DEMO_USER, Access
from realtime_contracts.rules.claims import Identity
from realtime_contracts.rules.errors import Unauthenticated
from realtime_contracts.wire.tokens import ABSENT, claims, mint, sign

SECRET = "a-secret-of-thirty-two-bytes-or-more"
ANOTHER = "another-secret-of-thirty-two-bytes-or-more"


def refusal(access: Access, token: object) -> str:
    with pytest.raises(Unauthenticated) as refused:
        access.user_of(token)
    return refused.value.code


def test_a_good_token_says_who_somebody_is_and_until_when() -> None:
    token = mint(SECRET, "ana", "acme", name="Ana", role="service", ttl=60)
    user = Access(SECRET).user_of(f"Bearer {token}")
    assert (user.user_id, user.tenant_id, user.name, user.role) == ("ana", "acme", "Ana", "service")
    assert user.expires_at == pytest.approx(time.time() + 60, abs=2)


@pytest.mark.parametrize("secret", [SECRET, None], ids=["with a secret", "without"])
@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"type": "refresh"}, "unauthenticated"),
        ({"type": ABSENT}, "unauthenticated"),
        ({"nbf": int(time.time()) + 3600}, "unauthenticated"),
        ({"exp": int(time.time()) - 60}, "token_expired"),
        ({"exp": "soon"}, "unauthenticated"),
        ({"tenant_id": ABSENT}, "unauthenticated"),
    ],
)
def test_a_token_that_does_not_open_the_door(secret: str | None, changed: dict[str, Any], code: str) -> None:
    assert refusal(Access(secret), mint(SECRET, "ana", "acme", changed=changed)) == code


@pytest.mark.parametrize("token", [None, "", 7, ["x"], "garbage", "a.b.c", "Bearer "])
def test_what_is_no_token(token: object) -> None:
    assert refusal(Access(SECRET), token) == "unauthenticated"


def test_only_without_a_secret_is_a_signature_nobodys_business() -> None:
    forged = [mint(ANOTHER, "ana", "acme"), sign(claims("ana", "acme"), "", "none")]
    for token in forged:
        assert refusal(Access(SECRET), token) == "unauthenticated"
    assert Access(None).user_of(forged[0]).user_id == "ana"


def test_any_token_is_whoever_it_says_and_none_is_the_demo_user() -> None:
    access = Access(SECRET, any_token=True)
    expired = mint(ANOTHER, "ana", "acme", ttl=-60, changed={"type": ABSENT})
    assert access.user_of(expired) == Identity("ana", "acme", "Unknown")
    assert access.user_of(None) == access.user_of("") == DEMO_USER
    assert refusal(access, mint(SECRET, "ana", "acme", changed={"tenant_id": ABSENT})) == "unauthenticated"
    assert refusal(access, "garbage") == "unauthenticated"
