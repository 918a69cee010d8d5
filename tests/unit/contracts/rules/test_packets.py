"""Packets: whatever comes can be read as something to answer."""

from __future__ import annotations

import json
import string
from typing import Any

import pytest
import socketio.packet
from hypothesis import example, given
from hypothesis import strategies as st

from realtime_contracts.rules.packets import UNREADABLE, Json, Packet, event_name

CONNECT, DISCONNECT, EVENT, ACK = (
    socketio.packet.CONNECT,
    socketio.packet.DISCONNECT,
    socketio.packet.EVENT,
    socketio.packet.ACK,
)

#: Text that resembles packets: a type, a namespace, an ack's id, and JSON or what looks like it.
ALMOST = st.builds(
    "{}{}{}{}{}".format,
    st.sampled_from(list("0123456789²٣-xb")),
    st.sampled_from(["", "1-", "12345678901-", "/", "/x,", "/x?y=1,"]),
    st.sampled_from(["", "1", "007", "9" * 18, "9" * 19, "9" * 101, "²", "-1"]),
    st.sampled_from(["", "[", '["', "{", '{"a":', "tru"]),
    st.text(max_size=20) | st.sampled_from(['["heartbeat"]', '["x",{}]', "[]", "[1]", "{}", "null", '"x"', "[" * 5000]),
)

#: Values that an Engine.IO message can hold: text, bytes, and JSON that it has already read.
ANYTHING = (
    st.text()
    | ALMOST
    | st.binary()
    | st.integers()
    | st.floats()
    | st.booleans()
    | st.recursive(st.none() | st.text(max_size=4), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner))
)


def read(encoded: object) -> Packet:
    return Packet(encoded_packet=encoded)


def event(*parts: object, id_: object = "") -> Packet:
    return read(f"2{id_}{json.dumps(parts)}")


@given(ANYTHING)
@example("")
@example(b"")
@example("2")
@example("2" + "[" * 100_000)
@example('2["\ud800"]')
@example('2["a",NaN]')
@example("0[")
@example("51-[]")
@example("²")
@example([])
@example(0)
def test_whatever_comes_is_read_as_something_to_answer(encoded: object) -> None:
    packet = read(encoded)
    if encoded is None:
        return
    assert packet.packet_type in {CONNECT, DISCONNECT, EVENT, ACK}
    assert not packet.attachment_count
    assert packet.id is None or isinstance(packet.id, int)
    if packet.packet_type == EVENT:
        assert isinstance(packet.data[0], str)
        assert packet.data[0] not in {"connect", "disconnect", "*"}
    if packet.packet_type == ACK:
        assert isinstance(packet.data, list)


@given(ANYTHING)
def test_what_is_unreadable_says_why_and_belongs_to_the_one_namespace(encoded: object) -> None:
    packet = read(encoded)
    if packet.packet_type == EVENT and packet.data and packet.data[0] == UNREADABLE:
        assert packet.namespace is None
        assert len(packet.data) == 2
        assert 1 <= len(packet.data[1]) <= 500


NAMES = st.text(string.ascii_letters + ":_", min_size=1).filter(lambda name: name not in {"connect", "disconnect"})
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(string.printable),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(string.printable), inner, max_size=3),
    max_leaves=8,
)


@given(NAMES, JSON_VALUES, st.integers(0, 10**17) | st.none())
def test_an_event_is_what_the_client_has_sent(name: str, payload: Any, id_: int | None) -> None:
    packet = event(name, payload, id_="" if id_ is None else id_)
    assert (packet.packet_type, packet.data, packet.id) == (EVENT, [name, payload], id_)


def test_an_event_of_a_namespace_keeps_it() -> None:
    assert read('2/admin,5["x"]').namespace == "/admin"


@pytest.mark.parametrize("name", ["connect", "disconnect", "*", " unreadable", " ", " connect", "  x"])
def test_a_reserved_name_is_given_a_space_that_a_handler_can_take_off(name: str) -> None:
    assert event(name, {}).data == [f" {name}", {}]
    assert event_name(f" {name}") == name


