r"""Checks that every language's tools read the schemas alike.

JSON Schema is larger than what validators and code generators agree on: json-schema-to-typescript
misreads `prefixItems`, few follow `unevaluatedProperties`, `\d` is ten digits here and hundreds
there. The contract keeps to the part where they agree, and asks for what the standard leaves to taste: closed
objects, bounds on everything, a title and a description everywhere, units in words.

`lint` takes all schemas of a contract by file name and returns what is wrong with them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from realtime_contracts.contract.schemas import Schema, at, nodes, target, types

#: The dialect, named in every file.
DIALECT = "https://json-schema.org/draft/2020-12/schema"
#: What every `$id` starts with; the file's name follows.
BASE = "https://logiaccounting.example/realtime/schemas/"

#: Which keywords go with which type. Keywords in no set here are outside the subset.
KEYWORDS: dict[str, frozenset[str]] = {
    "object": frozenset({"properties", "required", "dependentRequired", "additionalProperties"}),
    "array": frozenset({"items", "minItems", "maxItems", "uniqueItems"}),
    "string": frozenset({"minLength", "maxLength", "pattern"}),
    "integer": frozenset({"minimum", "maximum"}),
    "number": frozenset({"minimum", "maximum"}),
    "boolean": frozenset(),
    "null": frozenset(),
}
#: Keywords allowed with any type.
COMMON = frozenset({"title", "description", "$comment", "$ref", "$defs", "type", "enum", "const", "oneOf", "anyOf"})
COMMON |= {"default", "writeOnly"}
#: Keywords of a whole file.
FILE_ONLY = frozenset({"$schema", "$id"})

#: Words that give the unit of a number, or say that it has none.
UNITS = ("second", "character", "byte", "how many", "number of", "no unit")
#: Regular expression syntax whose meaning differs between dialects: classes by letter, look-around, references.
UNPORTABLE = re.compile(r"\\[dDwWsSbBpPkAzZ1-9]|\(\?|\[\[|[^\x20-\x7e]")


@dataclass(frozen=True)
class Finding:
    """One error: the file, the place in it (JSON Pointer), and the reason."""

    file: str
    pointer: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}#{self.pointer}: {self.message}"


def lint(schemas: Mapping[str, Schema]) -> list[Finding]:
    """Return everything outside the subset in `schemas` (file name relative to schemas/ → content)."""
    findings: list[Finding] = []
    referenced: set[tuple[str, str]] = set()
    for file, schema in sorted(schemas.items()):
        for keyword, value in (("$schema", DIALECT), ("$id", BASE + file)):
            if schema.get(keyword) != value:
                findings.append(Finding(file, "", f"{keyword} is not {value}"))
        for pointer, node in nodes(schema):
            library = pointer == "" and file.startswith("shared/")
            found = list(_node(node, root=pointer == "", library=library))
            if "$ref" in node:
                place = target(file, str(node["$ref"]))
                referenced.add(place)
                found += _reference(schemas, str(node["$ref"]), place)
            findings += (Finding(file, pointer, message) for message in found)
    for file, schema in sorted(schemas.items()):
        for name in schema.get("$defs", {}):
            if (file, f"/$defs/{name}") not in referenced:
                findings.append(Finding(file, f"/$defs/{name}", "nothing refers to this definition"))
    return findings


def _node(node: Schema, *, root: bool, library: bool) -> Iterator[str]:
    named = types(node)
    allowed = COMMON.union(*(KEYWORDS.get(name, frozenset()) for name in named)) | (FILE_ONLY if root else frozenset())
    for keyword in node.keys() - allowed:
        yield f"{keyword} is not in the subset for type {' or '.join(named) or 'none'}"
    yield from _words(node)
    if not library and not named and not node.keys() & {"$ref", "oneOf", "anyOf"} and not _reasoned(node):
        yield "no type, $ref, oneOf or anyOf, and no $comment that says why: accepts anything"
    if len(named) > 1 and (len(named) != 2 or "null" not in named):  # noqa: PLR2004 - a type, or null
        yield "several types: use anyOf, but for one type or null"
    if "object" in named:
        yield from _object(node)
    if "array" in named and "items" not in node:
        yield "array without items"
    if "string" in named:
        yield from _string(node)
    if {"integer", "number"} & set(named) and not node.keys() >= {"minimum", "maximum"}:
        yield "number without minimum and maximum"


def _words(node: Schema) -> Iterator[str]:
    for keyword in ("title", "description"):
        if keyword in node and not str(node[keyword]).strip():
            yield f"empty {keyword}"
        elif keyword not in node and "$ref" not in node:
            yield f"no {keyword}"
    description = str(node.get("description", "."))
    if not description.endswith("."):
        yield "the description does not end with a full stop"
    if node.keys() & {"minimum", "maximum", "minLength", "maxLength"} and not any(
        unit in description.lower() for unit in UNITS
    ):
        yield f"bounds whose description names no unit ({', '.join(UNITS)})"


def _reasoned(node: Schema) -> bool:
    """Whether a schema that accepts everything gives its reason."""
    return bool(str(node.get("$comment", "")).strip())


def _object(node: Schema) -> Iterator[str]:
    if "properties" not in node and node.get("additionalProperties") is not True:
        yield "object without properties"
    if node.get("additionalProperties") is True:
        if not _reasoned(node):
            yield "open object without a $comment that says why"
    elif node.get("additionalProperties") is not False:
        yield "object that is not closed: additionalProperties must be false"
    dependent = node.get("dependentRequired", {})
    named = {*node.get("required", ()), *dependent, *(name for names in dependent.values() for name in names)}
    for name in named - node.get("properties", {}).keys():
        yield f"requires {name}, which is not a property"


def _string(node: Schema) -> Iterator[str]:
    if not node.keys() & {"maxLength", "enum", "const"}:
        yield "string without maxLength, enum or const"
    pattern = node.get("pattern")
    if pattern is None:
        return
    if not (pattern.startswith("^") and pattern.endswith("$")):
        yield "pattern that is not anchored with ^ and $"
    if found := UNPORTABLE.search(pattern):
        yield f"pattern with {found[0]}, which dialects read differently"


def _reference(schemas: Mapping[str, Schema], reference: str, place: tuple[str, str]) -> Iterator[str]:
    if ":" in reference or reference.startswith("/"):
        yield f"$ref {reference} is not relative"
        return
    try:
        found = at(schemas, *place)
    except KeyError:
        found = None
    if not isinstance(found, dict):
        yield f"$ref {reference} leads nowhere"
