"""Tokens: who gets in, as whom, and who does not. The rest of the manager is tested on a real Redis."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from flask import Flask
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from app import create_app
from app.realtime.managers.connection_manager import Connection, ConnectionManager, get_connection_manager
from app.settings import Settings
from realtime_contracts.rules.errors import TokenExpired, Unauthenticated
from realtime_contracts.wire import tokens
from realtime_contracts.wire.tokens import ABSENT

Mint = Callable[..., str]


@pytest.fixture
def manager(app: Flask) -> Iterator[ConnectionManager]:
    with app.app_context():
        yield get_connection_manager()


@pytest.fixture
def mint(secret: str) -> Mint:
    """Return what makes a token of Ana of acme; keywords as in `tokens.claims`."""

    def make(user_id: str = "ana", tenant_id: str = "acme", **options: Any) -> str:
        return tokens.mint(secret, user_id, tenant_id, **options)

    return make


def refused(manager: ConnectionManager, token: str) -> bool:
    """Whether a token is refused, in both forms, as no valid one and not as one that has run out."""
    with pytest.raises(Unauthenticated) as caught:
        manager.verify(token)
    return type(caught.value) is Unauthenticated and manager.authenticate(token) is None


# Who gets in.


def test_an_access_token_tells_who_its_user_is(manager: ConnectionManager, mint: Mint) -> None:
    before = datetime.now(UTC)
    user = manager.verify(mint(name="Ana", email="ana@acme.example", role="accountant", ttl=600))
    lives, issued = user.pop("expires_at") - before, user.pop("token").issued_at
    assert before.timestamp() - 1 <= issued <= before.timestamp() + 1
    assert 598 < lives.total_seconds() <= 600
    assert user == {
        "user_id": "ana",
        "tenant_id": "acme",
        "user_name": "Ana",
        "user_email": "ana@acme.example",
        "role": "accountant",
    }


def test_a_token_may_be_called_bearer(manager: ConnectionManager, mint: Mint) -> None:
    assert manager.verify(f"Bearer {mint()}")["user_id"] == "ana"
    assert manager.authenticate(f"Bearer {mint()}") is not None


def test_both_ways_to_ask_give_the_same_user(manager: ConnectionManager, mint: Mint) -> None:
    token = mint(name="Ana")
    assert manager.authenticate(token) == manager.verify(token)


# Who does not.


def test_a_token_that_has_run_out_says_so(manager: ConnectionManager, mint: Mint) -> None:
    with pytest.raises(TokenExpired):
        manager.verify(mint(ttl=-10))
    assert manager.authenticate(mint(ttl=-10)) is None


@pytest.mark.parametrize("kind", ["refresh", ABSENT, None, "", "ACCESS", 1, ["access"], {"access": True}], ids=repr)
def test_only_an_access_token_is_one(kind: object, manager: ConnectionManager, mint: Mint) -> None:
    assert refused(manager, mint(changed={"type": kind}))


def test_another_key_signs_for_nobody(manager: ConnectionManager) -> None:
    assert refused(manager, tokens.mint("another-secret-of-thirty-two-bytes", "ana", "acme"))


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "HS256"])
def test_a_token_without_a_signature_is_none(algorithm: str, manager: ConnectionManager) -> None:
    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    head = part({"alg": algorithm, "typ": "JWT"})
    assert refused(manager, f"{head}.{part(tokens.claims('ana', 'acme'))}.")


@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
def test_only_the_configured_algorithm_signs(algorithm: str, manager: ConnectionManager, secret: str) -> None:
    assert refused(manager, tokens.mint(secret * 2, "ana", "acme", algorithm=algorithm))


def test_a_changed_token_is_none(manager: ConnectionManager, mint: Mint) -> None:
    head, _, signature = mint().split(".")
    _, other, _ = mint("ben").split(".")
    assert refused(manager, f"{head}.{other}.{signature}")


@pytest.mark.parametrize("claim", ["nbf", "iat"])
def test_a_token_of_the_future_is_none_yet(claim: str, manager: ConnectionManager, mint: Mint) -> None:
    assert refused(manager, mint(changed={claim: time.time() + 3600}))


@pytest.mark.parametrize(
    "end", [10**15, 10**30, 1e308, float("inf"), float("nan"), "soon", [], {}, "99999999999"], ids=repr
)
def test_an_end_that_is_no_time_is_refused(end: object, manager: ConnectionManager, mint: Mint) -> None:
    assert refused(manager, mint(changed={"exp": end}))


@pytest.mark.parametrize(
    "token",
    ["", " ", "Bearer ", "Bearer", "x", "a.b.c", "..", "...", "Bearer Bearer x", "\x00", "ö", "\ud800", "x" * 100_000],
    ids=lambda token: repr(token[:20]),
)
def test_garbage_is_no_token(token: str, manager: ConnectionManager) -> None:
    assert refused(manager, token)


def test_bearer_is_taken_off_once(manager: ConnectionManager, mint: Mint) -> None:
    assert refused(manager, f"Bearer Bearer {mint()}")


@pytest.mark.parametrize("token", [None, 5, ["x"], {"token": "x"}])
def test_only_text_is_a_token(token: Any, manager: ConnectionManager) -> None:
    assert refused(manager, token)


@given(st.text() | st.builds("{}.{}.{}".format, st.text(), st.text(), st.text()))
@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_text_gets_in_by_itself(manager: ConnectionManager, token: str) -> None:
    assert refused(manager, token)


def test_a_claims_set_that_is_no_object_is_refused(manager: ConnectionManager, secret: str) -> None:
    assert refused(manager, jwt.api_jws.encode(b'["ana"]', secret, "HS256"))
    assert refused(manager, jwt.api_jws.encode(b"\xff", secret, "HS256"))


# Keys that come in pairs.

PAIRS: dict[str, Callable[[], rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey]] = {
    "RS256": lambda: rsa.generate_private_key(65537, 2048),
    "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
}


@pytest.mark.parametrize("algorithm", PAIRS)
def test_a_private_key_signs_and_the_public_one_does_not(algorithm: str) -> None:
    key = PAIRS[algorithm]()
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    public = (
        key.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )
    forged = jwt.api_jws.PyJWS()
    forged._algorithms["HS256"].prepare_key = lambda secret: secret.encode()  # type: ignore[method-assign]
    payload = json.dumps(tokens.claims("ana", "acme")).encode()
    app = create_app(Settings(jwt_algorithm=algorithm, jwt_public_key=public))
    with app.app_context():
        manager = get_connection_manager()
        assert manager.verify(tokens.mint(private, "ana", "acme", algorithm=algorithm))["user_id"] == "ana"
        assert refused(manager, forged.encode(payload, public, "HS256"))
        assert refused(manager, tokens.mint("x" * 32, "ana", "acme"))


# What this node holds.


def connection(sid: str, user_id: str = "ana", tenant_id: str = "acme") -> Connection:
    return Connection(sid, user_id, tenant_id, "Ana", "ana@acme.example", datetime(2026, 1, 31, tzinfo=UTC))


def test_connections_are_found_by_sid_user_and_tenant(manager: ConnectionManager) -> None:
    held = [connection("1"), connection("2"), connection("3", "ben"), connection("4", "ana", "globex")]
    manager.local_connections.update({each.sid: each for each in held})
    assert manager.get_connection("1") is held[0]
    assert manager.get_connection("5") is None
    assert manager.get_user_connections("ana", "acme") == held[:2]
    assert manager.get_tenant_connections("acme") == held[:3]
    assert manager.get_online_user_ids("acme") == {"ana", "ben"}
    assert manager.get_connection_count() == 4


def test_rooms_are_noted_at_the_connection(manager: ConnectionManager) -> None:
    manager.local_connections["1"] = connection("1")
    manager.add_to_room("1", "invoice:42")
    assert manager.local_connections["1"].rooms == {"invoice:42"}
    manager.remove_from_room("1", "invoice:42")
    manager.remove_from_room("1", "invoice:42")
    assert manager.local_connections["1"].rooms == set()


def test_rooms_of_a_connection_that_is_not_here_are_nobodys(manager: ConnectionManager) -> None:
    manager.add_to_room("1", "invoice:42")
    manager.remove_from_room("1", "invoice:42")
    assert manager.get_connection_count() == 0


def test_a_connection_that_is_not_here_is_not_removed(manager: ConnectionManager) -> None:
    assert manager.remove_connection("1") is None


def test_a_connection_shows_no_address_and_no_e_mail() -> None:
    assert connection("1").to_dict() == {
        "sid": "1",
        "user_id": "ana",
        "tenant_id": "acme",
        "user_name": "Ana",
        "connected_at": "2026-01-31T00:00:00.000Z",
        "device_type": "desktop",
        "browser": "unknown",
    }