@given(st.text())
def test_no_client_can_send_the_event_of_unreadable_packets(name: str) -> None:
    encoded = json.dumps([name]).encode("utf-8", "ignore").decode()
    packet = read(f"2{encoded}")
    assert packet.data != [UNREADABLE]


@pytest.mark.parametrize(
    "rest", ["[", '["heartbeat"', "{}x", "[NaN]", '["\\ud8"]', "[" * 5000, "null", "{}", '"x"', "[]", "[1]", "[[]]"]
)
def test_an_unreadable_event_keeps_the_id_of_its_ack(rest: str) -> None:
    packet = read(f"217{rest}")
    assert packet.data[0] == UNREADABLE
    assert packet.id == 17


@pytest.mark.parametrize("encoded", ["2[", "2x17[", "3[", "4{}", "1[", "x", "²", "9", '2-1["x"]', ""])
def test_an_unreadable_packet_without_an_ack_id_has_none(encoded: str) -> None:
    packet = read(encoded)
    assert packet.data[0] == UNREADABLE
    assert packet.id is None


@pytest.mark.parametrize(
    "encoded",
    [
        b"\x00\xff",
        b"2[]",
        bytearray(b"x"),
        '51-["x",{"_placeholder":true,"num":0}]',
        '61-7[{"_placeholder":true,"num":0}]',
        '50-["x"]',
        '21-["x",{"_placeholder":true,"num":0}]',
    ],
)
def test_binary_messages_are_unreadable_and_their_attachments_not_waited_for(encoded: object) -> None:
    packet = read(encoded)
    assert packet.data[0] == UNREADABLE
    assert not packet.attachment_count


def test_a_binary_event_keeps_the_id_of_its_ack() -> None:
    packet = read('51-17["x",{"_placeholder":true,"num":0}]')
    assert packet.data == [UNREADABLE, "binary messages are not accepted"]
    assert packet.id == 17


@pytest.mark.parametrize("encoded", ["0", "0{", "0xyz", "0[NaN]", "0" + "[" * 5000])
def test_a_connection_with_unreadable_credentials_has_none(encoded: str) -> None:
    packet = read(encoded)
    assert (packet.packet_type, packet.data) == (CONNECT, None)


def test_a_connections_credentials_are_read() -> None:
    assert read('0{"token":"t"}').data == {"token": "t"}


def test_a_goodbye_is_a_goodbye() -> None:
    assert read("1").packet_type == DISCONNECT


def test_an_ack_is_read() -> None:
    packet = read('35["x"]')
    assert (packet.packet_type, packet.id, packet.data) == (ACK, 5, ["x"])


@pytest.mark.parametrize("encoded", ["3", "3{}", '4{"message":"x"}', "7", "8", "9[]"])
def test_what_a_client_has_no_business_to_send_is_unreadable(encoded: str) -> None:
    assert read(encoded).data[0] == UNREADABLE


def test_bytes_in_a_payload_do_not_make_a_binary_packet() -> None:
    assert Packet(EVENT, data=["x", {}]).encode() == '2["x",{}]'
    with pytest.raises(TypeError):
        Packet(EVENT, data=["x", b"\x00"]).encode()


@pytest.mark.parametrize("text", ["{", "NaN", "[" * 1025 + "]" * 1025, "", '"\ud800"'])
def test_json_that_is_none_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"line \d+ column \d+|surrogates"):
        Json.loads(text)


@given(JSON_VALUES)
def test_json_comes_back_as_it_went(value: Any) -> None:
    assert Json.loads(Json.dumps(value, separators=(",", ":"))) == value


def test_an_ack_that_cannot_be_read_is_not_answered_by_an_ack() -> None:
    """Its id is of a message of ours; an ack with it would answer an event of the client's own."""
    for text in ("312[", "312{}", '61-12[{"_placeholder":true,"num":0}]'):
        packet = Packet(encoded_packet=text)
        assert packet.data[0] == UNREADABLE
        assert packet.id is None
