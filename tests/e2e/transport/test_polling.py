"""Long-polling: bodies however framed, polls that overlap or are given up, and the HTTP connection under them."""

from __future__ import annotations

import contextlib
import json
import time

import pytest

from realtime_contracts.wire.tokens import Mint
from tests.e2e.transport.wire import (
    SEPARATOR,
    Client,
    Ended,
    Http,
    Polling,
    ack_of,
    ask,
    connect_packet,
    event_of,
    event_packet,
    eventually,
    readable,
    request,
    shows,
)

LIMIT = 1 << 20
HEARTBEAT = '421["heartbeat"]'
UPDATE = event_packet("presence:update", {"current_page": "/half"}).encode()
#: What ends a session is seen within this time.
SOON = 2.0


def chunked(*chunks: bytes) -> bytes:
    """A body in chunks, with its end."""
    return b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in (*chunks, b""))


def heard_ack(ana: Polling) -> bool:
    """Whether the heartbeat that was posted is answered by its ack."""
    return bool(ack_of(ana.until(lambda packet: packet.startswith("431[")))["ok"])


# ------------------------------------------------------------------------------------ bodies


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (HEARTBEAT.encode(), {}),
        (HEARTBEAT.encode(), {"Content-Type": "text/plain;charset=UTF-8"}),
        (HEARTBEAT.encode(), {"Content-Type": "application/x-www-form-urlencoded"}),
        (HEARTBEAT.encode(), {"Expect": "100-continue"}),
        (chunked(HEARTBEAT.encode()), {"Transfer-Encoding": "chunked"}),
        (chunked(*(bytes([byte]) for byte in HEARTBEAT.encode())), {"Transfer-Encoding": "chunked"}),
        (f'3{SEPARATOR}{HEARTBEAT}{SEPARATOR}42["presence:list"]'.encode(), {}),
    ],
    ids=["length", "text", "form", "expect", "one chunk", "a chunk a byte", "several packets"],
)
def test_a_body_is_read_however_it_is_framed(url: str, token: str, body: bytes, headers: dict[str, str]) -> None:
    ana = Polling(url, token)
    answer = ana.post(body, headers)
    assert (answer.status, answer.body) == (200, b"ok")
    assert heard_ack(ana)


def test_a_body_may_have_64_packets(url: str, token: str) -> None:
    ana = Polling(url, token)
    packets = [event_packet("heartbeat", None, number) for number in range(1, 65)]
    assert ana.post(SEPARATOR.join(packets)).status == 200
    for number in range(1, 65):
        begin = f"43{number}["
        if not any(packet.startswith(begin) for packet in ana.heard):
            assert ana.until(lambda packet, begin=begin: packet.startswith(begin))


@pytest.mark.parametrize("packets", [65, 16_384])
def test_a_body_with_more_packets_ends_its_session(url: str, token: str, packets: int) -> None:
    ana = Polling(url, token)
    assert ana.post(SEPARATOR.join([HEARTBEAT] * packets)).status in (400, 413)
    ana.ended(SOON)


def test_a_body_of_the_limit_is_read_and_one_byte_more_ends_the_session(url: str, token: str) -> None:
    ana = Polling(url, token)
    filled = '421["presence:list","{}"]'
    body = filled.replace("{}", "x" * (LIMIT - len(filled) + 2))
    assert len(body) == LIMIT
    assert ana.post(body).status == 200
    assert not ack_of(ana.until(lambda packet: packet.startswith("431[")))["ok"]
    assert ana.post(f"{body} ").status == 413
    ana.ended(SOON)


@pytest.mark.parametrize(
    ("framing", "sent"),
    [
        ({"Content-Length": str(LIMIT + 1)}, b""),
        ({"Content-Length": "999999999999999999999"}, b""),
        ({"Transfer-Encoding": "chunked"}, b"f" * 17 + b"\r\n"),
    ],
    ids=["length", "a length beyond all", "a chunk beyond all"],
)
def test_a_body_that_is_announced_too_long_is_not_waited_for(
    url: str, token: str, framing: dict[str, str], sent: bytes
) -> None:
    ana = Polling(url, token)
    with Http(url) as http:
        http.send(request(ana.target, "POST", {"Host": "node", **framing}) + sent)
        assert http.answer().status in (400, 413)
        http.rest(SOON)
    ana.ended(SOON)


