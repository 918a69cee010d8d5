"""The specification's rulings that a client can observe.

A scenario names the rulings that it decides in its tags (`@ruling_grace`). Rulings about times, connection ids and
empty texts can also be violated by any message; `rulings_of` finds them for a breach. Rulings about libraries, imports
and round trips are not here, because no client can see them.
"""

from __future__ import annotations

from realtime_contracts.conform.results import Breach
from realtime_contracts.contract.registry import Direction, UnknownEvent, registry

#: By key: the seed's text, and the ruling. The words are the specification's; a test compares them.
RULINGS: dict[str, tuple[str, str]] = {
    "scoped_rooms": (
        "Socket.IO room = `entity_type:entity_id` or `tenant:ID`, unscoped",
        "scoped: anyone could join another company's invoice, or `tenant:<their id>` and hear it all",
    ),
    "disconnect_reason": (
        "`handle_disconnect()` takes no reason",
        "takes it: with today's library it raises, and nobody ever goes offline",
    ),
    "leave_all_rooms": ("disconnect leaves rooms as they are", "leaves them all, with broadcasts"),
    "state_in_redis": (
        "room users and connections in one process's memory",
        "in Redis: two nodes must agree",
    ),
    "busy_holds": (
        "any activity sets `online`",
        "a chosen busy holds, else the automatic 30 s heartbeat ends Do Not Disturb",
    ),
    "away_by_choice": (
        "`set_away` ignored unless online",
        "guards busy against the inactivity sweep; the user's own choice is obeyed",
    ),
    "first_in_last_out": (
        "every tab broadcasts joined; one tab leaving empties the room",
        "first in, last out",
    ),
    "grace": (
        "offline at once (handler), after 60 s (constant)",
        "goodbye at once, lost transport after 60 s",
    ),
    "heartbeat_timestamp": ("`heartbeat_ack {timestamp: sid}`", "a timestamp"),
    "no_sid": ("`room:users` carries `sid`", "not on the wire; `Room.get_users()` keeps it"),
    "null_clears": (
        "a falsy page or entity is ignored, so a user who moves on is shown where they were",
        "absent keeps, `null` clears",
    ),
    "refused_tokens": ("refresh tokens, tokens without tenant pass", "refused"),
    "times_and_null": (
        "naive `utcnow()`, `''` for none, `import os` last, `logger=True` always",
        "as above; logging by settings",
    ),
}

#: By ruling: the event that is missing where the seed is followed, if a server never sends it.
ABSENT = {
    "disconnect_reason": "presence:user_left",
    "grace": "presence:user_left",
    "leave_all_rooms": "room:user_left",
}

#: The name endings of fields that hold a time.
_TIMES = ("_at", "timestamp")


def rulings_of(breach: Breach) -> frozenset[str]:
    """Return the rulings that a breach shows violated, from all errors in its payload."""
    return frozenset(row for path in {breach.path, *_all_wrong(breach)} for row in _rows_at(breach, path))


def _all_wrong(breach: Breach) -> frozenset[str]:
    """Return all places where a payload is wrong; a breach names only the first."""
    known = {direction.value: direction for direction in Direction}
    if breach.payload is None or breach.direction not in known:
        return frozenset()
    try:
        return registry().wrong_places(known[breach.direction], breach.message, breach.payload)
    except UnknownEvent:
        return frozenset()


def _rows_at(breach: Breach, path: str) -> set[str]:
    last, value = path.rpartition("/")[2], _value_at(breach.payload, path)
    rows = set()
    if breach.message == "heartbeat_ack" and last == "timestamp":
        rows.add("heartbeat_timestamp")
    elif last.endswith(_TIMES) or (value == "" and path):
        rows.add("times_and_null")
    if breach.message == "room:users" and (last == "sid" or (isinstance(value, dict) and "sid" in value)):
        rows.add("no_sid")
    return rows


def _value_at(payload: object, path: str) -> object:
    """Return the value at a JSON Pointer, None if there is none."""
    for step in path.split("/")[1:]:
        if isinstance(payload, dict):
            payload = payload.get(step.replace("~1", "/").replace("~0", "~"))
        elif isinstance(payload, list) and step.isdigit() and int(step) < len(payload):
            payload = payload[int(step)]
        else:
            return None
    return payload
