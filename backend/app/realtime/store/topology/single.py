"""One Redis: by TCP, with or without TLS, or by a Unix socket."""

from __future__ import annotations

from collections.abc import Hashable
from functools import partial
from typing import Any, cast

import redis

from app.realtime.store.greeting import Greet, greet
from app.realtime.store.pipeline import Pipeline, PipelinedRedis
from app.realtime.store.topology.base import Bounds, Topology, of_commands, of_other_process, of_subscription
from app.realtime.store.topology.url import RedisUrl

#: Connections of a client of another process.
_CONNECTIONS = 32


class Single(Topology):
    """One master, which serves every tenant."""

    #: Looks at each connection of a node.
    greet: Greet = staticmethod(partial(greet, expected="standalone"))

    def __init__(self, url: RedisUrl, bounds: Bounds) -> None:
        super().__init__(url, bounds)
        self._listener = self._pool(**of_subscription(bounds, url))
        try:
            self._listener.connection_class(**self._listener.connection_kwargs)
        except TypeError as error:
            raise ValueError(f"a parameter that connections do not take: {error}") from None

    def commands(self) -> PipelinedRedis:
        """One connection, which all greenlets share."""
        pool = self._pool(**of_commands(self.bounds))
        return PipelinedRedis(pool, Pipeline(pool, self.bounds.timeout, self.bounds.max_in_flight, self.greet))

    def client(self) -> redis.Redis:
        """A client with a bounded pool; who finds it used up waits as long as for an answer."""
        return redis.Redis(
            connection_pool=self._bounded_pool(
                **of_other_process(self.bounds), max_connections=_CONNECTIONS, timeout=self.bounds.timeout
            )
        )

    @property
    def where(self) -> str:
        """The server's host and port, or its socket."""
        options = self.url.options
        return (
            str(options["path"])
            if "path" in options
            else f"{options.get('host', 'localhost')}:{options.get('port', 6379)}"
        )

    def look(self) -> None:
        """Connect to the master, and ask what it is."""
        connection = self._listener.connection_class(**self._listener.connection_kwargs)
        try:
            connection.connect()
            self.greet(connection)
        finally:
            connection.disconnect()

    def pool_for(self, tenant_id: str) -> redis.ConnectionPool:  # noqa: ARG002 - there is one master
        """What connects to the master."""
        return self._listener

    def shard_of(self, tenant_id: str) -> Hashable:  # noqa: ARG002 - there is one master
        """The same for all."""
        return 0

    def _pool(self, **options: Any) -> redis.ConnectionPool:
        return redis.ConnectionPool(**{**self.url.options, **options})

    def _bounded_pool(self, **options: Any) -> redis.ConnectionPool:
        pool: Any = redis.BlockingConnectionPool  # redis-py does not type it
        return cast("redis.ConnectionPool", pool(**{**self.url.options, **options}))
