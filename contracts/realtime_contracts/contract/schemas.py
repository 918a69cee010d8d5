"""The schemas of a contract as data: its files, what their references mean, and the one walk over them.

A contract is read from a folder, from a git revision, or from a bundle: all schemas as one JSON document, as the
server serves it and as `contracts/released.json` keeps the last release. `Registry` compiles the schemas and checks
payloads; this module is for code that reads the schemas themselves.
"""

from __future__ import annotations

import functools
import json
import posixpath
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Schema = Mapping[str, Any]

#: The name of a schema file: a folder and a file in it.
_NAME = re.compile(r"[^/]+/[^/]+\.json")


class Unreadable(ValueError):
    """No contract can be read there. The message says where, and why."""


@dataclass(frozen=True)
class Schemas:
    """The schema files of one contract, by their names relative to schemas/, such as `client/room.join.json`."""

    #: The contract's version, as in its VERSION file: `0.3.0`.
    version: str
    files: Mapping[str, Schema]

    def messages(self) -> list[tuple[str, str]]:
        """Every message as (direction, event), sorted: each file that is not `shared/`."""
        return sorted((file.partition("/")[0], event_of(file)) for file in self.files if not file.startswith("shared/"))

    def message(self, direction: str, event: str) -> tuple[str, Schema]:
        """The file of a message and its schema. Raises KeyError."""
        file = file_of(direction, event)
        return file, self.files[file]

    def resolve(self, file: str, node: Schema) -> tuple[str, Schema]:
        """The file and the schema that `node` of `file` stands for, its `$ref`s followed.

        A title or a description beside a `$ref` replaces that of the schema. Raises KeyError for a reference that
        leads nowhere.
        """
        beside: dict[str, Any] = {}
        followed: set[tuple[str, str]] = set()
        while "$ref" in node:
            beside = {**{name: value for name, value in node.items() if name != "$ref"}, **beside}
            file, pointer = target(file, str(node["$ref"]))
            if (file, pointer) in followed:
                raise KeyError(f"{file}#{pointer}")
            followed.add((file, pointer))
            node = at(self.files, file, pointer)
        return file, {**node, **beside} if beside else node


def file_of(direction: str, event: str) -> str:
    """The name of a message's schema file: `client/room.join.json`."""
    return f"{direction}/{event.replace(':', '.')}.json"


def event_of(file: str) -> str:
    """The event of a message's schema file: `room:join`."""
    return posixpath.basename(file).removesuffix(".json").replace(".", ":")


def parts(schema: Schema) -> Iterator[tuple[str, Schema]]:
    """The schemas directly inside of a schema, each with its place: `/properties/room_id`, `/items`, `/oneOf/0`."""
    for name, part in schema.get("properties", {}).items():
        yield f"/properties/{name}", part
    if isinstance(schema.get("items"), dict):
        yield "/items", schema["items"]
    for keyword in ("anyOf", "oneOf"):
        for index, part in enumerate(schema.get(keyword, ())):
            yield f"/{keyword}/{index}", part


def nodes(schema: Schema, pointer: str = "") -> Iterator[tuple[str, Schema]]:
    """Every schema in a schema, itself and its definitions too, with its place. References are not followed."""
    yield pointer, schema
    definitions = ((f"/$defs/{name}", part) for name, part in schema.get("$defs", {}).items())
    for where, part in (*parts(schema), *definitions):
        yield from nodes(part, pointer + where)


def types(schema: Schema) -> list[str]:
    """The JSON types that a schema names itself."""
    named = schema.get("type", [])
    return [named] if isinstance(named, str) else list(named)


def target(file: str, reference: str) -> tuple[str, str]:
    """The file and the JSON Pointer that a relative `$ref` in `file` means."""
    name, _, pointer = reference.partition("#")
    return posixpath.normpath(posixpath.join(posixpath.dirname(file), name)) if name else file, pointer


