"""Frames of clients are read as RFC 6455 says, however they arrive."""

from __future__ import annotations

from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wsproto import ConnectionType
from wsproto.connection import Connection
from wsproto.events import BytesMessage, Ping, TextMessage

from app.realtime.transport import limits
from app.realtime.transport.frames import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PART,
    PING,
    PONG,
    TEXT,
    FrameReader,
    ProtocolError,
    close_frame,
    encode,
    text_frame,
)

MASK = b"\x37\xfa\x21\x3d"
LIMIT = 1 << 20


def masked(opcode: int, payload: bytes, *, final: bool = True, reserved: int = 0) -> bytes:
    """A client's frame."""
    size = len(payload)
    length = (
        bytes([0x80 | size])
        if size < 126
        else b"\xfe" + size.to_bytes(2, "big")
        if size < 1 << 16
        else b"\xff" + size.to_bytes(8, "big")
    )
    body = bytes(byte ^ MASK[number % 4] for number, byte in enumerate(payload))
    return bytes([(0x80 if final else 0) | reserved | opcode]) + length + MASK + body


def read(data: bytes, limit: int = LIMIT) -> list[tuple[int, str | bytes]]:
    reader = FrameReader(limit)
    reader.feed(data)
    return whole(reader)


def whole(reader: FrameReader) -> list[tuple[int, str | bytes]]:
    """Return the messages and control frames that can be read."""
    return [one for one in iter(reader.next, None) if one != PART]


def fault(data: bytes, limit: int = LIMIT) -> int:
    with pytest.raises(ProtocolError) as caught:
        read(data, limit)
    return caught.value.code


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("818537fa213d7f9f4d5158", [(TEXT, "Hello")]),
        ("018337fa213d7f9f4d808237fa213d5b95", [(TEXT, "Hello")]),
        ("898537fa213d7f9f4d5158", [(PING, b"Hello")]),
        ("8a8537fa213d7f9f4d5158", [(PONG, b"Hello")]),
        ("888037fa213d", [(CLOSE, b"")]),
    ],
)
def test_the_examples_of_the_rfc(data: str, expected: list[tuple[int, str | bytes]]) -> None:
    assert read(bytes.fromhex(data)) == expected


@pytest.mark.parametrize("size", [0, 1, 3, 4, 5, 125, 126, 127, 65535, 65536, 70001])
def test_lengths(size: int) -> None:
    payload = bytes(number % 251 for number in range(size))
    assert read(masked(BINARY, payload)) == [(BINARY, payload)]


@pytest.mark.parametrize("size", [0, 125, 126, 65535, 65536])
def test_what_is_written_is_read_by_another_implementation(size: int) -> None:
    client = Connection(ConnectionType.CLIENT)
    client.receive_data(text_frame(b"x" * size) + encode(PING, b"p") + encode(BINARY, b"b"))
    events = list(client.events())
    assert "".join(event.data for event in events if isinstance(event, TextMessage)) == "x" * size
    assert [event.payload for event in events if isinstance(event, Ping)] == [b"p"]
    assert [bytes(event.data) for event in events if isinstance(event, BytesMessage)] == [b"b"]


texts = st.text(max_size=200)
frames = st.lists(st.one_of(texts, st.binary(max_size=150), st.builds(Ping, st.binary(max_size=125))))


@given(frames, st.lists(st.integers(1, 60)), st.integers(1, 40))
def test_a_client_of_another_implementation_is_read_however_its_bytes_arrive(
    sent: list[str | bytes | Ping], sizes: list[int], piece: int
) -> None:
    client = Connection(ConnectionType.CLIENT)
    data = b""
    expected: list[tuple[int, str | bytes]] = []
    for one in sent:
        if isinstance(one, Ping):
            data += client.send(one)
            expected.append((PING, bytes(one.payload)))
        elif isinstance(one, str):
            half = len(one) // 2
            data += client.send(TextMessage(one[:half], message_finished=False))
            data += client.send(Ping(b"between"))
            data += client.send(TextMessage(one[half:]))
            expected += [(PING, b"between"), (TEXT, one)]
        else:
            data += client.send(BytesMessage(one))
            expected.append((BINARY, one))
    reader, got = FrameReader(LIMIT), []
    for size in [*sizes, *[piece] * len(data)]:
        reader.feed(data[:size])
        data = data[size:]
        got += whole(reader)
    assert got == expected


