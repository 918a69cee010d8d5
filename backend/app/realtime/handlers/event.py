"""Event handlers: finds the connection, checks the payload, and always answers.

A handler is registered with its message type, gets the connection and a payload that conforms to the
contract, calls one manager method, and returns the result fields of the ack:

    @on(socketio, services, MessageType.ROOM_LEAVE)
    def handle_room_leave(connection: Connection, data: Payload) -> Result: ...

Whatever a handler raises becomes an `Error`, in the ack and as an `error` event, so no client waits in vain.
"""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import Any
from uuid import uuid4

import structlog
from flask_socketio import SocketIO

from app.errors import ConnectionLost
from app.metrics import UNKNOWN
from app.realtime.container import Services
from app.realtime.managers.connection_manager import Connection
from app.realtime.utils.message_types import MessageType
from realtime_contracts.rules.errors import Internal, InvalidPayload, RealtimeError, Unauthenticated, UnknownEvent
from realtime_contracts.rules.limits import MAX_EVENT_LENGTH
from realtime_contracts.rules.packets import UNREADABLE, event_name
from realtime_contracts.rules.requests import check_event

logger = structlog.get_logger(__name__)

Payload = dict[str, Any]
Ack = dict[str, Any]
Result = dict[str, Any] | None
Handler = Callable[[Connection, Payload], Result]


def on(
    socketio: SocketIO,
    services: Services,
    message_type: MessageType,
    *,
    echo: MessageType | None = None,
    delays_ack: bool = False,
) -> Callable[[Handler], Handler]:
    """Register a handler for a message type of the contract.

    `echo`: the result is also sent to the connection, as an event of this type. `delays_ack`: the ack follows all
    broadcasts that were published before the handler's own.
    """

    def register(handler: Handler) -> Handler:
        # Bypasses Flask-SocketIO, which makes an HTTP request of every event and matches a route.
        event = _Event(services, message_type.value, handler, echo, delays_ack=delays_ack)
        socketio.server.answer(event.name, event)
        return handler

    return register


def on_anything_else(socketio: SocketIO, services: Services) -> None:
    """Answer events that have no handler, and packets that cannot be read."""
    socketio.server.on("*", _AnythingElse(services))


class _Answering:
    """Answers events under a label of the metrics."""

    def __init__(self, services: Services, label: str) -> None:
        self._services = services
        self._watch = services.metrics.event(label)

    def _failed(self, sid: str, event: str | None, error: RealtimeError) -> Ack:
        body = error.to_dict(event if event is None else event[:MAX_EVENT_LENGTH])
        self._services.bus.send(sid, MessageType.ERROR.value, body)
        return {"ok": False, "error": body}


class _Event(_Answering):
    """An event of the contract with its handler: see `on`."""

    def __init__(
        self, services: Services, name: str, handler: Handler, echo: MessageType | None, *, delays_ack: bool
    ) -> None:
        super().__init__(services, name)
        self.name = name
        self._handler = handler
        self._echo = echo
        self._delays_ack = delays_ack

    def __call__(self, sid: str, *args: Any) -> Ack:
        """Answer one event of the connection `sid`."""
        began = perf_counter()
        ack = self._answer(sid, args)
        self._watch(ack, perf_counter() - began)
        return ack

    def _answer(self, sid: str, args: tuple[Any, ...]) -> Ack:
        try:
            result = self._handle(sid, args)
        except RealtimeError as error:
            return self._failed(sid, self.name, error)
        except Exception:
            internal = Internal(uuid4().hex)
            logger.exception("event_failed", event_name=self.name, **internal.details)
            return self._failed(sid, self.name, internal)
        return {"ok": True, **(result or {})}

    def _handle(self, sid: str, args: tuple[Any, ...]) -> Result:
        services = self._services
        connection = services.connections.get_connection(sid)
        if connection is None:
            raise Unauthenticated
        payload = check_event(self.name, args)
        ack = services.bus.delay_ack(sid) if self._delays_ack else None
        try:
            result = self._handler(connection, payload)
        except ConnectionLost:
            services.recovery.restore(connection)
            result = self._handler(connection, payload)
        if ack is not None:
            ack.wait()
        if self._echo is not None:
            services.bus.send(sid, self._echo.value, result or {})
        return result


class _AnythingElse(_Answering):
    """Events that have no handler, and packets that cannot be read."""

    def __init__(self, services: Services) -> None:
        super().__init__(services, UNKNOWN)

    def __call__(self, event: str, sid: str, *args: Any) -> Ack:
        """Answer one event of the connection `sid`, which may be none."""
        began = perf_counter()
        if event == UNREADABLE:
            ack = self._failed(sid, None, InvalidPayload("", str(args[0])))
        else:
            ack = self._failed(sid, event_name(event), UnknownEvent())
        self._watch(ack, perf_counter() - began)
        return ack
