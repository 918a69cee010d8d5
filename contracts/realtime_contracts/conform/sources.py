"""Where requirements come from: the sections of the seed and of the specification, by the tags that name them."""

from __future__ import annotations

#: The sections of the user's own document, phase 18, part 1.
SEED = {
    "1_1": "Socket.IO Server Configuration",
    "1_2": "Message Types Definition",
    "2_1": "Connection Manager Implementation",
    "3_1": "Presence Manager Implementation",
    "4_1": "Handler Registration",
    "4_2": "Connection Handler",
    "4_3": "Presence Handler",
    "5_1": "Room Manager Implementation",
    "5_2": "Room Handler",
}
#: The sections of docs/specification.md.
SPECIFICATION = {
    "transport": "Transport",
    "errors": "Acks and errors",
    "connecting": "Connecting",
    "presence": "Presence",
    "rooms": "Rooms",
    "cursors": "Cursors",
    "typing": "Typing",
    "documents": "Documents",
    "notifications": "Notifications",
    "activity": "Activity",
    "rest": "REST",
    "limits": "Limits",
    "rulings": "What the seed says otherwise, and why it is ruled so",
}


def source_of(tag: str) -> str:
    """A source's tag in words: `seed 4.2, Connection Handler`. Raises KeyError for a section that is not there."""
    where, _, section = tag.partition("_")
    if where == "seed":
        return f"seed {section.replace('_', '.')}, {SEED[section]}"
    return f"specification, {SPECIFICATION[section]}"
