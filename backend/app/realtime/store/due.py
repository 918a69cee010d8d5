"""Deadlines in sorted sets, and how their scripts answer what is due."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import redis

from app.realtime.store.script import Script

#: Members handled per check; the next check takes the rest.
DUE_BATCH = 500


@dataclass(frozen=True)
class Due:
    """The due members, and the seconds until the next check (None: nothing waits)."""

    members: list[str]
    next_in: float | None

    @classmethod
    def read(cls, answer: list[Any]) -> Due:
        """Parse the answer of due_list.lua and presence_due.lua."""
        next_in, *members = answer
        return cls(members, None if next_in < 0 else next_in / 1000)


class DueList:
    """Sorted sets of deadlines in Redis."""

    def __init__(self, client: redis.Redis) -> None:
        self._list = Script(client, "due_list")

    def list(self, key: str) -> Due:
        """Return the due members: member → when (ms). One round trip; raises Unavailable."""
        return Due.read(self._list(due=key, batch=DUE_BATCH))
