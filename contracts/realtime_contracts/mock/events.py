"""Handles each client event: its effect on the tenant, and its ack."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from realtime_contracts.mock.connections import Connection
from realtime_contracts.mock.rooms import Room
from realtime_contracts.mock.tenant import Tenant
from realtime_contracts.rules.errors import Internal, NotInRoom, RealtimeError, UnknownEvent
from realtime_contracts.rules.ids import as_text
from realtime_contracts.rules.limits import MAX_EVENT_LENGTH, PRESENCE_LIST
from realtime_contracts.rules.presence import Trigger, choice
from realtime_contracts.rules.requests import check_event
from realtime_contracts.rules.times import rfc3339

logger = logging.getLogger(__name__)

Payload = dict[str, Any]
#: The fields of a successful ack.
Result = Payload | None

#: The location fields of an event → those of presence.
_LOCATION = {"current_page": "current_page", "entity_type": "current_entity_type", "entity_id": "current_entity_id"}


class Events:
    """The events of one connection: a method for each, whose payload conforms to the contract."""

    def __init__(self, tenant: Tenant, connection: Connection, refresh: Callable[[str], float | None]) -> None:
        self._tenant = tenant
        #: Lets the connection end with a newer token; returns when, in seconds since 1970.
        self._refresh = refresh
        self._connection = connection
        self._user_id = connection.user.user_id

    def answer(self, event: str, payloads: Sequence[Any]) -> Payload:
        """Handle an event and return its ack. A failure is also emitted."""
        try:
            return {"ok": True, **(self._do(event, payloads) or {})}
        except RealtimeError as error:
            return self.fail(event, error)
        except Exception:
            internal = Internal(uuid.uuid4().hex)
            logger.exception("%s failed (%s)", event, internal.details["correlation_id"])
            return self.fail(event, internal)

    def fail(self, event: str | None, error: RealtimeError) -> Payload:
        """Send the error of an event (None if there was no event), and return the ack."""
        body = error.to_dict(event if event is None else event[:MAX_EVENT_LENGTH])
        return {"ok": False, "error": self._send("error", body)}

    def _do(self, event: str, payloads: Sequence[Any]) -> Result:
        if event not in self.HANDLERS:
            raise UnknownEvent
        return self.HANDLERS[event](self, check_event(event, payloads))

    def _send(self, event: str, data: Payload) -> Payload:
        self._connection.send(event, data)
        return data

    def _room(self, data: Payload) -> Room:
        """Return the room of an event. Raises NotInRoom."""
        if data["room_id"] not in self._connection.rooms:
            raise NotInRoom
        return self._tenant.room(data["room_id"])

    def _active(self, trigger: Trigger = Trigger.ACTIVITY) -> None:
        self._tenant.presence.change(self._user_id, trigger)

    def _auth_refresh(self, data: Payload) -> Result:
        expires_at = self._refresh(data["token"])
        return {"expires_at": None if expires_at is None else rfc3339(expires_at)}

    def _presence_update(self, data: Payload) -> Result:
        location = {_LOCATION[name]: as_text(value) for name, value in data.items() if name in _LOCATION}
        return self._tenant.presence.change(self._user_id, choice(data.get("status")), location, always=True)

    def _presence_list(self, data: Payload) -> Result:
        entity = data.get("entity_type"), as_text(data.get("entity_id"))
        limit = data.get("limit", PRESENCE_LIST)
        self._send("presence:list", self._tenant.presence.list(*entity, data.get("after"), limit))
        return None

    def _heartbeat(self, data: Payload) -> Result:
        self._active(Trigger.ACTIVITY if data.get("active", True) else Trigger.NONE)
        return self._send("heartbeat_ack", {"timestamp": rfc3339(self._tenant.connections.clock.now())})

    def _room_join(self, data: Payload) -> Result:
        room = self._tenant.room(f"{data['entity_type']}:{as_text(data['entity_id'])}")
        room.check_limit(self._connection)
        self._active()
        room.join(self._connection)
        return room.users()

    def _room_leave(self, data: Payload) -> Result:
        self._room(data).leave(self._connection)
        return {"room_id": data["room_id"]}

    def _room_users(self, data: Payload) -> Result:
        return self._send("room:users", self._tenant.room(data["room_id"]).users())

    def _cursor_move(self, data: Payload) -> Result:
        room = self._room(data)
        self._active()
        room.cursors.move(self._connection, data)
        return None

    def _cursor_sync(self, data: Payload) -> Result:
        return self._send("cursor:sync", self._room(data).cursors.others(self._user_id))

    def _cursor_remove(self, data: Payload) -> Result:
        self._room(data).cursors.remove(self._user_id)
        return None

    def _typing_start(self, data: Payload) -> Result:
        typing = self._room(data).typing
        typing.check_limit(self._user_id, data.get("field"))
        self._active()
        typing.start(self._connection, data.get("field"))
        return None

    def _typing_stop(self, data: Payload) -> Result:
        room = self._room(data)
        self._active()
        room.typing.stop(self._user_id, data.get("field"))
        return None

    def _doc_sync(self, data: Payload) -> Result:
        since = data.get("since_version")
        document = self._room(data).document.sync(None if since is None else int(since), data.get("epoch"))
        self._send("doc:sync", document)
        return {"room_id": data["room_id"], "version": document["version"], "epoch": document["epoch"]}

    def _doc_edit(self, data: Payload) -> Result:
        room = self._room(data)
        version, writes = room.document.edit(self._connection, data)
        if writes is not None:
            self._active()
            room.typing.end_by_edit(self._user_id, writes)
        return {"version": version, "epoch": room.document.epoch}

    def _doc_lock(self, data: Payload) -> Result:
        seconds = float(data.get("ttl", self._tenant.connections.timeouts.lock))
        return {"lock": self._room(data).locks.lock(self._connection, data.get("path", ""), seconds)}

    def _doc_unlock(self, data: Payload) -> Result:
        locks = self._room(data).locks
        locks.unlock(self._user_id, data.get("path", ""))
        return locks.status()

    def _doc_lock_status(self, data: Payload) -> Result:
        return self._send("doc:lock_status", self._room(data).locks.status())

    def _notification_read(self, data: Payload) -> Result:
        if "all" in data:
            self._tenant.notifications.read_all(self._user_id)
        else:
            self._tenant.notifications.read(self._user_id, data["notification_id"])
        return {"count": self._tenant.notifications.count(self._user_id)}

    def _notification_count(self, _data: Payload) -> Result:
        return self._send("notification:count", {"count": self._tenant.notifications.count(self._user_id)})

    def _activity_feed(self, data: Payload) -> Result:
        return {"next": self._send("activity:feed", self._tenant.activity.feed(data))["next"]}

    #: The method of every client event.
    HANDLERS: ClassVar[dict[str, Callable[[Events, Payload], Result]]] = {
        "auth:refresh": _auth_refresh,
        "presence:update": _presence_update,
        "presence:list": _presence_list,
        "heartbeat": _heartbeat,
        "room:join": _room_join,
        "room:leave": _room_leave,
        "room:users": _room_users,
        "cursor:move": _cursor_move,
        "cursor:sync": _cursor_sync,
        "cursor:remove": _cursor_remove,
        "typing:start": _typing_start,
        "typing:stop": _typing_stop,
        "doc:sync": _doc_sync,
        "doc:edit": _doc_edit,
        "doc:lock": _doc_lock,
        "doc:unlock": _doc_unlock,
        "doc:lock_status": _doc_lock_status,
        "notification:read": _notification_read,
        "notification:count": _notification_count,
        "activity:feed": _activity_feed,
    }
