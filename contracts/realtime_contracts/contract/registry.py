"""Every message of Socket.IO and of REST, by direction and event: its schema, its validator, its examples.

`schemas/` holds one JSON Schema for each message, `examples/` payloads that it accepts and refuses. A `Registry`
compiles the schemas once and then checks payloads:

    violation = registry().check(Direction.CLIENT, "room:join", payload)
    if violation is not None:
        ...  # violation.path == "/entity_id", violation.reason == "expected string or integer, got true"

`check` raises for no Python value. Where a payload breaks several rules it reports the shallowest, by a fixed order;
of a very large payload, the first that the validator finds (`violations.MANY_PARTS`). An absent payload is `{}`, and
an explicit null is not: the caller passes `{}` for the first.

The folder is `contracts/` in the source tree, and this package itself in an installed wheel.
"""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import jsonschema_rs

from realtime_contracts.contract.schemas import Schema, Schemas, file_of, nodes, own_folder, own_schemas, read_folder
from realtime_contracts.contract.violations import (
    MAX_PARTS,
    Violation,
    find_violation,
    has_more_parts,
    not_json,
    wrong_places,
)


class Direction(StrEnum):
    """Which way a message goes. The value is its folder's name."""

    CLIENT = "client"
    SERVER = "server"
    ACK = "ack"
    #: The request of a REST operation: its query or its body, as one object. Its event is the operation's name with
    #: `:` for `.`, such as `notifications:create`.
    REQUEST = "request"
    #: The response of a REST operation that succeeded; the event `error` is the response of any that failed.
    RESPONSE = "response"


#: The directions of the socket; the others are REST's.
SOCKET_DIRECTIONS = (Direction.CLIENT, Direction.SERVER, Direction.ACK)


class UnknownEvent(KeyError):
    """The contract has no such event in that direction: a typing error, or an event of a newer client."""

    def __init__(self, direction: Direction, event: str) -> None:
        super().__init__(f"no event {event!r} in direction {Direction(direction).value!r}")


@dataclass(frozen=True)
class Example:
    """One payload, and whether every validator must accept it."""

    description: str
    data: Any
    valid: bool
    #: JSON Pointer of the expected violation; None for a valid example.
    path: str | None = None


@dataclass(frozen=True)
class _Message:
    schema: Schema
    validator: jsonschema_rs.Validator
    #: True if the schema has a `writeOnly` part (a token): its violations never quote the payload.
    secret: bool


class Registry:
    """All schemas of one contract, compiled. Does not change, safe to share."""

    def __init__(self, schemas: Schemas, folder: Path) -> None:
        """Compile `schemas`; `folder` holds their examples. Raises ValueError for what is not valid JSON Schema.

        Relative `$ref`s are resolved among the schemas, never over the network.
        """
        self.folder = folder
        self.schemas = schemas
        #: The version of the contract, as in its VERSION file.
        self.version = schemas.version
        known = jsonschema_rs.Registry([(str(schema["$id"]), dict(schema)) for schema in schemas.files.values()])
        directions = {direction.value for direction in Direction}
        self._messages: dict[tuple[str, str], _Message] = {}
        for direction, event in schemas.messages():
            if direction in directions:
                schema = schemas.message(direction, event)[1]
                validator = jsonschema_rs.Draft202012Validator(dict(schema), registry=known, offline=True)
                secret = any(node.get("writeOnly") is True for _, node in nodes(schema))
                self._messages[direction, event] = _Message(schema, validator, secret)

    @classmethod
    def load(cls, folder: Path) -> Registry:
        """The registry of a folder with schemas/, examples/ and VERSION. Raises ValueError if there is no contract."""
        return cls(read_folder(folder), folder)

    def events(self, direction: Direction) -> frozenset[str]:
        """The events that have a schema in this direction."""
        return frozenset(event for where, event in self._messages if where == direction)

    def messages(self, *directions: Direction) -> list[tuple[Direction, str]]:
        """The messages of some directions, of all if none is named: direction by direction, their events sorted."""
        return [(direction, event) for direction in directions or Direction for event in sorted(self.events(direction))]

    def schema(self, direction: Direction, event: str) -> Schema:
        """The schema as it is in its file; read it, do not change it. Raises UnknownEvent."""
        return self._message(direction, event).schema

    def validator(self, direction: Direction, event: str) -> Callable[[object], bool]:
        """The function that says of a payload whether its schema allows it: a part of `check`, and most of the time.

        It raises ValueError for what is no JSON. Raises UnknownEvent for an event without schema.
        """
        return self._message(direction, event).validator.is_valid

    def check(self, direction: Direction, event: str, payload: object) -> Violation | None:
        """None if `payload` is what the contract says, else what is wrong with it.

        Raises UnknownEvent for an event without schema, and nothing for any payload: what could not
        travel as JSON at all (bytes, sets, NaN, lone surrogates, nesting over `MAX_DEPTH`) is a Violation.
        """
        message = self._message(direction, event)
        try:
            valid = message.validator.is_valid(payload)
        except ValueError:
            return not_json(payload) or Violation("", "expected JSON", "json")
        most = MAX_PARTS if direction == Direction.CLIENT else math.inf
        if valid or has_more_parts(payload, 3 * most):  # up to that what is wrong can be said in time
            return not_json(payload, most)
        return find_violation(message.validator, payload, quote=not message.secret)

    def wrong_places(self, direction: Direction, event: str, payload: object) -> frozenset[str]:
        """The JSON Pointers of all that is wrong with `payload`: slower than `check`, which stops at the first.

        Raises UnknownEvent for an event without schema.
        """
        return wrong_places(self._message(direction, event).validator, payload)

    def examples(self, direction: Direction, event: str) -> tuple[Example, ...]:
        """The message's examples, in the order of their file. Raises UnknownEvent."""
        self._message(direction, event)
        text = (self.folder / "examples" / file_of(Direction(direction).value, event)).read_text(encoding="utf-8")
        return tuple(Example(**item) for item in json.loads(text))

    def _message(self, direction: Direction, event: str) -> _Message:
        try:
            return self._messages[direction, event]
        except KeyError:
            raise UnknownEvent(direction, event) from None


@functools.cache
def registry() -> Registry:
    """The contract that this package came with, loaded once per process."""
    return Registry(own_schemas(), own_folder())
