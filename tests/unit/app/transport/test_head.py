"""A request's head: read within its bounds, and refused where two parsers could read it differently."""

from __future__ import annotations

from io import BytesIO

import pytest

from app.realtime.transport.head import Unacceptable, read_head
from app.realtime.transport.limits import Entrance

ENTRANCE = Entrance(head_bytes=200, head_fields=4)
LINE, HOST = b"GET / HTTP/1.1\r\n", b"Host: a\r\n"


def read(head: bytes) -> tuple[bytes, bytes]:
    return read_head(BytesIO(head).readline, ENTRANCE)


def refusal(head: bytes) -> str:
    with pytest.raises(Unacceptable) as refused:
        read(head + b"GET /next HTTP/1.1\r\n\r\n")
    return refused.value.status


@pytest.mark.parametrize(
    ("line", "fields"),
    [
        (LINE, HOST),
        (LINE, b"host:a\r\n"),
        (LINE, b"Host:\r\n"),
        (LINE, b"HOST: \t a \t \r\nX: caf\xe9\r\nX: twice\r\n"),
        (b"POST /a?b=%20 HTTP/1.1\r\n", HOST + b"Content-Length: 0\r\n"),
        (b"POST / HTTP/1.1\r\n", HOST + b"Content-Length:  007 \r\n"),
        (b"POST / HTTP/1.1\r\n", HOST + b"Transfer-Encoding: Chunked\r\n"),
        (b"GET / HTTP/1.0\r\n", b""),
    ],
)
def test_a_head_is_read_to_its_end_and_no_further(line: bytes, fields: bytes) -> None:
    stream = BytesIO(line + fields + b"\r\nthe body")
    assert read_head(stream.readline, ENTRANCE) == (line, fields + b"\r\n")
    assert stream.read() == b"the body"


def test_a_client_that_has_closed_has_no_head() -> None:
    assert read(b"") == (b"", b"")


@pytest.mark.parametrize(
    "line",
    [
        b"\r\n",
        b"GET / HTTP/1.1\n",
        b"GET /\r\n",
        b"GET  / HTTP/1.1\r\n",
        b" GET / HTTP/1.1\r\n",
        b"GET\t/\tHTTP/1.1\r\n",
        b"GET / HTTP/1.1 \r\n",
        b"GET / HTTP/1.1\r\r\n",
        b"GET /\x00 HTTP/1.1\r\n",
        b"GET / HTTP/0.9\r\n",
        b"GET / HTTP/2.0\r\n",
        b"GET / http/1.1\r\n",
        b"GET / HTTP/1.10\r\n",
        b"GE(T / HTTP/1.1\r\n",
        b"PRI * HTTP/2.0\r\n",
        b"GET / HTTP/1.1",
    ],
)
def test_a_first_line_is_what_http_says(line: bytes) -> None:
    assert refusal(line + HOST + b"\r\n") == "400 Bad Request"


@pytest.mark.parametrize(
    "fields",
    [
        b"",
        HOST + HOST,
        HOST + b"host: b\r\n",
        HOST + b"X : 1\r\n",
        HOST + b"X\t: 1\r\n",
        HOST + b" X: 1\r\n",
        HOST + b"X: 1\r\n and more\r\n",
        HOST + b"X: 1\r\n\tand more\r\n",
        HOST + b"X: 1\n",
        HOST + b"X: 1\rY: 2\r\n",
        HOST + b"X: \x00\r\n",
        HOST + b"X: \x0b\r\n",
        HOST + b"X\r\n",
        HOST + b": 1\r\n",
        HOST + b"X\xff: 1\r\n",
        HOST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        HOST + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        HOST + b"Content-Length: 5\r\nContent-Length: 5\r\n",
        HOST + b"Content-Length: 5\r\ncontent-length: 6\r\n",
        HOST + b"Content-Length: 5, 5\r\n",
        HOST + b"Content-Length: +5\r\n",
        HOST + b"Content-Length: -5\r\n",
        HOST + b"Content-Length: 0x5\r\n",
        HOST + b"Content-Length: 1_0\r\n",
        HOST + b"Content-Length: 5 5\r\n",
        HOST + b"Content-Length: \xb2\r\n",
        HOST + b"Content-Length:\r\n",
        HOST + b"Transfer-Encoding: gzip, chunked\r\n",
        HOST + b"Transfer-Encoding: chunked, chunked\r\n",
        HOST + b"Transfer-Encoding: identity\r\n",
        HOST + b"Transfer-Encoding: xchunked\r\n",
        HOST + b"Transfer-Encoding: \x0bchunked\r\n",
        HOST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        HOST + b"Transfer-Encoding:\r\n",
    ],
)
def test_fields_that_can_be_read_in_two_ways_are_refused(fields: bytes) -> None:
    assert refusal(LINE + fields + b"\r\n") == "400 Bad Request"


def test_chunks_came_with_http_1_1() -> None:
    assert refusal(b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n") == "400 Bad Request"


def test_a_head_that_breaks_off_is_refused() -> None:
    with pytest.raises(Unacceptable):
        read(LINE + HOST)


def test_a_head_has_so_many_bytes() -> None:
    rest = ENTRANCE.head_bytes - len(LINE + HOST + b"X: \r\n\r\n")
    assert read(LINE + HOST + b"X: " + b"x" * rest + b"\r\n\r\n")
    assert refusal(LINE + HOST + b"X: " + b"x" * (rest + 1) + b"\r\n\r\n").startswith("431 ")
    assert refusal(LINE + HOST + b"X: " + b"x" * 1000).startswith("431 ")


def test_a_first_line_has_as_many() -> None:
    assert refusal(b"GET /" + b"x" * 1000 + b" HTTP/1.1\r\n").startswith("414 ")


def test_a_head_has_so_many_fields() -> None:
    assert read(LINE + HOST + b"X: 1\r\n" * 3 + b"\r\n")
    assert refusal(LINE + HOST + b"X: 1\r\n" * 4 + b"\r\n").startswith("431 ")