def test_chunks_that_add_up_to_too_much_end_the_session_while_they_come(url: str, token: str) -> None:
    ana = Polling(url, token)
    with Http(url) as http:
        http.send(request(ana.target, "POST", {"Host": "node", "Transfer-Encoding": "chunked"}))
        chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
        for _ in range(18):
            try:
                http.send(chunk)
            except OSError:
                break
        with contextlib.suppress(Ended):  # the answer may be lost with the unread rest of the body
            assert http.answer().status == 413
    ana.ended(SOON)


@pytest.mark.parametrize(
    ("framing", "body"),
    [
        ({"Content-Length": "100"}, UPDATE + b"\x1e3"),
        ({"Transfer-Encoding": "chunked"}, b"64\r\n" + UPDATE + b"\x1e3"),
        ({"Transfer-Encoding": "chunked"}, b"%x\r\n%b\r\n" % (len(UPDATE), UPDATE)),
    ],
    ids=["length", "in a chunk", "between chunks"],
)
def test_a_body_that_breaks_off_ends_the_session_and_does_nothing(
    url: str, token: str, ben: Client, framing: dict[str, str], body: bytes
) -> None:
    ana = Polling(url, token)
    with Http(url) as http:
        http.send(request(ana.target, "POST", {"Host": "node", **framing}) + body)
    ana.ended(SOON)
    begin, heard = ben.emit("presence:update", {"current_page": "/whole"}), []
    ben.until(lambda packet: heard.append(packet) or packet.startswith(begin))
    assert not any(map(shows("/half"), heard))


@pytest.mark.parametrize(
    "fields",
    [
        {"Content-Length": "-1"},
        {"Content-Length": "1x"},
        {"Content-Length": "+5"},
        {"Content-Length": ""},
        {"Content-Length": "5, 6"},
        {"Content-Length": "16", "content-length": "17"},
        {"Content-Length": "16", "Transfer-Encoding": "chunked"},
        {"Transfer-Encoding": "gzip"},
        {"Transfer-Encoding": "chunked, gzip"},
    ],
)
def test_a_body_whose_length_cannot_be_told_is_refused_and_the_connection_ends(
    url: str, token: str, fields: dict[str, str]
) -> None:
    ana = Polling(url, token)
    with Http(url) as http:
        # What follows must not be taken for a request: that is how requests are smuggled through a proxy.
        http.send(request(ana.target, "POST", {"Host": "node", **fields}) + HEARTBEAT.encode())
        http.send(request("/healthz", "GET", {"Host": "node"}))
        assert http.answer().status in (400, 411, 501)
        assert b"HTTP/1.1" not in http.rest(SOON)


@pytest.mark.parametrize("size", [b"x", b"-1", b"0x10", b"", b"1" * 40])
def test_a_chunk_whose_size_cannot_be_told_ends_the_connection(url: str, token: str, size: bytes) -> None:
    ana = Polling(url, token)
    with Http(url) as http:
        http.send(request(ana.target, "POST", {"Host": "node", "Transfer-Encoding": "chunked"}))
        http.send(size + b"\r\n" + HEARTBEAT.encode() + b"\r\n0\r\n\r\n")
        assert b"HTTP/1.1 200" not in http.rest(SOON)
    ana.ended(SOON)


def test_a_body_of_bytes_ends_the_session(url: str, token: str) -> None:
    ana = Polling(url, token)
    assert ana.post(HEARTBEAT, {"Content-Type": "application/octet-stream"}).status == 400
    ana.ended(SOON)


def test_two_bodies_at_once_end_the_session(url: str, token: str) -> None:
    ana = Polling(url, token)
    with Http(url) as first:
        first.send(request(ana.target, "POST", {"Host": "node", "Content-Length": "16"}) + b"42")
        eventually(lambda: ana.post("3").status == 400, "the second body is refused", SOON)
        with contextlib.suppress(Ended, OSError):  # the first may be cut off, or be refused
            first.send(HEARTBEAT.encode()[2:])
            assert first.answer(SOON).status == 400
    ana.ended(SOON)


