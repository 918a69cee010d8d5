"""Connections: authenticates them, stores them in Redis and keeps those of this node (seed 2.1).

Redis holds the connections of all nodes. `local_connections` holds those of this process: an event finds its
user there without a round trip, and the node restores them from there if Redis loses its data.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

import redis

from app.realtime.managers.access_tokens import AccessTokens
from app.realtime.managers.accessors import of_current_app
from app.realtime.store.address import NodeAddress
from app.realtime.store.keys import TenantKeys, node_tenants
from app.realtime.store.moves import moves_of
from app.realtime.store.revocations import Claimed, revoked
from app.realtime.store.script import Script, reaching_redis
from app.settings import Settings
from realtime_contracts.rules.errors import LimitExceeded, Unauthenticated, Unavailable
from realtime_contracts.rules.pace import Paces
from realtime_contracts.rules.presence import Trigger
from realtime_contracts.rules.times import from_rfc3339, to_rfc3339

#: How disconnect.lua begins an answer that asks for more; any other has nothing to add.
_DUE_OFFLINE, _NAME_THESE_ROOMS = 2, 3

#: What connect.lua answers if the tenant has all the connections allowed, and if the token has been revoked.
_TENANT_IS_FULL, _REVOKED = 0, -1


#: Of a connection whose token is not known: as of one that says nothing.
NO_CLAIMS = Claimed("")


@dataclass
class Connection:
    """One Socket.IO session. `expires_at` is the token's end; None never ends. `paces`: while this node holds it."""

    sid: str
    user_id: str
    tenant_id: str
    user_name: str
    user_email: str
    connected_at: datetime
    device_type: str = "desktop"
    browser: str = "unknown"
    ip_address: str = ""
    rooms: set[str] = field(default_factory=set)
    role: str = "user"
    expires_at: datetime | None = None
    token: Claimed = NO_CLAIMS
    #: The number of the delayed ack that the connection waits for, if it does: it sends one edit after the other.
    ack_number: int = 0
    paces: Paces = field(default=(), repr=False, compare=False)

    @property
    def keys(self) -> TenantKeys:
        """The Redis keys of the connection's tenant."""
        return TenantKeys(self.tenant_id)

    def to_dict(self) -> dict[str, Any]:
        """Return the public fields (seed 2.1): no address, no e-mail."""
        return {
            "sid": self.sid,
            "user_id": self.user_id,
            "tenant_id": self.tenant_id,
            "user_name": self.user_name,
            "connected_at": to_rfc3339(self.connected_at),
            "device_type": self.device_type,
            "browser": self.browser,
        }


@dataclass(frozen=True)
class _Ending:
    """A connection that ended while Redis was away. It is removed from Redis when Redis is back."""

    connection: Connection
    goodbye: bool


