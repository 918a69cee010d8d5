"""Opens captures (file, standard input, gzip, zip), detects their kind, and parses their times.

A capture is read more than once, and may be larger than memory. So standard input and pipes are first copied to a
temporary file, and the kind is detected from the first bytes: a JSON object is parsed up to the first key that decides.

Playwright leaves contents out of a HAR with `content: "attach"`: they are files beside it, or in the same zip archive.
A HAR may come from anywhere, so nothing outside its own folder or archive is read.
"""

from __future__ import annotations

import gzip
import io
import math
import shutil
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import IO, cast

import ijson
import orjson

#: The name of standard input in reports.
STDIN_NAME = "stdin"
#: Bytes of a log line, of a message or of a body beside a HAR. A server takes about 1 MB at once; anything larger is
#: not a message but the wrong file.
MAX_TEXT = 64 * 1024 * 1024

_GZIP, _ZIP, _BOM = b"\x1f\x8b", b"PK\x03\x04", b"\xef\xbb\xbf"
_SPACE = b" \t\r\n"
#: Keys of which each message or frame in a log has one.
_LINE_KEYS = frozenset({"direction", "event", "frame"})
#: Times above this are in milliseconds: as seconds it would be the year 5138, as milliseconds 1973.
MILLISECONDS_FROM = 1e11

#: How ijson reads numbers. Other than as C's own, yajl2_c ends the process at an integer of more than 4,300 digits.
NUMBERS = {"use_float": True}


#: Returns a file that a HAR names, None if it may not be read. Reading it may raise OSError.
Attachments = Callable[[str], IO[bytes] | None]


class Unreadable(Exception):
    """A capture, or the rest of it, cannot be read. The message is one sentence for people."""


class Empty(Exception):
    """A capture is empty."""


class Kind(StrEnum):
    """The kind of a capture."""

    HAR = "har"
    #: JSON lines, each a message or a frame.
    LOG = "log"
    #: One message: an object with its direction and event, a packet's text, or a payload.
    MESSAGE = "message"


class Source:
    """The unpacked bytes of one capture; it can be read several times."""

    def __init__(self, name: str, raw: IO[bytes], attachments: Attachments) -> None:
        self.name = name
        #: The files that a HAR may name.
        self.attachments = attachments
        self._raw = raw

    def open(self) -> IO[bytes]:
        """Return the unpacked bytes, without leading white space. Need not be closed. Raises Unreadable."""
        self._raw.seek(0)
        magic = self._raw.read(len(_GZIP))
        self._raw.seek(0)
        stream: IO[bytes] = self._raw
        if magic == _GZIP:
            stream = cast("IO[bytes]", gzip.GzipFile(fileobj=self._raw))
        if stream.read(len(_BOM)) != _BOM:
            stream.seek(0)
        return stream


@contextmanager
def opened(path: str) -> Iterator[Source]:
    """Open the capture in a file, or on standard input if `path` is `-`. Raises Unreadable."""
    name = STDIN_NAME if path == "-" else path
    try:
        with _given(path) as given, _rewindable(given) as raw:
            magic = raw.read(len(_ZIP))
            raw.seek(0)
            if magic == _ZIP:
                with _unzipped(name, raw) as source:
                    yield source
            else:
                yield Source(name, raw, (lambda _: None) if path == "-" else _in_folder(Path(path).parent))
    except OSError as error:
        raise Unreadable((error.strerror or "it cannot be opened").lower()) from error


@contextmanager
def _unzipped(name: str, raw: IO[bytes]) -> Iterator[Source]:
    """Open the one HAR of a zip archive made by Playwright, with the files beside it."""
    try:
        with zipfile.ZipFile(raw) as archive:
            hars = [member for member in archive.namelist() if member.endswith(".har")]
            if len(hars) != 1:
                raise Unreadable(f"expected one HAR in the zip archive, got {len(hars) or 'none'}")
            with archive.open(hars[0]) as har:
                yield Source(name, har, _in_archive(archive))
    except zipfile.BadZipFile as error:
        raise Unreadable("it is a damaged zip archive") from error
    except (RuntimeError, NotImplementedError) as error:
        raise Unreadable(
            "its zip archive is encrypted, or packed by a rare method: unpack it and check the HAR"
        ) from error