def test_a_character_may_be_split_over_fragments() -> None:
    euro = "€".encode()
    assert read(masked(TEXT, euro[:1], final=False) + masked(CONTINUATION, euro[1:])) == [(TEXT, "€")]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        pytest.param(text_frame(b"x"), 1002, id="not masked"),
        pytest.param(masked(TEXT, b"x", reserved=0x40), 1002, id="reserved bit"),
        pytest.param(masked(3, b"x"), 1002, id="reserved opcode"),
        pytest.param(masked(11, b"x"), 1002, id="reserved control opcode"),
        pytest.param(masked(PING, b"x", final=False), 1002, id="fragmented control frame"),
        pytest.param(masked(PING, b"x" * 126), 1002, id="long control frame"),
        pytest.param(masked(CONTINUATION, b"x"), 1002, id="nothing to go on with"),
        pytest.param(masked(TEXT, b"x", final=False) + masked(TEXT, b"y"), 1002, id="a message within a message"),
        pytest.param(b"\x81\xfe\x00\x7d" + MASK + b"x" * 125, 1002, id="length longer than it has to be"),
        pytest.param(b"\x81\xff" + (126).to_bytes(8, "big") + MASK, 1002, id="long length longer than it has to be"),
        pytest.param(b"\x81\xff" + (1 << 63).to_bytes(8, "big") + MASK, 1002, id="length with its first bit"),
        pytest.param(masked(TEXT, b"\xff"), 1007, id="not UTF-8"),
        pytest.param(masked(TEXT, "\ud800".encode("utf-8", "surrogatepass")), 1007, id="half a surrogate pair"),
        pytest.param(masked(CLOSE, b"\x03"), 1002, id="half a close code"),
        pytest.param(masked(CLOSE, (1005).to_bytes(2, "big")), 1002, id="a close code that is never sent"),
        pytest.param(masked(CLOSE, (1000).to_bytes(2, "big") + b"\xff"), 1007, id="a close reason that is not UTF-8"),
    ],
)
def test_a_broken_rule(data: bytes, code: int) -> None:
    assert fault(data) == code


@pytest.mark.parametrize("code", [1000, 1001, 1011, 3000, 4999])
def test_a_close_frame_is_read_with_its_code(code: int) -> None:
    assert read(masked(CLOSE, code.to_bytes(2, "big") + b"bye")) == [(CLOSE, code.to_bytes(2, "big") + b"bye")]
    assert close_frame(code) == b"\x88\x02" + code.to_bytes(2, "big")


def test_a_message_that_is_too_large_is_refused_before_it_has_come() -> None:
    assert read(masked(TEXT, b"x" * 1000), 1000) == [(TEXT, "x" * 1000)]
    assert fault(masked(TEXT, b"x" * 1001)[:8], 1000) == 1009
    assert fault(masked(TEXT, b"x" * 600, final=False) + masked(CONTINUATION, b"x" * 600)[:8], 1000) == 1009


def test_a_ping_between_fragments_is_none_of_the_message() -> None:
    data = masked(TEXT, b"x" * 990, final=False) + masked(PING, b"p" * 125) + masked(CONTINUATION, b"y" * 10)
    assert read(data, 1000) == [(PING, b"p" * 125), (TEXT, "x" * 990 + "y" * 10)]


def test_each_fragment_is_seen_so_that_it_can_be_counted() -> None:
    reader = FrameReader(LIMIT)
    reader.feed(masked(TEXT, b"a", final=False) + masked(CONTINUATION, b"b", final=False) + masked(CONTINUATION, b"c"))
    assert list(iter(reader.next, None)) == [PART, PART, (TEXT, "abc")]


def test_the_fragments_of_a_message_are_counted() -> None:
    empty = masked(TEXT, b"", final=False) + masked(CONTINUATION, b"", final=False) * limits.FRAGMENTS
    assert fault(empty) == 1009


def test_time_is_linear_in_a_message_of_many_pieces() -> None:
    def seconds(size: int) -> float:
        data = masked(TEXT, b"x" * size)
        reader = FrameReader(1 << 26)
        began = process_time()
        for start in range(0, len(data), 512):
            reader.feed(data[start : start + 512])
            found = reader.next()
        assert found is not None
        return process_time() - began

    seconds(1 << 20)
    assert seconds(1 << 23) < 40 * max(seconds(1 << 20), 0.005)