@pytest.mark.parametrize(
    "body",
    [
        "x",
        "9",
        "abc",
        "{}",
        "bAAA",
        "b!!",
        "",
        "2",
        "2probe",
        "0",
        "6",
        "é",
        "\ufeff3",
        f"{HEARTBEAT}\ufeff",
        SEPARATOR,
        f"3{SEPARATOR}x",
        b"4\xff\xfe",
        b"\xc3",
        b'42["heartbeat",{"active":"\xed\xa0\x80"}]',
    ],
)
def test_what_is_no_packet_is_answered_by_an_error_and_the_connection_lives(
    url: str, token: str, body: str | bytes
) -> None:
    # The reference server ends the session. Ours promises an answer: "No input, however malformed, …"
    ana = Polling(url, token)
    assert ana.post(body).status == 200
    _, error = event_of(ana.until(lambda packet: packet.startswith('42["error"')))
    assert error["code"] == "invalid_payload"
    assert ana.ask("heartbeat")["ok"]


@pytest.mark.parametrize("body", ["x", "abc", "9", "bAAA", "2", "4abc", "43[]", "41", b"\xff"])
def test_without_a_connection_it_ends_the_session(url: str, body: str | bytes) -> None:
    # There is nobody yet to answer: as the reference server does.
    session = Polling(url)
    session.post(body)
    session.told_to_end(SOON)


# ------------------------------------------------------------------------------------ polls


def test_two_polls_at_once_end_the_session(url: str) -> None:
    session = Polling(url)
    with session.begin_poll() as first:
        assert session.poll().status == 400
        answer = first.answer()
        assert (answer.status, answer.body) == (200, b"1")
    assert session.poll().status == 400


def test_a_poll_that_its_client_gives_up_ends_the_session(url: str) -> None:
    session = Polling(url)
    session.begin_poll().close()
    session.ended(SOON)
    assert session.poll().refusal == (400, {"code": 1, "message": "Session ID unknown"})


def test_a_poll_that_its_client_gives_up_is_a_lost_transport_and_loses_no_event(
    url: str, token: str, ben: Client
) -> None:
    ana = Polling(url, token)
    ana.begin_poll().close()
    ana.ended(SOON)
    again = Polling(url, token)
    ben.say(event_packet("presence:update", {"current_page": "/for-ana"}))
    assert again.until(shows("/for-ana"))
    assert not any("user_joined" in packet for packet in again.heard), "she was not gone"


def test_a_client_that_reads_its_answer_later_has_not_given_up(url: str, token: str, ben: Client) -> None:
    ana = Polling(url, token)
    with ana.begin_poll() as poll:
        ben.ask("presence:update", {"current_page": "/one"})
        assert readable(poll, 2)
        assert any(map(shows("/one"), poll.answer().packets))
    assert ana.ask("heartbeat")["ok"]


def test_a_close_packet_is_answered_and_ends_a_waiting_poll(url: str) -> None:
    session = Polling(url)
    with session.begin_poll() as poll:
        answer = session.post("1")
        assert (answer.status, answer.body) == (200, b"ok")
        ends = poll.answer()
        assert (ends.status, ends.body) == (200, b"6")
    assert session.poll().status == 400
    assert session.post("3").status == 400


def test_what_follows_a_close_packet_is_dropped(url: str, token: str, ben: Client) -> None:
    ana = Polling(url, token)
    late = event_packet("presence:update", {"current_page": "/late"})
    assert ana.post(f"{HEARTBEAT}{SEPARATOR}1{SEPARATOR}{late}").status == 200
    ana.ended(SOON)
    begin = ben.emit("presence:update", {"current_page": "/barrier"})
    heard = []
    ben.until(lambda packet: heard.append(packet) or packet.startswith(begin))
    assert not any(map(shows("/late"), heard))


