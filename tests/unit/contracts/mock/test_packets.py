"""What cannot be read is an event all the same: it can be answered."""

from __future__ import annotations

import pytest

from realtime_contracts.mock.packets import UNREADABLE, Packet
from realtime_contracts.mock.sessions import GARBAGE, readable


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2",
        "2{",
        "2[]",
        "2{}",
        '2"a"',
        '2["a",{}]]',
        "2[5]",
        '7["a"]',
        "9",
        "x",
        '51-["a",{}]',
        "3{}",
        "2" + "[" * 5000,
    ],
)
def test_an_unreadable_packet_is_an_event_of_that_kind(text: str) -> None:
    packet = Packet(encoded_packet=text)
    assert packet.packet_type == 2
    assert packet.data[0] is UNREADABLE
    assert packet.data[1]


def test_an_unreadable_event_keeps_the_id_of_its_ack() -> None:
    assert Packet(encoded_packet='217["a",{').id == 17
    assert Packet(encoded_packet="317{}").id is None


def test_bytes_are_unreadable() -> None:
    assert Packet(encoded_packet=b"x").data == [UNREADABLE, "binary messages are not accepted"]


def test_a_connection_with_broken_credentials_is_one_without() -> None:
    packet = Packet(encoded_packet='0{"token":')
    assert (packet.packet_type, packet.data) == (0, None)


@pytest.mark.parametrize("frame", ["", "x", "9", "{}", "bAAA", "é", "4", "4x", "4[1]", "2x", "36", "0{}"])
def test_a_frame_that_is_no_packet_is_garbage(frame: str) -> None:
    assert readable(frame) == GARBAGE


@pytest.mark.parametrize("frame", ["1", "2", "2probe", "3", "3probe", "5", "6", '42["a"]', "40", "41", "4!"[:1] + "2"])
def test_a_frame_that_is_one_stays(frame: str) -> None:
    assert readable(frame) == frame
