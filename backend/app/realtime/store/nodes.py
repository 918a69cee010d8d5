"""Nodes in Redis: their leases, their tenants, and what a dead node leaves behind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import redis

from app.realtime.store import access
from app.realtime.store import keys as k
from app.realtime.store.address import NodeAddress
from app.realtime.store.executors import executors
from app.realtime.store.pipeline import succeeded
from app.realtime.store.script import Script, reaching_redis
from app.realtime.store.topology.url import Kind


@dataclass(frozen=True)
class Lease:
    """A renewal: whether Redis has lost nothing of this node, and the nodes whose lease has run out, with when (ms)."""

    had: bool
    expired: dict[str, int]


class NodeStore:
    """Nodes in Redis. Every method may raise Unavailable."""

    def __init__(self, client: redis.Redis, address: NodeAddress) -> None:
        self._client = client
        self._each = executors(client).each
        self._address = address
        self._lease = Script(client, "node_lease", address)
        self._leave = Script(client, "node_leave", address)

    def check_access(self) -> None:
        """Raise NoPermission if the user of Redis lacks a right that any script or command needs.

        A script that is refused half-way would leave what it has done.
        """
        kind: Kind = "cluster" if self._address.sharded else "single"
        access.check(self._client, k.NODES, kind, self._address.database)

    def renew(self, lease_ms: int, watched: int = 0) -> Lease:
        """Renew this node's lease.

        `watched`: how many tenants this node has stored that it watches; a failover may have lost the last ones.
        """
        tenants = k.node_tenants(self._address.node_id)
        had, *expired = self._lease(nodes=k.NODES, node_tenants=tenants, lease_ms=lease_ms, watched=watched)
        return Lease(bool(had), {node: int(float(end)) for node, end in zip(expired[::2], expired[1::2], strict=True)})

    def unwatch(self, tenant_id: str) -> None:
        """Note that this node has no more connections or deadlines of the tenant."""
        self._run("SREM", k.node_tenants(self._address.node_id), tenant_id)

    def tenants(self, node_id: str) -> set[str]:
        """The tenants a node watches."""
        return cast("set[str]", self._run("SMEMBERS", k.node_tenants(node_id)))

    def connections(self, node_id: str, tenant: k.TenantKeys) -> dict[str, str]:
        """Return sid → user_id of the tenant's connections on a node. Two round trips, more for many connections."""
        with reaching_redis():
            sids = cast("set[str]", self._client.smembers(tenant.node_connections(node_id)))
            users = succeeded(self._each([("HGET", tenant.connection(sid), "user_id") for sid in sids]))
            return {sid: user_id or "" for sid, user_id in zip(sids, users, strict=True)}

    def leave(self) -> int:
        """End this node's lease. Returns how many other nodes live."""
        return int(self._leave(nodes=k.NODES))

    def dead(self) -> dict[str, int]:
        """The nodes that have left or whose lease has run out, and when (ms; 0 for left). Two round trips."""
        with reaching_redis():
            seconds, micros = self._client.time()
            found = self._client.zrangebyscore(k.NODES, "-inf", seconds * 1000 + micros // 1000, withscores=True)
            return {node: int(end) for node, end in cast("list[tuple[str, float]]", found)}

    def take_over(self, tenant_ids: set[str]) -> None:
        """Watch these tenants too, before the node that did is forgotten."""
        if tenant_ids:
            self._run("SADD", k.node_tenants(self._address.node_id), *tenant_ids)

    def remove_node(self, node_id: str) -> None:
        """Remove a node that left nothing behind."""
        # The lease goes last: a node that is alive after all, and finds it gone, stores its tenants again.
        self._run("DEL", k.node_tenants(node_id))
        self._run("ZREM", k.NODES, node_id)

    def _run(self, *command: str | int) -> object:
        with reaching_redis():
            return self._client.execute_command(*command)  # type: ignore[no-untyped-call]
