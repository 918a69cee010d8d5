"""What the server knows of a topology: its clients, and which master serves which tenant."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

import redis
from redis import exceptions
from redis.backoff import NoBackoff
from redis.retry import Retry

from app.realtime.store.pipeline import PipelinedRedis
from app.realtime.store.topology.url import RedisUrl


@dataclass(frozen=True)
class Bounds:
    """Seconds for connecting and for an answer, and how many commands of a node may wait for theirs."""

    timeout: float = 2.0
    max_in_flight: int = 10_000


class Topology(ABC):
    """The Redis of a cluster. Making one asks nothing of it."""

    #: Whether scripts publish with SPUBLISH, on the master that serves their tenant.
    sharded = False

    def __init__(self, url: RedisUrl, bounds: Bounds) -> None:
        self.url = url
        self.bounds = bounds
        #: The number of the database.
        self.database = int(url.options.get("db") or 0)
        #: What `on_moved` was given.
        self._watchers: list[Callable[[], None]] = []

    @abstractmethod
    def commands(self) -> PipelinedRedis:
        """The client of a node: all greenlets share its connections, one to each master."""

    @abstractmethod
    def client(self) -> redis.Redis:
        """A client of another process, which threads may share."""

    def masters(self, client: redis.Redis) -> dict[str, redis.Redis]:
        """Clients of single masters by where they are; `client` is one of `client()` that has connected."""
        return {self.where: client}

    @property
    @abstractmethod
    def where(self) -> str:
        """Where it is, for a person."""

    @abstractmethod
    def look(self) -> None:
        """Connect once, and see whether it is what the URL promises. Raises a RedisError."""

    @abstractmethod
    def pool_for(self, tenant_id: str) -> redis.ConnectionPool:
        """What connects to the master that serves a tenant, for a subscription: within the time-out, then without end.

        The pool has no connections of its own: use `connection_class(**connection_kwargs)`. Raises a RedisError if the
        master is not known.
        """

    @abstractmethod
    def shard_of(self, tenant_id: str) -> Hashable:
        """Which master serves a tenant; another value after the tenant has moved. Raises a RedisError as `pool_for`."""

    def look_again(self) -> None:  # noqa: B027 - where there is one master, there is nothing to look at
        """Something speaks against what is known of the masters. Does not wait."""

    def on_moved(self, callback: Callable[[], None]) -> None:
        """Call `callback` whenever tenants may have moved to other masters. It must not wait."""
        self._watchers.append(callback)


def of_commands(bounds: Bounds) -> dict[str, Any]:
    """How connections of a node are made: each gives up in time, so that an event is answered."""
    return {**_of_all(bounds), "decode_responses": True, "retry": Retry(NoBackoff(), 0)}


def of_subscription(bounds: Bounds, url: RedisUrl) -> dict[str, Any]:
    """How a connection for a subscription is made. TCP finds out if it is dead."""
    keepalive = {} if "path" in url.options else {"socket_keepalive": True}
    return {**_of_all(bounds), "retry": Retry(NoBackoff(), 0), **keepalive}


def of_other_process(bounds: Bounds) -> dict[str, Any]:
    """How a client of another process connects. A connection that Redis has closed is tried once more."""
    retry = Retry(NoBackoff(), 1, supported_errors=(exceptions.ConnectionError,))
    return {**_of_all(bounds), "decode_responses": True, "retry": retry}


def _of_all(bounds: Bounds) -> dict[str, Any]:
    return {"protocol": 2, "socket_timeout": bounds.timeout, "socket_connect_timeout": bounds.timeout}
