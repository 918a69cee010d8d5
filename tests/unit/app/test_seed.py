"""What the seed names is here under that name: values, fields, methods and the order of their parameters.

Parameters may have been added (a tenant, settings); none is missing, renamed or in another order.
"""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable
from enum import Enum
from importlib import import_module
from typing import Any

import pytest
from flask import Flask
from flask_socketio import SocketIO

from app.realtime.handlers import (
    connection_handler,
    cursor_handler,
    presence_handler,
    register_handlers,
    room_handler,
)
from app.realtime.managers.connection_manager import Connection, ConnectionManager, get_connection_manager
from app.realtime.managers.cursor_manager import get_cursor_manager
from app.realtime.managers.document_manager import get_document_manager
from app.realtime.managers.lock_manager import get_lock_manager
from app.realtime.managers.presence_manager import PresenceManager, get_presence_manager
from app.realtime.managers.room_manager import Room, RoomManager, get_room_manager
from app.realtime.managers.typing_manager import get_typing_manager
from app.realtime.server import get_socketio, init_socketio, socketio
from app.realtime.utils import message_types
from app.realtime.utils.message_types import MessageType, PresenceData, PresenceStatus

#: The path of a module below app.realtime and the names that the seed puts there.
MODULES = {
    "server": ("socketio", "init_socketio", "get_socketio"),
    "utils.message_types": (
        "MessageType",
        "PresenceStatus",
        "PresenceData",
        "CursorPosition",
        "NotificationMessage",
        "ActivityItem",
        "RoomInfo",
    ),
    "managers.connection_manager": ("Connection", "ConnectionManager", "get_connection_manager"),
    "managers.presence_manager": ("PresenceManager", "get_presence_manager"),
    "managers.room_manager": ("Room", "RoomManager", "get_room_manager"),
    "handlers": ("register_handlers",),
    "handlers.connection_handler": ("register_connection_handlers",),
    "handlers.presence_handler": ("register_presence_handlers",),
    "handlers.room_handler": ("register_room_handlers",),
    "handlers.cursor_handler": ("register_cursor_handlers",),
}

MESSAGE_TYPES = {
    "CONNECT": "connect",
    "DISCONNECT": "disconnect",
    "ERROR": "error",
    "PRESENCE_UPDATE": "presence:update",
    "PRESENCE_LIST": "presence:list",
    "PRESENCE_USER_JOINED": "presence:user_joined",
    "PRESENCE_USER_LEFT": "presence:user_left",
    "ROOM_JOIN": "room:join",
    "ROOM_LEAVE": "room:leave",
    "ROOM_USERS": "room:users",
    "ROOM_USER_JOINED": "room:user_joined",
    "ROOM_USER_LEFT": "room:user_left",
    "CURSOR_MOVE": "cursor:move",
    "CURSOR_SYNC": "cursor:sync",
    "CURSOR_REMOVE": "cursor:remove",
    "DOC_EDIT": "doc:edit",
    "DOC_SYNC": "doc:sync",
    "DOC_LOCK": "doc:lock",
    "DOC_UNLOCK": "doc:unlock",
    "DOC_LOCK_STATUS": "doc:lock_status",
    "NOTIFICATION": "notification",
    "NOTIFICATION_READ": "notification:read",
    "NOTIFICATION_COUNT": "notification:count",
    "ACTIVITY": "activity",
    "ACTIVITY_FEED": "activity:feed",
    "TYPING_START": "typing:start",
    "TYPING_STOP": "typing:stop",
    "TYPING_USERS": "typing:users",
}

#: Events that the seed spells by hand in its presence handler.
NAMED_HERE = {"HEARTBEAT": "heartbeat", "HEARTBEAT_ACK": "heartbeat_ack"}

#: Events that the seed has not.
OURS = {"AUTH_EXPIRING": "auth:expiring", "AUTH_REFRESH": "auth:refresh"}

STATUSES = {"ONLINE": "online", "AWAY": "away", "BUSY": "busy", "OFFLINE": "offline"}

#: A field that must be given.
GIVEN = dataclasses.MISSING

