"""JSON Patch on a document: all of it or nothing, and what it touches. Needs jsonpatch.

Inserting into an array or removing from it moves its other elements, so it writes the whole array; `test` and the
source of `copy` only read.
"""

from __future__ import annotations

import re
from typing import Any

import orjson
from jsonpatch import JsonPatch, JsonPatchException, JsonPatchTestFailed, path_join, path_split
from jsonpointer import EndOfList, JsonPointer, JsonPointerException

from realtime_contracts.mock.locks import MAX_DEPTH
from realtime_contracts.mock.places import Touched
from realtime_contracts.mock.refusals import Refused, invalid

#: Bytes, as JSON, that one edit may copy and move in all: copies of copies double.
MAX_MOVED_BYTES = 4 * 1024 * 1024

#: A member that would change the type of an object, where a careless front end assigns what it gets.
FORBIDDEN_MEMBER = "__proto__"

#: The last part of a path that may mean an element of an array.
_ELEMENT = re.compile(r"-|[0-9]+")

_NOTHING = object()

Changes = list[dict[str, Any]]


def apply(document: dict[str, Any], changes: Changes) -> tuple[dict[str, Any], Touched]:
    """The document after an edit, and what that touched. `document` is used up, also when this fails.

    Raises Refused: invalid_payload (the edit does not fit), too_large.
    """
    reads, writes = set[str](), set[str]()
    whole: Any = document
    moved = 0
    for index, operation in enumerate(changes):
        at = f"/changes/{index}"
        _check_members(operation, at)
        if "from" in operation:
            source = _at(whole, operation["from"])
            moved += 0 if source is _NOTHING else len(orjson.dumps(source))
            if moved > MAX_MOVED_BYTES:
                raise Refused("too_large")
            depth = len(path_split(operation["path"]))
            if depth > len(path_split(operation["from"])):
                _check_value(source, f"{at}/from", depth)
        read, written = _touched(whole, operation)
        reads |= read
        writes |= written
        try:
            whole = JsonPatch([operation]).apply(whole, in_place=True)
        except (JsonPatchException, JsonPointerException) as error:
            raise _misfit(whole, operation, at, error) from None
        if not isinstance(whole, dict):
            raise invalid(f"{at}/path", "the document must stay an object")
    return whole, Touched(frozenset(reads), frozenset(writes))


def named(changes: Changes) -> Touched:
    """What an edit may touch, by its words alone: of one that does not fit the document as it is now."""
    reads, writes = set[str](), set[str]()
    for operation in changes:
        for name in ("from", "path"):
            if name in operation:
                path = path_split(operation[name])
                places = {path_join(path)}
                if operation["op"] not in ("replace", "test") and path and _ELEMENT.fullmatch(path[-1]):
                    places.add(path_join(path[:-1]))
                (reads if operation["op"] == "test" else writes).update(places)
    return Touched(frozenset(reads), frozenset(writes))


def _check_members(operation: dict[str, Any], at: str) -> None:
    for name in ("from", "path"):
        parts = path_split(operation.get(name, ""))
        if FORBIDDEN_MEMBER in parts:
            raise invalid(f"{at}/{name}", f"a member must not be called {FORBIDDEN_MEMBER}")
        if len(parts) > MAX_DEPTH:
            raise invalid(f"{at}/{name}", f"more than {MAX_DEPTH} levels deep")
    if "value" in operation:
        _check_value(operation["value"], f"{at}/value", len(path_split(operation["path"])))


def _check_value(value: Any, at: str, depth: int) -> None:
    """Refuse what must not get into a document."""
    if depth > MAX_DEPTH:
        raise invalid(at, f"more than {MAX_DEPTH} levels deep")
    if isinstance(value, dict):
        if FORBIDDEN_MEMBER in value:
            raise invalid(at, f"a member must not be called {FORBIDDEN_MEMBER}")
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            _check_value(part, at, depth + 1)


def _touched(document: Any, operation: dict[str, Any]) -> tuple[set[str], set[str]]:
    """What one operation reads and writes in the document as it finds it."""
    path = path_split(operation["path"])
    match operation["op"]:
        case "test":
            return {path_join(path)}, set()
        case "replace":
            return set(), {path_join(path)}
        case "copy":
            return {path_join(path_split(operation["from"]))}, {_shifted(document, path)}
        case "move":
            return set(), {_shifted(document, path_split(operation["from"])), _shifted(document, path)}
        case _:
            return set(), {_shifted(document, path)}


def _shifted(document: Any, path: tuple[str, ...]) -> str:
    """What changes when something is put in or taken out at `path`: an array is changed as a whole."""
    over = path_join(path[:-1])
    return over if path and isinstance(_at(document, over), list) else path_join(path)


def _at(document: Any, place: str) -> Any:
    """What is at a place, `_NOTHING` if nothing is: the end of an array, `-`, is no value either."""
    found = JsonPointer(place).resolve(document, _NOTHING)
    return _NOTHING if isinstance(found, EndOfList) else found


def _misfit(document: Any, operation: dict[str, Any], at: str, error: Exception) -> Refused:
    if isinstance(error, JsonPatchTestFailed):
        return invalid(f"{at}/value", "the test failed: something else is there")
    if "from" in operation and _at(document, operation["from"]) is _NOTHING:
        return invalid(f"{at}/from", "there is nothing at this place of the document")
    return invalid(f"{at}/path", "this cannot be done at this place of the document")
