"""Which channels of the bus a node hears: those of the Socket.IO rooms that it has members of, and no others.

A tenant has a channel, and each of its entity rooms has one. For each tenant that it hears, a node also has a channel
of its own, for messages to single connections. On a Redis Cluster all of them are in the tenant's slot and come over
one connection, so that the order of messages within a tenant is Redis' own.

`hear` comes before the script whose messages are to be heard. `Members` says when a room gets its first member and when
it loses its last. A room without members is heard for `LINGER_SECONDS` more: who comes back meanwhile costs nothing.

What belongs to no tenant, such as the rooms of other code, goes over the channel of `NO_TENANT`, which all nodes hear.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from contextlib import suppress

import gevent
import orjson
import redis
import structlog
from gevent.event import Event

from app.realtime.bus.route import Route
from app.realtime.bus.subscription import Subscription
from app.realtime.store.address import NodeAddress
from app.realtime.store.keys import NO_TENANT, TenantKeys, tenant_of
from app.realtime.store.script import reaching_redis
from app.realtime.store.topology import Topology
from realtime_contracts.rules.errors import Unavailable

logger = structlog.get_logger(__name__)

#: Seconds for which a room without members is still heard. More than a script takes, so that the member for whom a room
#: was heard is there.
LINGER_SECONDS = 5.0

#: Seconds between two looks for rooms that nobody needs any more.
_SWEEP_SECONDS = 1.0

#: How the names of Socket.IO rooms begin that have a channel.
_TENANTS = "tenant:{"
_ROUTED = (_TENANTS, "room:{")


def is_routed(room: str) -> bool:
    """Whether a Socket.IO room has a channel."""
    return room.startswith(_ROUTED) and "}" in room


def is_users(room: str) -> bool:
    """Whether a Socket.IO room is a user's: its messages go over the tenant's channel."""
    return room.startswith("user:{") and "}" in room


def has_places(room: str) -> bool:
    """Whether announcements to a Socket.IO room have a place: a tenant's and a user's, see `Positions`."""
    return room.startswith(_TENANTS) or is_users(room)


class Routes:
    """What this node hears, by one subscription for each master.

    `gap`: see `BusManager`. `lose` is called with a tenant before anything is heard of it after messages may have been
    missed.
    """

    def __init__(
        self,
        topology: Topology,
        address: NodeAddress,
        gap: Callable[[], None],
        lose: Callable[[str], None],
    ) -> None:
        self._topology = topology
        self._address = address
        self._received: Callable[[list[bytes]], None] = lambda _batch: None
        self._gap = gap
        self._lose = lose
        self._routes: dict[str, Route] = {}
        self._subscriptions: dict[Hashable, Subscription] = {}
        #: Rooms without members, with the time since when, in its order.
        self._idle: dict[str, float] = {}
        #: Set when tenants may have moved to other masters.
        self._moved = Event()
        #: Whether the master of some tenant is not known.
        self._astray = False
        self._stopped = False
        topology.on_moved(self._moved.set)

    def start(self, received: Callable[[list[bytes]], None]) -> None:
        """Begin to hear what is no tenant's, and whatever is asked for. `received`: see `Subscription`."""
        self._received = received
        nobodys = TenantKeys(NO_TENANT).tenant_channel
        self._add(nobodys)
        del self._idle[nobodys]
        gevent.spawn(self._keep)

    def stop(self) -> None:
        """End all subscriptions."""
        self._stopped = True
        self._moved.set()
        for subscription in self._subscriptions.values():
            subscription.stop()

    def __len__(self) -> int:
        """How many channels are heard, or will be."""
        return sum(map(len, self._subscriptions.values()))

    @property
    def subscribed(self) -> bool:
        """Whether anything is heard. A tenant whose master is away is refused by `hear`."""
        return any(subscription.subscribed for subscription in self._subscriptions.values())

    @property
    def failure(self) -> Exception | None:
        """Why the last try to subscribe has failed, None if none has."""
        failures = [one.failure for one in self._subscriptions.values() if one.failure is not None]
        return failures[0] if failures else None

    def hear(self, room: str) -> None:
        """Hear a room's channel from now on; returns when Redis has confirmed that. Raises Unavailable.

        It ends again if no member comes.
        """
        route = self._routes.get(room)
        if route is None:
            route = self._add(room)
        elif self._idle.pop(room, None) is not None:
            self._idle[room] = time.monotonic()
        if not route.heard:
            if route.shard is None or self._subscriptions[route.shard].away:
                raise Unavailable
            route.wait(self._topology.bounds.timeout)

    def occupied(self, room: str) -> None:
        """A room has its first member here. It is heard already, unless this process stood still for too long."""
        if self._idle.pop(room, None) is None and room not in self._routes and is_routed(room):
            route = self._add(room)
            route.missed = True
            self._lose(route.tenant_id)
            self._idle.pop(room, None)

    def deserted(self, room: str) -> None:
        """A room has lost its last member here."""
        if room in self._routes:
            self._idle[room] = time.monotonic()

    def probe(self, publish: Callable[[str, bytes], None]) -> None:
        """Have each subscription hear from this node itself, by `publish` with a channel and a message."""
        for shard, subscription in list(self._subscriptions.items()):  # others may come meanwhile
            if (tenant_id := subscription.a_tenant()) is not None:
                channel = TenantKeys(tenant_id).node_channel(self._address.node_id)
                with suppress(Unavailable):  # then it is not heard
                    publish(channel, orjson.dumps({"do": "probe", "of": str(shard)}))

    def probe_heard(self, shard: str) -> None:
        """A probe has come back."""
        for known, subscription in self._subscriptions.items():
            if str(known) == shard:
                subscription.heard_at = time.monotonic()

    def deaf(self, since: float) -> list[Subscription]:
        """The subscriptions that have heard no probe since a time of the monotonic clock, but should have."""
        return [one for one in self._subscriptions.values() if one.heard_at < since and one.a_tenant() is not None]

    def sweep(self) -> None:
        """Stop to hear rooms that had no member for a time."""
        before = time.monotonic() - LINGER_SECONDS
        for room, since in list(self._idle.items()):
            if since > before:
                break
            route = self._routes[room]
            if route.heard:
                del self._idle[room], self._routes[room]
                self._subscriptions[route.shard].remove(route)
        for shard, subscription in list(self._subscriptions.items()):
            if not len(subscription):
                self._subscriptions.pop(shard).stop()

    def _keep(self) -> None:
        """Sweep, and follow tenants that move."""
        while not self._stopped:
            try:
                if self._moved.wait(_SWEEP_SECONDS) or self._astray:
                    self._moved.clear()
                    self._follow()
                self.sweep()
            except Exception:
                # The log has the traceback; the next turn tries again.
                logger.exception("bus_routes_failed")

    def _follow(self) -> None:
        """Move the routes of tenants that have moved to the subscriptions to their masters."""
        self._astray = False
        for route in list(self._routes.values()):
            shard = self._shard_of(route.tenant_id)
            if shard is None or (shard == route.shard and not route.dropped):
                continue
            if shard != route.shard and route.shard is not None:
                self._subscriptions[route.shard].forget(route)
            route.missed = True
            self._place(route, shard)

    def _add(self, room: str) -> Route:
        keys = TenantKeys(tenant_of(room))
        shard = self._shard_of(keys.tenant_id)
        if (known := self._routes.get(room)) is not None:  # another greenlet was faster
            return known
        names = [room]
        if room == keys.tenant_channel:
            names.append(keys.node_channel(self._address.node_id))
        route = Route(room, keys.tenant_id, tuple((self._address.bus + name).encode() for name in names))
        self._routes[room] = route
        self._idle[room] = time.monotonic()
        if shard is not None:
            self._place(route, shard)
        return route

    def _doubt(self) -> None:
        """Tenants may have moved although the topology does not know it yet."""
        self._astray = True
        self._topology.look_again()

    def _shard_of(self, tenant_id: str) -> Hashable:
        """A tenant's master; may wait for the first answer. None while that is not known; `_follow` will ask again."""
        try:
            with reaching_redis():
                return self._topology.shard_of(tenant_id)
        except Unavailable:
            self._astray = True
            return None

    def _place(self, route: Route, shard: Hashable) -> None:
        """Have the subscription to a master hear a route."""
        if shard not in self._subscriptions:
            self._subscriptions[shard] = self._subscribe_to(shard)
        route.shard = shard
        self._subscriptions[shard].add(route)

    def _subscribe_to(self, shard: Hashable) -> Subscription:
        def pool() -> redis.ConnectionPool | None:
            tenants = (route.tenant_id for route in subscription.routes())
            here = next((tenant_id for tenant_id in tenants if self._shard_of(tenant_id) == shard), None)
            return None if here is None else self._topology.pool_for(here)

        subscription = Subscription(
            pool, self._received, self._lose, self._gap, self._doubt, sharded=self._topology.sharded
        )
        subscription.start()
        return subscription
