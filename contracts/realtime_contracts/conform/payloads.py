"""The payloads of a scenario, by the words of its feature.

Most are JSON text, written exactly as sent, so that a scenario can send what JSON libraries refuse to write: `NaN`, a
lone surrogate, a huge number.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

KIB = 1024
MIB = 1024 * KIB

_NESTED = re.compile(r"(lists|objects) nested (\d+) deep")


@dataclass(frozen=True)
class Payload:
    """The arguments of an event: JSON text for each, or Python values if they contain bytes."""

    texts: tuple[str, ...] = ()
    binary: Any = None


def payload(words: str) -> Payload:
    """Return the payload that a feature calls `words`; unknown words are taken as JSON."""
    if words in _BY_NAME:
        return _BY_NAME[words]
    if nested := _NESTED.fullmatch(words):
        depth = int(nested[2])
        left, right = ("[", "]") if nested[1] == "lists" else ('{"a":', "}")
        inner = "" if nested[1] == "lists" else "{}"
        return Payload((left * depth + inner + right * depth,))
    return Payload((words,))


def fields_of(words: str) -> dict[str, Any]:
    """Return the fields of a request that a feature calls `words`."""
    made: dict[str, Any] = json.loads(payload(words).texts[0])
    return made


def entity(room_id: str) -> dict[str, str]:
    """Return the entity of a room, as `room:join` names it: `invoice:42` is invoice 42."""
    entity_type, entity_id = room_id.split(":")
    return {"entity_type": entity_type, "entity_id": entity_id}


def _page(characters: int) -> Payload:
    return Payload((json.dumps({"current_page": "x" * characters}),))


def _in_room(**fields: Any) -> Payload:
    return Payload((json.dumps({"room_id": "invoice:42", **fields}),))


def _long(name: str, characters: int, filled_with: str = "x", begins: str = "") -> Payload:
    return Payload((json.dumps({name: begins + filled_with * (characters - len(begins))}),))


def _copies(times: int) -> list[dict[str, Any]]:
    """Return changes that copy the document into itself: each copy doubles its size."""
    return [{"op": "copy", "from": "", "path": f"/copy{number}"} for number in range(times)]


#: Changes too long for a sentence.
PATCHES: dict[str, list[dict[str, Any]]] = {
    "a patch of 1000 operations": [{"op": "add", "path": "/n", "value": n} for n in range(1000)],
    "a patch of 1001 operations": [{"op": "add", "path": "/n", "value": n} for n in range(1001)],
    "a patch of 10000 operations": [{"op": "add", "path": "/n", "value": n} for n in range(10_000)],
    "a patch that doubles the document 40 times": _copies(40),
    "a patch that doubles the document 40 times and then empties it": [
        *_copies(40),
        {"op": "replace", "path": "", "value": {}},
    ],
    "a path of 1025 characters": [{"op": "add", "path": "/" + 1024 * "x", "value": 1}],
    "a value that is nested 500 deep": [{"op": "add", "path": "/deep", "value": json.loads("[" * 500 + "]" * 500)}],
}


_BY_NAME = {
    "nothing": Payload(),
    "two objects": Payload(("{}", "{}")),
    "bytes": Payload(binary=b"\x00\xff"),
    "an object with bytes in it": Payload(binary={"current_page": b"\x00\xff"}),
    "a page of 2049 characters": _page(2049),
    "a page of 900 KiB": _page(900 * KIB),
    "2 MiB": _page(2 * MIB),
    "a field of 256 characters": _in_room(field="x" * 256),
    "a path of 1025 characters": _in_room(path="/" + 1024 * "x"),
    "a type of 50 characters": _long("type", 50),
    "a type of 51 characters": _long("type", 51),
    "a title of 256 characters": _long("title", 256),
    "a message of 4000 characters": _long("message", 4000, "é"),
    "a message of 4001 characters": _long("message", 4001, "é"),
    "an action_url of 500 characters": _long("action_url", 500, "x", "/"),
    "an action of 101 characters": _long("action", 101),
    "an entity_name of 256 characters": _long("entity_name", 256),
    "a detail of 8 KiB": Payload((json.dumps({"details": {"text": 8 * KIB * "x"}}),)),
    "a detail of almost 8 KiB": Payload((json.dumps({"details": {"text": (8 * KIB - 20) * "x"}}),)),
    "an action_url of 501 characters": _long("action_url", 501, "x", "/"),
}

#: Entities at and beyond the limits of their names, as (entity_type, entity_id).
ENTITIES = {
    "a type of one letter": ("a", "42"),
    "a type of 64 characters": ("a" * 64, "42"),
    "a type of 65 characters": ("a" * 65, "42"),
    "a type with digits, - and _": ("a1-_", "42"),
    "an id of one dot": ("invoice", "."),
    "an id of 128 characters": ("invoice", "9" * 128),
    "an id of 129 characters": ("invoice", "9" * 129),
    "an id with dots, - and _": ("invoice", "..-_.2024"),
    "a type and an id in capitals": ("INVOICE", "ABC"),
}
