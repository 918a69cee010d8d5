"""The places of a document that an edit reads and writes, and whether two edits meet. Pure."""

from __future__ import annotations

import copy
from typing import Any

from jsonpatch import JsonPatch
from jsonpointer import JsonPointer

Changes = list[dict[str, Any]]
Places = tuple[set[str], set[str]]


def touched(document: Any, changes: Changes) -> Places:
    """What an edit reads and what it writes, in the document that it is applied to. Raises what jsonpatch does."""
    reads, writes = set[str](), set[str]()
    document = copy.deepcopy(document)
    for operation in changes:
        name = operation["op"]
        if name in ("test", "copy"):
            reads.add(operation["path" if name == "test" else "from"])
        if name in ("add", "remove", "move", "copy"):
            writes.add(_shifted(document, operation["path"]))
        if name == "move":
            writes.add(_shifted(document, operation["from"]))
        if name == "replace":
            writes.add(operation["path"])
        document = JsonPatch([operation]).apply(document, in_place=True)
    return reads, writes


def named(changes: Changes) -> Places:
    """Every place that an edit may touch, by its words: what may lie in an array may be the array."""
    reads, writes = set[str](), set[str]()
    for operation in changes:
        name = operation["op"]
        if name in ("test", "copy"):
            reads.add(operation["path" if name == "test" else "from"])
        if name != "test":
            for path in (operation["path"], *([operation["from"]] if name == "move" else [])):
                writes.add(path)
                above, _, last = path.rpartition("/")
                if name != "replace" and path and (last == "-" or last.isdigit()):
                    writes.add(above)
    return reads, writes


def conflict(one: Places, other: Places) -> bool:
    """Whether what one edit writes overlaps with what the other touches."""
    (reads, writes), (others_reads, others_writes) = one, other
    return any_overlap(reads | writes, others_writes) or any_overlap(writes, others_reads)


def any_overlap(ones: set[str], others: set[str]) -> bool:
    """Whether any two of them overlap."""
    return any(overlap(one, other) for one in ones for other in others)


def overlap(one: str, other: str) -> bool:
    """Whether two places are one, or one is above the other."""
    return one == other or one.startswith(other + "/") or other.startswith(one + "/")


def _shifted(document: Any, path: str) -> str:
    above = path.rpartition("/")[0]
    return above if path and isinstance(JsonPointer(above).resolve(document, None), list) else path
