"""What a violation says of a refused payload, and that `check` answers for every value there is."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime_contracts import Direction, Violation
from realtime_contracts.contract.registry import registry
from realtime_contracts.contract.violations import MAX_DEPTH, PATH_LENGTH, find_violation, not_json


class Status(StrEnum):
    BUSY = "busy"


def check(event: str, payload: object, direction: Direction = Direction.CLIENT) -> Violation | None:
    return registry().check(direction, event, payload)


def refused(event: str, payload: object, direction: Direction = Direction.CLIENT) -> Violation:
    violation = check(event, payload, direction)
    assert violation is not None
    return violation


def nested(levels: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(levels - 1):
        value = {"a": value}
    return value


def edit(value: object) -> dict[str, Any]:
    """An edit of a document; its value is open, so that anything may be inside."""
    return with_operation({"op": "add", "path": "/x", "value": value})


def with_operation(operation: object) -> dict[str, Any]:
    """An edit whose second operation is this one."""
    first = {"op": "remove", "path": "/a"}
    edit_id = "3f2b1c0a-9d8e-4f7a-b6c5-d4e3f2a1b0c9"
    return {"room_id": "invoice:42", "base_version": 0, "changes": [first, operation], "edit_id": edit_id}


@pytest.mark.parametrize(
    ("event", "payload", "path", "reason", "keyword"),
    [
        ("heartbeat", None, "", "expected object, got null", "type"),
        ("heartbeat", [], "", "expected object, got an array", "type"),
        ("heartbeat", {"active": "4"}, "/active", 'expected boolean, got "4"', "type"),
        ("heartbeat", {"active": {}}, "/active", "expected boolean, got an object", "type"),
        ("heartbeat", {"b": 1, "a": 1}, "", 'unknown property "a"', "additionalProperties"),
        ("room:join", {}, "", 'missing "entity_type", "entity_id"', "required"),
        ("room:join", {"entityType": "a", "entity_id": 1}, "", 'missing "entity_type"', "required"),
        (
            "room:join",
            {"entity_type": "a", "entity_id": True},
            "/entity_id",
            "expected string or integer, got true",
            "type",
        ),
        (
            "room:join",
            {"entity_type": "a", "entity_id": 2**60},
            "/entity_id",
            f"expected 9007199254740991 or less, got {2**60}",
            "maximum",
        ),
        (
            "room:join",
            {"entity_type": "a", "entity_id": -(2**60)},
            "/entity_id",
            f"expected -9007199254740991 or more, got {-(2**60)}",
            "minimum",
        ),
        ("presence:list", {"entity_id": 4}, "", 'missing "entity_type"', "dependentRequired"),
        ("presence:update", {"status": "dnd"}, "/status", 'expected "online", "away" or "busy", got "dnd"', "enum"),
        ("presence:update", {"current_page": 4}, "/current_page", "expected string or null, got 4", "type"),
        ("presence:update", {"current_page": ""}, "/current_page", "expected 1 or more characters, got 0", "minLength"),
        (
            "presence:update",
            {"current_page": "😀" * 2049},
            "/current_page",
            "expected 2048 or fewer characters, got 2049",
            "maxLength",
        ),
        ("presence:update", {"entity_id": 1.5}, "/entity_id", "expected string, integer or null, got 1.5", "type"),
    ],
    ids=lambda part: repr(part)[:60],
)
def test_a_violation_says_where_and_what_in_few_words(
    event: str, payload: object, path: str, reason: str, keyword: str
) -> None:
    assert check(event, payload) == Violation(path, reason, keyword)


def test_a_pattern_is_quoted() -> None:
    violation = refused("room:leave", {"room_id": "tenant:{acme}"})
    assert violation.keyword == "pattern"
    assert violation.reason.startswith("expected text like ^[A-Za-z]")
    assert violation.reason.endswith('got "tenant:{acme}"')


@pytest.mark.parametrize(
    ("payload", "path", "reason", "keyword"),
    [
        ({}, "", 'missing "ok"', "required"),
        (None, "", "expected object, got null", "type"),
        ({"ok": "yes"}, "/ok", 'expected boolean, got "yes"', "type"),
        ({"ok": True}, "", 'missing "timestamp"', "required"),
        ({"ok": False}, "", 'missing "error"', "required"),
        ({"ok": False, "error": {}}, "/error", 'missing "message", "code", "event", "details"', "required"),
        (
            {"ok": False, "error": {"message": "m", "code": "rate_limited", "event": None, "details": {}}},
            "/error/details",
            'missing "retry_after"',
            "required",
        ),
    ],
    ids=repr,
)
def test_an_ack_is_judged_by_the_branch_that_its_ok_chooses(
    payload: object, path: str, reason: str, keyword: str
) -> None:
    assert check("heartbeat", payload, Direction.ACK) == Violation(path, reason, keyword)


@pytest.mark.parametrize(
    ("payload", "path", "reason", "keyword"),
    [
        ({}, "", 'expected exactly one of "all" or "notification_id"', "oneOf"),
        ({"all": True, "notification_id": "x"}, "", 'expected exactly one of "all" or "notification_id"', "oneOf"),
        ({"all": True, "notification_id": 5}, "", 'expected exactly one of "all" or "notification_id"', "oneOf"),
        ({"all": False}, "/all", "expected true, got false", "const"),
        ({"notification_id": 5}, "/notification_id", "expected string, got 5", "type"),
        ({"id": "x"}, "", 'unknown property "id"', "additionalProperties"),
        ({"all": True, "id": "x"}, "", 'unknown property "id"', "additionalProperties"),
        (None, "", "expected object, got null", "type"),
    ],
    ids=repr,
)
def test_forms_that_no_value_tells_apart_are_told_apart_by_what_they_have(
    payload: object, path: str, reason: str, keyword: str
) -> None:
    assert check("notification:read", payload) == Violation(path, reason, keyword)


def test_an_error_of_rest_is_judged_by_the_branch_that_its_code_chooses() -> None:
    error = {"success": False, "error": "Invalid payload", "code": "invalid_payload", "details": {"path": ""}}
    violation = check("error", error, Direction.RESPONSE)
    assert violation == Violation("/details", 'missing "reason"', "required")


def test_an_unknown_code_is_answered_with_all_codes() -> None:
    error = {"message": "m", "code": "teapot", "event": None, "details": None}
    violation = refused("error", error, Direction.SERVER)
    assert (violation.path, violation.keyword) == ("/code", "enum")
    assert violation.reason.startswith('expected "unauthenticated", ')
    assert violation.reason.endswith(' or "version_conflict", got "teapot"')


def test_the_shallowest_of_several_violations_is_reported() -> None:
    violation = check("room:join", {"entity_type": 1, "entity_id": True, "sid": "x"})
    assert violation == Violation("", 'unknown property "sid"', "additionalProperties")


def test_a_missing_property_comes_before_an_unknown_one() -> None:
    violation = check("room:leave", {"room": "invoice:42"})
    assert violation == Violation("", 'missing "room_id"', "required")


def test_the_same_payload_in_another_order_has_the_same_violation() -> None:
    wrong = {"status": 1, "current_page": 2, "entity_type": 3, "entity_id": True}
    turned = dict(reversed(wrong.items()))
    assert check("presence:update", wrong) == check("presence:update", turned)


def test_a_long_value_is_quoted_shortly() -> None:
    violation = refused("presence:update", {"status": "x" * 1_000_000})
    assert len(violation.reason) < 150
    assert violation.reason.endswith("x…")


@pytest.mark.parametrize("payload", ["s3cret", {"token": ["s3cret"]}, {"s3cret": 1}, {"token": "s3cret" * 2000}])
def test_a_token_is_never_quoted(payload: object) -> None:
    violation = refused("connect", payload)
    assert "s3cret" not in violation.reason + violation.path


def test_an_enum_of_text_is_its_text() -> None:
    assert check("presence:update", {"status": Status.BUSY}) is None


@pytest.mark.parametrize(
    ("operation", "path", "reason"),
    [
        (
            {"op": "append", "path": "/a"},
            "/changes/1/op",
            'expected "add", "replace", "test", "remove", "move" or "copy"',
        ),
        ({"op": None, "path": "/a"}, "/changes/1/op", "expected string"),
        ({"path": "/a", "value": 1}, "/changes/1", 'missing "op"'),
        ({"op": "add", "path": "/a"}, "/changes/1", 'missing "value"'),
        ({"op": "add", "path": 7, "value": 1}, "/changes/1/path", "expected string"),
        ({"op": "move", "from": "a", "path": "/a"}, "/changes/1/from", "expected text like"),
        ({"op": "remove", "path": "/a", "value": 1}, "/changes/1", 'unknown property "value"'),
        ("remove /a", "/changes/1", "expected object"),
    ],
)
def test_a_wrong_operation_is_told_by_what_it_was_meant_to_be(operation: object, path: str, reason: str) -> None:
    violation = refused("doc:edit", with_operation(operation))
    assert (violation.path, violation.reason[: len(reason)]) == (path, reason)


def test_a_wrong_operation_is_found_below_several_lists() -> None:
    missed = {
        "room_id": "invoice:42",
        "version": 7,
        "epoch": "1",
        "user_id": "u1",
        "user_name": "Ana",
        "changes": [{"op": "remove", "path": "/a"}, {"op": "append", "path": "/a"}],
        "edit_id": "3f2b1c0a-9d8e-4f7a-b6c5-d4e3f2a1b0c9",
    }
    details = {"version": 7, "epoch": "1", "changes": [missed]}
    error = {"message": "Edited meanwhile", "code": "version_conflict", "event": "doc:edit", "details": details}
    violation = refused("doc:edit", {"ok": False, "error": error}, Direction.ACK)
    assert violation.path == "/error/details/changes/0/changes/1/op"


@pytest.mark.parametrize("operation", [{"op": "x"}, {"op": "remove", "path": "/a"}, 5, {}], ids=str)
def test_of_many_wrong_parts_one_is_told_without_looking_at_all_of_them(operation: object) -> None:
    """A message of 1 MiB may hold tens of thousands: to list them takes a validator many seconds."""
    payload = {**with_operation({}), "changes": [operation] * 4_000}
    assert check("doc:edit", payload) == Violation("/changes", "expected 1000 or fewer items, got 4000", "maxItems")
    violation = refused("doc:edit", {**payload, "changes": [operation] * 1000, "room_id": 5})
    assert violation.path in {"/room_id", "/changes/0", "/changes/0/op"}


CYCLE: list[Any] = []
CYCLE.append(CYCLE)
NOT_JSON = [
    pytest.param(b"x", "expected JSON, got bytes", id="bytes"),
    pytest.param({1}, "expected JSON, got set", id="set"),
    pytest.param(object(), "expected JSON, got object", id="object"),
    pytest.param(1j, "expected JSON, got complex", id="complex"),
    pytest.param(float("nan"), "expected a finite number, got nan", id="nan"),
    pytest.param(float("-inf"), "expected a finite number, got -inf", id="-inf"),
    pytest.param(2**64, "expected an integer within 64 bits", id="2**64"),
    pytest.param(-(10**5000), "expected an integer within 64 bits", id="-10**5000"),
    pytest.param("\ud800", "expected Unicode text, got a lone surrogate", id="surrogate"),
    pytest.param({"\udfff": 1}, "expected property names in Unicode text", id="surrogate name"),
    pytest.param({1: 1}, "expected property names in Unicode text", id="numeric name"),
]


@pytest.mark.parametrize(("value", "reason"), NOT_JSON)
def test_what_is_not_json_is_refused_where_the_schema_is_open(value: object, reason: str) -> None:
    assert check("doc:edit", edit(value)) == Violation("/changes/1/value", reason, "json")


@pytest.mark.parametrize(("value", "reason"), NOT_JSON)
@pytest.mark.parametrize("place", ["status", "current_page", "entity_id", "unknown"])
def test_what_is_not_json_is_refused_where_the_schema_is_closed(value: object, reason: str, place: str) -> None:
    assert reason
    assert check("presence:update", value) is not None
    assert check("presence:update", {place: value}) is not None


@pytest.mark.parametrize("value", [nested(1000), CYCLE, {"x": nested(100_000)}], ids=["1000", "cycle", "100000"])
@pytest.mark.parametrize("event", ["heartbeat", "presence:update", "presence:list", "room:join"])
def test_nesting_that_no_reader_follows_is_a_violation(event: str, value: object) -> None:
    violation = refused(event, value)
    assert violation.path == ""


def test_nesting_ends_at_its_limit_where_the_schema_is_open() -> None:
    above = 3  # the payload, its changes and the operation
    assert check("doc:edit", edit(nested(MAX_DEPTH - above))) is None
    too_deep = check("doc:edit", edit(nested(MAX_DEPTH - above + 1)))
    assert too_deep == Violation("", f"nested deeper than {MAX_DEPTH} levels", "json")


def test_a_path_escapes_names_and_stops_at_its_limit() -> None:
    violation = not_json({"a/b~c": [0, b""]})
    assert violation is not None
    assert violation.path == "/a~1b~0c/1"
    violation = not_json({"a": {"b" * 2 * PATH_LENGTH: b""}})
    assert violation is not None
    assert violation.path == "/a"


def test_text_of_a_violation_can_always_be_sent() -> None:
    for payload in ({"\ud800": 1}, {"status": "\ud800"}, {"active": "\ud800"}, {"a": {"\ud800": b""}}):
        violation = refused("presence:update", payload)
        (violation.path + violation.reason).encode()


def test_a_validator_that_says_no_without_an_error_of_ours_is_still_answered() -> None:
    class Mute:
        def iter_errors(self, payload: object) -> Any:
            raise ValueError(payload)

    assert find_violation(Mute(), {}) == Violation("", "expected JSON", "json")  # type: ignore[arg-type]


# Whatever Python value comes, `check` answers, the same each time, in text that can be sent.

MESSAGES = registry().messages()
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda part: st.lists(part, max_size=4) | st.dictionaries(st.text(max_size=9), part, max_size=4),
    max_leaves=12,
)
#: By name, because a failing test shows what it drew, and some of these cannot be shown.
ODDITIES = {
    "an enum": Status.BUSY,
    "a huge integer": 10**5000,
    "an object": object(),
    "NotImplemented": NotImplemented,
    "a cycle": CYCLE,
    "a class": int,
    "a deep nest": nested(300),
    "a bottomless nest": nested(100_000),
}


def odd(name: str) -> object:
    return ODDITIES[name]


SCALARS = st.one_of(
    st.floats(),
    st.integers(min_value=-(10**400), max_value=10**400),
    st.binary(max_size=9),
    st.complex_numbers(),
    st.decimals(),
    st.uuids(),
    st.datetimes(),
    st.text(alphabet=st.characters(categories=["Cs", "Cc", "Lu", "So"])),
    st.sampled_from(sorted(ODDITIES)).map(odd),
)
ANYTHING = st.recursive(
    JSON | SCALARS,
    lambda part: st.one_of(
        st.lists(part, max_size=4),
        st.tuples(part, part),
        st.sets(st.integers() | st.binary(), max_size=3),
        st.dictionaries(st.text(max_size=9) | st.integers() | st.none(), part, max_size=4),
    ),
    max_leaves=12,
)


def judge(message: tuple[Direction, str], payload: object) -> Violation | None:
    violation = registry().check(*message, payload)
    if violation is not None:
        (violation.path + violation.reason).encode()
        assert 0 < len(violation.reason) <= 500
        assert len(violation.path) <= PATH_LENGTH
        assert violation == registry().check(*message, payload)
    return violation


@settings(deadline=None, max_examples=400)
@given(st.sampled_from(MESSAGES), ANYTHING)
def test_no_value_makes_the_check_raise(message: tuple[Direction, str], payload: object) -> None:
    judge(message, payload)


@settings(deadline=None, max_examples=600)
@given(st.data())
def test_no_value_inside_a_good_payload_makes_the_check_raise(data: st.DataObject) -> None:
    message = data.draw(st.sampled_from(MESSAGES))
    goods = [example.data for example in registry().examples(*message) if example.valid]
    payload = json.loads(json.dumps(data.draw(st.sampled_from(goods))))
    place = payload
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = data.draw(st.sampled_from([*keys, "extra"] if isinstance(place, dict) else keys or [None]))
        if key is None:
            return
        if key == "extra" or not (isinstance(place[key], (dict, list)) and data.draw(st.booleans())):
            break
        place = place[key]
    place[key] = data.draw(ANYTHING)
    if judge(message, payload) is None:
        json.dumps(payload, allow_nan=False, ensure_ascii=False).encode()


@given(JSON)
def test_json_is_json(payload: object) -> None:
    assert not_json(payload) is None or isinstance(payload, (int, list, dict))
