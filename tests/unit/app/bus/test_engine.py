"""A session never falls silent, never hangs, and keeps to itself what it was sent. On a real Engine.IO server."""

from __future__ import annotations

import io
import logging

import engineio
import engineio.packet
import pytest
from engineio.exceptions import ContentTooLongError
from hypothesis import given
from hypothesis import strategies as st

from app.realtime.bus.engine import GARBAGE, Session, _packets, use_sessions
from realtime_contracts.rules.packets import UNREADABLE, Json, Packet

CLOSE, PING, PONG, MESSAGE, UPGRADE = (
    engineio.packet.CLOSE,
    engineio.packet.PING,
    engineio.packet.PONG,
    engineio.packet.MESSAGE,
    engineio.packet.UPGRADE,
)

#: What Engine.IO gives on of a message that nobody can read.
UNREAD = (MESSAGE, GARBAGE[1:])


@pytest.fixture(autouse=True)
def our_json(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read JSON as the server does."""
    monkeypatch.setattr(engineio.packet.Packet, "json", Json)


def read(body: bytes) -> list[tuple[int, object]]:
    return [(packet.packet_type, packet.data) for packet in _packets(body)]


def test_what_stands_for_garbage_is_an_unreadable_packet() -> None:
    assert Packet(encoded_packet=GARBAGE[1:]).data[0] == UNREADABLE


@pytest.mark.parametrize(
    ("body", "packets"),
    [
        (b'42["heartbeat"]', [(MESSAGE, '2["heartbeat"]')]),
        (b"3", [(PONG, "")]),
        (b"3\x1e42[]", [(PONG, ""), (MESSAGE, "2[]")]),
        (b"1", [(CLOSE, "")]),
        (b"2probe", [(PING, "probe")]),
        (b"5", [(UPGRADE, "")]),
        ('42["ö"]'.encode(), [(MESSAGE, '2["ö"]')]),
    ],
)
def test_a_body_is_read_packet_by_packet(body: bytes, packets: list[tuple[int, object]]) -> None:
    assert read(body) == packets


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b'42["\xc3"]', b"x", b"9", b"0{}", b"6", b"{}", b"bAAA", b" 42[]"])
def test_a_body_that_is_none_is_one_unreadable_message(body: bytes) -> None:
    assert read(body) == [UNREAD]


def test_an_empty_part_does_not_take_the_others_along() -> None:
    assert read(b"42[1]\x1e") == [(MESSAGE, "2[1]"), UNREAD]
    assert read(b"\x1e42[1]") == [UNREAD, (MESSAGE, "2[1]")]
    assert read(b"42[1]\x1e\x1e42[2]") == [(MESSAGE, "2[1]"), UNREAD, (MESSAGE, "2[2]")]


def test_a_batch_may_have_any_length() -> None:
    assert read(b"\x1e".join([b"42[]"] * 1000)) == [(MESSAGE, "2[]")] * 1000


def test_nesting_too_deep_is_read_as_text() -> None:
    (packet,) = read(b"4" + b"[" * 100_000)
    assert packet == (MESSAGE, "[" * 100_000)


@given(st.binary() | st.lists(st.text(max_size=8)).map("\x1e".join).map(str.encode))
def test_no_body_fails_and_none_is_without_a_packet(body: bytes) -> None:
    packets = read(body)
    assert len(packets) >= 1
    assert {kind for kind, _ in packets} <= {CLOSE, PING, PONG, MESSAGE, UPGRADE}


# Sessions.


class Client:
    """One session on a server of its own, and what the server's application hears of it."""

    def __init__(self, max_bytes: int = 1000) -> None:
        self.server = engineio.Server(
            async_mode="threading", async_handlers=False, max_http_buffer_size=max_bytes, logger=logging.getLogger("x")
        )
        use_sessions(self.server)
        self.heard: list[object] = []
        self.server.on("message", lambda sid, data: self.heard.append(data))
        self.server.on("disconnect", lambda sid, reason: self.heard.append(reason))
        self.server.sockets["s"] = engineio.socket.Socket(self.server, "s")
        self.session: Session = self.server.sockets["s"]
        self.session.connected = True

    def post(self, body: bytes, length: str | None = None) -> None:
        length = str(len(body)) if length is None else length
        self.session.handle_post_request({"CONTENT_LENGTH": length, "wsgi.input": io.BytesIO(body)})


def test_a_message_that_says_null_is_unreadable() -> None:
    client = Client()
    client.post(b"4null\x1e42[1]")
    assert client.heard == [GARBAGE[1:], "2[1]"]


def test_every_session_is_ours() -> None:
    assert isinstance(Client().session, Session)


def test_another_servers_sessions_are_not() -> None:
    assert type(engineio.Server(async_mode="threading").sockets) is dict


def test_messages_of_a_body_are_heard_in_order() -> None:
    client = Client()
    client.post(b"42[1]\x1e\xc3\xa9\x1e42[2]")
    assert client.heard == ["2[1]", "!", "2[2]"]


@pytest.mark.parametrize("body", [b"x", b"9", b"", b"\xff", b"2", b"2probe", b"0{}", b"6"])
def test_what_no_client_should_send_is_heard_as_unreadable_and_ends_nothing(body: bytes) -> None:
    client = Client()
    client.post(body)
    client.post(b"42[1]")
    assert client.heard == ["!", "2[1]"]
    assert not client.session.closed


def test_engine_ios_close_is_a_lost_transport_and_ends_the_body() -> None:
    client = Client()
    client.post(b"42[1]\x1e1\x1e42[2]")
    assert client.heard == ["2[1]", client.server.reason.TRANSPORT_CLOSE]
    assert client.session.closed


def test_a_closed_session_is_unknown_at_once() -> None:
    client = Client()
    client.session.close()
    assert "s" not in client.server.sockets


def test_closing_does_not_wait_for_what_is_queued() -> None:
    client = Client()
    client.session.queue.put(engineio.packet.Packet(MESSAGE, "2[]"))
    client.session.close(wait=True)
    assert client.session.closed
    assert client.session.queue.unfinished_tasks


def test_closing_twice_is_closing() -> None:
    client = Client()
    client.session.close()
    client.session.close()
    assert len(client.heard) == 1


@pytest.mark.parametrize("length", ["1001", "99999999999999999999", "-1", "x", "1.5", "²"])
def test_a_body_that_is_too_long_or_of_no_length_ends_the_session(length: str) -> None:
    client = Client()
    with pytest.raises(ContentTooLongError):
        client.post(b"42[1]", length)
    assert client.heard == [client.server.reason.TRANSPORT_ERROR]


def test_a_body_of_the_length_allowed_is_taken() -> None:
    client = Client(max_bytes=5)
    client.post(b"42[1]")
    assert client.heard == ["2[1]"]


@pytest.mark.parametrize("length", ["", "0"])
def test_a_body_without_a_length_is_empty(length: str) -> None:
    client = Client()
    client.post(b"42[1]", length)
    assert client.heard == ["!"]


def test_a_request_that_is_refused_leaves_no_bytes_of_it_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    client = Client()
    client.server._log_error_once("Invalid session <script>", "bad-sid")
    assert "script" not in caplog.text


def test_a_client_that_goes_in_the_middle_of_a_body_has_said_nothing() -> None:
    class Cut(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise OSError("unexpected end of file while reading request")

    client = Client()
    client.session.handle_post_request({"CONTENT_LENGTH": "14", "wsgi.input": Cut()})
    assert client.heard == []
    assert not client.session.closed


def test_a_websockets_writer_gets_all_that_is_queued_and_then_the_end() -> None:
    session = Client().session
    session.upgraded = True
    packets = [engineio.packet.Packet(MESSAGE, str(number)) for number in range(3)]
    for packet in (*packets, None):
        session.queue.put(packet)
    assert session.poll() == packets
    assert session.poll() == []
