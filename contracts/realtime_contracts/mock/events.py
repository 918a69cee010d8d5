"""What each event of a client does: its payload judged by the contract, one step of the company, and an answer."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Sequence
from typing import Any

from realtime_contracts.contract.registry import Direction, registry
from realtime_contracts.mock.clock import rfc3339
from realtime_contracts.mock.company import Company
from realtime_contracts.mock.fingerprints import as_text
from realtime_contracts.mock.hub import Connection
from realtime_contracts.mock.presence import Trigger
from realtime_contracts.mock.refusals import Refused, invalid
from realtime_contracts.mock.rooms import Room

logger = logging.getLogger(__name__)

Payload = dict[str, Any]
#: The fields of a successful ack.
Result = Payload | None

#: The seed's words for what is missing, by a property that the event asks for.
_REQUIRED = {"entity_type": "entity_type and entity_id required", "room_id": "room_id required"}

#: The client's words for a place, and the presence's.
_LOCATION = {"current_page": "current_page", "entity_type": "current_entity_type", "entity_id": "current_entity_id"}


def answer(company: Company, connection: Connection, event: str, payloads: Sequence[Any]) -> Payload:
    """Do what an event asks for, and return its ack. A failure is emitted as well."""
    try:
        return {"ok": True, **(_handler(event)(company, connection, checked(event, payloads)) or {})}
    except Refused as refused:
        return fail(company, connection, event, refused)
    except Exception:
        number = uuid.uuid4().hex
        logger.exception("%s failed (%s)", event, number)
        return fail(company, connection, event, Refused("internal", details={"correlation_id": number}))


def fail(company: Company, connection: Connection, event: str | None, refused: Refused) -> Payload:
    """Tell a client that an event has failed. Returns its ack."""
    error = refused.error(event)
    company.hub.send(connection.sid, "error", error)
    return {"ok": False, "error": error}


def _handler(event: str) -> Callable[[Company, Connection, Payload], Result]:
    if event not in HANDLERS:
        raise Refused("unknown_event")
    return HANDLERS[event]


def checked(event: str, payloads: Sequence[Any]) -> Payload:
    """The one payload of an event; none is the empty one. Raises Refused (invalid_payload)."""
    if len(payloads) > 1:
        raise invalid("", f"expected one payload, got {len(payloads)}")
    payload = payloads[0] if payloads else {}
    violation = registry().check(Direction.CLIENT, event, payload)
    if violation is None:
        return dict(payload)
    missing = violation.keyword == "required" and violation.path == ""
    raise invalid(violation.path, violation.reason, _said_missing(event, payload) if missing else None)


def _said_missing(event: str, payload: Payload) -> str | None:
    """What the seed says of the property that is missing, None if it says nothing."""
    missing = [name for name in registry().schema(Direction.CLIENT, event)["required"] if name not in payload]
    return _REQUIRED.get("entity_type" if missing == ["entity_id"] else missing[0])


def _entered(company: Company, connection: Connection, data: Payload) -> Room:
    """The room that an event is about. Raises Refused if the connection is not in it."""
    room_id = data["room_id"]
    if room_id not in connection.rooms:
        raise Refused("not_in_room")
    return company.room(room_id)


def _active(company: Company, connection: Connection, trigger: Trigger = Trigger.ACTIVITY) -> None:
    company.presence.change(connection.user.user_id, trigger)


def _presence_update(company: Company, connection: Connection, data: Payload) -> Result:
    place = {_LOCATION[name]: as_text(value) for name, value in data.items() if name in _LOCATION}
    trigger = Trigger(data["status"]) if data.get("status") else Trigger.UPDATE
    return company.presence.change(connection.user.user_id, trigger, place, always=True)


def _presence_list(company: Company, connection: Connection, data: Payload) -> Result:
    listed = company.presence.list(data.get("entity_type"), as_text(data.get("entity_id")))
    company.hub.send(connection.sid, "presence:list", listed)
    return None


def _heartbeat(company: Company, connection: Connection, data: Payload) -> Result:
    _active(company, connection, Trigger.ACTIVITY if data.get("active", True) else Trigger.NONE)
    timestamp = {"timestamp": rfc3339(company.hub.clock.now())}
    company.hub.send(connection.sid, "heartbeat_ack", timestamp)
    return timestamp


def _room_join(company: Company, connection: Connection, data: Payload) -> Result:
    room = company.room(f"{data['entity_type']}:{as_text(data['entity_id'])}")
    room.check_limit(connection)
    _active(company, connection)
    room.join(connection)
    return room.users()


def _room_leave(company: Company, connection: Connection, data: Payload) -> Result:
    _entered(company, connection, data).leave(connection)
    return {"room_id": data["room_id"]}


def _room_users(company: Company, connection: Connection, data: Payload) -> Result:
    users = company.room(data["room_id"]).users()
    company.hub.send(connection.sid, "room:users", users)
    return users


def _cursor_move(company: Company, connection: Connection, data: Payload) -> Result:
    room = _entered(company, connection, data)
    _active(company, connection)
    room.cursors.move(connection, data)
    return None


def _cursor_sync(company: Company, connection: Connection, data: Payload) -> Result:
    cursors = _entered(company, connection, data).cursors.others(connection.user.user_id)
    company.hub.send(connection.sid, "cursor:sync", cursors)
    return cursors


def _cursor_remove(company: Company, connection: Connection, data: Payload) -> Result:
    _entered(company, connection, data).cursors.remove(connection.user.user_id)
    return None


def _typing_start(company: Company, connection: Connection, data: Payload) -> Result:
    typists = _entered(company, connection, data).typists
    typists.check_limit(connection.user.user_id, data.get("field"))
    _active(company, connection)
    typists.start(connection, data.get("field"))
    return None


def _typing_stop(company: Company, connection: Connection, data: Payload) -> Result:
    room = _entered(company, connection, data)
    _active(company, connection)
    room.typists.stop(connection.user.user_id, data.get("field"))
    return None


def _doc_sync(company: Company, connection: Connection, data: Payload) -> Result:
    since = data.get("since_version")
    document = _entered(company, connection, data).document.sync(None if since is None else int(since))
    company.hub.send(connection.sid, "doc:sync", document)
    return {"room_id": data["room_id"], "version": document["version"]}


def _doc_edit(company: Company, connection: Connection, data: Payload) -> Result:
    room = _entered(company, connection, data)
    version, writes = room.document.edit(connection, data)
    if writes is not None:
        _active(company, connection)
        room.typists.end_by_edit(connection.user.user_id, writes)
    return {"version": version}


def _doc_lock(company: Company, connection: Connection, data: Payload) -> Result:
    seconds = float(data.get("ttl", company.hub.timeouts.lock))
    return {"lock": _entered(company, connection, data).locks.lock(connection, data.get("path", ""), seconds)}


def _doc_unlock(company: Company, connection: Connection, data: Payload) -> Result:
    locks = _entered(company, connection, data).locks
    locks.unlock(connection.user.user_id, data.get("path", ""))
    return locks.status()


def _doc_lock_status(company: Company, connection: Connection, data: Payload) -> Result:
    status = _entered(company, connection, data).locks.status()
    company.hub.send(connection.sid, "doc:lock_status", status)
    return status


def _notification_read(company: Company, connection: Connection, data: Payload) -> Result:
    user_id = connection.user.user_id
    if "all" in data:
        company.notifications.read_all(user_id)
    else:
        company.notifications.read(user_id, data["notification_id"])
    return {"count": company.notifications.count(user_id)}


def _notification_count(company: Company, connection: Connection, _data: Payload) -> Result:
    count = {"count": company.notifications.count(connection.user.user_id)}
    company.hub.send(connection.sid, "notification:count", count)
    return count


def _activity_feed(company: Company, connection: Connection, data: Payload) -> Result:
    page = company.activity.feed(data)
    company.hub.send(connection.sid, "activity:feed", page)
    return {"next": page["next"]}


#: What a client may say, and who does it.
HANDLERS: dict[str, Callable[[Company, Connection, Payload], Result]] = {
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
