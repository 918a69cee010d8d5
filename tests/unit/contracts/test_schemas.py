"""The contract as data: in the subset, with examples, every rule shown to refuse something."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from realtime_contracts import Direction, Example
from realtime_contracts.contract.lint import lint
from realtime_contracts.contract.registry import registry

CONTRACTS = registry().folder
SCHEMAS: dict[str, dict[str, Any]] = {
    path.relative_to(CONTRACTS / "schemas").as_posix(): json.loads(path.read_text(encoding="utf-8"))
    for path in sorted((CONTRACTS / "schemas").rglob("*.json"))
}
MESSAGES = [(direction, event) for direction in Direction for event in sorted(registry().events(direction))]
EXAMPLES = [(*message, example) for message in MESSAGES for example in registry().examples(*message)]

#: The codes of SPEC.md, "Acks and errors".
CODES = {
    "unauthenticated",
    "token_expired",
    "forbidden",
    "invalid_payload",
    "unknown_event",
    "not_in_room",
    "not_found",
    "locked",
    "version_conflict",
    "rate_limited",
    "limit_exceeded",
    "too_large",
    "unavailable",
    "internal",
}
#: Those of them that no request brings about, and those that only a request does.
CODES_OF_THE_SOCKET = {"unknown_event", "not_in_room", "locked", "version_conflict", "limit_exceeded"}
CODES_OF_REST = {"conflict", "method_not_allowed"}
#: Messages of one form only: there are no three good examples of them.
SAY_ONE_THING = {
    (Direction.CLIENT, "notification:count"),
    (Direction.RESPONSE, "ops:healthz"),
    (Direction.RESPONSE, "ops:readyz"),
}
#: Keywords that can refuse a value; `additionalProperties` only where it is false.
RULES = {
    "type",
    "enum",
    "const",
    "required",
    "dependentRequired",
    "additionalProperties",
    "minLength",
    "maxLength",
    "pattern",
    "minimum",
    "maximum",
    "minItems",
    "maxItems",
    "uniqueItems",
    "oneOf",
    "anyOf",
}


def test_the_schemas_are_in_the_subset_that_every_language_reads_alike() -> None:
    assert [str(finding) for finding in lint(SCHEMAS)] == []


def test_the_schemas_are_json_schema_2020_12() -> None:
    for schema in SCHEMAS.values():
        jsonschema_rs.meta.validate(schema)


def test_every_file_is_a_message_or_shared() -> None:
    folders = {Path(name).parent.as_posix() for name in SCHEMAS}
    assert folders == {"shared", *(direction.value for direction in Direction)}


def test_every_client_event_but_connect_has_an_ack_and_nothing_else_has() -> None:
    assert registry().events(Direction.ACK) == registry().events(Direction.CLIENT) - {"connect"}


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
    rules = {rule for file, schema in SCHEMAS.items() for rule in _rules(schema, schema["$id"] + "#")}
    known = jsonschema_rs.Registry([(schema["$id"], schema) for schema in SCHEMAS.values()])
    used: set[str] = set()
    for direction, event in MESSAGES:
        validator = jsonschema_rs.Draft202012Validator(dict(registry().schema(direction, event)), registry=known)
        for example in registry().examples(direction, event):
            used |= _broken(validator.iter_errors(example.data))
    assert sorted(rules - used) == []


def test_the_codes_of_an_error_are_those_of_the_specification() -> None:
    variants = SCHEMAS["shared/error.json"]["$defs"]
    assert _codes(variants["error"], variants) == sorted(CODES)


def test_the_codes_of_a_rest_error_are_those_that_a_request_can_bring_about() -> None:
    error = SCHEMAS["response/error.json"]
    assert _codes(error, error["$defs"]) == sorted((CODES - CODES_OF_THE_SOCKET) | CODES_OF_REST)
    assert CODES >= CODES_OF_THE_SOCKET
    assert CODES.isdisjoint(CODES_OF_REST)


def test_a_property_whose_name_says_secret_is_write_only() -> None:
    token = registry().schema(Direction.CLIENT, "connect")["properties"]["token"]
    assert token["writeOnly"] is True


def _codes(error: dict[str, Any], variants: dict[str, Any]) -> list[str]:
    """The codes of an error, each as often as it is among the variants."""
    rules = [variants[variant["$ref"].rpartition("/")[2]]["properties"]["code"] for variant in error["oneOf"]]
    return sorted(code for rule in rules for code in rule.get("enum", [rule.get("const")]))


def _rules(node: object, location: str) -> set[str]:
    """The absolute locations of the rules in a schema."""
    if isinstance(node, list):
        return set().union(*(_rules(part, f"{location}/{index}") for index, part in enumerate(node)))
    if not isinstance(node, dict):
        return set()
    here = {f"{location}/{keyword}" for keyword in node.keys() & RULES if node[keyword] is not True}
    inside: set[str] = set()
    for keyword in ("items", "oneOf", "anyOf"):
        inside |= _rules(node.get(keyword), f"{location}/{keyword}")
    for keyword in ("properties", "$defs"):
        for name, part in node.get(keyword, {}).items():
            inside |= _rules(part, f"{location}/{keyword}/{name}")
    return here | inside


def _broken(errors: Any) -> set[str]:
    """The absolute locations of the rules that a value breaks, those of refused alternatives too."""
    found: set[str] = set()
    for error in errors:
        found.add(str(error.absolute_keyword_location).replace("/dependentRequired/0", "/dependentRequired"))
        for branch in getattr(error.kind, "context", ()):
            found |= _broken(branch)
    return found
