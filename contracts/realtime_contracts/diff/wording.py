"""What changes nothing on the wire: other words, other defaults, the same said otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from realtime_contracts.contract.schemas import Schema, Schemas
from realtime_contracts.diff.forms import canonical
from realtime_contracts.diff.reading import WORDS

#: Levels that defaults are looked for in; a schema within itself has no end.
_LEVELS = 24
_NONE = "none"
_BY_NAME = frozenset({"properties", "$defs", "dependentRequired"})
_LITERAL = frozenset({"const"})
_UNORDERED = frozenset({"required", "enum", "type"})


def reworded(old: Schema, new: Schema) -> bool:
    """Whether two versions of a file differ in words and in nothing else; a default is no word."""
    without_default = frozenset({"default"})
    return not rewritten(old, new) and bool(plain(old, without_default) != plain(new, without_default))


def rewritten(old: Schema, new: Schema) -> bool:
    """Whether two versions of a file differ in more than words and order."""
    return bool(plain(old, WORDS) != plain(new, WORDS))


def plain(node: Any, left_out: frozenset[str]) -> Any:
    """A schema without some of its keywords, and without the order in which names are listed."""
    if isinstance(node, list):
        return [plain(part, left_out) for part in node]
    if not isinstance(node, dict):
        return node
    result: dict[str, Any] = {}
    for keyword, part in node.items():
        if keyword in left_out:
            continue
        if keyword in _BY_NAME and isinstance(part, dict):
            result[keyword] = {name: plain(schema, left_out) for name, schema in part.items()}
        elif keyword in _UNORDERED and isinstance(part, list):
            result[keyword] = sorted(map(canonical, part))
        elif keyword in _LITERAL:
            result[keyword] = canonical(part)
        else:
            result[keyword] = plain(part, left_out)
    return result


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
