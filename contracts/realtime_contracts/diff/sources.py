"""Where a version of the contract is read from, by the name that it is given on the command line."""

from __future__ import annotations

from pathlib import Path

from realtime_contracts.contract.registry import registry
from realtime_contracts.contract.schemas import Schemas, Unreadable, read_bundle, read_folder, read_revision

#: What forces a name to be a git revision, where a file has the same.
GIT = "git:"


def read(name: str) -> Schemas:
    """The contract of a folder, a bundle file or a git revision; an existing path goes before a revision.

    A folder is one with schemas/ and VERSION, or one that has such a one as contracts/. Raises Unreadable.
    """
    if name.startswith(GIT):
        return read_revision(name.removeprefix(GIT))
    try:
        return _read(Path(name), name)
    except OSError as error:
        raise Unreadable(f"{name} cannot be read: {error.strerror}") from error


def _read(path: Path, name: str) -> Schemas:
    if path.is_dir():
        inner = path / "contracts"
        return read_folder(inner if not (path / "schemas").is_dir() and inner.is_dir() else path)
    if path.exists():
        return read_bundle(path)
    try:
        return read_revision(name)
    except Unreadable as error:
        raise Unreadable(f"{name} is no path here, and no revision: {error}") from error


def own() -> tuple[str, Schemas]:
    """The contract that this package came with, and its folder's name. Raises Unreadable."""
    try:
        folder = registry().folder
    except (OSError, ValueError) as error:
        raise Unreadable(f"the contract of this package cannot be read: {error}") from error
    try:
        name = folder.relative_to(Path.cwd())
    except ValueError:
        name = folder
    return str(name), read_folder(folder)
