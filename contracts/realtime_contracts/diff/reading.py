"""Reads the schemas of a contract as shapes, and finds changes of wording and order only.

Every `$ref` is followed, and every keyword is read by what it accepts. Titles, descriptions and defaults are ignored. A
keyword outside the contract's subset is not an error, because the other version may be older than the rule; its schema
becomes `Opaque`, which equals only itself.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from realtime_contracts.contract.lint import KEYWORDS
from realtime_contracts.contract.payloads.languages import Strings
from realtime_contracts.contract.schemas import Schema, Schemas, at, target
from realtime_contracts.diff.shapes import (
    ANYTHING,
    BOOLEANS,
    NULL,
    Anything,
    Array,
    Numbers,
    Object,
    Opaque,
    Origin,
    Shape,
    Texts,
    Values,
    array_form,
    both,
    canonical,
    either,
    number_form,
    object_form,
    text_form,
)

#: Keywords for people and code generators, which validators ignore.
WORDS = frozenset({"title", "description", "$comment", "default", "examples", "writeOnly", "readOnly", "deprecated"})
WORDS |= {"$schema", "$id"}
#: Keywords that apply to one type. Even without `type`, a schema with one does not accept everything.
_OF_A_TYPE = frozenset().union(*KEYWORDS.values())
_READ = WORDS | _OF_A_TYPE | {"$ref", "$defs", "type", "enum", "const", "oneOf", "anyOf", "allOf"}
#: Keywords whose members are named by the application, and those whose order means nothing.
_BY_NAME = frozenset({"properties", "patternProperties", "dependentSchemas", "dependentRequired", "$defs"})
_UNORDERED = frozenset({"required", "enum", "type"})
#: Levels searched for defaults, because a recursive schema has no end.
_LEVELS = 24
_NONE = "none"

_Place = tuple[str, str]


class Reader:
    """The shapes of one contract's messages."""

    def __init__(self, schemas: Schemas) -> None:
        self._schemas = schemas
        self._known: dict[_Place, Shape] = {}
        #: References being followed, to detect a cycle.
        self._within: list[_Place] = []

    def message(self, direction: str, event: str) -> Shape:
        """Return the shape of a message. Raises KeyError if the message or a `$ref` does not exist."""
        file, node = self._schemas.message(direction, event)
        return self._shape(file, node, f"{file}#")

    def _shape(self, file: str, node: Any, origin: Origin) -> Shape:
        if node is True or node is False:
            return (Anything(origin),) if node else ()
        if node.keys() - _READ:
            return (self._opaque(file, node, origin),)
        shape = self._typed(file, node, origin)
        for values in ([node["const"]] if "const" in node else None, node.get("enum")):
            if values is not None:
                shape = both((Values(frozenset(map(canonical, values)), origin),), shape) if values else ()
        for part in self._parts(file, node, origin):
            shape = both(part, shape)
        return shape

    def _parts(self, file: str, node: Schema, origin: Origin) -> Iterable[Shape]:
        """Yield the shapes that apply in addition to the node's own keywords."""
        if "$ref" in node:
            yield self._referred(target(file, str(node["$ref"])))
        for index, part in enumerate(node.get("allOf", ())):
            yield self._shape(file, part, f"{origin}/allOf/{index}")
        if "anyOf" in node:
            yield either(self._shape(file, p, f"{origin}/anyOf/{n}") for n, p in enumerate(node["anyOf"]))
        if "oneOf" in node:
            parts = [self._shape(file, p, f"{origin}/oneOf/{n}") for n, p in enumerate(node["oneOf"])]
            apart = not any(both(one, other) for n, one in enumerate(parts) for other in parts[:n])
            # A oneOf refuses a value that two alternatives accept; that is not analysed.
            yield either(parts) if apart else (self._opaque(file, {"oneOf": node["oneOf"]}, origin),)

    def _referred(self, place: _Place) -> Shape:
        file, pointer = place
        origin = f"{file}#{pointer}"
        if place in self._within:
            return (self._opaque(file, {"$ref": f"#{pointer}"}, origin),)
        if place not in self._known:
            self._within.append(place)
            self._known[place] = self._shape(file, at(self._schemas.files, *place), origin)
            self._within.pop()
        return self._known[place]

    def _typed(self, file: str, node: Schema, origin: Origin) -> Shape:
        if "type" not in node and not node.keys() & _OF_A_TYPE:
            return (Anything(origin),)
        types = node.get("type", KEYWORDS)
        return either(
            self._of_type(file, node, name, origin) for name in ([types] if isinstance(types, str) else types)
        )

    def _of_type(self, file: str, node: Schema, name: str, origin: Origin) -> Shape:
        match name:
            case "null":
                return (Values(NULL.texts, origin),)
            case "boolean":
                return (Values(BOOLEANS.texts, origin),)
            case "string":
                patterns = (str(node["pattern"]),) if "pattern" in node else ()
                return text_form(Texts(Strings(int(node.get("minLength", 0)), node.get("maxLength"), patterns), origin))
            case "array":
                items = self._shape(file, node.get("items", True), f"{origin}/items")
                low, high = int(node.get("minItems", 0)), node.get("maxItems")
                return array_form(Array(items, low, high, bool(node.get("uniqueItems")), origin))
            case "object":
                return self._object(file, node, origin)
            case _:
                return number_form(Numbers(name == "integer", node.get("minimum"), node.get("maximum"), origin))

    def _object(self, file: str, node: Schema, origin: Origin) -> Shape:
        properties = tuple(
            (name, self._shape(file, part, f"{origin}/properties/{name}"))
            for name, part in node.get("properties", {}).items()
        )
        dependent = frozenset((n, other) for n, names in node.get("dependentRequired", {}).items() for other in names)
        others = node.get("additionalProperties", True)
        additional = ANYTHING if others is True else self._shape(file, others, f"{origin}/additionalProperties")
        return object_form(Object(properties, frozenset(node.get("required", ())), dependent, additional, origin))

    def _opaque(self, file: str, node: Schema, origin: Origin) -> Opaque:
        return Opaque(json.dumps(self._plain(file, node, ()), ensure_ascii=False, sort_keys=True), origin)

    def _plain(self, file: str, node: Any, within: tuple[_Place, ...]) -> Any:
        """Return a schema as `plain` does, with its references followed."""

        def followed(reference: str) -> Any:
            place = target(file, reference)
            if place in within:
                return len(within) - within.index(place)
            return self._plain(place[0], at(self._schemas.files, *place), (*within, place))

        return plain(node, WORDS | {"$defs"}, followed)


