"""What the services have in common: a Redis, which they may be given or reach by themselves."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self

import redis

from app.realtime.store import client
from app.realtime.store.address import NodeAddress


class Service:
    """Something that a process with a Redis can do for clients of the cluster. Safe to share between threads.

    A context, too: it lets its connections go at the end.
    """

    def __init__(self, redis_client: redis.Redis, address: NodeAddress | None = None) -> None:
        """`redis_client` must decode its responses; `from_url` makes one that does.

        `address`: the node's, if this is one.
        """
        self._redis = redis_client
        self._address = address or NodeAddress(client.database(redis_client))

    @classmethod
    def from_url(cls, redis_url: str, **options: Any) -> Self:
        """A service on the Redis of the cluster; `options` as the class takes them."""
        return cls(client.of_url(redis_url), **options)

    def close(self) -> None:
        """Let the connections go; the next call makes new ones."""
        self._redis.connection_pool.disconnect()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
