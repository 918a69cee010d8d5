"""What the head of a request says of its connection and its body, as proxies and other clients say it."""

from __future__ import annotations

import pytest

from tests.e2e.transport.wire import TARGET, Http, Polling, Tcp, connect_packet, request


@pytest.mark.parametrize("connection", ["upgrade", "Upgrade", "keep-alive, Upgrade"])
def test_a_proxy_may_say_upgrade_on_every_request(url: str, token: str, connection: str) -> None:
    """As nginx does with the settings that are in many guides: the body ends where its length says."""
    ana = Polling(url)
    with Http(url) as http:
        for body in (connect_packet(token), "3"):
            answer = http.ask(ana.target, "POST", body, {"Connection": connection})
            assert (answer.status, answer.body) == (200, b"ok")
    ana.until(lambda packet: packet.startswith("40"))


@pytest.mark.parametrize(
    "fields",
    [
        "Connection: close\r\n",
        "Connection: keep-alive, Close\r\n",
        "Connection: TE,close\r\n",
        "Connection: keep-alive\r\nConnection: close\r\n",
    ],
)
def test_whoever_says_close_is_told_so_once(url: str, fields: str) -> None:
    with Tcp(url) as tcp:
        tcp.send(f"GET {TARGET}polling HTTP/1.1\r\nHost: node\r\n{fields}\r\n".encode())
        answer = tcp.rest()
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.lower().count(b"connection: close\r\n") == 1


def test_nobody_is_asked_for_a_body_after_the_answer(url: str) -> None:
    with Tcp(url) as tcp:
        fields = {"Host": "node", "Expect": "100-continue", "Content-Length": "5"}
        tcp.send(request(f"{TARGET}polling", "POST", fields))
        answer = tcp.rest()
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"100 Continue" not in answer


def test_a_body_is_asked_for_before_the_answer(url: str, token: str) -> None:
    ana = Polling(url)
    body = connect_packet(token).encode()
    with Http(url) as http:
        fields = {"Host": "node", "Expect": "100-continue", "Content-Length": str(len(body))}
        http.send(request(ana.target, "POST", fields))
        assert http.take_until(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        http.send(body)
        assert http.answer().body == b"ok"