def plain(node: Any, left_out: frozenset[str], followed: Callable[[str], Any] = str) -> Any:
    """Return a schema without some keywords, with its lists sorted, and its references as `followed` returns them."""
    if isinstance(node, list):
        return [plain(part, left_out, followed) for part in node]
    if not isinstance(node, dict):
        return node
    result: dict[str, Any] = {}
    for keyword, part in node.items():
        if keyword in left_out:
            continue
        if keyword == "$ref" and isinstance(part, str):
            result[keyword] = followed(part)
        elif keyword in _BY_NAME and isinstance(part, dict):
            result[keyword] = {name: plain(schema, left_out, followed) for name, schema in part.items()}
        elif keyword in _UNORDERED and isinstance(part, list):
            result[keyword] = sorted(map(canonical, part))
        elif keyword == "const":
            result[keyword] = canonical(part)
        else:
            result[keyword] = plain(part, left_out, followed)
    return result


def reworded(old: Schema | None, new: Schema | None) -> str | None:
    """Say how two versions of a file differ if they mean the same on the wire; None if only in order or defaults."""
    if old is None or new is None or plain(old, WORDS) != plain(new, WORDS):
        return "written differently, no change on the wire"
    without_default = frozenset({"default"})
    return "other words only" if plain(old, without_default) != plain(new, without_default) else None


def defaults_changed(old: Schemas, new: Schemas, message: tuple[str, str]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Return the places of a message where the default differs, with a description."""
    was, is_ = (dict(_defaults(schemas, *schemas.message(*message), ())) for schemas in (old, new))
    for path in was:
        if path in is_ and was[path] != is_[path]:
            yield path, f"default {was[path]} → {is_[path]}"


def _defaults(schemas: Schemas, file: str, node: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield every place with its default; if several alternatives have one, the last."""
    if not isinstance(node, dict) or len(path) > _LEVELS:
        return
    try:
        file, node = schemas.resolve(file, node)
    except KeyError:
        return  # A cyclic or broken reference has no default.
    yield path, canonical(node["default"]) if "default" in node else _NONE
    for name, part in node.get("properties", {}).items():
        yield from _defaults(schemas, file, part, (*path, name))
    for part in (*node.get("oneOf", ()), *node.get("anyOf", ())):
        yield from (found for found in _defaults(schemas, file, part, path) if found[1] != _NONE or found[0] != path)
    yield from _defaults(schemas, file, node.get("items"), (*path, "*"))
