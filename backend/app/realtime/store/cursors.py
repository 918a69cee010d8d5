"""Typed calls on the cursor scripts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import orjson
import redis

from app.realtime.store.address import NodeAddress
from app.realtime.store.keys import TenantKeys
from app.realtime.store.members import Member, admitted
from app.realtime.store.script import Script
from realtime_contracts.rules.rates import Rate


@dataclass(frozen=True)
class CursorKey:
    """Whose cursor, in which room."""

    tenant_id: str
    room_id: str
    user_id: str


class CursorStore:
    """Cursors in Redis. Every method is one round trip and may raise Unavailable."""

    def __init__(self, client: redis.Redis, address: NodeAddress, rate: Rate, lives_ms: int) -> None:
        self._rate = {"interval_ms": rate.interval_ms, "burst": rate.burst}
        self._lives_ms = lives_ms
        self._move = Script(client, "cursor_move", address)
        self._announce = Script(client, "cursor_announce", address)
        self._remove = Script(client, "cursor_remove", address)
        self._sync = Script(client, "cursor_sync", address)

    def move(self, moves: Sequence[tuple[CursorKey, str, dict[str, Any]]], status_moves: dict[str, str]) -> list[int]:
        """Store cursors, each of a key, the sid that moved it and its JSON.

        Returns for each the ms after which to `announce` it, 0 if it is announced, less if the sid is not in the room.
        """
        each = {"lives_ms": self._lives_ms, "moves": status_moves, **self._rate}
        calls = [
            (TenantKeys(key.tenant_id), {**_place(key), "sid": sid, "position": cursor, **each})
            for key, sid, cursor in moves
        ]
        return cast("list[int]", self._move.run_all(calls))

    def announce(self, waiting: Sequence[CursorKey]) -> list[int]:
        """Announce cursors that had to wait. Returns for each the ms to wait again, 0 for done."""
        calls = [(TenantKeys(key.tenant_id), {**_place(key), **self._rate}) for key in waiting]
        return cast("list[int]", self._announce.run_all(calls))

    def remove(self, removed: Sequence[CursorKey]) -> None:
        """Remove cursors; one that is not there is none."""
        self._remove.run_all([(TenantKeys(key.tenant_id), _place(key)) for key in removed])

    def sync(self, keys: TenantKeys, member: Member, room_id: str) -> list[dict[str, Any]]:
        """Send `cursor:sync` to the member's connection and return the cursors. Raises NotInRoom, ConnectionLost."""
        answer = self._sync(keys, sid=member.sid, user_id=member.user_id, room_id=room_id, lives_ms=self._lives_ms)
        return cast("list[dict[str, Any]]", orjson.loads(admitted(answer)))


def _place(key: CursorKey) -> dict[str, Any]:
    return {"room_id": key.room_id, "user_id": key.user_id}
