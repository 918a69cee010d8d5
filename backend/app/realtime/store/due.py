"""Deadlines in sorted sets, and how their scripts answer what is due."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import redis

from app.realtime.store.script import Script

#: How many one look handles; the rest comes in the next look.
DUE_BATCH = 500


@dataclass(frozen=True)
class Due:
    """Whose time has come, and in how many seconds to look again (None: nothing waits)."""

    members: list[str]
    next_in: float | None

    @classmethod
    def read(cls, answer: list[Any]) -> Due:
        """What due_list.lua and presence_due.lua answer."""
        next_in, *members = answer
        return cls(members, None if next_in < 0 else next_in / 1000)


class DueList:
    """Sorted sets of deadlines in Redis."""

    def __init__(self, client: redis.Redis) -> None:
        self._list = Script(client, "due_list")

    def list(self, key: str) -> Due:
        """What is due in a sorted set: member → when (ms). One round trip; raises Unavailable."""
        return Due.read(self._list(due=key, batch=DUE_BATCH))
