"""From the schemas of a contract to shapes, and what in a schema changes nothing on the wire: words and their order.

Every `$ref` is followed, every keyword is taken for what it accepts. Titles, descriptions and defaults are left out. A
keyword outside the contract's subset is not an error here, because the other version may be older than the rule; its
schema becomes `Opaque`, equal to itself only.
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

#: Keywords that say something to people and code generators, and nothing to a validator.
WORDS = frozenset({"title", "description", "$comment", "default", "examples", "writeOnly", "readOnly", "deprecated"})
WORDS |= {"$schema", "$id"}
#: Keywords that say something of one type; beside them a schema without `type` is not just anything.
_OF_A_TYPE = frozenset().union(*KEYWORDS.values())
_READ = WORDS | _OF_A_TYPE | {"$ref", "$defs", "type", "enum", "const", "oneOf", "anyOf", "allOf"}
#: Keywords whose members are named by the application, and those whose order means nothing.
_BY_NAME = frozenset({"properties", "patternProperties", "dependentSchemas", "dependentRequired", "$defs"})
_UNORDERED = frozenset({"required", "enum", "type"})
#: Levels that defaults are looked for in; a schema within itself has no end.
_LEVELS = 24
_NONE = "none"

_Place = tuple[str, str]


class Reader:
    """The shapes of one contract's messages."""

    def __init__(self, schemas: Schemas) -> None:
        self._schemas = schemas
        self._known: dict[_Place, Shape] = {}
        #: The references that are being followed, to notice one that leads back into itself.
        self._within: list[_Place] = []

    def message(self, direction: str, event: str) -> Shape:
        """What a message accepts. Raises KeyError where there is none, or where a `$ref` leads nowhere."""
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
        """What applies beside the keywords of the node itself."""
        if "$ref" in node:
            yield self._referred(target(file, str(node["$ref"])))
        for index, part in enumerate(node.get("allOf", ())):
            yield self._shape(file, part, f"{origin}/allOf/{index}")
        if "anyOf" in node:
            yield either(self._shape(file, p, f"{origin}/anyOf/{n}") for n, p in enumerate(node["anyOf"]))
        if "oneOf" in node:
            parts = [self._shape(file, p, f"{origin}/oneOf/{n}") for n, p in enumerate(node["oneOf"])]
            apart = not any(both(one, other) for n, one in enumerate(parts) for other in parts[:n])
            # What two alternatives accept, a oneOf refuses; that is not looked into.
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
        """A schema as `plain` has it, its references by what they lead to."""

        def followed(reference: str) -> Any:
            place = target(file, reference)
            if place in within:
                return len(within) - within.index(place)
            return self._plain(place[0], at(self._schemas.files, *place), (*within, place))

        return plain(node, WORDS | {"$defs"}, followed)


def plain(node: Any, left_out: frozenset[str], followed: Callable[[str], Any] = str) -> Any:
    """A schema without some of its keywords and without the order of what it lists; references as `followed` has it."""
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
    """How two versions of a file differ of which the wire is the same, None if in order or defaults only."""
    if old is None or new is None or plain(old, WORDS) != plain(new, WORDS):
        return "written differently, no change on the wire"
    without_default = frozenset({"default"})
    return "other words only" if plain(old, without_default) != plain(new, without_default) else None


def defaults_changed(old: Schemas, new: Schemas, message: tuple[str, str]) -> Iterator[tuple[tuple[str, ...], str]]:
    """The places of a message at which another default is written, with a few words on it."""
    was, is_ = (dict(_defaults(schemas, *schemas.message(*message), ())) for schemas in (old, new))
    for path in was:
        if path in is_ and was[path] != is_[path]:
            yield path, f"default {was[path]} → {is_[path]}"


def _defaults(schemas: Schemas, file: str, node: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Every place with its default; of several alternatives that have one, the last."""
    if not isinstance(node, dict) or len(path) > _LEVELS:
        return
    try:
        file, node = schemas.resolve(file, node)
    except KeyError:
        return  # a reference in a circle, or one that leads nowhere: there is nothing to have a default
    yield path, canonical(node["default"]) if "default" in node else _NONE
    for name, part in node.get("properties", {}).items():
        yield from _defaults(schemas, file, part, (*path, name))
    for part in (*node.get("oneOf", ()), *node.get("anyOf", ())):
        yield from (found for found in _defaults(schemas, file, part, path) if found[1] != _NONE or found[0] != path)
    yield from _defaults(schemas, file, node.get("items"), (*path, "*"))
