"""Packets on their way out: a broadcast is encoded once, WebSocket frame included."""

from __future__ import annotations

import engineio.packet
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from wsproto.connection import Connection, ConnectionType
from wsproto.events import TextMessage

from app.realtime.bus.packets import Broadcast, FramedText
from app.realtime.transport.frames import text_frame


def wire_text(frame: bytes) -> str:
    """Return the text that an independent WebSocket client reads from one whole frame."""
    client = Connection(ConnectionType.CLIENT)
    client.receive_data(frame)
    (message,) = client.events()
    assert isinstance(message, TextMessage)
    assert message.message_finished
    return str(message.data)


SIZES = [0, 1, 125, 126, 65_535, 65_536, 1_048_576]


@pytest.mark.parametrize("size", SIZES)
def test_a_frame_of_any_size_is_read_by_a_websocket_client(size: int) -> None:
    text = "x" * size
    assert wire_text(text_frame(text.encode())) == text


@pytest.mark.parametrize(("size", "head"), [(125, 2), (126, 4), (65_535, 4), (65_536, 10)])
def test_a_frame_takes_no_longer_length_than_it_must(size: int, head: int) -> None:
    assert len(text_frame(b"x" * size)) == head + size


@given(st.text())
@example("ö" * 62 + "x")
@example("ö" * 63)
@example("😀" * 16_384)
def test_a_frame_counts_bytes_and_not_characters(text: str) -> None:
    assert wire_text(text_frame(text.encode())) == text


def test_a_broadcast_is_encoded_once_for_both_transports() -> None:
    packet = Broadcast('2["presence:update",{}]')
    assert packet.encode() is packet.encode()
    assert packet.encode(b64=True) is packet.encode()


@given(st.text())
def test_a_broadcast_carries_its_frame(text: str) -> None:
    encoded = Broadcast(f"2{text}").encode()
    assert isinstance(encoded, FramedText)
    assert encoded == f"42{text}"
    assert wire_text(encoded.frame) == encoded


def test_a_broadcast_says_on_the_wire_what_engine_io_would() -> None:
    text = '2["room:users",{"room_id":"invoice:42"}]'
    assert Broadcast(text).encode() == engineio.packet.Packet(engineio.packet.MESSAGE, text).encode()


def test_broadcasts_share_one_long_polling_answer_with_other_packets() -> None:
    from engineio.payload import Payload

    packets = [Broadcast("2[1]"), engineio.packet.Packet(engineio.packet.NOOP)]
    assert Payload(packets).encode() == "42[1]\x1e6"
