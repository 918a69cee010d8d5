"""The head of a request, as bytes: read within its bounds, and refused where two parsers could read it differently.

A proxy before the server has read the same bytes. If it takes another length for the body, or sees another field, the
rest of one client's request becomes the beginning of another's. So nothing is repaired here: lines end with CRLF, no
line goes on in the next one, names have no blank, and the body has one length or the one coding.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from app.realtime.transport.limits import Entrance

_TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_REQUEST_LINE = re.compile(_TOKEN + rb" [\x21-\x7e\x80-\xff]+ HTTP/1\.[01]\r\n")
_FIELD = re.compile(rb"(" + _TOKEN + rb"):([\t\x20-\x7e\x80-\xff]*)\r\n")

_LENGTH = re.compile(rb"[0-9]+")

#: Fields that say where the body ends, or whom the request is for: one of each at most.
_ONCE = frozenset({b"content-length", b"transfer-encoding", b"host"})


class Unacceptable(Exception):
    """The head is refused; `status` is that of the answer."""

    def __init__(self, status: str) -> None:
        super().__init__(status)
        self.status = status


_BAD, _LINE_TOO_LONG = "400 Bad Request", "414 URI Too Long"
_TOO_LARGE = "431 Request Header Fields Too Large"


def read_head(readline: Callable[[int], bytes], entrance: Entrance) -> tuple[bytes, bytes]:
    """Read a request's first line and its fields, the empty line included. Empty if the client has closed.

    `readline` returns at most so many bytes of a line. Raises Unacceptable.
    """
    left = entrance.head_bytes
    first = readline(left + 1)
    if not first:
        return b"", b""
    if len(first) > left:
        raise Unacceptable(_LINE_TOO_LONG)
    if not _REQUEST_LINE.fullmatch(first):
        raise Unacceptable(_BAD)
    left -= len(first)
    lines: list[bytes] = []
    while True:
        line = readline(left + 1)
        if len(line) > left or len(lines) > entrance.head_fields:
            raise Unacceptable(_TOO_LARGE)
        left -= len(line)
        lines.append(line)
        if line == b"\r\n":
            break
    _check(lines[:-1], old=first.endswith(b"1.0\r\n"))
    return first, b"".join(lines)


def _check(lines: list[bytes], *, old: bool) -> None:
    """Raise Unacceptable if a field is malformed, or if the fields do not say one thing. `old`: it is HTTP/1.0."""
    found: dict[bytes, bytes] = {}
    for line in lines:
        field = _FIELD.fullmatch(line)
        if field is None:
            raise Unacceptable(_BAD)
        name = field[1].lower()
        if name in _ONCE:
            if name in found:
                raise Unacceptable(_BAD)
            found[name] = field[2].strip(b" \t")
    length, coding = found.get(b"content-length"), found.get(b"transfer-encoding")
    if coding is not None and (old or length is not None or coding.lower() != b"chunked"):
        raise Unacceptable(_BAD)
    if length is not None and not _LENGTH.fullmatch(length):
        raise Unacceptable(_BAD)
    if not old and b"host" not in found:
        raise Unacceptable(_BAD)
