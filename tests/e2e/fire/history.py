"""What the clients of a fire have done and heard, as it happened to each connection. Data only; `judge` reads it.

Times are milliseconds of the machine's clock, which is Redis' clock too: both are on it.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

Kind = Literal["sync", "edit", "sent", "answer", "locks", "lock", "unlock", "left"]


@dataclass(frozen=True)
class Event:
    """One thing on one connection.

    sync, edit, locks: `data` is what the server sent. sent: an edit, `data` its payload. answer: to an edit, `data` has
    its edit_id, when it was `sent_at`, and the ack. lock, unlock: the answer to one, with `sent_at` and `path`.
    left: the connection has said goodbye.
    """

    at: float
    kind: Kind
    data: dict[str, Any] = field(default_factory=dict)


@dataclass
class Connection:
    """One connection of one user, from its first message to its end."""

    user_id: str
    events: list[Event] = field(default_factory=list)
    #: What its client has folded in the end; None if it had none, or ended before the others.
    document: Any = None

    def of(self, *kinds: Kind) -> list[Event]:
        """Its events of these kinds."""
        return [event for event in self.events if event.kind in kinds]


@dataclass
class History:
    """All connections of a fire, and what the server said when it was over."""

    connections: list[Connection]
    #: Who heard everything, and did nothing.
    witness: Connection
    version: int = 0
    content: Any = None

    def save(self, path: Path) -> Path:
        """Write everything down, for whoever has to find out why."""
        path.write_text(json.dumps(asdict(self), indent=1), "utf-8")
        return path