def test_a_refused_connection_is_told_before_its_session_ends(url: str) -> None:
    session = Polling(url)
    session.post(connect_packet("no token"))
    packet = session.until(lambda packet: packet.startswith("44"))
    assert json.loads(packet[2:])["data"]["code"] == "unauthenticated"


# ------------------------------------------------------------------------------------ HTTP


def test_one_connection_carries_many_polls(url: str, token: str, ben: Client) -> None:
    ana = Polling(url, token)
    with Http(url) as http:
        for number in range(30):
            ben.say(event_packet("presence:update", {"current_page": f"/{number}"}))
            packets: list[str] = []
            while not any(map(shows(f"/{number}"), packets)):
                packets += http.ask(ana.target).packets
            assert http.ask(ana.target, "POST", "3").body == b"ok"


def test_a_close_is_said_back_and_done(url: str) -> None:
    session = Polling(url)
    for target, method, body in (
        (session.target, "POST", "3"),
        (session.target.replace(session.sid, "unknown"), "GET", None),
        ("/healthz", "GET", None),
    ):
        with Http(url) as http:
            answer = http.ask(target, method, body, {"Connection": "close"})
            assert answer.headers["connection"].lower() == "close", target
            assert http.rest(SOON) == b""
    with Http(url) as http:
        assert http.ask(session.target, "POST", "3").headers.get("connection", "keep-alive").lower() == "keep-alive"
        assert http.ask(session.target, "POST", "3").status == 200


def test_requests_that_come_together_are_answered_in_order(url: str, token: str) -> None:
    ana = Polling(url, token)
    with Http(url) as http:
        post = request(ana.target, "POST", {"Host": "node", "Content-Length": str(len(HEARTBEAT))})
        poll = request(ana.target, "GET", {"Host": "node"})
        http.send(post + HEARTBEAT.encode() + poll + request("/healthz", "GET", {"Host": "node"}))
        assert http.answer().body == b"ok"
        packets = http.answer().packets
        assert http.answer().status == 200
    ana.heard.extend(packets)
    assert any(packet.startswith("431[") for packet in packets) or heard_ack(ana)


@pytest.mark.parametrize("compression", ["gzip", "deflate", "gzip, deflate, br", "identity", "*"])
def test_a_large_answer_says_how_it_is_packed(url: str, token: str, ben: Client, compression: str) -> None:
    import gzip
    import zlib

    ana = Polling(url, token)
    page = "/" + "p" * 2000
    ben.ask("presence:update", {"current_page": page})
    answer = ana.poll({"Accept-Encoding": compression})
    unpack = {"identity": bytes, "gzip": gzip.decompress, "deflate": zlib.decompress}
    used = answer.headers.get("content-encoding", "identity")
    assert used == "identity" or used in compression or compression == "*"
    assert page in unpack[used](answer.body).decode()


def test_an_old_page_may_poll_by_script(url: str, token: str) -> None:
    """JSONP, as the reference server still does it."""
    answer = ask(url, "/socket.io/?EIO=4&transport=polling&j=7")
    text = answer.body.decode()
    assert text.startswith('___eio[7]("0{')
    assert text.endswith('");')
    sid = json.loads(json.loads(text[len("___eio[7](") : -len(");")])[1:])["sid"]
    target = f"/socket.io/?EIO=4&transport=polling&j=7&sid={sid}"
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    from urllib.parse import quote

    assert ask(url, target, "POST", f"d={quote(connect_packet(token))}", form).body == b"ok"
    assert "40{" in ask(url, target).body.decode()


def test_a_slow_poller_hears_everything_in_order(url: str, token: str, ben: Client, mint: Mint) -> None:
    ana = Polling(url, token)
    for number in range(100):
        ben.say(event_packet("presence:update", {"current_page": f"/{number}"}))
        if number % 20 == 19:
            time.sleep(0.02)
    ana.until(shows("/99"))
    pages = [event_of(packet)[1]["current_page"] for packet in ana.heard if packet.startswith('42["presence:update"')]
    assert pages == [f"/{number}" for number in range(len(pages))]
    assert len(pages) == 99
