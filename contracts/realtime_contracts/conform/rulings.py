"""The specification's table of what the seed says otherwise, as far as it can be seen from outside.

A scenario that decides a row has its key as a tag (`@ruling_grace`). What a row says of times, of connection ids and
of empty texts is broken by messages too, whatever scenario they come in: `rulings_of` tells the rows of a breach.
The rows about libraries, imports and round trips are not here: no client can tell.
"""

from __future__ import annotations

from realtime_contracts import Direction
from realtime_contracts.conform.results import Breach
from realtime_contracts.contract.registry import UnknownEvent, registry

#: By key: what the seed says, and the ruling. The words are the specification's; a test holds them to it.
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

#: What is not there where the seed is followed, by the row: of a server that never sends it, it tells that.
ABSENT = {
    "disconnect_reason": "presence:user_left",
    "grace": "presence:user_left",
    "leave_all_rooms": "room:user_left",
}

#: How the last part of a place ends that holds a time.
_TIMES = ("_at", "timestamp")


def rulings_of(breach: Breach) -> frozenset[str]:
    """The rows that a breach of the contract shows to be broken, by whatever is wrong in its payload."""
    return frozenset(row for path in {breach.path, *_all_wrong(breach)} for row in _rows_at(breach, path))


def _all_wrong(breach: Breach) -> frozenset[str]:
    """Where a payload is wrong, all places: a breach names the first, such as a number that is missing."""
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
    """What stands at a JSON Pointer, None if nothing does."""
    for step in path.split("/")[1:]:
        if isinstance(payload, dict):
            payload = payload.get(step.replace("~1", "/").replace("~0", "~"))
        elif isinstance(payload, list) and step.isdigit() and int(step) < len(payload):
            payload = payload[int(step)]
        else:
            return None
    return payload
