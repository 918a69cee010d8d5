"""The vocabulary of the wire: event names, statuses and the records that travel (seed 1.2).

The contracts say what a message looks like; this module only names things, so that no other
module spells an event or a status by hand. Every record has `to_dict()`, with enums as their
wire values.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any


class MessageType(str, Enum):
    """Event names, both directions. `HEARTBEAT*` are the seed's literals, given a name; `AUTH_*` are ours."""

    CONNECT = "connect"
    DISCONNECT = "disconnect"
    ERROR = "error"
    HEARTBEAT = "heartbeat"
    HEARTBEAT_ACK = "heartbeat_ack"

    AUTH_EXPIRING = "auth:expiring"
    AUTH_REFRESH = "auth:refresh"

    PRESENCE_UPDATE = "presence:update"
    PRESENCE_LIST = "presence:list"
    PRESENCE_USER_JOINED = "presence:user_joined"
    PRESENCE_USER_LEFT = "presence:user_left"

    ROOM_JOIN = "room:join"
    ROOM_LEAVE = "room:leave"
    ROOM_USERS = "room:users"
    ROOM_USER_JOINED = "room:user_joined"
    ROOM_USER_LEFT = "room:user_left"

    CURSOR_MOVE = "cursor:move"
    CURSOR_SYNC = "cursor:sync"
    CURSOR_REMOVE = "cursor:remove"

    DOC_EDIT = "doc:edit"
    DOC_SYNC = "doc:sync"
    DOC_LOCK = "doc:lock"
    DOC_UNLOCK = "doc:unlock"
    DOC_LOCK_STATUS = "doc:lock_status"

    NOTIFICATION = "notification"
    NOTIFICATION_READ = "notification:read"
    NOTIFICATION_COUNT = "notification:count"

    ACTIVITY = "activity"
    ACTIVITY_FEED = "activity:feed"

    TYPING_START = "typing:start"
    TYPING_STOP = "typing:stop"
    TYPING_USERS = "typing:users"


class PresenceStatus(str, Enum):
    """What others see of a user. `OFFLINE` is never stored: an offline user has no record."""

    ONLINE = "online"
    AWAY = "away"
    BUSY = "busy"
    OFFLINE = "offline"


class _Record:
    """A dataclass that can be put on the wire."""

    def to_dict(self) -> dict[str, Any]:
        """The fields as JSON values; an unset optional field is None."""
        # Not dataclasses.asdict, which copies all that is inside: a cursor has one of these for each move.
        return {k: v.value if isinstance(v, Enum) else v for k, v in vars(self).items()}


@dataclass
class PresenceData(_Record):
    """One user's presence (seed 1.2). Times are RFC 3339 UTC with milliseconds."""

    user_id: str
    status: PresenceStatus
    last_active_at: str
    current_page: str | None = None
    current_entity_type: str | None = None
    current_entity_id: str | None = None
    device_type: str | None = None


@dataclass
class CursorPosition(_Record):
    """Where a user's cursor is in a room's document: zero-based line and column."""

    user_id: str
    user_name: str
    color: str
    line: int
    column: int
    selection_start: dict[str, int] | None = None
    selection_end: dict[str, int] | None = None


@dataclass
class NotificationMessage(_Record):
    """Something that needs one user's attention."""

    id: str
    type: str
    title: str
    message: str | None
    priority: str
    source_type: str | None = None
    source_id: str | None = None
    action_url: str | None = None
    created_at: str | None = None


@dataclass
class ActivityItem(_Record):
    """Something that happened in the tenant."""

    id: str
    user_id: str
    user_name: str
    action: str
    entity_type: str
    entity_id: str
    entity_name: str
    details: dict[str, Any] | None = None
    created_at: str | None = None


@dataclass
class RoomInfo(_Record):
    """A room and who is in it."""

    room_id: str
    entity_type: str
    entity_id: str
    users: list[dict[str, Any]]
