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
from app.realtime.store.presence import presence_keys
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
        self._address = address
        self._rate = (rate.interval_ms, rate.burst)
        self._lives_ms = lives_ms
        self._move = Script(client, "cursor_move")
        self._announce = Script(client, "cursor_announce")
        self._remove = Script(client, "cursor_remove")
        self._sync = Script(client, "cursor_sync")

    def move(self, moves: Sequence[tuple[CursorKey, str, dict[str, Any]]], status_moves: dict[str, str]) -> list[int]:
        """Store cursors, each of a key, the sid that moved it and its JSON.

        Returns for each the ms after which to `announce` it, 0 if it is announced, less if the sid is not in the room.
        """
        status = orjson.dumps(status_moves)
        calls = []
        for key, sid, cursor in moves:
            keys = TenantKeys(key.tenant_id)
            room_id, user_id = key.room_id, key.user_id
            calls.append(
                (
                    [
                        *presence_keys(keys, user_id),
                        keys.connection(sid),
                        keys.connection_rooms(sid),
                        keys.cursors(room_id),
                        keys.rooms_due,
                    ],
                    [
                        self._address.bus,
                        keys.tenant_channel,
                        user_id,
                        sid,
                        room_id,
                        keys.room_channel(room_id),
                        keys.users_channel,
                        orjson.dumps(cursor),
                        self._lives_ms,
                        *self._rate,
                        status,
                    ],
                )
            )
        return cast("list[int]", self._move.run_all(calls))

    def announce(self, waiting: Sequence[CursorKey]) -> list[int]:
        """Announce cursors that had to wait. Returns for each the ms to wait again, 0 for done."""
        calls = [
            ([TenantKeys(key.tenant_id).cursors(key.room_id)], [*self._place(key), *self._rate]) for key in waiting
        ]
        return cast("list[int]", self._announce.run_all(calls))

    def remove(self, removed: Sequence[CursorKey]) -> None:
        """Remove cursors; one that is not there is none."""
        self._remove.run_all([([TenantKeys(key.tenant_id).cursors(key.room_id)], self._place(key)) for key in removed])

    def _place(self, key: CursorKey) -> list[str]:
        keys = TenantKeys(key.tenant_id)
        return [self._address.bus, key.user_id, key.room_id, keys.room_channel(key.room_id), keys.users_channel]

    def sync(self, keys: TenantKeys, member: Member, room_id: str) -> list[dict[str, Any]]:
        """Send `cursor:sync` to the member's connection and return the cursors. Raises NotInRoom, ConnectionLost."""
        answer = self._sync(
            [keys.connection(member.sid), keys.connection_rooms(member.sid), keys.cursors(room_id)],
            [self._address.node, member.sid, member.user_id, room_id, self._lives_ms],
        )
        return cast("list[dict[str, Any]]", orjson.loads(admitted(answer)))
