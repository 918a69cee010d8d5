"""Errors: one class for a code, and every one of them is what the contract calls an `Error`."""

from __future__ import annotations

import inspect
import json
from typing import Any

import pytest

from app import errors
from app.errors import (
    Conflict,
    ConnectionLost,
    Forbidden,
    Internal,
    InvalidPayload,
    LimitExceeded,
    Locked,
    MethodNotAllowed,
    NotFound,
    NotInRoom,
    RateLimited,
    RealtimeError,
    TokenExpired,
    TooLarge,
    Unauthenticated,
    Unavailable,
    UnknownEvent,
    VersionConflict,
)
from realtime_contracts import Direction
from realtime_contracts.contract.exchanges import exchanges
from realtime_contracts.contract.registry import registry

LOCK = {
    "path": "/lines",
    "user_id": "ben",
    "user_name": "Ben",
    "acquired_at": "2026-01-31T09:30:00.125Z",
    "expires_at": "2026-01-31T09:30:30.125Z",
}

#: One of each; `ConnectionLost` has no code of its own.
RAISED: list[RealtimeError] = [
    Unauthenticated(),
    TokenExpired(),
    Forbidden(),
    InvalidPayload("/room_id", "expected string, got 42"),
    InvalidPayload("", "expected one payload", "room_id required"),
    UnknownEvent(),
    NotInRoom(),
    NotFound(),
    NotFound("No such lock"),
    Locked(LOCK),
    VersionConflict(7, []),
    TooLarge(),
    LimitExceeded(50),
    LimitExceeded(20, "A user may have 20 connections"),
    RateLimited(0.25),
    Unavailable(),
    Internal("0123456789abcdef"),
    ConnectionLost(),
]

#: Codes of what only a connection can do wrong.
OF_SOCKETS = {"unknown_event", "not_in_room", "locked", "version_conflict", "limit_exceeded"}

#: One of each that only a REST answer carries.
OF_REST: list[RealtimeError] = [
    Conflict(),
    Conflict("You are offline: connect first"),
    MethodNotAllowed(),
]

#: The seed's words, and those of the rulings.
TEXTS = {
    Unauthenticated: "Not authenticated",
    TokenExpired: "Token has expired",
    InvalidPayload: "Invalid payload",
    NotInRoom: "Not in room",
    UnknownEvent: "Unknown event",
}

STATUSES = {
    Unauthenticated: 401,
    TokenExpired: 401,
    Forbidden: 403,
    InvalidPayload: 422,
    UnknownEvent: 404,
    NotInRoom: 403,
    NotFound: 404,
    Locked: 409,
    VersionConflict: 409,
    Conflict: 409,
    MethodNotAllowed: 405,
    TooLarge: 413,
    LimitExceeded: 409,
    RateLimited: 429,
    Unavailable: 503,
    Internal: 500,
}


def classes() -> set[type[RealtimeError]]:
    return {
        found
        for found in vars(errors).values()
        if inspect.isclass(found) and issubclass(found, RealtimeError) and found is not RealtimeError
    }


def codes_of_the_contract(file: str) -> set[str]:
    """Return every value that `code` may have in a file of the schemas."""
    schema = json.loads((registry().folder / "schemas" / file).read_text("utf-8"))
    codes: set[str] = set()
    for definition in schema["$defs"].values():
        code: dict[str, Any] = definition.get("properties", {}).get("code", {})
        codes |= set(code.get("enum", [])) | ({code["const"]} if "const" in code else set())
    return codes


def test_the_codes_are_the_contracts() -> None:
    of_rest = {error.code for error in OF_REST}
    assert {error.code for error in classes()} - of_rest == codes_of_the_contract("shared/error.json")


def test_the_codes_of_rest_are_the_contracts_too() -> None:
    assert {error.code for error in classes()} - OF_SOCKETS == codes_of_the_contract("response/error.json")


def test_there_is_one_of_each_here() -> None:
    assert {type(error) for error in RAISED + OF_REST} == classes()
    assert set(STATUSES) | {ConnectionLost} == classes()


@pytest.mark.parametrize("event", ["room:join", None, "", "x" * 200])
@pytest.mark.parametrize("error", RAISED, ids=repr)
def test_an_error_is_the_contracts(error: RealtimeError, event: str | None) -> None:
    assert registry().check(Direction.SERVER, "error", error.to_dict(event)) is None


@pytest.mark.parametrize("error", RAISED, ids=repr)
def test_an_error_fails_an_ack_of_the_contract(error: RealtimeError) -> None:
    ack = {"ok": False, "error": error.to_dict("room:join")}
    assert registry().check(Direction.ACK, "room:join", ack) is None


@pytest.mark.parametrize("error", RAISED, ids=repr)
def test_an_error_refuses_a_connection_in_the_contracts_words(error: RealtimeError) -> None:
    if error.code in {"unauthenticated", "token_expired", "limit_exceeded", "unavailable"}:
        refusal = {"message": error.message, "data": {"code": error.code}}
        assert registry().check(Direction.SERVER, "connect_error", refusal) is None


@pytest.mark.parametrize("kind", TEXTS, ids=lambda kind: kind.__name__)
def test_a_message_is_the_seeds(kind: type[RealtimeError]) -> None:
    assert kind.message == TEXTS[kind]


@pytest.mark.parametrize("kind", STATUSES, ids=lambda kind: kind.__name__)
def test_an_error_has_the_right_status_over_http(kind: type[RealtimeError]) -> None:
    assert kind.http_status == STATUSES[kind]


@pytest.mark.parametrize("kind", sorted(classes(), key=lambda kind: kind.__name__), ids=lambda kind: kind.__name__)
def test_an_error_says_what_the_client_should_do(kind: type[RealtimeError]) -> None:
    assert kind.__doc__


def test_an_error_prints_as_its_message() -> None:
    assert str(NotInRoom()) == "Not in room"
    assert str(LimitExceeded(20, "A user may have 20 connections")) == "A user may have 20 connections"


def test_one_errors_message_is_not_anothers() -> None:
    LimitExceeded(20, "A user may have 20 connections")
    assert LimitExceeded(50).message == "Limit exceeded"


def test_a_lost_connection_is_unavailable_for_the_client() -> None:
    assert ConnectionLost().to_dict("heartbeat") == Unavailable().to_dict("heartbeat")


def test_an_expired_token_is_one_that_does_not_authenticate() -> None:
    assert issubclass(TokenExpired, Unauthenticated)


def test_the_contract_says_of_each_code_what_its_class_says() -> None:
    def of(error: type[RealtimeError]) -> list[type[RealtimeError]]:
        return [error, *(below for child in error.__subclasses__() for below in of(child))]

    classes = [error for error in of(RealtimeError) if error not in {RealtimeError, ConnectionLost}]
    said = {error.code: " ".join((inspect.getdoc(error) or "").split()) for error in classes}
    assert said == dict(exchanges().codes)
