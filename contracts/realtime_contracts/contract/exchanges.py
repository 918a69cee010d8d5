"""The possible results of each client event, from `exchanges.json`: its error codes, and the messages that follow.

A schema says what a message looks like, not what comes after it. The pages show the exchanges; the conformance
harness checks a server's error codes against them.
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
    """One client event and what can follow it."""

    event: str
    #: The codes with which it can fail: its own first, then the general ones.
    errors: tuple[str, ...]
    #: The events that the server can then send to the same connection.
    to_sender: tuple[str, ...]
    #: The events that it can then send to other connections.
    to_others: tuple[str, ...]


@dataclass(frozen=True)
class Exchanges:
    """The exchanges of a contract."""

    by_event: Mapping[str, Exchange]
    #: The events that the server sends without a client event, and when.
    by_itself: Mapping[str, str]

    def causes(self, event: str) -> list[str]:
        """Return the client events after which the server can send `event` to any connection."""
        return [e.event for e in self.by_event.values() if event in e.to_sender + e.to_others]


@functools.cache
def exchanges() -> Exchanges:
    """Return the exchanges of the installed contract."""
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
