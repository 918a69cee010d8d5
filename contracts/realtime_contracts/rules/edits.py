"""Edits of a document: their effect, the places they touch, and which of them can be merged.

An edit is a JSON Patch (RFC 6902), applied by the `jsonpatch` library, all of it or nothing. What it touches is
the set of places (JSON Pointers) that it reads and writes. Two edits that were made on the same version can both
stand, in either order and with the same outcome, if nothing that one writes overlaps with what the other
touches (`places` says what overlaps). Inserting into an array or removing from it moves its other elements, so it
writes the whole array; `test` and the source of `copy` only read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from jsonpatch import (
    AddOperation,
    CopyOperation,
    JsonPatchException,
    JsonPatchTestFailed,
    MoveOperation,
    RemoveOperation,
    ReplaceOperation,
    TestOperation,
    path_join,
    path_split,
)
from jsonpointer import EndOfList, JsonPointer, JsonPointerException

from realtime_contracts.rules.errors import InvalidPayload, TooLarge
from realtime_contracts.rules.limits import MAX_DOCUMENT_BYTES, MAX_DOCUMENT_PARTS
from realtime_contracts.rules.places import MAX_DEPTH, Places, ancestors

#: Bytes, as JSON, that one edit may copy and move in all: repeated copies double, and each is checked.
MAX_MOVED_BYTES = 4 * MAX_DOCUMENT_BYTES

#: Members, items and brackets that one edit may copy, or move to a deeper place.
MAX_COPIED_PARTS = 15_000

#: Members of all paths of one edit: an operation costs 2 µs for each.
MAX_STEPS = 8_000

#: The library's operations. A copy of something is made here, because the library's takes thirty times as long.
_OPERATIONS: dict[str, type[Any]] = {
    "add": AddOperation,
    "copy": CopyOperation,
    "move": MoveOperation,
    "remove": RemoveOperation,
    "replace": ReplaceOperation,
    "test": TestOperation,
}

#: Places that edits since the base may have touched in all. With more, the edit counts as one that overlaps.
MAX_PLACES_SINCE = 10_000

#: A member name that would change an object's type in a front end that assigns without care.
FORBIDDEN_MEMBER = "__proto__"

#: The last part of a path that can be an array index.
_ELEMENT = re.compile(r"-|[0-9]+")

#: A string in JSON.
_TEXT = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"')

_NOTHING = object()

Document = dict[str, Any]
Changes = list[dict[str, Any]]


@dataclass(frozen=True)
class Touched:
    """The places that an edit reads and writes, as JSON Pointers."""

    reads: frozenset[str]
    writes: frozenset[str]

    def as_json(self) -> dict[str, list[str]]:
        """Return it as stored in the log. Places below another written place are left out."""
        above = self.writes
        return {
            "reads": sorted(self.reads),
            "writes": sorted(place for place in above if above.isdisjoint(ancestors(place))),
        }


class Unmergeable(Exception):
    """An edit conflicts with edits made since its base version."""


def merged(content: str | bytes, changes: Changes, since: Sequence[dict[str, list[str]]]) -> tuple[bytes, Touched]:
    """Return the document after an edit, as it is stored, and the places that the edit touched.

    `content`: the current document. `since`: the places touched by edits after this one's base. Raises Unmergeable,
    InvalidPayload and TooLarge.
    """
    try:
        document, touched = apply(orjson.loads(content), changes)
    except InvalidPayload:
        # On its own base it may have fitted: what it names says so, as far as it can be known here.
        if conflict(named(changes), since):
            raise Unmergeable from None
        raise
    if conflict(touched, since):
        raise Unmergeable
    return dump(document), touched


def conflict(edit: Touched, since: Iterable[dict[str, list[str]]]) -> bool:
    """Whether an edit conflicts with those since its base, as the log has them."""
    reads, writes = set[str](), set[str]()
    for other in since:
        reads.update(other["reads"])
        writes.update(other["writes"])
        if len(reads) + len(writes) > MAX_PLACES_SINCE:
            return True
    written, read = Places(writes), Places(reads)
    return any(written.overlap(place) for place in edit.reads | edit.writes) or any(
        read.overlap(place) for place in edit.writes
    )


def named(changes: Changes) -> Touched:
    """Return the places that an edit names, for one that does not fit the current document."""
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


def apply(document: Document, changes: Changes) -> tuple[Document, Touched]:
    """Return the document after an edit, and the places touched. `document` is consumed, even on failure.

    Raises InvalidPayload (the edit does not fit the document; the path is that of the payload) and TooLarge.
    """
    reads, writes = set[str](), set[str]()
    whole: Any = document
    moved = copied = steps = 0
    for index, operation in enumerate(changes):
        at = f"/changes/{index}"
        steps += operation["path"].count("/") + operation.get("from", "").count("/")
        if steps > MAX_STEPS:
            raise TooLarge(f"The paths of an edit may have {MAX_STEPS} members in all")
        _check_members(operation, at)
        done = operation
        if "from" in operation:
            source = _source(whole, operation)
            moved += len(source)
            copied += _copied(operation, source)
            if moved > MAX_MOVED_BYTES or copied > MAX_COPIED_PARTS:
                raise TooLarge
            _check_depth(whole, operation, at)
            if operation["op"] == "copy" and source:
                done = {"op": "add", "path": operation["path"], "value": orjson.loads(source)}
        read, written = _touched_by(whole, operation)
        reads |= read
        writes |= written
        try:
            whole = _OPERATIONS[done["op"]](done).apply(whole)
        except (JsonPatchException, JsonPointerException) as error:
            raise _misfit(whole, operation, at, error) from None
        if not isinstance(whole, dict):
            raise InvalidPayload(f"{at}/path", "the document must stay an object")
    return whole, Touched(frozenset(reads), frozenset(writes))


def announcement(room_id: str, version: int, author: tuple[str, str], changes: Changes, edit_id: str) -> dict[str, Any]:
    """Return `doc:edit`, but for its epoch, of an edit that was applied. `author`: the user's id and name."""
    return {
        "room_id": room_id,
        "version": version,
        "user_id": author[0],
        "user_name": author[1],
        "changes": changes,
        "edit_id": edit_id,
    }


