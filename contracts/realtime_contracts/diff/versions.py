"""Versions of the contract: reads one by its name on the command line, and computes the number that a change takes."""

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

#: Prefix of a git revision, for a name that is also a file.
GIT = "git:"

_VERSION = re.compile(r"(0|[1-9][0-9]{0,8})\.(0|[1-9][0-9]{0,8})\.(0|[1-9][0-9]{0,8})")

Version = tuple[int, int, int]


class Effect(IntEnum):
    """The effect of a change on clients of the old version; greater is worse."""

    #: No effect: other wording.
    NONE = 0
    #: Everything that worked still works.
    COMPATIBLE = 1
    #: Something that worked no longer works.
    BREAKING = 2


def read(name: str | None) -> tuple[str, Schemas]:
    """Return the name and contract of a folder, a bundle file or a git revision. Raises Unreadable.

    A path takes precedence over a revision. A folder holds schemas/ and VERSION, or a contracts/ that does. None means
    the installed contract.
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
    """Return the version of a contract as numbers. Raises Unreadable."""
    match = _VERSION.fullmatch(text)
    if match is None:
        raise Unreadable(f"the {name} contract: expected a version of the form 1.2.3, got {text[:40]!r}")
    major, minor, patch = map(int, match.groups())
    return major, minor, patch


def taken(old: Version, effect: Effect | None) -> Version:
    """Return the lowest version after `old` for this effect; None means no change.

    Before 1.0.0 the second number counts breaking changes and the third all others, as in Cargo and npm: `^0.3.0`
    excludes 0.4.0. From 1.0.0 on it is semantic versioning.
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
    """Return a version as written in VERSION."""
    return ".".join(map(str, version))
