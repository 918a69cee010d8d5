"""From the schemas of a contract to shapes: every `$ref` followed, every keyword taken for what it accepts.

Words are left out: titles, descriptions, defaults. A keyword that is not in the contract's subset is not an error here,
because the other version may be older than the rule; its schema becomes `Opaque`, equal to itself only.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from realtime_contracts.contract.payloads.languages import Strings
from realtime_contracts.contract.schemas import Schema, Schemas, target
from realtime_contracts.diff.combining import array_form, both, either, number_form, object_form, text_form
from realtime_contracts.diff.forms import (
    ANYTHING,
    BOOLEANS,
    NULL,
    Anything,
    Array,
    Object,
    Opaque,
    Origin,
    Shape,
    Values,
    canonical,
)

#: Keywords that say something to people and code generators, and nothing to a validator.
WORDS = frozenset(
    {"title", "description", "$comment", "default", "examples", "writeOnly", "readOnly", "deprecated", "$schema", "$id"}
)
_READ = WORDS | {
    *("$ref", "$defs", "type", "enum", "const", "oneOf", "anyOf", "allOf"),
    *("properties", "required", "dependentRequired", "additionalProperties"),
    *("items", "minItems", "maxItems", "uniqueItems", "minLength", "maxLength", "pattern", "minimum", "maximum"),
}
_TYPES = ("null", "boolean", "string", "integer", "number", "array", "object")
#: Keywords that say something of one type; beside them a schema without `type` is not just anything.
_OF_A_TYPE = frozenset(
    {
        *("properties", "required", "dependentRequired", "additionalProperties", "items", "minItems", "maxItems"),
        *("uniqueItems", "minLength", "maxLength", "pattern", "minimum", "maximum"),
    }
)

#: Keywords whose members are named by the application, and those whose value is no schema: no words to leave out.
_BY_NAME = frozenset({"properties", "patternProperties", "dependentSchemas", "dependentRequired"})
_LITERAL = frozenset({"const", "enum"})


class Reader:
    """The shapes of one contract's messages."""

    def __init__(self, schemas: Schemas) -> None:
        self._schemas = schemas
        self._known: dict[tuple[str, str], Shape] = {}
        #: The references that are being followed, to notice one that leads back into itself.
        self._within: list[tuple[str, str]] = []

    def message(self, direction: str, event: str) -> Shape:
        """What a message accepts. Raises KeyError where there is none, or where a `$ref` leads nowhere."""
        file, node = self._schemas.message(direction, event)
        return self._shape(file, node, f"{file}#")

    def _shape(self, file: str, node: Any, origin: Origin) -> Shape:
        if node is True or node is False:
            return (Anything(origin),) if node else ()
        if node.keys() - _READ:
            return (Opaque(self._written(file, node), origin),)
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
            yield self._referred(*target(file, str(node["$ref"])))
        for index, part in enumerate(node.get("allOf", ())):
            yield self._shape(file, part, f"{origin}/allOf/{index}")
        if "anyOf" in node:
            yield either(self._shape(file, p, f"{origin}/anyOf/{n}") for n, p in enumerate(node["anyOf"]))
        if "oneOf" in node:
            parts = [self._shape(file, p, f"{origin}/oneOf/{n}") for n, p in enumerate(node["oneOf"])]
            apart = not any(both(one, other) for n, one in enumerate(parts) for other in parts[:n])
            # What two alternatives accept, a oneOf refuses; that is not looked into.
            yield either(parts) if apart else (Opaque(self._written(file, {"oneOf": node["oneOf"]}), origin),)

    def _referred(self, file: str, pointer: str) -> Shape:
        place = (file, pointer)
        if place in self._within:
            return (Opaque(f"{self._written(file, {'$ref': '#' + pointer})} in itself", f"{file}#{pointer}"),)
        if place not in self._known:
            self._within.append(place)
            self._known[place] = self._shape(file, self._node(file, pointer), f"{file}#{pointer}")
            self._within.pop()
        return self._known[place]

    def _node(self, file: str, pointer: str) -> Any:
        node: Any = self._schemas.files[file]
        start, *steps = pointer.split("/")
        if start:
            raise KeyError(f"#{pointer}")  # an $anchor
        for step in steps:
            name = step.replace("~1", "/").replace("~0", "~")
            node = node[int(name)] if isinstance(node, list) else node[name]
        return node

    def _typed(self, file: str, node: Schema, origin: Origin) -> Shape:
        types = node.get("type", _TYPES)
        if "type" not in node and not node.keys() & _OF_A_TYPE:
            return (Anything(origin),)
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
                return text_form(Strings(int(node.get("minLength", 0)), node.get("maxLength"), patterns), origin)
            case "array":
                items = self._shape(file, node.get("items", True), f"{origin}/items")
                low, high = int(node.get("minItems", 0)), node.get("maxItems")
                return array_form(Array(items, low, high, bool(node.get("uniqueItems")), origin))
            case "object":
                return self._object(file, node, origin)
            case _:
                whole = name == "integer"
                return number_form(whole=whole, low=node.get("minimum"), high=node.get("maximum"), origin=origin)

    def _object(self, file: str, node: Schema, origin: Origin) -> Shape:
        properties = tuple(
            (name, self._shape(file, part, f"{origin}/properties/{name}"))
            for name, part in node.get("properties", {}).items()
        )
        dependent = frozenset((n, other) for n, names in node.get("dependentRequired", {}).items() for other in names)
        others = node.get("additionalProperties", True)
        additional = ANYTHING if others is True else self._shape(file, others, f"{origin}/additionalProperties")
        return object_form(Object(properties, frozenset(node.get("required", ())), dependent, additional, origin))

    def _written(self, file: str, node: Any, within: tuple[tuple[str, str], ...] = ()) -> str:
        """A schema as text, its words left out and its references by what they lead to."""

        def plain(file: str, node: Any, within: tuple[tuple[str, str], ...]) -> Any:
            if isinstance(node, list):
                return [plain(file, part, within) for part in node]
            if not isinstance(node, dict):
                return node
            rest = {
                k: {name: plain(file, part, within) for name, part in v.items()}
                if k in _BY_NAME and isinstance(v, dict)
                else v
                if k in _LITERAL
                else plain(file, v, within)
                for k, v in node.items()
                if k not in WORDS | {"$ref", "$defs"}
            }
            if isinstance(node.get("$ref"), str):
                place = target(file, node["$ref"])
                rest["$ref"] = (
                    len(within) - within.index(place)
                    if place in within
                    else plain(place[0], self._node(*place), (*within, place))
                )
            return rest

        return json.dumps(plain(file, node, within), ensure_ascii=False, sort_keys=True)
