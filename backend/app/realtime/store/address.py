"""A node's id, and how it and others publish on the cluster's bus."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import uuid4

from app.realtime.store import keys


@dataclass(frozen=True)
class NodeAddress:
    """A node of the cluster whose Redis has this database. `sharded`: see `Topology`."""

    database: int
    node_id: str = field(default_factory=lambda: uuid4().hex)
    sharded: bool = False

    @property
    def bus(self) -> str:
        """How the names of the cluster's channels begin. The name of a Socket.IO room or a node follows."""
        return keys.bus_prefix(self.database)

    @property
    def publish(self) -> str:
        """The command that publishes on a channel."""
        return "SPUBLISH" if self.sharded else "PUBLISH"
