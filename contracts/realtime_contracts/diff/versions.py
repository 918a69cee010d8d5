"""Versions of the contract: what a name on the command line means, and which number a change takes."""

from __future__ import annotations

import re
from enum import IntEnum
from pathlib import Path

from realtime_contracts.contract.schemas import (
    Schemas,
    Unreadable,
    own_folder,
    read_bundle,
    read_folder,
    read_revision,
)

#: What forces a name to be a git revision, where a file has the same.
GIT = "git:"

_VERSION = re.compile(r"(0|[1-9][0-9]{0,8})\.(0|[1-9][0-9]{0,8})\.(0|[1-9][0-9]{0,8})")

Version = tuple[int, int, int]


class Effect(IntEnum):
    """What a change does to clients that were written for the old version; the greater, the worse."""

    #: Nothing: other words, or the same said otherwise.
    NONE = 0
    #: Everything that worked still works.
    COMPATIBLE = 1
    #: Something that worked does not work any more.
    BREAKING = 2


def read(name: str | None) -> tuple[str, Schemas]:
    """The name and the contract of a folder, a bundle file or a git revision. Raises Unreadable.

    A path goes before a revision of the same name. A folder holds schemas/ and VERSION, or a contracts/ that does. None
    is the contract that this package came with.
    """
    if name is None:
        folder = own_folder()
        name = str(folder.relative_to(Path.cwd()) if folder.is_relative_to(Path.cwd()) else folder)
        return name, read_folder(folder)
    if name.startswith(GIT):
        return name, read_revision(name.removeprefix(GIT))
    path = Path(name)
    try:
        if path.is_dir():
            inner = path / "contracts"
            return name, read_folder(inner if not (path / "schemas").is_dir() and inner.is_dir() else path)
        if path.exists():
            return name, read_bundle(path)
        return name, read_revision(name)
    except OSError as error:
        raise Unreadable(f"{name} cannot be read: {error.strerror}") from error
    except Unreadable as error:
        raise error if path.exists() else Unreadable(f"{name} is neither a path nor a git revision: {error}") from error


def parsed(text: str, name: str) -> Version:
    """The version of a contract as numbers. Raises Unreadable."""
    match = _VERSION.fullmatch(text)
    if match is None:
        raise Unreadable(f"the {name} contract: expected a version of the form 1.2.3, got {text[:40]!r}")
    major, minor, patch = map(int, match.groups())
    return major, minor, patch


def taken(old: Version, effect: Effect | None) -> Version:
    """The least version after `old` that says as much as `effect`; None is no change at all.

    Before 1.0.0 the second number tells what breaks and the third the rest, as Cargo and npm read it too: `^0.3.0` is
    anything below 0.4.0. From then on it is semantic versioning to the letter.
    """
    major, minor, patch = old
    if effect is None:
        return old
    if effect is Effect.BREAKING:
        return (major + 1, 0, 0) if major else (0, minor + 1, 0)
    if effect is Effect.COMPATIBLE and major:
        return major, minor + 1, 0
    return major, minor, patch + 1


def written(version: Version) -> str:
    """A version as it is in VERSION."""
    return ".".join(map(str, version))
