"""Requests: what is asked for in a query or in a payload, held against the contract."""

from __future__ import annotations

import pytest

from realtime_contracts.contract.operations import operations, parameter_types
from realtime_contracts.contract.registry import Direction, registry
from realtime_contracts.rules.errors import InvalidPayload
from realtime_contracts.rules.requests import (
    check_event,
    fingerprint,
    notification_id,
    read_query,
)


def test_every_operation_that_takes_something_has_types_in_the_contract() -> None:
    for event in registry().events(Direction.REQUEST):
        kinds = parameter_types(event)
        assert kinds is not None
        assert kinds.keys() == registry().schema(Direction.REQUEST, event)["properties"].keys()
    assert parameter_types("notifications:list") == {"unread_only": "boolean", "limit": "integer", "offset": "integer"}
    feed = parameter_types("activity:list")
    assert feed is not None
    assert {name for name, kind in feed.items() if kind == "integer"} == {"limit", "offset"}
    assert {feed[name] for name in ("before", "since", "user_id", "entity_type")} == {"string"}


def test_a_query_is_read_by_the_types_of_the_contract() -> None:
    query = {"unread_only": ["true"], "limit": ["10"], "offset": ["1e3"]}
    assert read_query(operations()["notifications.list"], query) == {
        "unread_only": True,
        "limit": 10,
        "offset": "1e3",
    }
    assert read_query(operations()["activity.record"], {}) is None
    assert read_query(operations()["notifications.count"], {}) == {}


@pytest.mark.parametrize(
    ("event", "payloads", "message", "path"),
    [
        ("room:join", [{"entity_id": "42"}], "entity_type and entity_id required", ""),
        ("room:join", [{"entity_type": "invoice"}], "entity_type and entity_id required", ""),
        ("room:join", [], "entity_type and entity_id required", ""),
        ("cursor:move", [{}], "room_id required", ""),
        ("room:leave", [{"room_id": 7}], "Invalid payload", "/room_id"),
        ("heartbeat", [{}, {}], "Invalid payload", ""),
        ("heartbeat", [None], "Invalid payload", ""),
    ],
)
def test_a_wrong_payload_is_refused_in_the_seeds_words(
    event: str, payloads: list[object], message: str, path: str
) -> None:
    with pytest.raises(InvalidPayload) as refused:
        check_event(event, payloads)
    assert refused.value.message == message
    assert refused.value.details is not None
    assert refused.value.details["path"] == path


def test_no_payload_is_the_empty_one() -> None:
    assert check_event("heartbeat", []) == {}


def test_two_spellings_of_one_meaning_have_one_fingerprint() -> None:
    assert fingerprint({"a": [12], "b": {"c": 1.5}}) == fingerprint({"b": {"c": 1.5}, "a": (12.0,)})
    assert fingerprint({"a": 2**53}) != fingerprint({"a": 2.0**53})
    assert fingerprint({"a": 1}) != fingerprint({"a": "1"})


def test_an_idempotency_key_makes_one_id_for_a_user_of_a_tenant() -> None:
    ids = {notification_id(*names) for names in (("a", "b", "c"), ("a", "bc", ""), ("ab", "c", ""), ("a", "b", "d"))}
    assert len(ids) == 4
    assert notification_id("a", "b", "c") == notification_id("a", "b", "c")
