"""How a process reaches the cluster's Redis: one server, one behind Sentinels, or a Redis Cluster.

`url` reads the URL. `base` is what the rest of the server knows of a topology; each other module is one kind.
"""

from __future__ import annotations

from typing import Any

import redis

from app.realtime.store.topology.base import Bounds, Topology
from app.realtime.store.topology.cluster import Cluster, ClusterClient
from app.realtime.store.topology.sentinel import BehindSentinels
from app.realtime.store.topology.single import Single
from app.realtime.store.topology.url import Kind, RedisUrl
from app.settings import Settings, SettingsError

__all__ = ["Topology", "database_of", "is_sharded", "of_settings", "of_url"]

_KINDS: dict[Kind, type[Topology]] = {"single": Single, "sentinel": BehindSentinels, "cluster": Cluster}


def of_settings(settings: Settings) -> Topology:
    """The topology of a node. Redis is not asked. Raises SettingsError for a URL that cannot be used."""
    try:
        url = RedisUrl.parse(settings.redis_url, _access(settings))
        return _made(url, Bounds(settings.redis_timeout, settings.redis_max_in_flight))
    except ValueError as error:
        raise SettingsError(f"REDIS_URL: {error}") from None


def of_url(url: str) -> Topology:
    """The topology of another process. Redis is not asked. Raises ValueError for a URL that cannot be used."""
    return _made(RedisUrl.parse(url), Bounds())


def database_of(client: redis.Redis) -> int:
    """The number of the database that `client` uses."""
    return int(client.connection_pool.connection_kwargs.get("db") or 0)


def is_sharded(client: redis.Redis) -> bool:
    """Whether `client` is one of a Redis Cluster."""
    return isinstance(client, ClusterClient)


def _access(settings: Settings) -> dict[str, Any]:
    """What settings say of the user and of TLS. What the URL says has precedence."""
    given = {
        "username": settings.redis_username,
        "password": settings.redis_password.get_secret_value(),
        "ssl_ca_certs": settings.redis_ca_file,
        "ssl_certfile": settings.redis_cert_file,
        "ssl_keyfile": settings.redis_key_file,
    }
    return {name: value for name, value in given.items() if value}


def _made(url: RedisUrl, bounds: Bounds) -> Topology:
    return _KINDS[url.kind](url, bounds)
