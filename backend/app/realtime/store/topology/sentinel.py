"""One master with replicas, watched by Sentinels that name a new master when it fails.

Each connection that is made asks the Sentinels for the master, so a lost connection is all that a failover takes.
"""

from __future__ import annotations

from functools import partial
from typing import Any, cast

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from redis.sentinel import Sentinel, SentinelConnectionPool

from app.realtime.store.greeting import greet
from app.realtime.store.topology.single import Single


class BehindSentinels(Single):
    """The master of a service."""

    #: A Sentinel may name a master that is one no more.
    greet = staticmethod(partial(greet, expected="standalone", master=True))

    @property
    def where(self) -> str:
        """The service, and where its Sentinels are."""
        return f"{self.url.service} of {', '.join(f'{host}:{port}' for host, port in self.url.places)}"

    def _pool(self, **options: Any) -> redis.ConnectionPool:
        return self._made(SentinelConnectionPool, **options)

    def _bounded_pool(self, **options: Any) -> redis.ConnectionPool:
        return self._made(_BoundedPool, **options)

    def _made(self, kind: Any, **options: Any) -> redis.ConnectionPool:
        # With retries of redis-py's own, an event would wait for seconds while all Sentinels are away.
        once = {"retry": Retry(NoBackoff(), 0), "protocol": 2}
        times = {name: options[name] for name in ("socket_timeout", "socket_connect_timeout")}
        sentinels = Sentinel(  # type: ignore[no-untyped-call]  # redis-py does not type it
            self.url.places,
            sentinel_kwargs={
                **times,
                **once,
                **(self.url.sentinel_options or {}),
                **({"ssl": True} if self.url.tls else {}),
            },
        )
        master = {
            name: value for name, value in self.url.options.items() if name not in {"host", "port", "connection_class"}
        }
        return cast(
            "redis.ConnectionPool", kind(self.url.service, sentinels, ssl=self.url.tls, **{**master, **options})
        )


class _BoundedPool(SentinelConnectionPool, redis.BlockingConnectionPool):
    """A pool that asks Sentinels for the master, and whose connections have a bound."""