def at(files: Mapping[str, Schema], file: str, pointer: str) -> Any:
    """What stands at a JSON Pointer of a file. Raises KeyError with `file#pointer` for a place that is not there."""
    start, *steps = pointer.split("/")
    try:
        node: Any = files[file]
        for step in steps:
            name = step.replace("~1", "/").replace("~0", "~")
            node = node[int(name)] if isinstance(node, list) else node[name]
    except (IndexError, KeyError, TypeError, ValueError):
        raise KeyError(f"{file}#{pointer}") from None
    if start:  # an $anchor, which the contract does not use
        raise KeyError(f"{file}#{pointer}")
    return node


def read_folder(folder: Path) -> Schemas:
    """The contract of a folder with schemas/ and VERSION. Raises Unreadable."""
    root = folder / "schemas"
    texts = {path.relative_to(root).as_posix(): path.read_bytes() for path in sorted(root.glob("*/*.json"))}
    version = folder / "VERSION"
    if not texts or not version.is_file():
        raise Unreadable(f"{folder} holds no contract: it has no schemas/ or no VERSION")
    return _parsed(str(folder), version.read_bytes(), texts.items())


def read_bundle(file: Path) -> Schemas:
    """The contract of a bundle: `{"version": …, "schemas": {"client/room.join.json": {…}}}`. Raises Unreadable."""
    try:
        content = json.loads(file.read_bytes())
        version, files = str(content["version"]), dict(content["schemas"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise Unreadable(f"{file} is no bundle of a contract: {_why(error)}") from error
    wrong = [name for name, schema in files.items() if not _NAME.fullmatch(name) or not isinstance(schema, dict)]
    if wrong or not files:
        what = f"{wrong[0]!r} is no file with a schema" if wrong else "it is without schemas"
        raise Unreadable(f"{file} is no bundle of a contract: {what}")
    return Schemas(version, files)


def read_revision(revision: str, repository: Path | None = None, folder: str = "contracts") -> Schemas:
    """The contract as it was at a git revision of `repository` (this folder's, if absent). Raises Unreadable."""
    root = Path(_git(repository or Path(), "rev-parse", "--show-toplevel").decode().strip())
    commit = (
        _git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}").decode().strip()
    )
    names = _git(root, "ls-tree", "-r", "--name-only", "-z", commit, "--", f"{folder}/schemas").decode().split("\0")
    prefix = f"{folder}/schemas/"
    names = [name for name in names if _NAME.fullmatch(name.removeprefix(prefix))]
    if not names:
        raise Unreadable(f"{revision} has no {folder}/schemas")
    texts = ((name.removeprefix(prefix), _git(root, "show", f"{commit}:{name}")) for name in names)
    return _parsed(revision, _git(root, "show", f"{commit}:{folder}/VERSION"), texts)


@functools.cache
def own_schemas() -> Schemas:
    """The contract that this package came with."""
    return read_folder(own_folder())


def own_folder() -> Path:
    """The folder that this package came with: `contracts/` in the source tree, the package itself in a wheel."""
    package = Path(__file__).resolve().parents[1]
    return package if (package / "schemas").is_dir() else package.parent


def bundle(schemas: Schemas) -> str:
    """The whole contract as one JSON document, the same text for the same contract."""
    content = {"version": schemas.version, "schemas": dict(sorted(schemas.files.items()))}
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def _parsed(name: str, version: bytes, texts: Any) -> Schemas:
    return Schemas(version.decode(errors="replace").strip(), dict(_files(name, texts)))


def _files(name: str, texts: Iterator[tuple[str, bytes]]) -> Iterator[tuple[str, Schema]]:
    for file, text in texts:
        try:
            schema = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise Unreadable(f"{name}: schemas/{file} is not JSON: {error}") from error
        if not isinstance(schema, dict):
            raise Unreadable(f"{name}: schemas/{file} is not an object")
        yield file, schema


def _git(folder: Path, *words: str) -> bytes:
    try:
        done = subprocess.run(["git", "-C", str(folder), *words], capture_output=True, check=False)  # noqa: S603, S607
    except OSError as error:
        raise Unreadable(f"git cannot be run: {error.strerror}") from error
    if done.returncode != 0:
        why = done.stderr.decode(errors="replace").strip().splitlines()
        raise Unreadable(f"git {words[0]}: {why[0] if why else f'there is no {words[-1]}'}")
    return done.stdout


def _why(error: Exception) -> str:
    return f"it lacks {error}" if isinstance(error, KeyError) else str(error)
