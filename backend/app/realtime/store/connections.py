"""Typed calls on the connection scripts."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum
from typing import cast

import orjson
import redis

from app.realtime.store.address import NodeAddress
from app.realtime.store.keys import TenantKeys, node_tenants
from app.realtime.store.presence import presence_keys
from app.realtime.store.rooms import room_keys
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
        self._connect = Script(client, "connect")
        self._disconnect = Script(client, "disconnect")

    def connect(
        self, keys: TenantKeys, new: NewConnection, max_connections: int, moves: dict[str, str], *, watch: bool
    ) -> str | None:
        """Store the connection and make its user online. Returns connected_at, None if over the limit.

        `watch`: note first that this node must clean up after the tenant; needed once a tenant.
        """
        answer = self._connect(
            [
                *presence_keys(keys, new.user_id),
                keys.user_connections(new.user_id),
                keys.connections,
                keys.connection(new.sid),
                keys.node_connections(self._address.node_id),
                keys.notifications_ends(new.user_id),
            ],
            [
                self._address.bus,
                keys.tenant_channel,
                new.user_id,
                self._address.node,
                new.sid,
                keys.user_channel(new.user_id),
                new.user_name,
                new.device_type,
                new.browser,
                self._address.node_id,
                keys.tenant_id,
                max_connections,
                orjson.dumps(moves),
            ],
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
            room_ids = list(rooms)
            answer, *rest = self._disconnect(
                [
                    *presence_keys(keys, user_id),
                    keys.user_connections(user_id),
                    keys.connections,
                    keys.connection(sid),
                    keys.node_connections(node_id),
                    keys.connection_rooms(sid),
                    keys.rooms_due,
                    *(key for room_id in room_ids for key in room_keys(keys, room_id)),
                ],
                [
                    self._address.bus,
                    keys.tenant_channel,
                    user_id,
                    sid,
                    int(goodbye),
                    grace_ms,
                    lost_at_ms,
                    keys.users_channel,
                    *(arg for r in room_ids for arg in (r, keys.room_channel(r))),
                ],
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
