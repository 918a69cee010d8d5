"""The base class of the services: a client of Redis, given or made from a URL."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self

import redis

from app.realtime.store import topology
from app.realtime.store.address import NodeAddress


class Service:
    """A service that reaches the cluster's clients through Redis. Safe to share between threads.

    Also a context manager, which closes its connections at the end.
    """

    def __init__(self, redis_client: redis.Redis, address: NodeAddress | None = None) -> None:
        """`redis_client` must decode its responses; `from_url` makes one that does.

        `address`: the node's, if this is one.
        """
        self._redis = redis_client
        self._address = address or NodeAddress(
            topology.database_of(redis_client), sharded=topology.is_sharded(redis_client)
        )

    @classmethod
    def from_url(cls, redis_url: str, **options: Any) -> Self:
        """Connect to the cluster's Redis by URL; `options` are those of the class."""
        return cls(topology.of_url(redis_url).client(), **options)

    def close(self) -> None:
        """Close the connections; the next call opens new ones."""
        self._redis.close()
        self._redis.connection_pool.disconnect()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
