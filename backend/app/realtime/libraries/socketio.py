"""python-socketio's server over our transport, with a short way for the events of the contract.

A packet `2<id>["event",payload]` of an event that has an answer of ours is read and answered here. Everything else goes
the library's way: CONNECT, DISCONNECT, acks, unreadable packets, other namespaces, and events of handlers that other
code has registered with `@socketio.on`.

A connection begins and ends with our own functions (`first`), whatever other code registers for `connect`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol

import flask_socketio
import socketio
import socketio.exceptions
import structlog
from socketio.packet import CONNECT_ERROR

from app.realtime.libraries.engineio import EngineServer
from app.realtime.transport.reasons import Reason
from app.realtime.transport.session import Session
from realtime_contracts.rules.packets import Json

logger = structlog.get_logger(__name__)

#: The only namespace of the contract.
NAMESPACE = "/"

#: Digits of an ack id that are read here. More are the library's to judge.
_ID_DIGITS = 15

#: Characters and brackets of a packet that is checked by its schema alone: it cannot be nested too deep, nor have too
#: many parts. A payload of the contract has a dozen brackets.
_SHORT, _FEW_BRACKETS = 10_000, 100


class Event(NamedTuple):
    """An event of a connection. `number`: the ack id as text, '' if no ack is asked for.

    `flat`: its text is too short, with too few brackets, for a deep nesting or many parts.
    """

    session: Session
    sid: str
    name: str
    arguments: list[Any]
    number: str
    flat: bool


class Answer(Protocol):
    """Answers events: sends what there is to say, the ack included. Raises nothing."""

    def __call__(self, event: Event) -> None:
        """Answer one event."""


class PromptAnswer(Answer, Protocol):
    """Answers most events without waiting for anything."""

    def is_prompt(self, sid: str) -> bool:
        """Whether the next event of a connection can be answered in the loop, where nothing may block."""


class TryAgainError(Exception):
    """A connection is refused for a passing reason: its transport is closed, and an official client comes back."""


class Server(socketio.Server):  # type: ignore[misc]  # the library is untyped
    """A Socket.IO server. Events are handled in the order in which a client has sent them."""

    def __init__(self, **options: Any) -> None:
        self._answers: dict[str, Answer] = {}
        self._prompt: dict[str, PromptAnswer] = {}
        self._other: Answer | None = None
        self._first: dict[str, Callable[..., None]] = {}
        super().__init__(**{**options, "async_handlers": False})
        self.eio.handle_at_once = self.handle_at_once

    # What is answered here.

    def answer(self, event: str, answer: Answer) -> None:
        """Answer an event of the contract."""
        self._answers[event] = answer

    def answer_promptly(self, event: str, answer: PromptAnswer) -> None:
        """Answer an event of the contract, mostly without a greenlet: to wake one costs a tenth of the answer."""
        self.answer(event, answer)
        self._prompt[event] = answer

    def answer_others(self, answer: Answer) -> None:
        """Answer events that nobody handles, and packets that cannot be read (`rules.packets.UNREADABLE`)."""
        self._other = answer

    @property
    def answers(self) -> Mapping[str, Answer]:
        """The answers by event."""
        return self._answers

    def find_answer(self, event: str) -> Answer | None:
        """The answer to an event, the one to others if it has none of its own."""
        return self._answers.get(event, self._other)

    def first(self, event: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
        """Register what begins or ends a connection, before any handler of other code.

        `connect` gets the sid, the request's environment and the CONNECT packet's payload, and raises
        `socketio.exceptions.ConnectionRefusedError` or TryAgainError. `disconnect` gets the sid and a reason.
        """

        def register(handler: Callable[..., None]) -> Callable[..., None]:
            self._first[event] = handler
            return handler

        return register

    def on(self, event: str, handler: Any = None, namespace: str | None = None) -> Any:
        """Register a handler of other code. It takes the place of ours."""
        if (namespace or NAMESPACE) == NAMESPACE:
            self._answers.pop(event, None)
            self._prompt.pop(event, None)
        return super().on(event, handler, namespace)

    # Events.

    def handle_at_once(self, eio_sid: str, data: str) -> bool:
        """Answer an event promptly. Returns whether that was possible: else nothing has happened."""
        answer = self._prompt.get(_name(data))
        if answer is None:
            return False
        sid = self.manager.sid_from_eio_sid(eio_sid, NAMESPACE)
        if not answer.is_prompt(sid) or not self.manager.is_connected(sid, NAMESPACE):
            return False
        read = _read(data)
        if read is None:
            return False
        array, number, flat = read
        answer(Event(self.eio.sockets[eio_sid], sid, array[0], array[1:], number, flat))
        return True

    def _handle_eio_message(self, eio_sid: str, data: Any) -> None:
        read = _read(data)
        answer = self._answers.get(read[0][0]) if read is not None else None
        if read is None or answer is None:
            if eio_sid in self.environ:  # The library looks for it at a CONNECT, and raises KeyError.
                super()._handle_eio_message(eio_sid, data)
            return
        array, number, flat = read
        sid = self.manager.sid_from_eio_sid(eio_sid, NAMESPACE)
        if self.manager.is_connected(sid, NAMESPACE):
            answer(Event(self.eio.sockets[eio_sid], sid, array[0], array[1:], number, flat))

    def _handle_event(self, eio_sid: str, namespace: str | None, id: int | None, data: list[Any]) -> None:  # noqa: A002
        """Take an event that the library has read."""
        if (namespace or NAMESPACE) != NAMESPACE or self.is_handled(data[0]):
            super()._handle_event(eio_sid, namespace, id, data)
            return
        sid = self.manager.sid_from_eio_sid(eio_sid, NAMESPACE)
        answer = self.find_answer(data[0])
        if answer is not None and self.manager.is_connected(sid, NAMESPACE):
            number = "" if id is None else str(id)
            answer(Event(self.eio.sockets[eio_sid], sid, data[0], data[1:], number, flat=False))

    def is_handled(self, event: str) -> bool:
        handlers = self.handlers.get(NAMESPACE, {})
        return event in handlers or (event not in self._answers and ("*" in handlers or "*" in self.handlers))

    # Connections.

    def _handle_connect(self, eio_sid: str, namespace: str | None, data: Any) -> None:
        if namespace not in (None, NAMESPACE) and namespace not in self.handlers:
            # What the library says here is no object, so that official clients show no message.
            refusal = {"message": "Invalid namespace"}
            self._send_packet(eio_sid, self.packet_class(CONNECT_ERROR, data=refusal, namespace=namespace))
            return
        try:
            super()._handle_connect(eio_sid, namespace, data)
        except TryAgainError:
            session = self.eio.sockets.get(eio_sid)
            self.manager.disconnect(self.manager.sid_from_eio_sid(eio_sid, NAMESPACE), NAMESPACE)
            if session is not None:
                session.end(Reason.UNAVAILABLE)

    def _trigger_event(self, event: str, namespace: str, *args: Any) -> Any:
        ours = self._first.get(event) if namespace == NAMESPACE else None
        if ours is None:
            return super()._trigger_event(event, namespace, *args)
        if event == "disconnect":
            try:
                return super()._trigger_event(event, namespace, *args)
            finally:
                ours(*args)
        ours(*args)
        try:
            answer = super()._trigger_event(event, namespace, *args)
        except (socketio.exceptions.ConnectionRefusedError, ConnectionRefusedError):
            self._first["disconnect"](args[0], Reason.SERVER_DISCONNECT)
            raise
        except Exception:
            logger.exception("connect_handler_failed")
            answer = False
        if answer is False:
            self._first["disconnect"](args[0], Reason.SERVER_DISCONNECT)
        return answer

    def _engineio_server_class(self) -> type[EngineServer]:
        return EngineServer


class SocketIO(flask_socketio.SocketIO):  # type: ignore[misc]  # the library is untyped
    """Flask-SocketIO over our server."""

    server: Server

    def init_app(self, app: Any, **options: Any) -> None:
        """Give an app this server; `options` as Flask-SocketIO has them."""
        super().init_app(app, **options)
        # The library makes the server, and has no option for its class.
        handlers = self.server.handlers
        self.server = self.sockio_mw.engineio_app = Server(**self.server_options)
        self.server.handlers = handlers


def _name(data: str) -> str:
    """What stands first between quotation marks, and in a packet that can be read is the name of its event."""
    begin = data.find('"') + 1
    return data[begin : data.find('"', begin)]


def _read(data: Any) -> tuple[list[Any], str, bool] | None:
    """Read an EVENT packet of the namespace `/`: its array, ack id and whether it is flat.

    None if it is no such packet, or one that the library must judge.
    """
    if type(data) is not str or data[:1] != "2":
        return None
    begin = data.find("[", 1)
    number = data[1:begin]
    if begin < 0 or (number and not (number.isdecimal() and number.isascii() and len(number) <= _ID_DIGITS)):
        return None
    try:
        array = Json.loads(data[begin:])
    except ValueError:
        return None
    if not array or type(array[0]) is not str:
        return None
    flat = len(data) < _SHORT and data.count("[") + data.count("{") < _FEW_BRACKETS
    return array, number and str(int(number)), flat
