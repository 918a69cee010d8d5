"""What each event of a client leads to: its errors, and the messages that follow.

JSON Schema says what a message looks like, not what comes after it. `exchanges.json` says that, for the pages and
listings of the contract; the conformance harness holds servers to its error codes.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from realtime_contracts.contract.schemas import own_folder

#: The client's event that opens the connection: Socket.IO's own packet, which has no ack.
CONNECT = "connect"


@dataclass(frozen=True)
class Exchange:
    """One event of a client and what can follow it."""

    event: str
    #: Codes of its failure: its own first, then those that any event can have.
    errors: tuple[str, ...]
    #: Events that the server then sends to this connection.
    to_sender: tuple[str, ...]
    #: Events that it sends to other connections.
    to_others: tuple[str, ...]


@dataclass(frozen=True)
class Exchanges:
    """The exchanges of a contract."""

    by_event: Mapping[str, Exchange]
    #: What the server sends of its own accord, by event, and when.
    by_itself: Mapping[str, str]

    def causes(self, event: str) -> list[str]:
        """The client's events after which the server can send `event`, to anybody."""
        return [e.event for e in self.by_event.values() if event in e.to_sender + e.to_others]


@functools.cache
def exchanges() -> Exchanges:
    """The exchanges of the contract that this package came with."""
    content = json.loads((own_folder() / "exchanges.json").read_text(encoding="utf-8"))
    anyhow: list[str] = content["any_event"]
    return Exchanges(
        {
            event: _exchange(event, said, [] if event == CONNECT else anyhow)
            for event, said in content["events"].items()
        },
        content["by_itself"],
    )


def _exchange(event: str, said: Mapping[str, Any], anyhow: list[str]) -> Exchange:
    return Exchange(event, (*said["errors"], *anyhow), tuple(said["to_sender"]), tuple(said["to_others"]))
