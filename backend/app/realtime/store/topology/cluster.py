"""A Redis Cluster: several masters, each with some of the slots. A tenant is in one slot, by its tag."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from functools import partial
from typing import Any, cast

import redis
from redis import exceptions
from redis.cluster import ClusterNode

from app.realtime.store.greeting import greet
from app.realtime.store.keys import TenantKeys
from app.realtime.store.pipeline import Pipeline, PipelinedRedis
from app.realtime.store.topology.base import Bounds, Topology, of_commands, of_subscription
from app.realtime.store.topology.routed import Routed
from app.realtime.store.topology.routes import Routes, slot_of_key
from app.realtime.store.topology.url import Place, RedisUrl


class Cluster(Topology):
    """Masters that share the tenants."""

    sharded = True

    def __init__(self, url: RedisUrl, bounds: Bounds) -> None:
        super().__init__(url, bounds)
        self._routes = Routes(url, self._of_redis_py(), self.look)

    def commands(self) -> PipelinedRedis:
        """A connection to each master, which all greenlets share."""
        bounds = self.bounds
        routed = Routed(self._routes, self._pipeline, bounds.timeout, bounds.max_in_flight)
        return PipelinedRedis(self._pool(self.url.places[0], **of_commands(bounds)), routed)

    def client(self) -> redis.Redis:
        """redis-py's client of clusters, made when it is first needed."""
        nodes = [ClusterNode(host, port) for host, port in self.url.places]  # type: ignore[no-untyped-call]
        make: Any = redis.RedisCluster  # redis-py does not type it
        return ClusterClient(
            self._pool(self.url.places[0], **of_commands(self.bounds)),
            partial(make, startup_nodes=nodes, require_full_coverage=False, **self._of_redis_py()),
        )

    def masters(self, client: redis.Redis) -> dict[str, redis.Redis]:
        """A client of each master that serves a slot."""
        cluster: Any = cast("ClusterClient", client).of_cluster()
        return {node.name: cluster.get_redis_connection(node) for node in cluster.get_primaries()}

    @property
    def where(self) -> str:
        """The nodes that the URL names."""
        return ", ".join(f"{host}:{port}" for host, port in self.url.places)

    def look(self) -> None:
        """Connect to the first node that answers, and ask what it is."""
        failure: Exception = exceptions.ConnectionError()
        for place in self.url.places:
            pool = self._pool(place, **of_subscription(self.bounds, self.url))
            connection = pool.connection_class(**pool.connection_kwargs)
            try:
                connection.connect()
            except exceptions.ConnectionError as error:
                failure = error
                continue
            try:
                return greet(connection, "cluster")
            finally:
                connection.disconnect()
        raise failure

    def pool_for(self, tenant_id: str) -> redis.ConnectionPool:
        """What connects to the master that serves the tenant's slot. Waits for the map if there is none."""
        return self._pool(
            self._routes.master_of(slot_of_key(TenantKeys(tenant_id).tenant_channel)),
            **of_subscription(self.bounds, self.url),
        )

    def shard_of(self, tenant_id: str) -> Hashable:
        """The master's host and port. Waits for the map if there is none."""
        return self._master_of(tenant_id)

    def look_again(self) -> None:
        """Ask for the map anew, soon and once."""
        self._routes.ask_soon()

    def on_moved(self, callback: Callable[[], None]) -> None:
        """Call `callback` when slots have moved or a replica has become a master."""
        self._routes.watchers.append(callback)

    def _master_of(self, tenant_id: str) -> Place:
        return self._routes.master_of(slot_of_key(TenantKeys(tenant_id).tenant_channel))

    def _pipeline(self, place: Place, on_trouble: Callable[[], None]) -> Pipeline:
        pool = self._pool(place, **of_commands(self.bounds))
        bounds = self.bounds
        return Pipeline(pool, bounds.timeout, bounds.max_in_flight, partial(greet, expected="cluster"), on_trouble)

    def _pool(self, place: Place, **options: Any) -> redis.ConnectionPool:
        host, port = place
        return redis.ConnectionPool(**{**self.url.options, "host": host, "port": port, **options})

    def _of_redis_py(self) -> dict[str, Any]:
        """How redis-py's client of clusters connects. It has ways of its own to try again."""
        options = {**self.url.options, **of_commands(self.bounds), **({"ssl": True} if self.url.tls else {})}
        not_taken = {"host", "port", "db", "connection_class", "retry"}
        return {name: value for name, value in options.items() if name not in not_taken}


class ClusterClient(redis.Redis):
    """redis-py's client whose commands a `RedisCluster` runs, which is made when it is first needed.

    Threads may share it. Its own pool is used for subscriptions only.
    """

    def __init__(self, pool: redis.ConnectionPool, make: Callable[[], redis.RedisCluster]) -> None:
        super().__init__(connection_pool=pool)
        self._make = make
        self._cluster: redis.RedisCluster | None = None

    def execute_command(self, *args: Any, **options: Any) -> Any:
        """The reply to a command, as redis-py shows it. Raises ConnectionError if no node of the URL answers."""
        try:
            return self.of_cluster().execute_command(*args, **options)  # type: ignore[no-untyped-call]
        except exceptions.RedisClusterException as error:
            self.close()  # the next command begins at the nodes of the URL
            raise exceptions.ConnectionError(str(error)) from error

    def scan_iter(self, *args: Any, **options: Any) -> Iterator[Any]:
        """The keys of all masters."""
        found: Iterator[Any] = self.of_cluster().scan_iter(*args, **options)
        return found

    def of_cluster(self) -> redis.RedisCluster:
        """redis-py's client of the cluster."""
        made = self._cluster
        if made is None:
            made = self._cluster = self._make()
        return made

    def close(self) -> None:
        """Close the connections; the next command opens others."""
        cluster, self._cluster = self._cluster, None
        if cluster is not None:
            cluster.close()
        super().close()
