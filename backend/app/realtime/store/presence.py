"""Typed calls on the presence scripts: one user's presence and the tenant's list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import orjson
import redis

from app.realtime.store.address import NodeAddress
from app.realtime.store.keys import TenantKeys
from app.realtime.store.script import Script, reaching_redis

#: Users that one look at what is due handles; the rest comes in the next look.
DUE_BATCH = 500


@dataclass(frozen=True)
class Due:
    """Whose time has come, and in how many seconds to look again (None: nobody is waiting)."""

    user_ids: list[str]
    next_in: float | None


class PresenceStore:
    """Presence in Redis. Every method is one round trip and may raise Unavailable."""

    def __init__(self, client: redis.Redis, address: NodeAddress) -> None:
        self._client = client
        self._set = Script(client, "presence_set", address)
        self._list = Script(client, "presence_list", address)
        self._online = Script(client, "presence_online", address)
        self._offline = Script(client, "presence_offline", address)
        self._due = Script(client, "presence_due", address)
        self._expire = Script(client, "presence_expire", address)

    def set(
        self,
        keys: TenantKeys,
        user_id: str,
        moves: dict[str, str],
        location: dict[str, str | None],
        *,
        sid: str | None,
        activity: bool,
        always: bool,
    ) -> tuple[dict[str, Any], str] | None:
        """Change status by `moves` and the `location` fields given (None clears).

        `sid`: the connection that does it, which must exist. Returns the presence as
        `presence:update` shows it and the time of Redis; None if there is no such connection or
        the user is offline.
        """
        answer = self._set(
            keys, user_id=user_id, sid=sid, moves=moves, location=location, is_active=activity, always=always
        )
        return (orjson.loads(answer[0]), answer[1]) if answer else None

    def list(
        self,
        keys: TenantKeys,
        *,
        user_id: str = "",
        sid: str | None = None,
        entity_type: str | None = None,
        entity_id: str | None = None,
    ) -> dict[str, Any] | None:
        """`{users, seq}`, also sent to connection `sid` if given; None if that does not exist."""
        answer = self._list(keys, user_id=user_id, sid=sid, entity_type=entity_type, entity_id=entity_id)
        return cast("dict[str, Any]", orjson.loads(answer)) if answer else None

    def online(
        self,
        keys: TenantKeys,
        user_id: str,
        *,
        user_name: str,
        device_type: str,
        page: str | None,
        grace_ms: int,
        moves: dict[str, str],
    ) -> None:
        """Make a user online; without a connection for `grace_ms` only."""
        self._online(
            keys,
            user_id=user_id,
            user_name=user_name,
            device_type=device_type,
            current_page=page,
            grace_ms=grace_ms,
            moves=moves,
        )

    def offline(self, keys: TenantKeys, user_id: str) -> bool:
        """Take a user offline; False if they were."""
        return bool(self._offline(keys, user_id=user_id))

    def get(self, keys: TenantKeys, user_id: str) -> dict[str, str]:
        """The user's stored record, {} if offline."""
        with reaching_redis():
            return cast("dict[str, str]", self._client.hgetall(keys.user(user_id)))

    def due(self, keys: TenantKeys, away_ms: int) -> Due:
        """Whose grace time or inactivity has run out."""
        next_in, *user_ids = self._due(keys, away_ms=away_ms, batch=DUE_BATCH)
        return Due(user_ids, None if next_in < 0 else next_in / 1000)

    def expire(self, keys: TenantKeys, user_id: str, away_ms: int, moves: dict[str, str]) -> str | None:
        """Do what is due for one user: `offline`, `away`, or None if nothing is."""
        return cast("str | None", self._expire(keys, user_id=user_id, away_ms=away_ms, moves=moves))
