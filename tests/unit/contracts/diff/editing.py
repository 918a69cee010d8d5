"""A copy of the contract, to be changed by hand."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

from realtime_contracts.contract.registry import registry
from realtime_contracts.contract.schemas import Schemas, read_folder

#: The contract as it is, under a version of which the tests know what comes after it.
OLD = Schemas("0.3.0", read_folder(registry().folder).files)

Files = dict[str, Any]
Edit = Callable[[Files], None]


def edited(*edits: Edit, version: str = "0.3.0", base: Schemas = OLD) -> Schemas:
    """The contract after some edits of its files."""
    files = copy.deepcopy({name: dict(schema) for name, schema in base.files.items()})
    for edit in edits:
        edit(files)
    return Schemas(version, files)


def at(files: Files, place: str) -> Any:
    """The part of a file at `file#/pointer`."""
    file, _, pointer = place.partition("#")
    node = files[file]
    for step in pointer.split("/")[1:]:
        node = node[int(step)] if isinstance(node, list) else node[step]
    return node


def put(place: str, **keywords: Any) -> Edit:
    """An edit: these keywords there, `_` before a name that Python keeps; None takes one away."""

    def edit(files: Files) -> None:
        node = at(files, place)
        for keyword, value in keywords.items():
            name = keyword.lstrip("_").replace("dollar", "$")
            if value is None:
                del node[name]
            else:
                node[name] = json.loads(json.dumps(value))

    return edit


def schema(place: str, value: Any) -> Edit:
    """An edit: this schema there, of a member or of a definition, new or instead of another; None takes it away."""

    def edit(files: Files) -> None:
        parent, _, name = place.rpartition("/")
        node = at(files, parent)
        if value is None:
            del node[name]
        else:
            node[name] = copy.deepcopy(value)

    return edit


def listed(place: str, *, add: tuple[Any, ...] = (), remove: tuple[Any, ...] = ()) -> Edit:
    """An edit: a list there (`required`, `enum`, `oneOf`) with these items more or less."""

    def edit(files: Files) -> None:
        node = at(files, place)
        node[:] = [item for item in node if item not in remove] + list(add)

    return edit


def file(name: str, content: Any) -> Edit:
    """An edit: a file more, instead of another or, for None, less."""

    def edit(files: Files) -> None:
        if content is None:
            del files[name]
        else:
            files[name] = copy.deepcopy(content)

    return edit
