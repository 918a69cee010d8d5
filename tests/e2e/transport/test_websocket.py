"""RFC 6455 at the socket: what a frame may be, and what the node does with every other."""

from __future__ import annotations

import struct

import pytest

from tests.e2e.transport.wire import (
    BINARY,
    CLOSE,
    CONTINUATION,
    INVALID_DATA,
    NORMAL,
    PING,
    PONG,
    PROTOCOL_ERROR,
    TARGET,
    TEXT,
    TOO_BIG,
    Client,
    Http,
    WebSocket,
    ack_of,
    close_frame,
    connect_packet,
    event_of,
    frame,
    head,
    request,
    shows,
    upgrade_fields,
)

LIMIT = 1 << 20
SOON = 3.0
BEGIN = b'421["heartbeat",'
END = b"{}]"


def answered(ana: WebSocket, number: int = 1) -> bool:
    """Whether the event with that ack id is answered."""
    return bool(ack_of(ana.until(lambda packet: packet.startswith(f"43{number}[")))["ok"])


WRONG = {
    "no mask": (frame('421["heartbeat"]', masked=False), PROTOCOL_ERROR),
    "no mask on a ping": (frame("", PING, masked=False), PROTOCOL_ERROR),
    "reserved bit 1": (frame('421["heartbeat"]', reserved=4), PROTOCOL_ERROR),
    "reserved bit 2": (frame('421["heartbeat"]', reserved=2), PROTOCOL_ERROR),
    "reserved bit 3": (frame("", PING, reserved=1), PROTOCOL_ERROR),
    "opcode 3": (frame("x", 3), PROTOCOL_ERROR),
    "opcode 7": (frame("x", 7), PROTOCOL_ERROR),
    "opcode 11": (frame("x", 11), PROTOCOL_ERROR),
    "opcode 15": (frame("x", 15), PROTOCOL_ERROR),
    "a ping in fragments": (frame("x", PING, final=False), PROTOCOL_ERROR),
    "a close in fragments": (frame(b"\x03\xe8", CLOSE, final=False), PROTOCOL_ERROR),
    "a ping of 126 bytes": (frame("x" * 126, PING), PROTOCOL_ERROR),
    "a close of 126 bytes": (frame(b"\x03\xe8" + b"x" * 124, CLOSE), PROTOCOL_ERROR),
    "a continuation of nothing": (frame("x", CONTINUATION), PROTOCOL_ERROR),
    "a first fragment in a message": (frame(BEGIN, final=False) + frame("x", final=False), PROTOCOL_ERROR),
    "a message in a message": (frame(BEGIN, final=False) + frame("3"), PROTOCOL_ERROR),
    "bytes in a text": (frame(BEGIN, final=False) + frame(b"x", BINARY), PROTOCOL_ERROR),
    "a byte that is no UTF-8": (frame(b"4\xff"), INVALID_DATA),
    "a surrogate": (frame(b"4\xed\xa0\x80"), INVALID_DATA),
    "an overlong slash": (frame(b"4\xc0\xaf"), INVALID_DATA),
    "beyond Unicode": (frame(b"4\xf4\x90\x80\x80"), INVALID_DATA),
    "half a character": (frame(b"4\xc3"), INVALID_DATA),
    "half a character in fragments": (frame(b"4\xc3", final=False) + frame(b"x", CONTINUATION), INVALID_DATA),
    "a close of one byte": (frame(b"\x03", CLOSE), PROTOCOL_ERROR),
    "a close code of none": (close_frame(0), PROTOCOL_ERROR),
    "close code 999": (close_frame(999), PROTOCOL_ERROR),
    "close code 1004": (close_frame(1004), PROTOCOL_ERROR),
    "close code 1005": (close_frame(1005), PROTOCOL_ERROR),
    "close code 1006": (close_frame(1006), PROTOCOL_ERROR),
    "close code 1015": (close_frame(1015), PROTOCOL_ERROR),
    "close code 2999": (close_frame(2999), PROTOCOL_ERROR),
    "close code 5000": (close_frame(5000), PROTOCOL_ERROR),
    "a reason that is no UTF-8": (close_frame(1000, b"\xff"), INVALID_DATA),
    "one byte too long": (frame("4" * (LIMIT + 1)), TOO_BIG),
    "announced too long": (head(0x81, LIMIT + 1) + b"mask", TOO_BIG),
    "announced far too long": (head(0x81, 1 << 40) + b"mask", TOO_BIG),
    "fragments too long": (
        frame("4" * 700_000, final=False) + frame("4" * 700_000, CONTINUATION, final=False),
        TOO_BIG,
    ),
}


