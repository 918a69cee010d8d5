"""Servers that mean no good: nothing they say hangs the harness, ends in a traceback or fills a report."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Callable, Iterator

import pytest
import requests

from realtime_contracts.conform.observed import SHOWN, Observed, describe
from realtime_contracts.conform.results import Breach, Wire
from realtime_contracts.conform.running.minting import TokenSource
from realtime_contracts.conform.running.server import problem_with
from realtime_contracts.conform.scenario import MOST_CHARACTERS, MOST_LINES, _middle_left_out, _shortened
from realtime_contracts.conform.tab import Tab
from realtime_contracts.wire.timeouts import patience, set_patience
from realtime_contracts.wire.transport import MOST_BYTES, Client, EndlessAnswer, handshake
from tests.unit.contracts.conform.playing import SECRET, http, listening, polling_server

HOST = "127.0.0.1"
SHORT = 0.3
ATTACHMENT = '51-["x",{"_placeholder":true,"num":0}]'
EVENT = '2["presence:list",{"seq":1}]'


@pytest.fixture(autouse=True)
def short() -> Iterator[None]:
    before = patience()
    set_patience(SHORT)
    yield
    set_patience(before)


@pytest.fixture
def client() -> Client:
    return Client()


@pytest.fixture
def unreadable(client: Client) -> list[str | bytes]:
    """The packets that the client could not read."""
    packets: list[str | bytes] = []
    client.unreadable = lambda packet, _: packets.append(packet)
    return packets


@pytest.fixture
def heard(client: Client) -> list[tuple[object, ...]]:
    """The events that the client has heard."""
    events: list[tuple[object, ...]] = []
    client.on("*", lambda *said: events.append(said))
    return events


def saying(*parts: bytes, every: float = 0.0) -> Callable[[socket.socket], None]:
    """A server that says these, the last again and again."""

    def serve(connection: socket.socket) -> None:
        connection.recv(65536)
        for part in parts[:-1]:
            connection.sendall(part)
        while True:
            connection.sendall(parts[-1])
            time.sleep(every)

    return serve


def problem(serve: Callable[[socket.socket], None], transport: str = "websocket") -> str:
    with listening(serve) as port:
        told = problem_with(f"http://{HOST}:{port}", TokenSource(SECRET), transport)
        return told.replace(str(port), "PORT")


# Packets


@pytest.mark.parametrize(
    "packet",
    [
        *("2", "2[]", "2{}", "2[1,2]", "2[null]", '2[["a"]]', "3", '3{"a":1}', "9", "", "x", "43[", '2["a"', b"\x00"),
        *(f'2["{name}"]' for name in ("connect", "connect_error", "disconnect", "__disconnect_final", "*")),
        f'2["a",{"[" * 5000}{"]" * 5000}]',
    ],
    ids=lambda packet: repr(packet[:20]),
)
def test_a_packet_that_cannot_be_read_is_told_and_the_next_is_heard(
    client: Client,
    unreadable: list[str | bytes],
    heard: list[tuple[object, ...]],
    capfd: pytest.CaptureFixture[str],
    packet: str | bytes,
) -> None:
    client._handle_eio_message(packet)
    client._handle_eio_message(EVENT)
    assert unreadable == [packet]
    assert heard == [("presence:list", {"seq": 1})]
    assert client.defects == []
    assert capfd.readouterr() == ("", "")


def test_a_text_is_no_attachment(
    client: Client, unreadable: list[str | bytes], heard: list[tuple[object, ...]]
) -> None:
    for packet in (ATTACHMENT, EVENT, ATTACHMENT, b"abc"):
        client._handle_eio_message(packet)
    assert unreadable == [EVENT]
    assert heard == [("presence:list", {"seq": 1}), ("x", b"abc")]


def test_no_server_can_say_that_a_connection_is_there_or_has_ended() -> None:
    connection = Tab("Ana's tab", "http://127.0.0.1:1", ["websocket"], time.monotonic(), observed=Observed())
    for name in ("connect", "disconnect", "connect_error"):
        connection.client._handle_eio_message(f'2["{name}",1,2,3]')
    assert (connection.connected, connection.refusal, len(connection.journal)) == (False, None, 0)
    breaches = [breach for _, breach in connection.observed.breaches]
    assert {(breach.direction, breach.message) for breach in breaches} == {("server", "packet")}
    assert breaches[1].reason == "no client can read it (ValueError: no event can be called disconnect)"


def test_a_refusal_of_several_values_is_one(client: Client) -> None:
    connection = Tab("Ana's tab", "http://127.0.0.1:1", ["websocket"], time.monotonic(), observed=Observed())
    connection.client._handle_eio_message("44[1,2,3]")
    assert connection.refusal == [1, 2, 3]
    assert connection.client.defects == []


def test_what_a_listener_raises_is_no_fault_of_the_server(client: Client, unreadable: list[str | bytes]) -> None:
    def broken(*_: object) -> None:
        raise KeyError("seq")

    client.on("presence:list", broken)
    client._handle_eio_message(EVENT)
    client._handle_eio_message(f"3{client.expect_ack(broken)}[]")
    assert unreadable == []
    assert [type(defect) for defect in client.defects] == [KeyError, KeyError]


# Answers


@pytest.mark.parametrize(
    "parts",
    [(b"HTTP/1.1 200 OK\r\n", b"A: b\r\n"), (b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b"x")],
    ids=["of its headers", "of its body"],
)
def test_an_answer_without_an_end(parts: tuple[bytes, ...]) -> None:
    began = time.monotonic()
    told = problem(saying(*parts, every=0.05))
    assert told == (f"http://{HOST}:PORT/socket.io/ begins to answer, and the answer has no end within {2 * SHORT:g} s")
    assert time.monotonic() - began < 10 * SHORT


def test_of_an_answer_of_any_size_only_the_beginning_is_read() -> None:
    with listening(saying(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 65536)) as port:
        assert len(handshake(f"http://{HOST}:{port}").content) == MOST_BYTES


def test_who_says_nothing_is_not_called_endless() -> None:
    def silent(connection: socket.socket) -> None:
        while connection.recv(65536):
            pass

    with listening(silent) as port, pytest.raises(requests.Timeout) as caught:
        handshake(f"http://{HOST}:{port}")
    assert not isinstance(caught.value, EndlessAnswer)


def test_an_answer_that_leads_to_where_nobody_is() -> None:
    told = problem(lambda connection: connection.sendall(http("", "302 Found", f"Location: https://{HOST}:1/")))
    assert told == (
        f"http://{HOST}:PORT/socket.io/ leads to https://{HOST}:1/, and nobody answers there: is that the URL to give?"
    )


def test_a_server_that_neither_lets_in_nor_refuses_is_not_waited_for_until_its_pings_are_overdue() -> None:
    silent = polling_server("6")  # Engine.IO's NOOP
    began = time.monotonic()
    told = problem(silent, "polling")
    assert (
        told == f"http://{HOST}:PORT opens a session over polling, and neither lets in nor refuses within {SHORT:g} s"
    )
    assert time.monotonic() - began < 10 * SHORT


def test_engine_io_without_long_polling_is_tried_over_websocket() -> None:
    only = http('"Invalid transport"', "400 Bad Request")
    assert "speaks Engine.IO, and no Socket.IO over websocket: " in problem(lambda it: _answer(it, only))
    assert "an HTTP server without Socket.IO" in problem(lambda it: _answer(it, only), "polling")


def _answer(connection: socket.socket, answer: bytes) -> None:
    connection.recv(65536)
    with contextlib.suppress(OSError):
        connection.sendall(answer)


@pytest.mark.parametrize("rest", ["/?a=b", "#here", "/a?b=c#d"])
def test_a_url_with_a_query_is_none_of_a_server(rest: str) -> None:
    told = problem_with(f"http://{HOST}:1{rest}", TokenSource(SECRET), "websocket")
    assert told == f"http://{HOST}:1{rest} is no URL of a server: it should look like http://127.0.0.1:5000"


# Reports


def test_a_large_payload_is_not_told_in_full() -> None:
    told = describe("Ana's tab", Breach("presence:list", "server", "/users", "wrong", ["x" * 1_000_000]))
    assert told.startswith("Ana's tab: server presence:list at '/users': wrong, in ['xxx")
    assert told.endswith("x…")
    assert len(told) < SHOWN + 100


def test_a_long_failure_keeps_its_beginning_and_its_end() -> None:
    assert _shortened("x" * MOST_CHARACTERS) == "x" * MOST_CHARACTERS
    told = _shortened("begin" + "x" * 1_000_000 + "end")
    assert told.startswith("beginxxx")
    assert told.endswith("xxxend")
    assert "\n… (1,000,008 characters)\n" in told
    assert len(told) < MOST_CHARACTERS + 100


def test_a_flood_keeps_its_beginning_and_its_end() -> None:
    lines = tuple(Wire(float(n), "Ana's tab", "received", "event", f"e{n}") for n in range(MOST_LINES + 5))
    assert _middle_left_out(lines[:MOST_LINES]) == lines[:MOST_LINES]
    kept = _middle_left_out(lines)
    half = MOST_LINES // 2
    assert (kept[:half], kept[half + 1 :]) == (lines[:half], lines[-half:])
    assert (kept[half].kind, kept[half].name) == ("left out", "5 messages")
