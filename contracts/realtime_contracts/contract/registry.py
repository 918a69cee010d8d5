"""Every message of the wire and of REST, by direction and event: its schema, its judge, its examples.

The contract is data: `schemas/` holds one JSON Schema per message, `examples/` what it accepts and
refuses. A `Registry` reads that folder once, compiles every schema, and then answers one question
as fast as it can, for both ends of the wire: is this payload what the contract says?

    violation = registry().check(Direction.CLIENT, "room:join", payload)
    if violation is not None:
        ...  # violation.path == "/entity_id", violation.reason == "expected string or integer, got true"

A payload comes from strangers, so a verdict never depends on luck: `check` raises for no Python value,
and where a payload breaks several rules it reports the shallowest, by a fixed order (of a very large one, the first
that the validator finds: `violations.MANY_PARTS`). No payload at all is `{}`; an explicit null is not, so a caller
who knows the difference passes `{}` for the first.

The folder is `contracts/` in the source tree, and this package itself in an installed wheel.
"""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema_rs

from realtime_contracts.contract.violations import Violation, find_violation, not_json, wrong_places

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class Direction(StrEnum):
    """Which way a message goes. The value is its folder's name."""

    CLIENT = "client"
    SERVER = "server"
    ACK = "ack"
    #: What a REST operation is asked, the query or the body as one object. Its event is the operation's id with `:`
    #: for `.`, such as `notifications:create`.
    REQUEST = "request"
    #: What it answers; the event `error` is the answer of every operation that failed.
    RESPONSE = "response"


#: The directions of the socket; the others are REST's.
SOCKET_DIRECTIONS = (Direction.CLIENT, Direction.SERVER, Direction.ACK)


class UnknownEvent(KeyError):
    """The contract has no such event in that direction: a typing error, or a newer client's."""

    def __init__(self, direction: Direction, event: str) -> None:
        super().__init__(f"no event {event!r} in direction {Direction(direction).value!r}")


@dataclass(frozen=True)
class Example:
    """One payload with the verdict that everybody must reach on it."""

    description: str
    data: Any
    valid: bool
    #: JSON Pointer of the expected violation; None for a valid example.
    path: str | None = None


@dataclass(frozen=True)
class _Message:
    schema: Mapping[str, Any]
    validator: jsonschema_rs.Validator
    #: True if the schema has a `writeOnly` part (a token): its violations never quote the payload.
    secret: bool


class Registry:
    """All schemas of one contracts folder, compiled. Made by `load`, unchanging, safe to share."""

    def __init__(self, folder: Path, messages: Mapping[tuple[str, str], _Message]) -> None:
        self.folder = folder
        #: The version of the contract, as in its VERSION file.
        self.version = (folder / "VERSION").read_text(encoding="utf-8").strip()
        self._messages = messages

    @classmethod
    def load(cls, folder: Path | str | None = None) -> Registry:
        """Read and compile every schema below `folder`, which holds schemas/, examples/ and VERSION.

        Without `folder`: the one that belongs to this package. Relative `$ref`s are resolved among the
        files of the folder, never over the network. Raises OSError or ValueError for a folder that is
        not there, not JSON, or not valid JSON Schema: nothing that a running server should survive.
        """
        root = Path(folder) if folder is not None else _own_folder()
        schemas = dict(_read_schemas(root / "schemas"))
        known = jsonschema_rs.Registry([(schema["$id"], schema) for schema in schemas.values()])
        directions = {direction.value for direction in Direction}
        messages: dict[tuple[str, str], _Message] = {}
        for path, schema in schemas.items():
            if path.parent.name in directions:
                validator = jsonschema_rs.Draft202012Validator(schema, registry=known, offline=True)
                event = path.stem.replace(".", ":")
                messages[path.parent.name, event] = _Message(schema, validator, _has_secret(schema))
        return cls(root, messages)

    def events(self, direction: Direction) -> frozenset[str]:
        """The events that have a schema in this direction."""
        return frozenset(event for where, event in self._messages if where == direction)

    def schema(self, direction: Direction, event: str) -> Mapping[str, Any]:
        """The schema as it is in its file; read it, do not change it. Raises UnknownEvent."""
        return self._message(direction, event).schema

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
        if valid:
            return not_json(payload)
        return find_violation(message.validator, payload, quote=not message.secret)

    def wrong_places(self, direction: Direction, event: str, payload: object) -> frozenset[str]:
        """The JSON Pointers of all that is wrong with `payload`: slower than `check`, which stops at the first.

        Raises UnknownEvent for an event without schema.
        """
        return wrong_places(self._message(direction, event).validator, payload)

    def examples(self, direction: Direction, event: str) -> tuple[Example, ...]:
        """The message's examples, in the order of their file. Raises UnknownEvent."""
        self._message(direction, event)
        name = event.replace(":", ".") + ".json"
        text = (self.folder / "examples" / Direction(direction).value / name).read_text(encoding="utf-8")
        return tuple(Example(**item) for item in json.loads(text))

    def _message(self, direction: Direction, event: str) -> _Message:
        try:
            return self._messages[direction, event]
        except KeyError:
            raise UnknownEvent(direction, event) from None


@functools.cache
def registry() -> Registry:
    """The contract that this package came with, loaded once per process."""
    return Registry.load()


def _own_folder() -> Path:
    package = Path(__file__).resolve().parents[1]
    return package if (package / "schemas").is_dir() else package.parent


def _read_schemas(folder: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    paths = sorted(folder.glob("*/*.json"))
    if not paths:
        raise FileNotFoundError(f"no schemas in {folder}")
    for path in paths:
        yield path, json.loads(path.read_text(encoding="utf-8"))


def _has_secret(node: object) -> bool:
    if isinstance(node, dict):
        return node.get("writeOnly") is True or any(_has_secret(part) for part in node.values())
    return isinstance(node, list) and any(_has_secret(part) for part in node)
