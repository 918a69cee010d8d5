"""Event handlers: finds the connection, checks the payload, and always answers.

A handler is registered with its message type, gets the connection and a payload that conforms to the
contract, calls one manager method, and returns the result fields of the ack:

    @on(socketio, services, MessageType.ROOM_LEAVE)
    def handle_room_leave(connection: Connection, data: Payload) -> Result: ...

Whatever a handler raises becomes an `Error`, in the ack and as an `error` event, so no client waits in vain. All that
an event's sender is told goes out in one write.
"""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import Any
from uuid import uuid4

import orjson
import structlog

from app.errors import ConnectionLost
from app.metrics import UNKNOWN
from app.realtime.container import Services
from app.realtime.libraries.socketio import Event, SocketIO
from app.realtime.managers.connection_manager import Connection
from app.realtime.transport.message import Message
from app.realtime.utils.message_types import MessageType
from realtime_contracts.rules.errors import (
    Internal,
    InvalidPayload,
    RateLimited,
    RealtimeError,
    Unauthenticated,
    UnknownEvent,
)
from realtime_contracts.rules.limits import MAX_EVENT_LENGTH
from realtime_contracts.rules.pace import EVENTS, HELD_SECONDS, Refusal, kind_of
from realtime_contracts.rules.packets import UNREADABLE, event_name
from realtime_contracts.rules.requests import check_event

logger = structlog.get_logger(__name__)

Payload = dict[str, Any]
Result = dict[str, Any] | None
Handler = Callable[[Connection, Payload], Result]
Prompt = Callable[[Connection], bool]

#: The code of an event that went well, in the metrics.
OK = "ok"


def on(
    socketio: SocketIO,
    services: Services,
    message_type: MessageType,
    *,
    echo: MessageType | None = None,
    delays_ack: bool = False,
    prompt: Prompt | None = None,
) -> Callable[[Handler], Handler]:
    """Register a handler for a message type of the contract.

    `echo`: the result is also sent to the connection, as an event of this type. `delays_ack`: the ack follows all
    broadcasts that were published before the handler's own. `prompt`: says of a connection whether the handler needs
    Redis for its next event; without it, always.
    """

    def register(handler: Handler) -> Handler:
        answer = _Answer(services, message_type.value, handler, echo, prompt, delays_ack=delays_ack)
        if prompt is None:
            socketio.server.answer(message_type.value, answer)
        else:
            socketio.server.answer_promptly(message_type.value, answer)
        return handler

    return register


def on_anything_else(socketio: SocketIO, services: Services) -> None:
    """Answer events that have no handler, and packets that cannot be read."""
    socketio.server.answer_others(_AnythingElse(services))


class _Answering:
    """Answers events under a label of the metrics."""

    def __init__(self, services: Services, label: str) -> None:
        self._services = services
        self._count = services.metrics.event(label)

    def _fail(self, event: Event, name: str | None, error: RealtimeError, *, told: bool = True) -> None:
        """Say that an event has failed: in its ack and, if it is `told`, as `error`."""
        body = error.to_dict(name if name is None else name[:MAX_EVENT_LENGTH])
        messages = [_message(MessageType.ERROR.value, _json(body))] if told else []
        if event.number:
            messages.append(_ack(event, _json({"ok": False, "error": body})))
        if messages:
            event.session.send(*messages)

    def _refuse(self, event: Event, name: str | None, refusal: Refusal) -> str:
        """Refuse an event that is one too many. Returns the code."""
        error = RateLimited(refusal.retry_after)
        self._fail(event, name, error, told=refusal.first and not refusal.last)
        if refusal.last:
            self._services.admission.end_abusive(event.sid, error)
        return error.code


