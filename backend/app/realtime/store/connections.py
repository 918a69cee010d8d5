"""Typed calls on the connection scripts."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum
from typing import cast

import redis

from app.realtime.store.address import NodeAddress
from app.realtime.store.keys import TenantKeys, node_tenants
from app.realtime.store.script import Script, reaching_redis


class _Answer(Enum):
    """How disconnect.lua begins its answer."""

    UNKNOWN = 0
    DONE = 1
    DUE_OFFLINE = 2
    NAME_THESE_ROOMS = 3


@dataclass(frozen=True)
class NewConnection:
    """What Redis keeps of a connection."""

    sid: str
    user_id: str
    user_name: str
    device_type: str
    browser: str


class ConnectionStore:
    """Connections in Redis. Every method may raise Unavailable."""

    def __init__(self, client: redis.Redis, address: NodeAddress) -> None:
        self._client = client
        self._address = address
        self._connect = Script(client, "connect", address)
        self._disconnect = Script(client, "disconnect", address)

    def connect(
        self, keys: TenantKeys, new: NewConnection, max_connections: int, moves: dict[str, str], *, watch: bool
    ) -> str | None:
        """Store the connection and make its user online. Returns connected_at, None if over the limit.

        `watch`: note first that this node must clean up after the tenant; needed once a tenant.
        """
        answer = self._connect(
            keys,
            sid=new.sid,
            user_id=new.user_id,
            user_name=new.user_name,
            device_type=new.device_type,
            browser=new.browser,
            max_connections=max_connections,
            moves=moves,
            after=("SADD", node_tenants(self._address.node_id), keys.tenant_id) if watch else (),
        )
        return cast("str | None", answer)

    def disconnect(
        self,
        keys: TenantKeys,
        user_id: str,
        sid: str,
        *,
        node_id: str,
        rooms: Collection[str],
        goodbye: bool,
        grace_ms: int,
        lost_at_ms: int = 0,
    ) -> float | None:
        """Forget a connection of `node_id`; one that is not known (any more) is none.

        `rooms`: those it is believed to be in. If Redis knows of others, the script says so and is
        called again. Returns the seconds until the user is due offline, None if nothing waits.
        """
        while True:
            answer, *rest = self._disconnect(
                keys,
                user_id=user_id,
                sid=sid,
                node_id=node_id,
                rooms=[{"room_id": room_id} for room_id in rooms],
                goodbye=goodbye,
                grace_ms=grace_ms,
                lost_at_ms=lost_at_ms,
            )
            match _Answer(answer):
                case _Answer.NAME_THESE_ROOMS:
                    rooms = rest
                case _Answer.DUE_OFFLINE:
                    return float(rest[0]) / 1000
                case _:
                    return None

    def user_sids(self, keys: TenantKeys, user_id: str) -> list[str]:
        """All sids of a user, on every node."""
        return self._members(keys.user_connections(user_id))

    def tenant_sids(self, keys: TenantKeys) -> list[str]:
        """All sids of the tenant, on every node."""
        return self._members(keys.connections)

    def _members(self, key: str) -> list[str]:
        with reaching_redis():
            return sorted(cast("set[str]", self._client.smembers(key)))
