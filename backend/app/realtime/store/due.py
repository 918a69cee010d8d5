"""Typed call on the script that looks at deadlines."""

from __future__ import annotations

from dataclasses import dataclass

import redis

from app.realtime.store.script import Script

#: How many one look handles; the rest comes in the next look.
DUE_BATCH = 500


@dataclass(frozen=True)
class Due:
    """Whose time has come, and in how many seconds to look again (None: nothing waits)."""

    members: list[str]
    next_in: float | None


class DueList:
    """Sorted sets of deadlines in Redis."""

    def __init__(self, client: redis.Redis) -> None:
        self._list = Script(client, "due_list")

    def list(self, key: str) -> Due:
        """What is due in a sorted set: member → when (ms). One round trip; raises Unavailable."""
        next_in, *members = self._list(due=key, batch=DUE_BATCH)
        return Due(members, None if next_in < 0 else next_in / 1000)
