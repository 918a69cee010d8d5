"""What went over the wire in a scenario, in one order for all its connections, without its tokens."""

from __future__ import annotations

import json
from typing import Any, Literal

from realtime_contracts.conform.results import Wire
from realtime_contracts.conform.world import World
from realtime_contracts.wire.journal import Entry, Journal
from realtime_contracts.wire.redaction import redacted, shown

#: Characters of a payload that are kept; a text in it is cut at fewer.
MOST = 4000

_DIRECTIONS: dict[str, Literal["sent", "received", "note"]] = {
    "sent": "sent",
    "packet": "sent",
    "request": "sent",
    "event": "received",
    "ack": "received",
    "answer": "received",
}


def wire_of(world: World) -> tuple[Wire, ...]:
    """Everything that went, by time."""
    lines = [line for tab in world.tabs for line in _lines(tab.label, tab.journal)]
    return tuple(sorted([*lines, *_lines("REST", world.rest.journal)], key=lambda line: line.at))


def _lines(who: str, journal: Journal) -> list[Wire]:
    return [
        Wire(
            round(entry.at, 4),
            who,
            _DIRECTIONS.get(entry.kind, "note"),
            "event" if entry.kind == "sent" else entry.kind,
            redacted(entry.name),
            _payload(entry),
        )
        for entry in journal.since()
    ]


def _payload(entry: Entry) -> Any:
    value = entry.payload
    if entry.kind in ("sent", "request") and entry.name not in ("packet", "frame") and isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            value = entry.payload
    kept = shown(value)
    text = json.dumps(kept, default=repr)
    return kept if len(text) <= MOST else text[:MOST] + "…"
