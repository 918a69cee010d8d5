"""Claims: who a token is for, and what of it is taken as it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_contracts.contract.registry import Direction, registry
from realtime_contracts.rules.claims import Identity, identity
from realtime_contracts.rules.errors import Unauthenticated

ANA = {"sub": "ana", "tenant_id": "acme"}


def test_a_token_need_only_name_its_user_and_tenant() -> None:
    assert identity(ANA) == Identity("ana", "acme", "Unknown", "", "user", None)


def test_all_claims_are_read() -> None:
    claims = {**ANA, "name": "Ana", "email": "ana@acme.example", "role": "service", "exp": 1_800_000_000}
    assert identity(claims) == Identity("ana", "acme", "Ana", "ana@acme.example", "service", 1_800_000_000.0)


@pytest.mark.parametrize("claim", ["sub", "tenant_id"])
@pytest.mark.parametrize(
    "value", [None, "", 1, 1.5, True, ["ana"], {"id": "ana"}, "a{b}", "{", "a\nb", "\x00", "\x7f", "a" * 129], ids=repr
)
def test_a_user_and_a_tenant_have_safe_ids(claim: str, value: object) -> None:
    with pytest.raises(Unauthenticated):
        identity({**ANA, claim: value})


# Names are cleaned, because a name must not refuse a user, nor break what others see.


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Ana", "Ana"),
        ("  Ana  ", "Ana"),
        ("Ana\nBen", "AnaBen"),
        ("\x00Ana\x1b[31m", "Ana[31m"),
        ("\u202eanA", "anA"),
        ("Zoë 😀", "Zoë 😀"),
        ("\ud800Ana", "Ana"),
        ("a" * 300, "a" * 255),
        ("", "Unknown"),
        ("\u0646\u200c\u0645", "\u0646\u200c\u0645"),
        ("\U0001f469\u200d\U0001f4bb", "\U0001f469\u200d\U0001f4bb"),
        ("\u5c71\u7530\u3000\u592a\u90ce", "\u5c71\u7530\u3000\u592a\u90ce"),
        ("Ana\u202e", "Ana"),
        ("   ", "Unknown"),
        ("\n\t", "Unknown"),
        (None, "Unknown"),
        (5, "Unknown"),
        (["Ana"], "Unknown"),
    ],
    ids=lambda part: repr(part)[:20],
)
def test_a_name_is_shown_as_clean_text(name: object, shown: str) -> None:
    assert identity({**ANA, "name": name}).name == shown


@given(name=st.text(), email=st.text(), role=st.text())
def test_whatever_a_user_is_called_can_be_shown_to_others(name: str, email: str, role: str) -> None:
    user = identity({**ANA, "name": name, "email": email, "role": role})
    joined = {"user_id": user.user_id, "user_name": user.name, "status": "online", "seq": 1}
    assert registry().check(Direction.SERVER, "presence:user_joined", joined) is None
    assert user.role


@pytest.mark.parametrize("role", ["service\n", " service", "", 7, None, "x" * 300], ids=repr)
def test_a_role_is_taken_as_it_is_written_or_not_at_all(role: object) -> None:
    assert identity({**ANA, "role": role}).role == "user"
