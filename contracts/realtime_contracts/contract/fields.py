"""The fields of a message as the rows of a table, for people.

`rows` follows every reference and flattens nested objects: `users[].user_id`, string, 1 to 128 characters.
Alternatives, such as the success and the failure of an ack, are groups of rows, each under a heading.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from realtime_contracts.contract.schemas import Schema, Schemas, types

#: The largest integers that every language holds exactly, and how people write them.
_EXTREMES: dict[float, str] = {2**53 - 1: "2^53-1", -(2**53 - 1): "-(2^53-1)"}

#: Definitions that are described once, not at each use.
ELSEWHERE = {"Error": "see the message `error`"}


@dataclass(frozen=True)
class Row:
    """One field, or the heading of an alternative, whose `type` is empty."""

    #: Its place: `users[].user_id`; for a heading, the alternative's name.
    name: str
    #: Its type: `string`, `integer or null`, `list of User`, `"online" or "away"`.
    type: str
    #: Its bounds: `1 to 128 characters`; patterns are separate.
    limits: str
    patterns: tuple[str, ...]
    required: bool
    description: str

    @property
    def is_heading(self) -> bool:
        """Whether this names an alternative, whose rows follow."""
        return not self.type


def rows(schemas: Schemas, direction: str, event: str) -> list[Row]:
    """Return the rows of a message. Raises KeyError for an unknown one."""
    file, schema = schemas.message(direction, event)
    return list(_inside(schemas, file, schema, ""))


def _inside(schemas: Schemas, file: str, node: Schema, prefix: str) -> Iterator[Row]:
    """Return the rows of the members, items and alternatives of a value."""
    file, node = schemas.resolve(file, node)
    if "oneOf" in node or "anyOf" in node:
        parts = [schemas.resolve(file, part) for part in node.get("oneOf", node.get("anyOf"))]
        parts = [part for part in parts if "object" in types(part[1]) or "oneOf" in part[1]]
        for where, part in parts:
            if len(parts) > 1:
                where_to = prefix.removesuffix(".")
                title = f"{where_to}: {part['title']}" if where_to else str(part["title"])
                yield Row(title, "", "", (), False, str(part["description"]))
            yield from _inside(schemas, where, part, prefix)
    elif "object" in types(node):
        required = node.get("required", ())
        for name, part in node.get("properties", {}).items():
            where, member = schemas.resolve(file, part)
            yield _row(schemas, where, member, f"{prefix}{name}", required=name in required)
            if str(member.get("title")) not in ELSEWHERE:
                yield from _inside(schemas, where, member, f"{prefix}{name}.")
    elif "array" in types(node):
        yield from _inside(schemas, file, node["items"], f"{prefix.removesuffix('.')}[].")


def _row(schemas: Schemas, file: str, node: Schema, name: str, *, required: bool) -> Row:
    words = str(node["description"])
    if (elsewhere := ELSEWHERE.get(str(node.get("title")))) is not None:
        words += f" For its fields {elsewhere}."
    parts = [node, *(schemas.resolve(file, part)[1] for part in node.get("anyOf", ()))]
    limits = "; ".join(dict.fromkeys(text for text in map(_bounds, parts) if text))
    patterns = tuple(part["pattern"] for part in parts if "pattern" in part)
    return Row(name, _type(schemas, file, node), limits, patterns, required, words)


def _type(schemas: Schemas, file: str, node: Schema) -> str:
    file, node = schemas.resolve(file, node)
    if "const" in node:
        return _literal(node["const"])
    if "enum" in node:
        return " or ".join(_literal(value) for value in node["enum"])
    if "oneOf" in node or "anyOf" in node:
        names = [_type(schemas, file, part) for part in node.get("oneOf", node.get("anyOf"))]
        return " or ".join(dict.fromkeys(names))
    names = [_named(schemas, file, node, name) for name in types(node)]
    return " or ".join(names) or "any JSON"


def _named(schemas: Schemas, file: str, node: Schema, name: str) -> str:
    if name == "array":
        item = schemas.resolve(file, node["items"])[1]
        simple = types(item) and "object" not in types(item)
        return f"list of {_type(schemas, file, node['items']) if simple else item['title']}"
    if name == "object" and node.get("additionalProperties") is True:
        return "any object"
    return name


def _bounds(node: Mapping[str, Any]) -> str:
    said = []
    for low, high, unit in (
        ("minimum", "maximum", ""),
        ("minLength", "maxLength", " characters"),
        ("minItems", "maxItems", " items"),
    ):
        least, most = node.get(low), node.get(high)
        if least is not None and most is not None:
            said.append(f"{_number(least)} to {_number(most)}{unit}" if least != most else f"{_number(most)}{unit}")
        elif most is not None:
            said.append(f"at most {_number(most)}{unit}")
        elif least is not None:
            said.append(f"at least {_number(least)}{unit}")
    if "default" in node:
        said.append(f"{_literal(node['default'])} if absent")
    return ", ".join(said)


def _number(value: float) -> str:
    return _EXTREMES.get(value, f"{value:,}")


def _literal(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
