"""Changes of the real contract made by hand, each with what it is known to be and whom it reaches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jsonschema_rs
import pytest

from realtime_contracts.contract.lint import BASE
from realtime_contracts.contract.schemas import Schemas, file_of
from realtime_contracts.diff.judging import Change, Witness, judged
from realtime_contracts.diff.versions import Effect
from tests.unit.contracts.diff.editing import OLD, Edit, edited, file, listed, put, schema

BREAKING, COMPATIBLE, NONE = Effect.BREAKING, Effect.COMPATIBLE, Effect.NONE
TEXT = {"title": "T", "description": "At most 3 characters.", "type": "string", "maxLength": 3}
IDENTIFIERS = "shared/identifiers.json#/$defs"
STATUS = "shared/presence.json#/$defs/status"
LOCK = "client/doc.lock.json#"
LEFT = "server/room.user_left.json#"
MESSAGES = set(OLD.messages())
GET_A_STATUS = {
    ("server", "presence:list"),
    ("server", "presence:update"),
    ("server", "presence:user_joined"),
    ("ack", "presence:update"),
    ("response", "presence:list"),
}
SEND_A_STATUS = {("client", "presence:update"), ("request", "presence:status")}


@dataclass(frozen=True)
class Case:
    name: str
    edits: list[Edit]
    #: (effect, part of the text) → the messages it reaches; None for more than a few.
    expected: dict[tuple[Effect, str], set[tuple[str, str]] | None]
    doubt: bool = False


def one(direction: str, event: str) -> set[tuple[str, str]]:
    return {(direction, event)}


CASES = [
    Case(
        "a client must send more",
        [listed(f"{LOCK}/required", add=("path",))],
        {(BREAKING, "`path` is required now"): one("client", "doc:lock")},
    ),
    Case(
        "a client must send something new",
        [schema(f"{LOCK}/properties/note", TEXT), listed(f"{LOCK}/required", add=("note",))],
        {(BREAKING, "new required property `note`"): one("client", "doc:lock")},
    ),
    Case(
        "a client may send something new",
        [schema(f"{LOCK}/properties/note", TEXT)],
        {(COMPATIBLE, "new property `note`"): one("client", "doc:lock")},
    ),
    Case(
        "a client may no longer send something",
        [schema(f"{LOCK}/properties/ttl", None)],
        {(BREAKING, "no longer the property `ttl`"): one("client", "doc:lock")},
    ),
    Case(
        "a client may leave something out",
        [put(f"{LOCK}", required=[])],
        {(COMPATIBLE, "`room_id` may be missing"): one("client", "doc:lock")},
    ),
    Case(
        "a number from clients within less",
        [put(f"{LOCK}/properties/ttl", maximum=60)],
        {(BREAKING, "maximum 300 → 60"): one("client", "doc:lock")},
    ),
    Case(
        "a number from clients within more",
        [put(f"{LOCK}/properties/ttl", minimum=1)],
        {(COMPATIBLE, "minimum 5 → 1"): one("client", "doc:lock")},
    ),
    Case(
        "a number from clients within another range",
        [put(f"{LOCK}/properties/ttl", minimum=1, maximum=60)],
        {(BREAKING, "minimum 5 → 1, maximum 300 → 60"): one("client", "doc:lock")},
    ),
    Case(
        "any number instead of an integer",
        [put(f"{LOCK}/properties/ttl", _type="number")],
        {(COMPATIBLE, 'type "integer" → "number"'): one("client", "doc:lock")},
    ),
    Case(
        "a new status, in both directions",
        [listed(f"{STATUS}/enum", add=("invisible",))],
        {(BREAKING, '"invisible" as well'): GET_A_STATUS, (COMPATIBLE, '"invisible" as well'): SEND_A_STATUS},
    ),
    Case(
        "a status less, in both directions",
        [listed(f"{STATUS}/enum", remove=("busy",))],
        {(BREAKING, 'no longer "busy"'): SEND_A_STATUS, (COMPATIBLE, 'no longer "busy"'): GET_A_STATUS},
    ),
    Case(
        "one type of two from clients less",
        [put("client/room.join.json#/properties/entity_id", dollarref="../shared/identifiers.json#/$defs/entity_id")],
        {(BREAKING, "no longer an integer"): one("client", "room:join")},
    ),
    Case(
        "a pattern that allows less",
        [put("shared/notifications.json#/$defs/id", pattern="^[a-z0-9]+$")],
        {(BREAKING, "pattern"): one("client", "notification:read"), (COMPATIBLE, "pattern"): None},
    ),
    Case(
        "a pattern that allows more",
        [put("shared/notifications.json#/$defs/id", pattern="^[A-Za-z0-9_.-]+$")],
        {(COMPATIBLE, "pattern"): one("client", "notification:read"), (BREAKING, "pattern"): None},
    ),
    Case(
        "a longer text",
        [put("shared/typing.json#/$defs/field", maxLength=300)],
        {
            (COMPATIBLE, "maxLength 255 → 300"): {("client", "typing:start"), ("client", "typing:stop")},
            (BREAKING, "maxLength 255 → 300"): one("server", "typing:users"),
        },
    ),
    Case(
        "null from the server where there was none",
        [
            put(
                f"{LEFT}/properties/user_name",
                dollarref=None,
                anyOf=[{"$ref": "../shared/identifiers.json#/$defs/user_name"}, {"type": "null"}],
            )
        ],
        {(BREAKING, "null as well"): one("server", "room:user_left")},
    ),
    Case(
        "no null from the server where there was one",
        [
            put(
                "server/presence.update.json#/properties/current_page",
                anyOf=None,
                dollarref="../shared/identifiers.json#/$defs/page",
            )
        ],
        {(COMPATIBLE, "no longer null"): one("server", "presence:update")},
    ),
    Case(
        "no null from a client where there was one",
        [
            put(
                "client/presence.update.json#/properties/current_page",
                anyOf=None,
                dollarref="../shared/identifiers.json#/$defs/page",
            )
        ],
        {(BREAKING, "no longer null"): one("client", "presence:update")},
    ),
    Case(
        "the server may send something new",
        [schema(f"{LEFT}/properties/reason", TEXT)],
        {(BREAKING, "new property `reason`"): one("server", "room:user_left")},
    ),
    Case(
        "the server always sends something new",
        [schema(f"{LEFT}/properties/reason", TEXT), listed(f"{LEFT}/required", add=("reason",))],
        {(BREAKING, "new required property `reason`"): one("server", "room:user_left")},
    ),
    Case(
        "the server may leave something out",
        [listed(f"{LEFT}/required", remove=("user_name",))],
        {(BREAKING, "`user_name` may be missing"): one("server", "room:user_left")},
    ),
    Case(
        "an ack has something new",
        [schema("ack/heartbeat.json#/$defs/success/properties/lag", TEXT)],
        {(BREAKING, "new property `lag`"): one("ack", "heartbeat")},
    ),
    Case(
        "a response has something less that it had to have",
        [
            schema("response/notifications.count.json#/properties/count", None),
            listed("response/notifications.count.json#/required", remove=("count",)),
        ],
        {(BREAKING, "no longer the required property `count`"): one("response", "notifications:count")},
    ),
    Case(
        "a new code of errors",
        [listed("shared/error.json#/$defs/plain_error/properties/code/enum", add=("gone",))],
        {(BREAKING, '"gone" as well'): {m for m in MESSAGES if m[0] == "ack"} | one("server", "error")},
    ),
    Case(
        "a form of errors less",
        [
            put(
                "shared/error.json#/$defs/error",
                oneOf=[
                    {"$ref": "#/$defs/plain_error"},
                    {"$ref": "#/$defs/invalid_payload_error"},
                    {"$ref": "#/$defs/rate_limited_error"},
                    {"$ref": "#/$defs/limit_exceeded_error"},
                    {"$ref": "#/$defs/internal_error"},
                    {"$ref": "#/$defs/locked_error"},
                ],
            )
        ],
        {(COMPATIBLE, 'no longer an object with code "version_conflict"'): None},
    ),
    Case(
        "a form that clients may send less",
        [put("client/notification.read.json#", oneOf=[{"$ref": "#/$defs/one"}])],
        {(BREAKING, "no longer an object with all true"): one("client", "notification:read")},
    ),
    Case(
        "fewer items",
        [put("shared/documents.json#/$defs/changes", maxItems=10)],
        {(BREAKING, "maxItems 1000 → 10"): one("client", "doc:edit"), (COMPATIBLE, "maxItems 1000 → 10"): None},
    ),
    Case(
        "no empty list from the server any more",
        [put("shared/rooms.json#/$defs/users", minItems=1)],
        {(COMPATIBLE, "minItems 0 → 1"): {("server", "room:users"), ("ack", "room:join"), ("ack", "room:users")}},
    ),
    Case(
        "what needs another no longer does",
        [put("client/activity.feed.json#", dependentRequired=None)],
        {(COMPATIBLE, "`entity_id` without `entity_type` as well"): one("client", "activity:feed")},
    ),
    Case(
        "what needs another now",
        [put("client/activity.feed.json#", dependentRequired={"entity_id": ["entity_type"], "since": ["before"]})],
        {(BREAKING, "`since` needs `before` now"): one("client", "activity:feed")},
    ),
    Case(
        "an object opened for clients",
        [put(LOCK, additionalProperties=True)],
        {(COMPATIBLE, "open: any other property as well"): one("client", "doc:lock")},
    ),
    Case(
        "an object opened by the server",
        [put(LEFT, additionalProperties=True)],
        {(BREAKING, "open: any other property as well"): one("server", "room:user_left")},
    ),
    Case(
        "an open object closed for clients",
        [put("shared/activity.json#/$defs/details", properties={}, additionalProperties=False)],
        {
            (BREAKING, "closed: no other property any more"): one("request", "activity:record"),
            (COMPATIBLE, "closed"): None,
        },
    ),
    Case(
        "a constant that is another",
        [put("shared/rest.json#/$defs/success", const=False)],
        {(BREAKING, "false as well"): None, (COMPATIBLE, "no longer true"): None},
    ),
    Case(
        "a client's event no longer known",
        [file("client/typing.stop.json", None)],
        {(BREAKING, "no longer in the contract"): one("client", "typing:stop")},
    ),
    Case(
        "a server's event no longer sent",
        [file("server/heartbeat_ack.json", None)],
        {(BREAKING, "no longer in the contract"): one("server", "heartbeat_ack")},
    ),
    Case(
        "an ack no longer given",
        [file("ack/heartbeat.json", None)],
        {(BREAKING, "no longer in the contract"): one("ack", "heartbeat")},
    ),
    Case(
        "a new event of the server",
        [file("server/news.json", TEXT)],
        {(COMPATIBLE, "new in the contract"): one("server", "news")},
    ),
    Case(
        "a new event of clients, with its ack",
        [file("client/news.json", TEXT), file("ack/news.json", TEXT)],
        {(COMPATIBLE, "new in the contract"): {("client", "news"), ("ack", "news")}},
    ),
    Case(
        "a pattern that cannot be read, with a text that shows it for one direction",
        [put("shared/notifications.json#/$defs/id", pattern="^\\d+$")],
        {
            (BREAKING, "cannot be compared: unsupported syntax"): None,
            (BREAKING, "cannot be shown to be compatible"): None,
        },
        doubt=True,
    ),
    Case(
        "a keyword that is not compared, with a message that shows it",
        [put(f"{LOCK}/properties/ttl", multipleOf=5)],
        {(BREAKING, "cannot be compared"): one("client", "doc:lock")},
    ),
    Case(
        "a keyword that is not compared, and no message that shows it",
        [put(f"{LOCK}/properties/ttl", _not={"const": 123})],
        {(BREAKING, "cannot be shown to be compatible"): one("client", "doc:lock")},
        doubt=True,
    ),
    Case(
        "another default",
        [put(f"{LOCK}/properties/ttl", default=60)],
        {(COMPATIBLE, "default 30 → 60"): one("client", "doc:lock")},
    ),
]


def _accepts(schemas: Schemas, direction: str, event: str, payload: Any) -> bool:
    """The validator of one version, made without any of the code under test."""
    if file_of(direction, event) not in schemas.files:
        return False
    files = {BASE + name: {**content, "$id": BASE + name} for name, content in schemas.files.items()}
    known = jsonschema_rs.Registry(list(files.items()))
    return jsonschema_rs.Draft202012Validator(files[BASE + file_of(direction, event)], registry=known).is_valid(payload)


def _matching(changes: tuple[Change, ...], effect: Effect, text: str) -> list[Change]:
    return [change for change in changes if change.effect is effect and text in change.text]


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_a_change_is_what_it_is_known_to_be_and_a_message_shows_it(case: Case) -> None:
    new = edited(*case.edits)

    verdict = judged(OLD, new)

    for (effect, text), messages in case.expected.items():
        reached = {message for change in _matching(verdict.changes, effect, text) for message, _ in change.messages}
        assert reached, [(change.effect, change.text) for change in verdict.changes]
        assert messages is None or messages == reached
    expected = {effect for effect, _ in case.expected}
    assert {change.effect for change in verdict.changes} - {NONE} == expected
    assert verdict.takes == ("0.4.0" if BREAKING in expected else "0.3.1")
    assert any(change.doubt for change in verdict.changes) == case.doubt
    for change in verdict.changes:
        if change.doubt or "default" in change.text or change.effect is NONE:
            assert change.witness is None
        else:
            assert change.witness is not None
            assert (change.witness.direction, change.witness.event) in {message for message, _ in change.messages}
            _assert_shown(change.witness, new)


def _assert_shown(witness: Witness, new: Schemas) -> None:
    accepting, refusing = (OLD, new) if witness.accepted_by == "old" else (new, OLD)
    assert _accepts(accepting, witness.direction, witness.event, witness.payload)
    assert not _accepts(refusing, witness.direction, witness.event, witness.payload)
