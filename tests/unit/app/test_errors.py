"""Errors: one class for a code, and every one of them is what the contract calls an `Error`."""

from __future__ import annotations

import inspect

import pytest

from app.errors import ConnectionLost
from realtime_contracts import Direction
from realtime_contracts.contract.error_codes import error_codes
from realtime_contracts.contract.registry import registry
from realtime_contracts.contract.schemas import own_schemas
from realtime_contracts.rules import errors
from realtime_contracts.rules.errors import (
    Conflict,
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
    VersionConflict(7, "a", []),
    TooLarge(),
    LimitExceeded(50),
    LimitExceeded(20, "A user may have 20 connections"),
    RateLimited(0.25),
    Unavailable(),
    Internal("0123456789abcdef"),
    ConnectionLost(),
]

#: One of each that only a REST answer carries.
OF_REST: list[RealtimeError] = [
    Conflict(),
    Conflict("You are offline: connect first"),
    MethodNotAllowed(),
]

#: The HTTP status of each and the text that it has on the wire; the seed's and the rulings'.
FACTS = {
    Unauthenticated: (401, "Not authenticated"),
    TokenExpired: (401, "Token has expired"),
    Forbidden: (403, "Forbidden"),
    InvalidPayload: (422, "Invalid payload"),
    UnknownEvent: (404, "Unknown event"),
    NotInRoom: (403, "Not in room"),
    NotFound: (404, "Not found"),
    Locked: (409, "Locked by another user"),
    VersionConflict: (409, "Version conflict"),
    Conflict: (409, "Conflict"),
    MethodNotAllowed: (405, "Method not allowed"),
    TooLarge: (413, "Document too large"),
    LimitExceeded: (409, "Limit exceeded"),
    RateLimited: (429, "Too many requests"),
    Unavailable: (503, "Temporarily unavailable"),
    Internal: (500, "Internal error"),
}


def classes() -> set[type[RealtimeError]]:
    return {
        found
        for found in vars(errors).values()
        if inspect.isclass(found) and issubclass(found, RealtimeError) and found is not RealtimeError
    }


def codes_of_the_schema(file: str) -> list[str]:
    """Return the values that `code` may have in a file of the schemas, each as often as it is there."""
    rules = [part.get("properties", {}).get("code", {}) for part in own_schemas().files[file]["$defs"].values()]
    return sorted(
        code for rule in rules for code in [*rule.get("enum", ()), *([rule["const"]] if "const" in rule else ())]
    )


@pytest.mark.parametrize(("where", "file"), [("socket", "shared/error.json"), ("rest", "response/error.json")])
def test_errors_json_names_the_codes_of_the_schemas_and_where_each_is_met(where: str, file: str) -> None:
    assert sorted(code for code, known in error_codes().items() if where in known.over) == codes_of_the_schema(file)


def test_every_code_has_one_class() -> None:
    assert sorted(error.code for error in classes()) == sorted(error_codes())


def test_there_is_one_of_each_here() -> None:
    assert {type(error) for error in RAISED + OF_REST} - {ConnectionLost} == classes() == set(FACTS)


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


@pytest.mark.parametrize("kind", FACTS, ids=lambda kind: kind.__name__)
def test_a_class_has_the_status_and_the_text_of_its_code(kind: type[RealtimeError]) -> None:
    assert (kind.http_status, kind.message) == FACTS[kind]


@pytest.mark.parametrize("kind", sorted(classes(), key=lambda kind: kind.__name__), ids=lambda kind: kind.__name__)
def test_a_class_says_when_it_is_raised_and_its_code_what_a_client_does(kind: type[RealtimeError]) -> None:
    assert kind.__doc__
    assert error_codes()[kind.code].action.endswith(".")


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
