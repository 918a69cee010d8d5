"""The URL of Redis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from redis.connection import parse_url


@dataclass(frozen=True)
class RedisUrl:
    """What a URL says. `options` are what redis-py's pools are made with: host, port, db, username and so on."""

    options: dict[str, Any]

    @classmethod
    def parse(cls, url: str) -> RedisUrl:
        """Read a URL. Raises ValueError."""
        known = url.replace("valkeys://", "rediss://").replace("valkey://", "redis://")
        return cls(parse_url(known))  # type: ignore[no-untyped-call]  # redis-py does not type it