class _TooMany(Exception):
    """An event is one too many."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal)
        self.refusal = refusal


class _Answer(_Answering):
    """Answers an event of the contract by its handler: see `on`."""

    def __init__(
        self,
        services: Services,
        name: str,
        handler: Handler,
        echo: MessageType | None,
        prompt: Prompt | None,
        *,
        delays_ack: bool,
    ) -> None:
        super().__init__(services, name)
        self._name = name
        self._handler = handler
        self._echo = None if echo is None else echo.value
        self._delays_ack = delays_ack
        self._kind = kind_of(name)
        self._connections = services.connections.local_connections
        self._prompt = prompt

    def is_prompt(self, sid: str) -> bool:
        """Whether nothing in the answer to a connection's next event can block.

        The end of one that sends too much can, so it is not prompt for whoever was refused an event.
        """
        connection = self._connections.get(sid)
        return (
            connection is not None
            and self._prompt is not None
            and not connection.paces[self._kind].has_refused
            and self._prompt(connection)
        )

    def __call__(self, event: Event) -> None:
        """Answer one event."""
        began = monotonic()
        code = OK
        try:
            result = self._handle(event, began)
        except _TooMany as too_many:
            code = self._refuse(event, self._name, too_many.refusal)
        except RealtimeError as error:
            code = error.code
            self._fail(event, self._name, error)
        except Exception:
            internal = Internal(uuid4().hex)
            code = internal.code
            logger.exception("event_failed", event_name=self._name, **internal.details)
            self._fail(event, self._name, internal)
        else:
            self._succeed(event, result)
        if self._delays_ack:
            self._services.bus.answered(event.sid)
        took = monotonic() - began
        self._count(code, took)
        if took > HELD_SECONDS:
            self._kept_waiting(event, took, began + took)

    def _handle(self, event: Event, now: float) -> Result:
        connection = self._connections.get(event.sid)
        if connection is None:
            raise Unauthenticated
        refusal = connection.paces[self._kind].take(now)
        if refusal is not None:
            raise _TooMany(refusal)
        payload = check_event(self._name, event.arguments, flat=event.flat)
        delayed = None
        if self._delays_ack:
            delayed = self._services.bus.delay_ack(event.sid)
            connection.ack_number = delayed.number
        try:
            result = self._handler(connection, payload)
        except ConnectionLost:
            self._services.recovery.restore(connection)
            result = self._handler(connection, payload)
        if delayed is not None:
            delayed.wait()
        return result

    def _kept_waiting(self, event: Event, seconds: float, now: float) -> None:
        """An event took so long, and its connection's next ones had to wait for it: they may now come at once."""
        connection = self._connections.get(event.sid)
        for pace in connection.paces if connection is not None else ():
            pace.hold(seconds, now)

    def _succeed(self, event: Event, result: Result) -> None:
        body = _json(result) if result else ""
        messages = [] if self._echo is None else [_message(self._echo, body)]
        if event.number:
            messages.append(_ack(event, f'{{"ok":true,{body[1:]}' if body else '{"ok":true}'))
        if messages:
            event.session.send(*messages)


class _AnythingElse(_Answering):
    """Events that have no handler, and packets that cannot be read."""

    def __init__(self, services: Services) -> None:
        super().__init__(services, UNKNOWN)

    def __call__(self, event: Event) -> None:
        """Answer one event."""
        began = monotonic()
        connection = self._services.connections.get_connection(event.sid)
        refusal = None if connection is None else connection.paces[EVENTS].take(began)
        error: RealtimeError
        if event.name == UNREADABLE:
            name, error = None, InvalidPayload("", str(event.arguments[0]))
        else:
            name, error = event_name(event.name), UnknownEvent()
        if refusal is None:
            code = error.code
            self._fail(event, name, error)
        else:
            code = self._refuse(event, name, refusal)
        self._count(code, monotonic() - began)


def _json(body: dict[str, Any]) -> str:
    return orjson.dumps(body).decode()


def _message(event: str, body: str) -> Message:
    return Message(f'2["{event}",{body}]')


def _ack(event: Event, body: str) -> Message:
    return Message(f"3{event.number}[{body}]")