def _in_folder(folder: Path) -> Attachments:
    """Return a lookup for files in a folder and below. Names and links that lead out of it are refused."""

    def found(name: str) -> IO[bytes] | None:
        try:
            path = (folder / name).resolve()
            return path.open("rb") if path.is_relative_to(folder.resolve()) and path.is_file() else None
        except (OSError, ValueError):
            return None

    return found


def _in_archive(archive: zipfile.ZipFile) -> Attachments:
    """Return a lookup for members of a zip archive by name."""

    def found(name: str) -> IO[bytes] | None:
        try:
            return archive.open(name)
        except (KeyError, RuntimeError, NotImplementedError, zipfile.BadZipFile):
            return None  # missing, encrypted, or packed in an unknown way

    return found


@contextmanager
def reading() -> Iterator[None]:
    """Turn errors of reading a capture into Unreadable."""
    try:
        yield
    except EOFError as error:
        raise Unreadable("it is cut short: its gzip data end early") from error
    except zipfile.BadZipFile as error:
        raise Unreadable("its zip data are damaged") from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise Unreadable("its gzip data are damaged") from error
    except ijson.IncompleteJSONError as error:
        if "overflow" in str(error).partition("\n")[0]:
            raise Unreadable("a number in it is too large for any reader") from error
        early = "premature EOF" in str(error) or "Incomplete" in str(error)
        raise Unreadable("it is cut short: its JSON ends early" if early else "a part of it is not JSON") from error
    except (ijson.JSONError, UnicodeDecodeError) as error:
        raise Unreadable("a part of it is not JSON") from error


def kind_of(source: Source) -> Kind:
    """Detect the kind of a capture from its content. Raises Empty, Unreadable."""
    with reading():
        stream = source.open()
        head = _first(stream)
        if not head:
            raise Empty
        if head == b"{":
            return _kind_of_object(source)
        if head in b"0123456b":
            return Kind.MESSAGE
    hint = "; name the event of a payload with --event" if head in b'["' else ""
    raise Unreadable(f"expected a HAR, a log of JSON lines or a message{hint}")


def _kind_of_object(source: Source) -> Kind:
    """HAR if an object has a `log`; a log if its first line is an object of its own; otherwise a message."""
    stream = source.open()
    depth = 0
    try:
        for event, value in ijson.basic_parse(stream, multiple_values=True, **NUMBERS):
            if event == "map_key" and depth == 1:
                if value == "log":
                    return Kind.HAR
                if value in _LINE_KEYS:
                    break
            depth += event.startswith("start") - event.startswith("end")
            if depth == 0:
                break
    except ijson.JSONError:
        pass  # The reader reports where.
    line = _first_line(source.open())
    try:
        orjson.loads(line)
    except orjson.JSONDecodeError:
        return Kind.MESSAGE if line.strip() == b"{" or not line.strip().endswith(b"}") else Kind.LOG
    return Kind.LOG


def _first(stream: IO[bytes]) -> bytes:
    """Return the first byte that is not white space."""
    while block := stream.read(io.DEFAULT_BUFFER_SIZE):
        if text := block.lstrip(_SPACE):
            return text[:1]
    return b""


def _first_line(stream: IO[bytes]) -> bytes:
    """Return the first line that is not empty."""
    while line := stream.readline(MAX_TEXT):
        if line.strip():
            return line
    return b""


def _given(path: str) -> AbstractContextManager[IO[bytes]]:
    if path != "-":
        return Path(path).open("rb")
    if sys.stdin is None:
        raise Unreadable("standard input is closed")
    return nullcontext(sys.stdin.buffer)


@contextmanager
def _rewindable(stream: IO[bytes]) -> Iterator[IO[bytes]]:
    if stream.seekable():
        yield stream
        return
    with tempfile.TemporaryFile(prefix="realtime-check-") as spooled:
        shutil.copyfileobj(stream, spooled, 1024 * 1024)
        yield spooled


def seconds(value: object) -> float | None:
    """Return seconds or milliseconds, or RFC 3339 text, as seconds; None if it is not a time.

    Chrome writes seconds and Playwright milliseconds, -1 where it does not know.
    """
    try:
        if isinstance(value, str):
            moment = datetime.fromisoformat(value)
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
        if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
            return None
        number = float(value)
    except (OverflowError, ValueError):
        return None
    if not math.isfinite(number) or number < 0:
        return None
    return number / 1000 if number > MILLISECONDS_FROM else number