class ConnectionManager:
    """The connections of all tenants; methods say which of them ask Redis."""

    def __init__(self, redis_client: redis.Redis, settings: Settings, address: NodeAddress) -> None:
        self.redis = redis_client
        self.local_connections: dict[str, Connection] = {}
        self._settings = settings
        self._tokens = AccessTokens(settings)
        self._address = address
        self._connect = Script(redis_client, "connect", address)
        self._disconnect = Script(redis_client, "disconnect", address)
        self._watched: set[str] = set()
        #: Sids of which Redis is being asked to store them.
        self._beginning: set[str] = set()
        self._endings: list[_Ending] = []

    def verify(self, token: str) -> dict[str, Any]:
        """The user of an access token: user_id, tenant_id, user_name, user_email, role, expires_at.

        A leading `Bearer ` is accepted. Raises TokenExpired, and
        Unauthenticated for anything else that is not a valid access token of a user of a tenant.
        """
        return self._tokens.user_of(token)

    def add_connection(
        self,
        sid: str,
        user_data: dict[str, Any],
        device_type: str = "desktop",
        browser: str = "unknown",
        ip_address: str = "",
    ) -> Connection:
        """Store a connection and make its user online (seed 2.1). One round trip.

        The others of the tenant hear `presence:user_joined` if the user was offline; the connection
        itself gets `presence:list`. Raises LimitExceeded (connections of one user) and Unavailable,
        and then nothing is stored.
        """
        connection = Connection(
            sid=sid,
            user_id=user_data["user_id"],
            tenant_id=user_data["tenant_id"],
            user_name=user_data["user_name"],
            user_email=user_data.get("user_email", ""),
            connected_at=datetime.now(UTC),
            device_type=device_type,
            browser=browser,
            ip_address=ip_address,
            role=user_data.get("role", "user"),
            expires_at=user_data.get("expires_at"),
            token=user_data.get("token", NO_CLAIMS),
        )
        self._beginning.add(sid)
        try:
            self.restore_connection(connection)
            self.local_connections[sid] = connection
        except Unavailable:
            # Redis may have run the script although its answer was lost.
            self._endings.append(_Ending(connection, goodbye=True))
            raise
        finally:
            self._beginning.discard(sid)
        return connection

    def restore_connection(self, connection: Connection) -> None:
        """Store a connection in Redis, for the first time or after Redis has lost it."""
        limit, tenant_id = self._settings.max_connections_per_user, connection.tenant_id
        # Once per tenant: a node that finds this one dead must know whose connections it held.
        first = tenant_id not in self._watched
        answer = self._connect(
            connection.keys,
            sid=connection.sid,
            user_id=connection.user_id,
            user_name=connection.user_name,
            device_type=connection.device_type,
            browser=connection.browser,
            token_id=connection.token.token_id,
            issued_at_ms=connection.token.issued_at_ms,
            max_connections=limit,
            max_of_tenant=self._settings.max_connections_per_tenant,
            list_limit=self._settings.presence_list_limit,
            moves=moves_of(Trigger.ACTIVITY),
            after=("SADD", node_tenants(self._address.node_id), tenant_id) if first else (),
        )
        if answer == _REVOKED:
            raise revoked()
        if answer == _TENANT_IS_FULL:
            of_tenant = self._settings.max_connections_per_tenant
            raise LimitExceeded(of_tenant, f"A tenant may have {of_tenant} connections")
        if answer is None:
            raise LimitExceeded(limit, f"A user may have {limit} connections")
        self._watched.add(tenant_id)
        connection.connected_at = from_rfc3339(answer)

    def remove_connection(self, sid: str, *, goodbye: bool = False) -> tuple[Connection, float | None] | None:
        """Forget a connection and leave its rooms (seed 2.1); its user goes offline now if `goodbye`
        and this was their last one, else after OFFLINE_TIMEOUT_SECONDS.

        Returns the connection and the seconds until its user is due offline (None: not due), or None
        if it is not here. While Redis is away it is remembered, for `finish_endings`.
        """
        connection = self.local_connections.pop(sid, None)
        if connection is None:
            return None
        try:
            return connection, self._end(connection, goodbye=goodbye)
        except Unavailable:
            self._endings.append(_Ending(connection, goodbye))
            return connection, None

    def finish_endings(self) -> list[tuple[str, float]]:
        """Remove connections that ended while Redis was away. Returns (tenant_id, seconds) of those now due."""
        due: list[tuple[str, float]] = []
        while self._endings:
            ending = self._endings[0]
            seconds = self._end(ending.connection, goodbye=ending.goodbye)
            self._endings.pop(0)
            # It may have ended the first time, with its answer lost: then its user is due within the grace from then.
            latest = self._settings.offline_timeout_seconds
            due.append((ending.connection.tenant_id, latest if seconds is None else seconds))
        return due

    def _end(self, connection: Connection, *, goodbye: bool) -> float | None:
        return self._forget(
            connection.keys,
            connection.rooms,
            user_id=connection.user_id,
            sid=connection.sid,
            node_id=self._address.node_id,
            goodbye=goodbye,
            lost_at_ms=0,
        )

    def end_foreign(self, tenant_id: str, user_id: str, sid: str, node_id: str, lost_at_ms: int) -> float | None:
        """End a connection of a dead node: its transport was lost at `lost_at_ms` of Redis' clock."""
        return self._forget(
            TenantKeys(tenant_id),
            (),
            user_id=user_id,
            sid=sid,
            node_id=node_id,
            goodbye=False,
            lost_at_ms=lost_at_ms,
        )

    def _forget(self, keys: TenantKeys, rooms: Iterable[str], **ending: Any) -> float | None:
        """Remove a connection from Redis; one that is not there (any more) is ignored.

        `rooms`: the rooms it is believed to be in. If Redis knows others, the script says so and is called again.
        Returns the seconds until the user is due offline, None if nothing waits.
        """
        grace_ms = round(self._settings.offline_timeout_seconds * 1000)
        while True:
            named = [{"room_id": room_id} for room_id in rooms]
            answer, *rest = self._disconnect(keys, rooms=named, grace_ms=grace_ms, **ending)
            if answer == _DUE_OFFLINE:
                return float(rest[0]) / 1000
            if answer != _NAME_THESE_ROOMS:
                return None
            rooms = rest

    def holds(self, sid: str) -> bool:
        """Whether a connection is on this node, will be in a moment, or waits to be removed from Redis."""
        if sid in self.local_connections or sid in self._beginning:
            return True
        return any(ending.connection.sid == sid for ending in self._endings)

    def get_connection(self, sid: str) -> Connection | None:
        """The connection `sid`, if this node holds it."""
        return self.local_connections.get(sid)

    def get_tenant_connections(self, tenant_id: str) -> list[Connection]:
        """The tenant's connections on this node."""
        return [c for c in self.local_connections.values() if c.tenant_id == tenant_id]

    def get_connection_count(self) -> int:
        """How many connections this node holds."""
        return len(self.local_connections)

    def watched_tenants(self) -> set[str]:
        """Return the tenants that this node has in its index."""
        return set(self._watched)

    def watch(self, tenant_ids: set[str]) -> None:
        """Add tenants to the node's index."""
        self._watched |= tenant_ids

    def unwatch(self, tenant_id: str) -> None:
        """Note that this tenant leaves the index; its next connection adds it again."""
        self._watched.discard(tenant_id)

    # Only the seed asks for what follows (2.1); nothing in the server calls it.

    def authenticate(self, token: str) -> dict[str, Any] | None:
        """The user of an access token, None if it is not one (seed 2.1). See `verify`."""
        try:
            return self.verify(token)
        except Unauthenticated:
            return None

    def get_user_connections(self, user_id: str, tenant_id: str) -> list[Connection]:
        """The user's connections on this node."""
        return [c for c in self.get_tenant_connections(tenant_id) if c.user_id == user_id]

    def get_user_sids(self, user_id: str, tenant_id: str) -> list[str]:
        """The user's sids on all nodes. One round trip; raises Unavailable."""
        return self._members(TenantKeys(tenant_id).user_connections(user_id))

    def get_tenant_sids(self, tenant_id: str) -> list[str]:
        """The tenant's sids on all nodes. One round trip; raises Unavailable."""
        return self._members(TenantKeys(tenant_id).connections)

    def get_online_user_ids(self, tenant_id: str) -> set[str]:
        """The users of the tenant that are connected to this node."""
        return {connection.user_id for connection in self.get_tenant_connections(tenant_id)}

    def add_to_room(self, sid: str, room: str) -> None:
        """Note that a connection of this node is in `room`."""
        if connection := self.local_connections.get(sid):
            connection.rooms.add(room)

    def remove_from_room(self, sid: str, room: str) -> None:
        """Note that a connection of this node is not in `room`."""
        if connection := self.local_connections.get(sid):
            connection.rooms.discard(room)

    def _members(self, key: str) -> list[str]:
        with reaching_redis():
            return sorted(cast("set[str]", self.redis.smembers(key)))


def get_connection_manager() -> ConnectionManager:
    """The current app's ConnectionManager (seed 2.1)."""
    return of_current_app(ConnectionManager)
