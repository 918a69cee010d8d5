"""python-socketio's server over our transport, with a short way for the events of the contract.

A packet `2<id>["event",payload]` of an event with a handler of ours is read and answered here. Everything else goes
the library's way: CONNECT, DISCONNECT, acks, unreadable packets, other namespaces, events of handlers that other code
has registered with `@socketio.on`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import socketio
from socketio.packet import CONNECT_ERROR

from app.realtime.libraries.engineio import EngineServer
from realtime_contracts.rules.packets import Json

#: Digits of an ack id that are read here. More are the library's to judge.
_ID_DIGITS = 15

#: Takes the sid and what came with an event; returns the ack.
Answer = Callable[..., dict[str, Any]]

#: An event's name, what came with it, and its ack id.
Event = tuple[str, list[Any], int | None]


class Server(socketio.Server):  # type: ignore[misc]  # the library is untyped
    """A Socket.IO server. Events are handled in the order in which a client has sent them."""

    def __init__(self, **options: Any) -> None:
        self._answers: dict[str, Answer] = {}
        super().__init__(**{**options, "async_handlers": False})

    def answer(self, event: str, answer: Answer) -> None:
        """Answer an event of the contract. The ack is what `answer` returns, also when no ack was asked for."""
        self._answers[event] = answer
        self.on(event, answer)

    def _engineio_server_class(self) -> type[EngineServer]:
        return EngineServer

    def _handle_eio_message(self, eio_sid: str, data: Any) -> None:
        event = _read(data)
        answer = self._answers.get(event[0]) if event is not None else None
        if event is None or answer is None:
            if eio_sid in self.environ:  # The library looks for it at a CONNECT, and raises KeyError.
                super()._handle_eio_message(eio_sid, data)
            return
        sid = self.manager.sid_from_eio_sid(eio_sid, "/")
        if not self.manager.is_connected(sid, "/"):
            return
        _, arguments, number = event
        self.manager.acknowledge(sid, number, answer(sid, *arguments))

    def _handle_connect(self, eio_sid: str, namespace: str | None, data: Any) -> None:
        if namespace in self.handlers or not namespace:
            super()._handle_connect(eio_sid, namespace, data)
        else:  # What the library says here is no object, so that official clients show no message.
            refusal = {"message": "Invalid namespace"}
            self._send_packet(eio_sid, self.packet_class(CONNECT_ERROR, data=refusal, namespace=namespace))

    def _handle_event_internal(self, server: Any, sid: str, *event: Any) -> None:
        try:
            super()._handle_event_internal(server, sid, *event)
        finally:
            self.manager.answered(sid)


def _read(data: Any) -> Event | None:
    """Read an EVENT packet of the namespace `/`; None if it is none, or is for the library to judge."""
    if type(data) is not str or data[:1] != "2":
        return None
    begin = data.find("[")
    number = data[1:begin]
    if begin < 0 or (number and not (number.isascii() and number.isdecimal() and len(number) <= _ID_DIGITS)):
        return None
    try:
        array = Json.loads(data[begin:])
    except ValueError:
        return None
    if not array or type(array[0]) is not str:
        return None
    return array[0], array[1:], int(number) if number else None
