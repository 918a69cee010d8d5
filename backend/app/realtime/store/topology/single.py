"""One Redis: by TCP, with or without TLS, or by a Unix socket."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, cast

import redis

from app.realtime.store.pipeline import PipelinedRedis
from app.realtime.store.topology.base import Bounds, Topology, of_commands, of_other_process, of_subscription
from app.realtime.store.topology.url import RedisUrl

#: Connections of a client of another process.
_CONNECTIONS = 32


class Single(Topology):
    """One master, which serves every tenant."""

    def __init__(self, url: RedisUrl, bounds: Bounds) -> None:
        super().__init__(url, bounds)
        self._listener = self._pool(**of_subscription(bounds, url))

    def commands(self) -> PipelinedRedis:
        """One connection, which all greenlets share."""
        pool = self._pool(**of_commands(self.bounds))
        return PipelinedRedis(pool, self.bounds.timeout, self.bounds.max_in_flight)

    def client(self) -> redis.Redis:
        """A client with a bounded pool; who finds it used up waits as long as for an answer."""
        return redis.Redis(connection_pool=self._bounded_pool(**of_other_process(self.bounds)))

    def pool_for(self, tenant_id: str) -> redis.ConnectionPool:  # noqa: ARG002 - there is one master
        """What connects to the master."""
        return self._listener

    def shard_of(self, tenant_id: str) -> Hashable:  # noqa: ARG002 - there is one master
        """The same for all."""
        return 0

    def _pool(self, **options: Any) -> redis.ConnectionPool:
        return redis.ConnectionPool(**{**self.url.options, **options})

    def _bounded_pool(self, **options: Any) -> redis.ConnectionPool:
        bounds: dict[str, Any] = {"max_connections": _CONNECTIONS, "timeout": self.bounds.timeout}
        pool: Any = redis.BlockingConnectionPool  # redis-py does not type it
        return cast("redis.ConnectionPool", pool(**{**self.url.options, **options, **bounds}))
