"""The decorator of event handlers: finds the connection, checks the payload, and always answers.

A handler is decorated with its message type, gets the connection and a payload that conforms to the
contract, calls one manager method, and returns the result fields of the ack:

    @on(socketio, MessageType.ROOM_LEAVE)
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
from app.metrics import UNKNOWN, get_metrics
from app.realtime.managers.connection_manager import Connection
from app.realtime.node import get_node
from app.realtime.utils.message_types import MessageType
from realtime_contracts.rules.errors import Internal, InvalidPayload, RealtimeError, Unauthenticated, UnknownEvent
from realtime_contracts.rules.limits import MAX_EVENT_LENGTH
from realtime_contracts.rules.packets import UNREADABLE, event_name
from realtime_contracts.rules.requests import check_event

logger = structlog.get_logger(__name__)

Payload = dict[str, Any]
Result = dict[str, Any] | None
Handler = Callable[[Connection, Payload], Result]


def on(socketio: SocketIO, message_type: MessageType) -> Callable[[Handler], Handler]:
    """Register a handler for a message type of the contract."""
    event = message_type.value

    def register(handler: Handler) -> Handler:
        # Bypasses Flask-SocketIO, which makes an HTTP request of every event and matches a route.
        answer = _watched(socketio, event, lambda sid, *args: _answer(event, handler, sid, args))
        socketio.server.on(event, answer)
        return handler

    return register


def on_anything_else(socketio: SocketIO) -> None:
    """Answer events that have no handler, and packets that cannot be read."""

    def receive(event: str, sid: str, *args: Any) -> dict[str, Any]:
        if event == UNREADABLE:
            return _failed(sid, None, InvalidPayload("", str(args[0])))
        return _failed(sid, event_name(event), UnknownEvent())

    socketio.server.on("*", _watched(socketio, UNKNOWN, receive))


def _watched(socketio: SocketIO, label: str, answer: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """Return `answer` with a counter and a timer under a label."""
    watch = get_metrics(socketio.server.app).event(label)

    def timed(*args: Any) -> dict[str, Any]:
        began = perf_counter()
        ack = answer(*args)
        watch(ack, perf_counter() - began)
        return ack

    return timed


def _answer(event: str, handler: Handler, sid: str, args: tuple[Any, ...]) -> dict[str, Any]:
    try:
        connection = _connection(sid)
        payload = check_event(event, args)
        try:
            result = handler(connection, payload)
        except ConnectionLost:
            get_node().restore(connection)
            result = handler(connection, payload)
    except RealtimeError as error:
        return _failed(sid, event, error)
    except Exception:
        internal = Internal(uuid4().hex)
        logger.exception("event_failed", event_name=event, **internal.details)
        return _failed(sid, event, internal)
    return {"ok": True, **(result or {})}


def _connection(sid: str) -> Connection:
    connection = get_node().connections.get_connection(sid)
    if connection is None:
        raise Unauthenticated
    return connection


def _failed(sid: str, event: str | None, error: RealtimeError) -> dict[str, Any]:
    body = error.to_dict(event if event is None else event[:MAX_EVENT_LENGTH])
    get_node().bus.send(sid, MessageType.ERROR.value, body)
    return {"ok": False, "error": body}
