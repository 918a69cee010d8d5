"""What the clients have sent and received, by connection. Data only; `judge` reads it.

Times are milliseconds of Redis' clock, to within `History.blur_ms`: `clients.Clock` maps ours to it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

Kind = Literal["asked", "sync", "edit", "sent", "answer", "locks", "lock", "unlock", "left"]


@dataclass(frozen=True)
class Event:
    """One thing on one connection.

    sync, edit, locks: `data` is what the server sent. asked: for a sync, with `since_version` if the client has one.
    sent: an edit, `data` its payload. answer: to an edit, `data` has its edit_id, when it was `sent_at`, and the ack.
    lock, unlock: the answer to one, with `sent_at`, `path`, the ack, and a lock's `ttl` (s). left: the connection has
    said goodbye.
    """

    at: float
    kind: Kind
    data: dict[str, Any] = field(default_factory=dict)


@dataclass
class Connection:
    """One connection of one user, from its first message to its end."""

    user_id: str
    user_name: str
    events: list[Event] = field(default_factory=list)
    #: What its client has folded in the end; None if it had none, or ended before the others.
    document: Any = None

    def of(self, *kinds: Kind) -> list[Event]:
        """Its events of these kinds."""
        return [event for event in self.events if event.kind in kinds]


@dataclass
class History:
    """All connections, in the order in which they began, and the state of the server at the end."""

    connections: list[Connection]
    #: Who hears everything, edits nothing, and asks for the log again and again.
    witness: Connection
    version: int = 0
    content: Any = None
    #: Milliseconds that a time may be wrong.
    blur_ms: float = 0.0
    #: Why clients could not go on to the end; none should.
    stopped: list[str] = field(default_factory=list)

    def save(self, path: Path) -> Path:
        """Write everything down, for whoever has to find out why."""
        path.write_text(json.dumps(asdict(self), indent=1), "utf-8")
        return path


def events(history: History, *kinds: Any) -> Iterator[tuple[Connection, Event]]:
    """Everybody's events of these kinds but the witness', each with its connection."""
    for connection in history.connections:
        for event in connection.of(*kinds):
            yield connection, event
