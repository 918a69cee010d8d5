"""Claims: who a token is for, and what of it is taken as it is."""

from __future__ import annotations

from typing import Any

import pytest

from realtime_contracts.rules.claims import Identity, identity
from realtime_contracts.rules.errors import Unauthenticated
from realtime_contracts.rules.limits import MAX_NAME_LENGTH

ANA = {"sub": "ana", "tenant_id": "acme"}


def test_a_token_need_only_name_its_user_and_tenant() -> None:
    assert identity(ANA) == Identity("ana", "acme", "Unknown", "", "user", None)


def test_all_claims_are_read() -> None:
    claims = {**ANA, "name": "Ana", "email": "ana@acme.example", "role": "service", "exp": 1_800_000_000}
    assert identity(claims) == Identity("ana", "acme", "Ana", "ana@acme.example", "service", 1_800_000_000.0)


@pytest.mark.parametrize("name", ["sub", "tenant_id"])
@pytest.mark.parametrize("value", [None, "", 7, ["acme"], "{acme}", "x" * 129], ids=repr)
def test_an_id_that_may_be_none_is_not_taken(name: str, value: object) -> None:
    with pytest.raises(Unauthenticated):
        identity({**ANA, name: value})


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Ana\n", "Ana"),
        ("\u200cAna\u00a0B", "\u200cAna\u00a0B"),
        ("\ud800Ana", "Ana"),
        ("x" * 300, "x" * MAX_NAME_LENGTH),
        ("  ", "Unknown"),
        (7, "Unknown"),
    ],
    ids=ascii,
)
def test_a_name_is_cleaned_and_cut(name: Any, shown: str) -> None:
    assert identity({**ANA, "name": name}).name == shown


@pytest.mark.parametrize("role", ["service\n", " service", "", 7, None, "x" * 300], ids=repr)
def test_a_role_is_taken_as_it_is_written_or_not_at_all(role: object) -> None:
    assert identity({**ANA, "role": role}).role == "user"