FIELDS: dict[str, dict[str, Any]] = {
    "PresenceData": {
        "user_id": GIVEN,
        "status": GIVEN,
        "last_active_at": GIVEN,
        "current_page": None,
        "current_entity_type": None,
        "current_entity_id": None,
        "device_type": None,
    },
    "CursorPosition": {
        "user_id": GIVEN,
        "user_name": GIVEN,
        "color": GIVEN,
        "line": GIVEN,
        "column": GIVEN,
        "selection_start": None,
        "selection_end": None,
    },
    "NotificationMessage": {
        "id": GIVEN,
        "type": GIVEN,
        "title": GIVEN,
        "message": GIVEN,
        "priority": GIVEN,
        "source_type": None,
        "source_id": None,
        "action_url": None,
        "created_at": None,
    },
    "ActivityItem": {
        "id": GIVEN,
        "user_id": GIVEN,
        "user_name": GIVEN,
        "action": GIVEN,
        "entity_type": GIVEN,
        "entity_id": GIVEN,
        "entity_name": GIVEN,
        "details": None,
        "created_at": None,
    },
    "RoomInfo": {"room_id": GIVEN, "entity_type": GIVEN, "entity_id": GIVEN, "users": GIVEN},
}

#: Connection's fields; `rooms` is made anew for each.
CONNECTION_FIELDS: dict[str, Any] = {
    "sid": GIVEN,
    "user_id": GIVEN,
    "tenant_id": GIVEN,
    "user_name": GIVEN,
    "user_email": GIVEN,
    "connected_at": GIVEN,
    "device_type": "desktop",
    "browser": "unknown",
    "ip_address": "",
    "rooms": GIVEN,
}

#: Public methods with their parameters in order; one that has a default in the seed ends with `=`.
METHODS: dict[type, dict[str, str]] = {
    Connection: {"to_dict": ""},
    ConnectionManager: {
        "__init__": "redis_client",
        "authenticate": "token",
        "add_connection": "sid user_data device_type= browser= ip_address=",
        "remove_connection": "sid",
        "get_connection": "sid",
        "get_user_connections": "user_id",
        "get_user_sids": "user_id",
        "get_tenant_connections": "tenant_id",
        "get_tenant_sids": "tenant_id",
        "get_online_user_ids": "tenant_id",
        "add_to_room": "sid room",
        "remove_from_room": "sid room",
        "get_connection_count": "",
    },
    PresenceManager: {
        "__init__": "redis_client",
        "set_online": "user_id tenant_id user_name device_type= current_page=",
        "set_away": "user_id tenant_id",
        "set_busy": "user_id tenant_id",
        "set_offline": "user_id tenant_id",
        "update_activity": "user_id tenant_id current_page= current_entity_type= current_entity_id=",
        "get_presence": "user_id tenant_id",
        "get_online_users": "tenant_id",
        "get_users_viewing_entity": "tenant_id entity_type entity_id",
        "check_inactive_users": "tenant_id",
    },
    Room: {
        "__init__": "room_id entity_type entity_id tenant_id",
        "add_user": "user_id user_name sid",
        "remove_user": "user_id",
        "get_users": "",
        "is_empty": "",
        "to_dict": "",
    },
    RoomManager: {
        "__init__": "redis_client",
        "create_room": "entity_type entity_id tenant_id",
        "get_room": "room_id",
        "get_room_for_entity": "entity_type entity_id",
        "join_room": "room_id user_id user_name sid tenant_id",
        "leave_room": "room_id user_id",
        "leave_all_rooms": "user_id sid",
        "get_room_users": "room_id",
        "get_rooms_for_user": "user_id",
    },
}

#: Functions, with their parameters.
FUNCTIONS: list[tuple[Callable[..., Any], str]] = [
    (init_socketio, "app"),
    (get_socketio, ""),
    (register_handlers, "socketio"),
    (connection_handler.register_connection_handlers, "socketio"),
    (presence_handler.register_presence_handlers, "socketio"),
    (room_handler.register_room_handlers, "socketio"),
    (cursor_handler.register_cursor_handlers, "socketio"),
    (get_connection_manager, ""),
    (get_presence_manager, ""),
    (get_room_manager, ""),
]


def missing_parameters(function: Callable[..., Any], seed: str) -> list[str]:
    """Return the seed's parameters that `function` does not take by position, in that order, among its own."""
    own = iter(inspect.signature(function).parameters.values())
    return [
        wanted
        for wanted in seed.split()
        if not any(
            parameter.name == wanted.removesuffix("=")
            and parameter.kind is parameter.POSITIONAL_OR_KEYWORD
            and (parameter.default is not parameter.empty) == wanted.endswith("=")
            for parameter in own
        )
    ]


@pytest.mark.parametrize("module", MODULES)
def test_a_module_is_where_the_seed_puts_it(module: str) -> None:
    found = import_module(f"app.realtime.{module}")
    assert [name for name in MODULES[module] if name not in vars(found)] == []