@pytest.mark.parametrize(("sent", "code"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_frame_ends_the_connection_with_its_code(url: str, token: str, sent: bytes, code: int) -> None:
    ana = Client(url, token)
    ana.send(sent)
    assert ana.closes(SOON) == code


def test_a_length_with_the_highest_bit_is_refused(url: str, token: str) -> None:
    ana = Client(url, token)
    ana.send(struct.pack("!BBQ", 0x81, 0xFF, 1 << 63) + b"mask")
    assert ana.closes(SOON) in (PROTOCOL_ERROR, TOO_BIG)


@pytest.mark.parametrize("sent", [WRONG["no mask"][0], WRONG["announced too long"][0]])
def test_a_wrong_frame_of_nobody_does_the_same(url: str, sent: bytes) -> None:
    ws = WebSocket(url)
    ws.send(sent)
    assert ws.closes(SOON) in (PROTOCOL_ERROR, TOO_BIG)


RIGHT = {
    "whole": frame(BEGIN + END),
    "two fragments": frame(BEGIN, final=False) + frame(END, CONTINUATION),
    "a fragment a byte": frame(BEGIN[:1], final=False)
    + b"".join(frame(bytes([byte]), CONTINUATION, final=False) for byte in BEGIN[1:])
    + frame(END, CONTINUATION),
    "empty fragments": frame(b"", final=False)
    + frame(BEGIN, CONTINUATION, final=False)
    + frame(b"", CONTINUATION, final=False)
    + frame(END, CONTINUATION, final=False)
    + frame(b"", CONTINUATION),
    "a ping between": frame(BEGIN, final=False) + frame("x", PING) + frame(END, CONTINUATION),
    "a pong between": frame(BEGIN, final=False) + frame("x", PONG) + frame(END, CONTINUATION),
    "a mask of zeros": head(0x81, len(BEGIN + END)) + b"\0\0\0\0" + BEGIN + END,
    "126 bytes": frame(BEGIN + b" " * (126 - len(BEGIN + END)) + END),
    "65,535 bytes": frame(BEGIN + b" " * (65_535 - len(BEGIN + END)) + END),
    "65,536 bytes": frame(BEGIN + b" " * (65_536 - len(BEGIN + END)) + END),
    "the limit": frame(BEGIN + b" " * (LIMIT - len(BEGIN + END)) + END),
    "the limit in fragments": frame(BEGIN + b" " * (LIMIT - len(BEGIN + END)), final=False) + frame(END, CONTINUATION),
    "another before it": frame("3") + frame(BEGIN + END),
}


@pytest.mark.parametrize("sent", RIGHT.values(), ids=RIGHT.keys())
def test_a_message_is_read_however_it_is_framed(url: str, token: str, sent: bytes) -> None:
    with Client(url, token) as ana:
        ana.send(sent)
        frames = []
        while not any(one.opcode == TEXT and one.payload.startswith(b"431[") for one in frames):
            frames.append(ana.frame())
        assert b'"ok":true' in frames[-1].payload
        assert [one.payload for one in frames if one.opcode == PONG] == (
            [b"x"] if sent is RIGHT["a ping between"] else []
        )


def test_a_message_may_come_byte_by_byte(url: str, token: str) -> None:
    with Client(url, token) as ana:
        for byte in RIGHT["a ping between"]:
            ana.send(bytes([byte]))
        assert ana.frame() == (PONG, b"x", True)
        assert answered(ana)


def test_characters_may_be_cut_by_fragments(url: str, token: str) -> None:
    text = '421["presence:update",{"current_page":"/é😀"}]'.encode()
    with Client(url, token) as ana:
        ana.send(frame(text[:1], final=False))
        for byte in text[1:-1]:
            ana.send(frame(bytes([byte]), CONTINUATION, final=False))
        ana.send(frame(text[-1:], CONTINUATION))
        ack = ack_of(ana.until(lambda packet: packet.startswith("431[")))
        assert ack["current_page"] == "/é😀"


@pytest.mark.parametrize("payload", [b"", b"hello", b"\x00\xff", b"x" * 125])
def test_a_ping_is_answered_by_its_own_payload(url: str, token: str, payload: bytes) -> None:
    with Client(url, token) as ana:
        ana.send(frame("ignored", PONG) + frame(payload, PING))
        assert ana.frame() == (PONG, payload, True)


def test_a_ping_is_answered_before_the_message_is_whole(url: str, token: str) -> None:
    with Client(url, token) as ana:
        ana.send(frame(BEGIN, final=False) + frame("now", PING))
        assert ana.frame() == (PONG, b"now", True)
        ana.send(frame(END, CONTINUATION))
        assert answered(ana)


@pytest.mark.parametrize(
    "code", [1000, 1001, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999]
)
def test_a_close_is_said_back_and_then_the_node_hangs_up(url: str, token: str, code: int) -> None:
    ana = Client(url, token)
    ana.send(close_frame(code, "good bye é".encode()))
    assert ana.closes(SOON) == code


def test_a_close_without_a_code_is_said_back(url: str, token: str) -> None:
    ana = Client(url, token)
    ana.send(frame(b"", CLOSE))
    assert ana.frame() == (CLOSE, b"", True)
    assert ana.rest(SOON) == b""


def test_what_follows_a_close_is_dropped(url: str, token: str, ben: Client) -> None:
    ana = Client(url, token)
    late = '42["presence:update",{"current_page":"/late"}]'
    ana.send(close_frame(1000) + frame(late))
    ana.closes(SOON)
    begin = ben.emit("presence:update", {"current_page": "/barrier"})
    heard = []
    ben.until(lambda packet: heard.append(packet) or packet.startswith(begin))
    assert not any(map(shows("/late"), heard))


def test_a_close_packet_of_engine_io_ends_the_connection(url: str, token: str) -> None:
    for ws in (WebSocket(url), Client(url, token)):
        ws.say("1")
        assert ws.closes(SOON) in (None, NORMAL)


def test_bytes_are_answered_by_an_error_and_the_connection_lives(url: str, token: str) -> None:
    with Client(url, token) as ana:
        ana.send(frame(b"\x01\x02\x03", BINARY) + frame(b"", BINARY))
        for _ in range(2):
            _, error = event_of(ana.until(lambda packet: packet.startswith('42["error"')))
            assert error["code"] == "invalid_payload"
        assert ana.ask("heartbeat")["ok"]


def test_frames_that_come_with_the_request_are_read(url: str, token: str) -> None:
    with WebSocket(url, early=frame(connect_packet(token)) + frame('421["heartbeat"]')) as ana:
        assert ana.text().startswith("0{")
        assert ana.text().startswith("40{")
        assert answered(ana)


def test_after_the_websocket_comes_no_http(url: str, token: str) -> None:
    with Http(url) as http:
        http.send(request(f"{TARGET}websocket", "GET", upgrade_fields()))
        assert http.answer().status == 101
        http.send(close_frame(1000) + request("/healthz", "GET", {"Host": "node"}))
        assert b"HTTP/1.1" not in http.rest(SOON)


def test_half_a_close_of_tcp_is_the_end(url: str, token: str) -> None:
    import socket

    ana = Client(url, token)
    ana.socket.shutdown(socket.SHUT_WR)
    ana.rest(SOON)
