"""What Playwright leaves out of a HAR with `content: "attach"`: files beside it, or in the same zip archive.

A HAR names them, and a HAR may come from anywhere: nothing outside its own folder or archive is read.
"""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import IO, Protocol


class Attachments(Protocol):
    """Files by their names."""

    def open(self, name: str) -> IO[bytes] | None:
        """The file, None if there is none that may be read. May raise OSError later, as any file."""


class NoAttachments:
    """Of standard input nothing is known but its bytes."""

    def open(self, name: str) -> IO[bytes] | None:  # noqa: ARG002 - whatever it is
        """Nothing."""
        return None


class InFolder:
    """Files in one folder and below it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def open(self, name: str) -> IO[bytes] | None:
        """A file of the folder; not one that its name, or a link, leads out of it."""
        try:
            path = (self._folder / name).resolve()
            inside = path.is_relative_to(self._folder.resolve()) and path.is_file()
            return path.open("rb") if inside else None
        except (OSError, ValueError):
            return None


class InArchive:
    """Members of a zip archive."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive

    def open(self, name: str) -> IO[bytes] | None:
        """A member of the archive, by the name that it has there."""
        try:
            return self._archive.open(name)
        except (KeyError, RuntimeError, NotImplementedError, zipfile.BadZipFile):
            return None  # not there, or encrypted, or packed as nothing here unpacks
