"""Measures which parts of the contract a run has exercised: each keyword of the schemas of client messages.

A keyword counts as accepted when a payload met it and the server accepted the payload. It counts as refused when a
payload broke it and the server answered `invalid_payload`. Of alternatives (`anyOf`, `oneOf`), the one that fits counts
as accepted; if none fits, all count as refused.
"""

from __future__ import annotations

import functools
import json
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import jsonschema_rs

from realtime_contracts.conform.observed import Observed
from realtime_contracts.contract.operations import parameter_types
from realtime_contracts.contract.payloads.generator import nearly_valid
from realtime_contracts.contract.registry import Direction, registry
from realtime_contracts.contract.schemas import Schema, own_schemas, parts

#: The directions of client messages. The server's messages are judged, but the harness cannot refuse them.
ASKED = ("client", "request")
#: Keywords that constrain a value directly, without subschemas.
KEYWORDS: tuple[str, ...] = ("type", "enum", "const", "minLength", "maxLength", "pattern", "minimum", "maximum")
KEYWORDS += ("minItems", "maxItems", "required", "dependentRequired", "additionalProperties")
#: Operations whose request is a query string. All values of a query are text.
QUERIES = frozenset({"notifications:list", "activity:list", "activity:entity"})
#: Random payloads to try when searching for one that breaks a keyword.
DRAWS = 4000
#: Limits of the inspection: items of a list, and levels of nesting.
MOST_ITEMS = 20
DEEP = 12

Place = tuple[str, str, str]


@dataclass
class Coverage:
    """How often each keyword was exercised, by direction, message and place; and each code of each event."""

    accepted: Counter[Place] = field(default_factory=Counter)
    refused: Counter[Place] = field(default_factory=Counter)
    #: How often each message was sent.
    sent: Counter[tuple[str, str]] = field(default_factory=Counter)
    errors: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, other: Coverage) -> None:
        """Add the coverage of another scenario."""
        self.accepted.update(other.accepted)
        self.refused.update(other.refused)
        self.sent.update(other.sent)
        self.errors.update(other.errors)


def measure(observed: Observed) -> Coverage:
    """Return the coverage of one scenario."""
    known = {(direction, event) for direction, event in own_schemas().messages() if direction in ASKED}
    went = {message: count for message, count in observed.went.items() if message in known}
    made = Coverage(errors=Counter(observed.errors), sent=Counter(went))
    for direction, message, payload, code in observed.sent:
        if (direction, message) in known:
            file, schema = own_schemas().message(direction, message)
            for place, met in _touched(file, schema, payload, "", 0):
                if met and code != "invalid_payload":
                    made.accepted[direction, message, place] += 1
                elif not met and (code == "invalid_payload" or (message == "connect" and code is not None)):
                    made.refused[direction, message, place] += 1
    return made


@functools.cache
def keywords() -> tuple[Place, ...]:
    """Return every keyword of the client messages: direction, message, place."""
    found: dict[Place, None] = {}
    for direction, message in own_schemas().messages():
        if direction in ASKED:
            file, schema = own_schemas().message(direction, message)
            places = [place for place in _places(file, schema, "", 0) if not _is_text(direction, message, place)]
            found.update(dict.fromkeys((direction, message, place) for place in places))
    return tuple(found)


@functools.cache
def breakers(direction: str, message: str) -> tuple[Any, ...]:
    """Return payloads that break the message's schema: one for each keyword that can be broken. Deterministic."""
    dice = random.Random(f"{direction} {message}")  # noqa: S311 - the same payloads every time
    file, schema = own_schemas().message(direction, message)
    left = {place for where, name, place in keywords() if (where, name) == (direction, message)}
    found = []
    for _ in range(DRAWS):
        if not left:
            break
        payload = nearly_valid(own_schemas(), direction, message, dice)
        broken = {place for place, met in _touched(file, schema, payload, "", 0) if not met}
        if broken & left and registry().check(Direction(direction), message, payload) is not None:
            left -= broken
            found.append(payload)
    return tuple(found)


def _is_text(direction: str, message: str, place: str) -> bool:
    """Whether a type cannot be wrong: a query is always an object, and its values are always text."""
    if direction != "request" or message not in QUERIES or not place.endswith("/type"):
        return False
    return place == "/type" or (parameter_types(message) or {})[place.split("/")[2]] == "string"


def _places(file: str, node: Schema, place: str, level: int) -> Iterator[str]:
    file, node = own_schemas().resolve(file, node)
    yield from (f"{place}/{keyword}" for keyword in KEYWORDS if _says_something(node, keyword))
    if level < DEEP:
        for where, part in parts(node):
            yield from _places(file, part, place + where, level + 1)


def _touched(file: str, node: Schema, value: Any, place: str, level: int) -> Iterator[tuple[str, bool]]:
    """Yield every keyword that applies to a value, and whether the value meets it."""
    file, node = own_schemas().resolve(file, node)
    for keyword in KEYWORDS:
        if _says_something(node, keyword):
            yield f"{place}/{keyword}", _meets(node, keyword, value)
    if level < DEEP:
        for where, part, inner in _inside(node, value, place):
            yield from _touched(file, part, inner, where, level + 1)
        yield from _alternatives(file, node, value, place, level)


def _inside(node: Schema, value: Any, place: str) -> Iterator[tuple[str, Schema, Any]]:
    """Yield the members and items of a value, each with its place and its schema."""
    if isinstance(value, dict):
        for name, part in node.get("properties", {}).items():
            if name in value:
                yield f"{place}/properties/{name}", part, value[name]
    if isinstance(value, list) and isinstance(node.get("items"), dict):
        for item in value[:MOST_ITEMS]:
            yield f"{place}/items", node["items"], item


def _alternatives(file: str, node: Schema, value: Any, place: str, level: int) -> Iterator[tuple[str, bool]]:
    for keyword in ("anyOf", "oneOf"):
        if keyword in node:
            told = [
                list(_touched(file, part, value, f"{place}/{keyword}/{index}", level + 1))
                for index, part in enumerate(node[keyword])
            ]
            fitting = [places for places in told if all(met for _, met in places)]
            for places in fitting or told:
                yield from places


def _says_something(node: Schema, keyword: str) -> bool:
    return keyword in node and node[keyword] is not True


def _meets(node: Schema, keyword: str, value: Any) -> bool:
    schema: dict[str, Any] = {keyword: node[keyword]}
    if keyword == "additionalProperties":
        schema["properties"] = dict.fromkeys(node.get("properties", {}), True)
    try:
        return bool(_validator(json.dumps(schema)).is_valid(value))
    except ValueError:
        return False  # A value that is not JSON meets no keyword.


@functools.cache
def _validator(schema: str) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(json.loads(schema))