def test_message_types_are_the_seeds_and_its_two_literals() -> None:
    assert {message.name: message.value for message in MessageType} == MESSAGE_TYPES | NAMED_HERE | OURS


def test_statuses_are_the_seeds() -> None:
    assert {status.name: status.value for status in PresenceStatus} == STATUSES


@pytest.mark.parametrize("enum", [MessageType, PresenceStatus])
def test_an_enum_is_text(enum: type[Enum]) -> None:
    assert enum.__bases__ == (str, Enum)


@pytest.mark.parametrize("name", FIELDS)
def test_a_record_has_the_seeds_fields_in_order(name: str) -> None:
    fields = dataclasses.fields(getattr(message_types, name))
    assert list(FIELDS[name].items()) == [(field.name, field.default) for field in fields]


@pytest.mark.parametrize("name", FIELDS)
def test_a_record_can_be_put_on_the_wire(name: str) -> None:
    made = getattr(message_types, name)(**{field: "x" for field, default in FIELDS[name].items() if default is GIVEN})
    assert list(made.to_dict()) == list(FIELDS[name])


def test_a_record_shows_a_status_as_its_word() -> None:
    shown = PresenceData("ana", PresenceStatus.BUSY, "2026-01-31T12:00:00.000Z").to_dict()["status"]
    assert type(shown) is str
    assert shown == "busy"


def test_a_connection_begins_with_the_seeds_fields() -> None:
    fields = [(field.name, field.default) for field in dataclasses.fields(Connection)]
    assert fields[: len(CONNECTION_FIELDS)] == list(CONNECTION_FIELDS.items())
    assert all(default is not GIVEN for _, default in fields[len(CONNECTION_FIELDS) :])


def test_each_connection_has_rooms_of_its_own() -> None:
    rooms = next(field for field in dataclasses.fields(Connection) if field.name == "rooms")
    assert rooms.default_factory is set


@pytest.mark.parametrize(
    ("owner", "method"),
    [(owner, method) for owner, methods in METHODS.items() for method in methods],
    ids=lambda part: part if isinstance(part, str) else part.__name__,
)
def test_a_method_takes_what_the_seed_gives_it(owner: type, method: str) -> None:
    assert missing_parameters(getattr(owner, method), f"self {METHODS[owner][method]}") == []


@pytest.mark.parametrize(("function", "seed"), FUNCTIONS, ids=lambda part: getattr(part, "__name__", ""))
def test_a_function_takes_what_the_seed_gives_it(function: Callable[..., Any], seed: str) -> None:
    """Handlers also take the services that they call."""
    assert [name for name in inspect.signature(function).parameters if name != "services"] == seed.split()


@pytest.mark.parametrize("default", ["device_type", "browser", "ip_address"])
def test_a_connection_is_added_with_the_seeds_defaults(default: str) -> None:
    assert inspect.signature(ConnectionManager.add_connection).parameters[default].default == CONNECTION_FIELDS[default]


def test_the_timeouts_are_the_seeds() -> None:
    assert PresenceManager.AWAY_TIMEOUT_SECONDS == 300
    assert PresenceManager.OFFLINE_TIMEOUT_SECONDS == 60


# The accessors read from the current app.

ACCESSORS: list[Callable[[], object]] = [
    get_connection_manager,
    get_presence_manager,
    get_room_manager,
    get_cursor_manager,
    get_typing_manager,
    get_document_manager,
    get_lock_manager,
    get_socketio,
]


def test_the_accessors_give_what_belongs_to_the_current_app(app: Flask) -> None:
    with app.app_context():
        assert isinstance(get_connection_manager(), ConnectionManager)
        assert isinstance(get_presence_manager(), PresenceManager)
        assert isinstance(get_room_manager(), RoomManager)
        assert isinstance(get_socketio(), SocketIO)
        assert socketio == get_socketio()
        assert get_connection_manager() is get_connection_manager()


def test_two_apps_share_nothing(app: Flask) -> None:
    from app import create_app

    other = create_app(app.extensions["realtime"].settings)
    for accessor in ACCESSORS:
        with app.app_context():
            mine = accessor()
        with other.app_context():
            assert accessor() is not mine


@pytest.mark.parametrize("accessor", ACCESSORS)
def test_an_accessor_needs_an_app(accessor: Callable[[], object]) -> None:
    with pytest.raises(RuntimeError, match="application context"):
        accessor()
