"""What travels on the bus.

A message to a Socket.IO room is one line of JSON about its way, and then the array that a Socket.IO EVENT packet has:

    {"room":"tenant:{acme}","skip":"sid"}
    ["presence:update",{...}]

A node reads the first line and sends the second as it is. `room` and `skip` are one name or a list of names. The line
may also have `skip_room` (a Socket.IO room whose connections do not get it), `enter` (Socket.IO rooms that the
connection `room` enters first), `due` ([Socket.IO room, ms until something ends in it]), `replaces` (see `Message`),
`unsteady` (a user whose next heartbeat may change their status), `at` (its place among the announcements of `room`) and
`from` (the places of the rooms in `enter`): see `Positions`. A message with `do` is for the node. Of these, `missed`
has an array on each further line.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

Head = dict[str, Any]
Names = str | list[str]


def read(data: bytes) -> tuple[Head, str]:
    """The line about the way, and the packet. Raises ValueError."""
    line, _, packet = data.partition(b"\n")
    head: Head = orjson.loads(line)
    return head, packet.decode()


def write(room: Names, event: str, arguments: list[Any], skip: Names | None = None) -> bytes:
    """A message to Socket.IO rooms, except for some connections. Raises TypeError for what is no JSON."""
    head = {"room": room} if skip is None else {"room": room, "skip": skip}
    return orjson.dumps(head) + b"\n" + orjson.dumps([event, *arguments])


def listed(names: Names | tuple[()]) -> Sequence[str]:
    """One name or several, as several."""
    return (names,) if isinstance(names, str) else names
