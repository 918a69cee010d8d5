"""A capture's bytes, however they come (file, standard input, gzip, zip), what kind it is, and times as it has them.

A capture is read more than once, and may be larger than memory. So what cannot go back to its beginning (standard
input, a pipe) is first written to a temporary file, and the kind is told from the first bytes: of a JSON object
as much is parsed as it takes to meet a key that decides.

Playwright leaves contents out of a HAR with `content: "attach"`: they are files beside it, or in the same zip archive.
A HAR names them, and a HAR may come from anywhere: nothing outside its own folder or archive is read.
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

#: How standard input is called in reports.
STDIN_NAME = "stdin"
#: Bytes of one line of a log, of a message or of a body beside a HAR. A server takes about 1 MB at once; what is
#: larger than this is no message, but the wrong file.
MAX_TEXT = 64 * 1024 * 1024

_GZIP, _ZIP, _BOM = b"\x1f\x8b", b"PK\x03\x04", b"\xef\xbb\xbf"
_SPACE = b" \t\r\n"
#: Keys of a message's or a frame's line, of which each has one.
_LINE_KEYS = frozenset({"direction", "event", "frame"})
#: A time since 1970 above this is in milliseconds: as seconds it would be in the year 5138, as milliseconds in 1973.
MILLISECONDS_FROM = 1e11

#: How ijson takes numbers. As anything but C's own, yajl2_c ends the process at an integer of more than 4,300 digits.
NUMBERS = {"use_float": True}


#: The file that a HAR names, None if there is none that may be read. Reading it may raise OSError, as any file.
Attachments = Callable[[str], IO[bytes] | None]


class Unreadable(Exception):
    """A capture, or the rest of it, cannot be read. The message is one sentence for people."""


class Empty(Exception):
    """A capture holds nothing at all."""


class Kind(StrEnum):
    """What a capture is."""

    HAR = "har"
    #: JSON lines, each a message or a frame.
    LOG = "log"
    #: One message: an object with its direction and event, a packet's text, or a payload.
    MESSAGE = "message"


class Source:
    """The bytes of one capture, unpacked, from the beginning as often as wanted."""

    def __init__(self, name: str, raw: IO[bytes], attachments: Attachments) -> None:
        self.name = name
        #: The files that a HAR may refer to.
        self.attachments = attachments
        self._raw = raw

    def open(self) -> IO[bytes]:
        """The unpacked bytes, from the first that means something. Closing it is not needed. Raises Unreadable."""
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
    """The capture of a file, or of standard input if `path` is `-`. Raises Unreadable."""
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
    """The one HAR of a zip archive, as Playwright makes them, with what is beside it in there."""
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
    """Files of a folder and below it; none that its name, or a link, leads out of it."""

    def found(name: str) -> IO[bytes] | None:
        try:
            path = (folder / name).resolve()
            return path.open("rb") if path.is_relative_to(folder.resolve()) and path.is_file() else None
        except (OSError, ValueError):
            return None

    return found


def _in_archive(archive: zipfile.ZipFile) -> Attachments:
    """Members of a zip archive, by the name that they have there."""

    def found(name: str) -> IO[bytes] | None:
        try:
            return archive.open(name)
        except (KeyError, RuntimeError, NotImplementedError, zipfile.BadZipFile):
            return None  # not there, or encrypted, or packed as nothing here unpacks

    return found


@contextmanager
def reading() -> Iterator[None]:
    """Tells whatever goes wrong while a capture is read as Unreadable."""
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
    """What kind of capture this is, told by its content. Raises Empty, Unreadable."""
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
    """HAR if an object has a `log`; a log if its first line is an object of its own; else a message."""
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
        pass  # whoever reads it tells where
    line = _first_line(source.open())
    try:
        orjson.loads(line)
    except orjson.JSONDecodeError:
        return Kind.MESSAGE if line.strip() == b"{" or not line.strip().endswith(b"}") else Kind.LOG
    return Kind.LOG


def _first(stream: IO[bytes]) -> bytes:
    """The first byte that is not white space."""
    while block := stream.read(io.DEFAULT_BUFFER_SIZE):
        if text := block.lstrip(_SPACE):
            return text[:1]
    return b""


def _first_line(stream: IO[bytes]) -> bytes:
    """The first line that is not empty."""
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
    """A number of seconds or milliseconds, or RFC 3339 text, as seconds; None for what tells no time.

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
