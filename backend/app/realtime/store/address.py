"""A node's id and its channels of the bus."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import uuid4

from app.realtime.store import keys


@dataclass(frozen=True)
class NodeAddress:
    """A node's id and the two channels it listens on."""

    database: int
    node_id: str = field(default_factory=lambda: uuid4().hex)

    @property
    def bus(self) -> str:
        """The channel that every node of the cluster hears."""
        return keys.bus_channel(self.database)

    @property
    def node(self) -> str:
        """The channel that only this node hears."""
        return keys.node_channel(self.bus, self.node_id)
