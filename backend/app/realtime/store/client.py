"""Clients of Redis, made from the settings.

`commands` gives up after `redis_timeout`, so that an event is answered in time. `listener` waits without
end, as a subscription must.
"""

from __future__ import annotations

import redis
from redis import exceptions
from redis.backoff import NoBackoff
from redis.retry import Retry

from app.settings import Settings

#: Seconds and connections of a client that is made without settings: the settings' defaults.
_TIMEOUT, _CONNECTIONS = 2.0, 32


def _known(url: str) -> str:
    return url.replace("valkeys://", "rediss://").replace("valkey://", "redis://")


def commands(settings: Settings) -> redis.Redis:
    """A client of the server's: `of_url` by the settings."""
    return of_url(settings.redis_url, settings.redis_timeout, settings.redis_max_connections)


def of_url(url: str, timeout: float = _TIMEOUT, max_connections: int = _CONNECTIONS) -> redis.Redis:
    """A client with a bounded pool. A connection that Redis has closed meanwhile is tried once more."""
    pool = redis.BlockingConnectionPool.from_url(
        _known(url),
        max_connections=max_connections,
        timeout=timeout,
        socket_timeout=timeout,
        socket_connect_timeout=timeout,
        decode_responses=True,
        retry=Retry(NoBackoff(), 1, supported_errors=(exceptions.ConnectionError,)),
    )
    return redis.Redis(connection_pool=pool)


def listener(settings: Settings) -> redis.Redis:
    """A client for one subscription: connects within `redis_timeout`, then waits for ever."""
    return redis.Redis.from_url(
        _known(settings.redis_url),
        socket_timeout=None,
        socket_connect_timeout=settings.redis_timeout,
        socket_keepalive=True,
        retry=Retry(NoBackoff(), 0),
    )


def database(client: redis.Redis) -> int:
    """The number of the database that `client` uses."""
    return int(client.connection_pool.connection_kwargs.get("db") or 0)
