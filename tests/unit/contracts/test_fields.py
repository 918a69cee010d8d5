"""The rows of a message: flattened, bounded, with headings for alternatives."""

from __future__ import annotations

import pytest

from realtime_contracts.contract.fields import Row, rows
from realtime_contracts.contract.schemas import own_schemas


def of(direction: str, event: str) -> dict[str, Row]:
    return {row.name: row for row in rows(own_schemas(), direction, event)}


def test_what_is_nested_is_flattened() -> None:
    found = of("server", "room:users")
    assert list(found) == ["room_id", "users", "users[].user_id", "users[].user_name", "users[].joined_at"]
    assert found["users"].type == "list of User in a room"


def test_bounds_are_said_in_words() -> None:
    found = of("client", "activity:feed")
    assert found["limit"].limits == "1 to 100, 50 if absent"
    assert found["limit"].required is False
    assert found["entity_id"].type == "string or integer"
    assert found["entity_id"].limits == "1 to 128 characters; -(2^53-1) to 2^53-1"
    assert found["entity_type"].patterns == ("^[A-Za-z][A-Za-z0-9_-]{0,63}$",)


def test_a_default_of_zero_is_a_number_and_no_truth() -> None:
    assert of("request", "activity:list")["offset"].limits == "0 to 10,000, 0 if absent"
    assert of("client", "heartbeat")["active"].limits == "true if absent"


def test_alternatives_are_under_headings_and_errors_are_told_once() -> None:
    found = rows(own_schemas(), "ack", "room:leave")
    assert [(row.name, row.is_heading) for row in found] == [
        ("Success", True),
        ("ok", False),
        ("room_id", False),
        ("Failed ack", True),
        ("ok", False),
        ("error", False),
    ]
    assert "see the message `error`" in found[-1].description


def test_alternatives_inside_name_their_place() -> None:
    assert "changes[]: Removal" in of("client", "doc:edit")


def test_what_may_be_null_says_so() -> None:
    found = of("server", "presence:update")
    assert found["current_page"].type == "string or null"
    assert of("server", "doc:sync")["content"].type == "any object or null"
    assert of("client", "doc:edit")["changes[].value"].type == "any JSON"


def test_choices_are_written_out() -> None:
    assert of("client", "presence:update")["status"].type == '"online" or "away" or "busy"'
    assert of("client", "notification:read")["all"].type == "true"


def test_a_message_that_is_not_there_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        rows(own_schemas(), "client", "room:burn")
