"""The tags of the features and their meanings, including the sections that requirements come from."""

from __future__ import annotations

import re

#: The families, in the order they are run and reported. The harmful ones come last.
FAMILIES = (
    *("connection", "presence", "rooms", "cursors", "typing", "documents", "locks"),
    *("notifications", "activity", "rest", "tokens", "multi_node", "errors", "limits"),
)

#: The levels of a requirement.
LEVELS = ("must", "should", "may")

#: What a scenario needs from the environment.
NEEDS = {
    "multi_node": "two nodes, clients on both",
    "fault": "something is killed, stopped or cut",
    "slow": "as long as a timeout of the server",
}

TAGS = {
    "connection": "family: coming, being refused, going",
    "presence": "family: who is online, and how",
    "rooms": "family: who is in a room",
    "cursors": "family: where everybody is in what a room shows",
    "typing": "family: who is writing, and where",
    "documents": "family: the document that a room edits together",
    "locks": "family: who has reserved a place of it",
    "notifications": "family: what needs somebody's attention",
    "activity": "family: what happened in the company",
    "rest": "family: the same over HTTP",
    "tokens": "family: how a connection's token ends, and is followed by a newer one",
    "errors": "family: what a wrong event is answered with",
    "limits": "family: how much a client may send",
    "must": "level: the seed asks for it",
    "should": "level: a ruling on the seed asks for it",
    "may": "level: a server is better with it",
    "single": "one client is enough",
    **{tag: f"need: {meaning}" for tag, meaning in NEEDS.items()},
}

#: A requirement's permanent id: family, rule, scenario.
ID = re.compile(r"[a-z_]+/\d+\.\d+")
#: The sections of the seed, phase 18, part 1.
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
#: The sources of requirements: sections of the seed, or of the specification.
SOURCE = re.compile(rf"seed_\d+(_\d+)?|spec_({'|'.join(SPECIFICATION)})")
#: The tag of a ruling that the scenario decides: see `rulings`.
RULING = re.compile(r"ruling_[a-z_]+")


def source_of(tag: str) -> str:
    """Return a source's tag in words: `seed 4.2, Connection Handler`. Raises KeyError for an unknown section."""
    where, _, section = tag.partition("_")
    if where == "seed":
        return f"seed {section.replace('_', '.')}, {SEED[section]}"
    return f"specification, {SPECIFICATION[section]}"