def dump(document: Document) -> bytes:
    """Return the document as it is stored. Raises TooLarge."""
    content = orjson.dumps(document)
    if len(content) > MAX_DOCUMENT_BYTES or _parts(content) > MAX_DOCUMENT_PARTS:
        raise TooLarge
    return content


def _parts(content: bytes) -> int:
    """Return how many members and items a document has, or fewer than MAX_DOCUMENT_PARTS if that is sure."""
    if content.count(b",") < MAX_DOCUMENT_PARTS:
        return 0
    return _TEXT.sub(b"", content).count(b",")


def check_value(value: Any, at: str, depth: int = 0) -> None:
    """Refuse a value that must not enter a document. `at`: its place in the payload. Raises InvalidPayload."""
    if depth > MAX_DEPTH:
        raise InvalidPayload(at, f"more than {MAX_DEPTH} levels deep")
    if isinstance(value, dict):
        if FORBIDDEN_MEMBER in value:
            raise InvalidPayload(at, f"a member must not be called {FORBIDDEN_MEMBER}")
        for part in value.values():
            check_value(part, at, depth + 1)
    elif isinstance(value, list):
        for part in value:
            check_value(part, at, depth + 1)


def _check_members(operation: dict[str, Any], at: str) -> None:
    for name in ("from", "path"):
        parts = path_split(operation.get(name, ""))
        if FORBIDDEN_MEMBER in parts:
            raise InvalidPayload(f"{at}/{name}", f"a member must not be called {FORBIDDEN_MEMBER}")
        if len(parts) > MAX_DEPTH:
            raise InvalidPayload(f"{at}/{name}", f"more than {MAX_DEPTH} levels deep")
    if "value" in operation:
        check_value(operation["value"], f"{at}/value", len(path_split(operation["path"])))


def _source(document: Any, operation: dict[str, Any]) -> bytes:
    """Return a moved or copied value as JSON; nothing at a place that the library will refuse."""
    source = _at(document, operation["from"])
    return b"" if source is _NOTHING else orjson.dumps(source)


def _copied(operation: dict[str, Any], source: bytes) -> int:
    """Return how many parts an operation copies, or has to look at because they get deeper."""
    if operation["op"] == "copy" or operation["path"].count("/") > operation["from"].count("/"):
        return sum(map(source.count, (b",", b"[", b"{")))
    return 0


def _check_depth(document: Any, operation: dict[str, Any], at: str) -> None:
    """Refuse to put something deeper than a document may be. What gets no deeper was looked at when it came."""
    depth = len(path_split(operation["path"]))
    if depth > len(path_split(operation["from"])):
        check_value(_at(document, operation["from"]), f"{at}/from", depth)


def _touched_by(document: Any, operation: dict[str, Any]) -> tuple[set[str], set[str]]:
    """Return the places that one operation reads and writes in the current document."""
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
    """Return the places changed by an insertion or removal at `path`: in an array, the whole array."""
    above = path_join(path[:-1])
    in_array = bool(path) and isinstance(_at(document, above), list)
    return above if in_array else path_join(path)


def _at(document: Any, place: str) -> Any:
    """Return the value at a place, `_NOTHING` if there is none; the end of an array, `-`, has none."""
    found = JsonPointer(place).resolve(document, _NOTHING)
    return _NOTHING if isinstance(found, EndOfList) else found


def _misfit(document: Any, operation: dict[str, Any], at: str, error: Exception) -> InvalidPayload:
    if isinstance(error, JsonPatchTestFailed):
        return InvalidPayload(f"{at}/value", "the test failed: something else is there")
    if "from" in operation and _at(document, operation["from"]) is _NOTHING:
        return InvalidPayload(f"{at}/from", "there is nothing at this place of the document")
    return InvalidPayload(f"{at}/path", "this cannot be done at this place of the document")
