"""How a session begins, and every way in which it does not (Engine.IO 4, as its reference server does it)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.e2e.transport.wire import (
    TARGET,
    Answer,
    Http,
    Polling,
    Refused,
    WebSocket,
    ask,
    event_packet,
    events,
    request,
    shows,
    upgrade_fields,
)

KEYS = {"sid", "upgrades", "pingInterval", "pingTimeout", "maxPayload"}
#: Where no `transport` is named.
PATH = "/socket.io/?EIO=4"

#: What a refused handshake says, by Engine.IO's own codes.
TRANSPORT = {"code": 0, "message": "Transport unknown"}
SESSION = {"code": 1, "message": "Session ID unknown"}
METHOD = {"code": 2, "message": "Bad handshake method"}
REQUEST = {"code": 3, "message": "Bad request"}
VERSION = {"code": 5, "message": "Unsupported protocol version"}


def test_a_session_begins_with_what_its_client_needs(quick: str) -> None:
    answer = ask(quick, f"{TARGET}polling")
    assert answer.status == 200
    assert answer.headers["content-type"].lower() == "text/plain; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.body.startswith(b"0{")
    handshake: dict[str, Any] = json.loads(answer.body[1:])
    assert set(handshake) == KEYS
    assert len(handshake["sid"]) >= 20
    assert handshake["upgrades"] == ["websocket"]
    assert (handshake["pingInterval"], handshake["pingTimeout"]) == (300, 200)
    assert isinstance(handshake["pingInterval"], int), "whole milliseconds"
    assert handshake["maxPayload"] == 1 << 20


def test_a_websocket_begins_with_the_same_and_no_upgrade(quick: str) -> None:
    with WebSocket(quick) as ws:
        handshake = json.loads(ws.text()[1:])
    assert set(handshake) == KEYS
    assert handshake["upgrades"] == []
    assert (handshake["pingInterval"], handshake["pingTimeout"]) == (300, 200)


def test_no_two_sessions_have_one_id(url: str) -> None:
    assert len({Polling(url).sid for _ in range(20)}) == 20


@pytest.mark.parametrize(
    ("method", "target", "says"),
    [
        ("GET", "/socket.io/?transport=polling", VERSION),
        ("GET", "/socket.io/?EIO=abc&transport=polling", VERSION),
        ("GET", "/socket.io/?EIO=3&transport=polling", VERSION),
        ("GET", "/socket.io/?EIO=5&transport=polling", VERSION),
        ("GET", "/socket.io/?EIO=&transport=polling", VERSION),
        ("GET", PATH, TRANSPORT),
        ("GET", f"{PATH}&transport=abc", TRANSPORT),
        ("GET", f"{PATH}&transport=", TRANSPORT),
        ("GET", f"{PATH}&transport=webtransport", TRANSPORT),
        ("GET", f"{PATH}&transport=polling&transport=websocket", TRANSPORT),
        ("GET", f"{PATH}&EIO=4&transport=polling", VERSION),
        ("GET", "/socket.io/", TRANSPORT),
        ("GET", f"{PATH}&transport=websocket", REQUEST),
        ("POST", f"{PATH}&transport=polling", METHOD),
        ("PUT", f"{PATH}&transport=polling", METHOD),
        ("DELETE", f"{PATH}&transport=polling", METHOD),
        ("PATCH", f"{PATH}&transport=polling", METHOD),
        ("GET", f"{PATH}&transport=polling&sid=unknown", SESSION),
        ("POST", f"{PATH}&transport=polling&sid=unknown", SESSION),
        ("PUT", f"{PATH}&transport=polling&sid=unknown", SESSION),
        ("GET", f"{PATH}&transport=polling&sid=%00%ff", SESSION),
        ("GET", f"{PATH}&transport=polling&sid={'x' * 4000}", SESSION),
        ("GET", f"{PATH}&transport=polling&sid=__proto__", SESSION),
        ("GET", f"{PATH}&transport=abc&sid=unknown", TRANSPORT),
    ],
)
def test_a_request_that_opens_no_session_is_told_why(url: str, method: str, target: str, says: dict[str, Any]) -> None:
    answer = ask(url, target, method)
    assert answer.refusal == (400, says)
    assert answer.headers["content-type"].startswith("application/json")


def test_a_head_request_opens_no_session(url: str) -> None:
    assert ask(url, f"{TARGET}polling", "HEAD").status == 400


@pytest.mark.parametrize(
    ("target", "changed"),
    [
        ("/socket.io/?transport=websocket", {}),
        ("/socket.io/?EIO=abc&transport=websocket", {}),
        ("/socket.io/?EIO=3&transport=websocket", {}),
        (PATH, {}),
        (f"{PATH}&transport=abc", {}),
        (f"{TARGET}websocket&sid=unknown", {}),
        (f"{TARGET}websocket", {"Sec-WebSocket-Version": "8"}),
        (f"{TARGET}websocket", {"Sec-WebSocket-Version": ""}),
        (f"{TARGET}websocket", {"Sec-WebSocket-Key": ""}),
        (f"{TARGET}websocket", {"Sec-WebSocket-Key": "c2hvcnQ="}),
        (f"{TARGET}websocket", {"Sec-WebSocket-Key": "not base64 at all!!!!!!!"}),
        (f"{TARGET}websocket", {"Upgrade": "h2c"}),
        (f"{TARGET}websocket", {"Connection": "close"}),
        (f"{TARGET}websocket", {"Connection": "keep-alive"}),
        (f"{TARGET}websocket", {"Connection": ""}),
    ],
)
def test_a_websocket_that_cannot_be_is_refused_by_an_answer(url: str, target: str, changed: dict[str, str]) -> None:
    with pytest.raises(Refused) as refused:
        WebSocket(url, target, headers=changed)
    # RFC 6455 4.4: another version may be answered by 426, or by 400; both name the version that is spoken.
    assert refused.value.answer.status in ((400, 426) if "Sec-WebSocket-Version" in changed else (400,))


def test_a_websocket_is_opened_by_get(url: str) -> None:
    with Http(url) as http:
        http.send(request(f"{TARGET}websocket", "POST", {**upgrade_fields(), "Content-Length": "0"}))
        assert http.answer().status in (400, 405)


@pytest.mark.parametrize(
    "connection", ["upgrade", "Upgrade", "keep-alive, Upgrade", "Upgrade, keep-alive", "KEEP-ALIVE,UPGRADE"]
)
def test_the_fields_of_an_upgrade_are_read_as_http_reads_them(url: str, connection: str) -> None:
    with WebSocket(url, headers={"Connection": connection, "Upgrade": "WebSocket"}) as ws:
        assert ws.headers["upgrade"].lower() == "websocket"
        assert ws.text().startswith("0{")


def test_no_extension_is_agreed_on_and_the_first_protocol_is(url: str) -> None:
    offered = {"Sec-WebSocket-Extensions": "permessage-deflate", "Sec-WebSocket-Protocol": "one, two"}
    with WebSocket(url, headers=offered) as ws:
        assert "sec-websocket-extensions" not in ws.headers
        assert ws.headers["sec-websocket-protocol"] == "one"


@pytest.mark.parametrize("connection", ["close", "keep-alive", ""])
def test_an_upgrade_that_was_lost_on_the_way_takes_nothing_of_the_session(
    url: str, token: str, ben: WebSocket, connection: str
) -> None:
    ana = Polling(url, token)
    target = ana.target.replace("polling", "websocket")
    with pytest.raises(Refused) as refused:
        WebSocket(url, target, headers={"Connection": connection})
    assert refused.value.answer.refusal == (400, REQUEST)
    ben.say(event_packet("presence:update", {"current_page": "/after"}))
    update = ana.until(shows("/after"))
    assert events([update], "presence:update")


@pytest.mark.parametrize(
    ("method", "changes"),
    [
        ("PUT", {}),
        ("DELETE", {}),
        ("PATCH", {}),
        ("HEAD", {}),
        ("GET", {"polling": "websocket"}),
        ("GET", {"EIO=4": "EIO=3"}),
        ("GET", {"EIO=4&": ""}),
        ("GET", {"transport=polling": "transport=abc"}),
        ("POST", {"polling": "websocket"}),
    ],
)
def test_a_request_that_fits_no_session_takes_nothing_of_it(
    url: str, token: str, ben: WebSocket, method: str, changes: dict[str, str]
) -> None:
    ana = Polling(url, token)
    target = ana.target
    for old, new in changes.items():
        target = target.replace(old, new)
    ben.say(event_packet("presence:update", {"current_page": "/kept"}))
    ben.until(shows("/kept"))
    # The reference server answers the methods that it does not know by 500; the others by 400.
    assert ask(url, target, method).status in (400, 405, 500)
    assert ana.until(shows("/kept"))


@pytest.mark.parametrize("target", [f"{TARGET}polling", f"{TARGET}abc", f"{TARGET}polling&sid=unknown"])
def test_a_page_of_another_origin_reads_answers_and_refusals(url: str, target: str) -> None:
    answer = ask(url, target, headers={"Origin": "https://app.example"})
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in answer.headers


def test_a_page_of_another_origin_may_ask_first(url: str) -> None:
    asks = {
        "Origin": "https://app.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type",
    }
    answer: Answer = ask(url, f"{TARGET}polling", "OPTIONS", headers=asks)
    assert answer.status in (200, 204)
    assert answer.headers["access-control-allow-origin"] == "*"
    assert {"GET", "POST"} <= {name.strip() for name in answer.headers["access-control-allow-methods"].split(",")}
    assert "content-type" in answer.headers["access-control-allow-headers"].lower()
    assert b"sid" not in answer.body
