"""Clients of Redis, made from the settings.

Two kinds: `commands` gives up after `redis_timeout`, so that an event is answered; `listener` waits
for ever, as a subscription does.
"""

from __future__ import annotations

import redis
from redis import exceptions
from redis.backoff import NoBackoff
from redis.retry import Retry

from app.settings import Settings


def _url(settings: Settings) -> str:
    return settings.redis_url.replace("valkeys://", "rediss://").replace("valkey://", "redis://")


def commands(settings: Settings) -> redis.Redis:
    """A client with a bounded pool. A connection that Redis has closed meanwhile is tried once more."""
    pool = redis.BlockingConnectionPool.from_url(
        _url(settings),
        max_connections=settings.redis_max_connections,
        timeout=settings.redis_timeout,
        socket_timeout=settings.redis_timeout,
        socket_connect_timeout=settings.redis_timeout,
        decode_responses=True,
        retry=Retry(NoBackoff(), 1, supported_errors=(exceptions.ConnectionError,)),
    )
    return redis.Redis(connection_pool=pool)


def listener(settings: Settings) -> redis.Redis:
    """A client for one subscription: connects within `redis_timeout`, then waits for ever."""
    return redis.Redis.from_url(
        _url(settings),
        socket_timeout=None,
        socket_connect_timeout=settings.redis_timeout,
        socket_keepalive=True,
        retry=Retry(NoBackoff(), 0),
    )


def database(client: redis.Redis) -> int:
    """The number of the database that `client` uses."""
    return int(client.connection_pool.connection_kwargs.get("db") or 0)
