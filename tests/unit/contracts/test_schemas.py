"""The contract as data: in the subset, with examples, every rule shown to refuse something."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from app.realtime.utils.message_types import MessageType
from realtime_contracts import SOCKET_DIRECTIONS, Direction, Example
from realtime_contracts.contract.lint import lint
from realtime_contracts.contract.registry import registry
from realtime_contracts.contract.schemas import nodes, own_schemas

CONTRACTS = registry().folder
SCHEMAS = own_schemas().files
MESSAGES = registry().messages()
EXAMPLES = [(*message, example) for message in MESSAGES for example in registry().examples(*message)]

#: Messages of one form only: there are no three good examples of them.
SAY_ONE_THING = {
    (Direction.CLIENT, "notification:count"),
    (Direction.RESPONSE, "ops:healthz"),
    (Direction.RESPONSE, "ops:readyz"),
}
#: Keywords that can refuse a value; `additionalProperties` only where it is false.
RULES = {"type", "enum", "const", "required", "dependentRequired", "additionalProperties", "oneOf", "anyOf"}
RULES |= {"minLength", "maxLength", "pattern", "minimum", "maximum", "minItems", "maxItems", "uniqueItems"}

#: Socket.IO's own packets, which are no message of ours: the end of a connection, and its refusal.
OF_THE_TRANSPORT = {"disconnect", "connect_error"}


def test_the_schemas_are_in_the_subset_that_every_language_reads_alike() -> None:
    assert [str(finding) for finding in lint(SCHEMAS)] == []


def test_the_schemas_are_json_schema_2020_12() -> None:
    for schema in SCHEMAS.values():
        jsonschema_rs.meta.validate(dict(schema))


def test_every_file_is_a_message_or_shared() -> None:
    folders = {Path(name).parent.as_posix() for name in SCHEMAS}
    assert folders == {"shared", *(direction.value for direction in Direction)}


def test_every_client_event_but_connect_has_an_ack_and_nothing_else_has() -> None:
    assert registry().events(Direction.ACK) == registry().events(Direction.CLIENT) - {"connect"}


def test_every_message_type_has_a_schema_and_nothing_else_has() -> None:
    with_schema = frozenset().union(*(registry().events(direction) for direction in SOCKET_DIRECTIONS))
    assert {message.value for message in MessageType} - OF_THE_TRANSPORT == with_schema - OF_THE_TRANSPORT


def test_schemas_and_examples_are_the_same_set_of_files() -> None:
    examples = {
        path.relative_to(CONTRACTS / "examples").as_posix() for path in (CONTRACTS / "examples").rglob("*.json")
    }
    assert examples == {name for name in SCHEMAS if not name.startswith("shared/")}


@pytest.mark.parametrize(("direction", "event"), MESSAGES, ids=str)
def test_a_message_has_three_good_and_five_bad_examples(direction: Direction, event: str) -> None:
    examples = registry().examples(direction, event)
    assert sum(example.valid for example in examples) >= (1 if (direction, event) in SAY_ONE_THING else 3)
    assert sum(not example.valid for example in examples) >= 5


@pytest.mark.parametrize(("direction", "event"), MESSAGES, ids=str)
def test_the_examples_of_a_message_have_descriptions_of_their_own(direction: Direction, event: str) -> None:
    counted = Counter(example.description for example in registry().examples(direction, event))
    assert [description for description, count in counted.items() if count > 1 or not description] == []


@pytest.mark.parametrize(
    ("direction", "event", "example"), EXAMPLES, ids=lambda part: getattr(part, "description", part)
)
def test_an_example_is_judged_as_it_says_and_refused_where_it_says(
    direction: Direction, event: str, example: Example
) -> None:
    violation = registry().check(direction, event, example.data)
    assert (violation is None, violation and violation.path) == (example.valid, example.path), violation


def test_every_rule_of_every_schema_refuses_some_example() -> None:
    rules = {
        f"{schema['$id']}#{pointer}/{keyword}"
        for schema in SCHEMAS.values()
        for pointer, node in nodes(schema)
        for keyword in node.keys() & RULES
        if node[keyword] is not True
    }
    known = jsonschema_rs.Registry([(schema["$id"], dict(schema)) for schema in SCHEMAS.values()])
    used: set[str] = set()
    for direction, event in MESSAGES:
        validator = jsonschema_rs.Draft202012Validator(dict(registry().schema(direction, event)), registry=known)
        for example in registry().examples(direction, event):
            used |= _broken(validator.iter_errors(example.data))
    assert sorted(rules - used) == []


def test_a_property_whose_name_says_secret_is_write_only() -> None:
    token = registry().schema(Direction.CLIENT, "connect")["properties"]["token"]
    assert token["writeOnly"] is True


def _broken(errors: Any) -> set[str]:
    """The absolute locations of the rules that a value breaks, those of refused alternatives too."""
    found: set[str] = set()
    for error in errors:
        found.add(str(error.absolute_keyword_location).replace("/dependentRequired/0", "/dependentRequired"))
        for branch in getattr(error.kind, "context", ()):
            found |= _broken(branch)
    return found
