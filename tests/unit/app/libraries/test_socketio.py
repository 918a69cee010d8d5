"""Which packets are answered in the loop: events of ours that nobody else handles, of connections that are there."""

from __future__ import annotations

import pytest
from flask import Flask
from flask_socketio import SocketIO as FlaskSocketIO

from app.realtime.libraries.socketio import Event, Server, SocketIO

EIO_SID = "engine"


class Prompt:
    """Answers all of its events promptly, while it is told to."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.prompt = True

    def is_prompt(self, sid: str | None) -> bool:
        return sid is not None and self.prompt

    def __call__(self, event: Event) -> None:
        self.events.append(event)


@pytest.fixture
def socketio() -> FlaskSocketIO:
    socketio = SocketIO()
    bounds = {"ping_interval": 25, "ping_timeout": 20, "max_http_buffer_size": 1000}
    socketio.init_app(Flask("test"), async_mode="threading", cors_allowed_origins="*", **bounds)
    return socketio


@pytest.fixture
def server(socketio: FlaskSocketIO) -> Server:
    server = socketio.server
    assert isinstance(server, Server)
    server.eio.sockets[EIO_SID] = object()
    return server


@pytest.fixture
def answer(server: Server) -> Prompt:
    answer = Prompt()
    server.answer_promptly("beat", answer)
    return answer


@pytest.fixture
def sid(server: Server) -> str:
    return str(server.manager.connect(EIO_SID, "/"))


@pytest.mark.parametrize(
    ("packet", "arguments", "number"),
    [('2["beat"]', [], ""), ('27["beat",{"a":1}]', [{"a": 1}], "7"), ('2[ "beat" , 1]', [1], "")],
)
def test_an_event_of_ours_is_answered_at_once(
    server: Server, answer: Prompt, sid: str, packet: str, arguments: list[object], number: str
) -> None:
    assert server.handle_at_once(EIO_SID, packet)
    [event] = answer.events
    assert (event.sid, event.name, event.arguments, event.number) == (sid, "beat", arguments, number)


@pytest.mark.parametrize(
    "packet",
    [
        "",
        "2",
        '2"beat"',
        '2["beat"',
        '2["beat"]x',
        '2["beats"]',
        '2[["beat"]]',
        '2[1,"beat"]',
        '2{"beat":1}',
        '2/other,["beat"]',
        '2-1["beat"]',
        '3["beat"]',
        '51-["beat"]',
        '4"beat"',
    ],
)
def test_what_is_none_is_left_to_the_greenlet(server: Server, answer: Prompt, sid: str, packet: str) -> None:
    assert not server.handle_at_once(EIO_SID, packet)
    assert answer.events == []


def test_an_answer_that_may_wait_is_not_given_at_once(server: Server, answer: Prompt, sid: str) -> None:
    answer.prompt = False
    assert not server.handle_at_once(EIO_SID, '2["beat"]')
    assert answer.events == []


def test_a_connection_that_is_not_there_gets_no_answer(server: Server, answer: Prompt) -> None:
    assert not server.handle_at_once(EIO_SID, '2["beat"]')
    sid = server.manager.connect(EIO_SID, "/")
    server.manager.pre_disconnect(sid, "/")
    assert not server.handle_at_once(EIO_SID, '2["beat"]')
    assert answer.events == []


def test_a_handler_of_other_code_takes_its_place(
    socketio: FlaskSocketIO, server: Server, answer: Prompt, sid: str
) -> None:
    socketio.on("beat")(lambda *_: None)
    assert not server.handle_at_once(EIO_SID, '2["beat"]')
    assert answer.events == []


def test_a_handler_of_any_other_event_does_not(
    socketio: FlaskSocketIO, server: Server, answer: Prompt, sid: str
) -> None:
    socketio.on("*")(lambda *_: None)
    socketio.on("beat", namespace="/other")(lambda *_: None)
    assert server.handle_at_once(EIO_SID, '2["beat"]')
