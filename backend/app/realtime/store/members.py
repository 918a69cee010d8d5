"""What all scripts of a room answer first: whether the connection may speak there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.errors import ConnectionLost, NotInRoom

#: How members.lua refuses.
NO_CONNECTION, NOT_IN_ROOM = 0, -1


@dataclass(frozen=True)
class Member:
    """Who does something in a room, with which connection."""

    user_id: str
    user_name: str
    sid: str


def admitted(answer: Any) -> Any:
    """A script's answer, unless it is a refusal. Raises ConnectionLost and NotInRoom."""
    if answer == NO_CONNECTION:
        raise ConnectionLost
    if answer == NOT_IN_ROOM:
        raise NotInRoom
    return answer
