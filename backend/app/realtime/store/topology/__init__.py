"""How a process reaches the cluster's Redis: one server, one behind Sentinels, or a Redis Cluster.

`url` reads the URL. `base` is what the rest of the server knows of a topology; each other module is one kind.
"""

from __future__ import annotations

import redis

from app.realtime.store.topology.base import Bounds, Topology
from app.realtime.store.topology.single import Single
from app.realtime.store.topology.url import RedisUrl
from app.settings import Settings, SettingsError

__all__ = ["Topology", "database_of", "of_settings", "of_url"]


def of_settings(settings: Settings) -> Topology:
    """The topology of a node. Redis is not asked. Raises SettingsError for a URL that cannot be used."""
    try:
        return _made(RedisUrl.parse(settings.redis_url), Bounds(settings.redis_timeout, settings.redis_max_in_flight))
    except ValueError as error:
        raise SettingsError(f"REDIS_URL: {error}") from None


def of_url(url: str) -> Topology:
    """The topology of another process. Redis is not asked. Raises ValueError for a URL that cannot be used."""
    return _made(RedisUrl.parse(url), Bounds())


def database_of(client: redis.Redis) -> int:
    """The number of the database that `client` uses."""
    return int(client.connection_pool.connection_kwargs.get("db") or 0)


def _made(url: RedisUrl, bounds: Bounds) -> Topology:
    return Single(url, bounds)
