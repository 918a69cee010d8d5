"""Clients of Redis, made from the settings.

`commands` gives up after `redis_timeout`, so that an event is answered in time. `listener` waits without
end, as a subscription must. `of_url` is for other processes.
"""

from __future__ import annotations

import redis
from redis import exceptions
from redis.backoff import NoBackoff
from redis.retry import Retry

from app.realtime.store.pipeline import PipelinedRedis
from app.settings import Settings

#: Seconds and connections of a client of another process.
_TIMEOUT, _CONNECTIONS = 2.0, 32


def _known(url: str) -> str:
    return url.replace("valkeys://", "rediss://").replace("valkey://", "redis://")


def commands(settings: Settings) -> PipelinedRedis:
    """The server's client: one connection, which all greenlets share."""
    pool = redis.ConnectionPool.from_url(
        _known(settings.redis_url),
        protocol=2,
        socket_timeout=settings.redis_timeout,
        socket_connect_timeout=settings.redis_timeout,
        decode_responses=True,
        retry=Retry(NoBackoff(), 0),
    )
    return PipelinedRedis(pool, settings.redis_timeout, settings.redis_max_in_flight)


def of_url(url: str) -> redis.Redis:
    """A client of another process, with a bounded pool. A connection that Redis has closed is tried once more."""
    pool = redis.BlockingConnectionPool.from_url(
        _known(url),
        protocol=2,
        max_connections=_CONNECTIONS,
        timeout=_TIMEOUT,
        socket_timeout=_TIMEOUT,
        socket_connect_timeout=_TIMEOUT,
        decode_responses=True,
        retry=Retry(NoBackoff(), 1, supported_errors=(exceptions.ConnectionError,)),
    )
    return redis.Redis(connection_pool=pool)


def listener(settings: Settings) -> redis.Redis:
    """A client for one subscription, whose connection is made within `redis_timeout`. TCP finds out if it is dead."""
    url = _known(settings.redis_url)
    return redis.Redis.from_url(
        url,
        protocol=2,
        socket_timeout=settings.redis_timeout,
        socket_connect_timeout=settings.redis_timeout,
        retry=Retry(NoBackoff(), 0),
        **({} if url.startswith("unix:") else {"socket_keepalive": True}),
    )


def database(client: redis.Redis) -> int:
    """The number of the database that `client` uses."""
    return int(client.connection_pool.connection_kwargs.get("db") or 0)
