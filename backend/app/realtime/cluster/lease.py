"""The lease of a node in Redis.

A node renews its lease three times in its length. The renewal returns the nodes whose lease has run out, which are
reaped. With it goes a probe over the bus: a node that does not hear it subscribes again. After a gap of the bus it is
renewed at once: whatever ended the subscription may have made Redis forget the lease.
"""

from __future__ import annotations

import time
from functools import partial

import structlog

from app.errors import RedisRefused
from app.realtime.bus.manager import BusManager
from app.realtime.bus.subscription import Subscription
from app.realtime.cluster.deadlines import Deadlines
from app.realtime.cluster.reaping import Reaping
from app.realtime.cluster.recovery import Recovery
from app.realtime.cluster.tasks import Deadline, Tasks
from app.realtime.managers.connection_manager import ConnectionManager
from app.realtime.managers.presence_manager import PresenceManager
from app.realtime.store.address import NodeAddress
from app.realtime.store.nodes import NodeStore
from app.realtime.store.verdict import AWAY, Verdict, verdict
from realtime_contracts.rules.errors import Unavailable

logger = structlog.get_logger(__name__)

#: Renewals in the length of a lease: two may fail before the node counts as dead.
RENEWALS_PER_LEASE = 3.3

#: Leases without hearing the bus after which the node subscribes anew.
DEAF_AFTER_LEASES = 1.0


class Lease:
    """This node's lease. `seconds` is its length."""

    def __init__(
        self,
        seconds: float,
        address: NodeAddress,
        tasks: Tasks,
        nodes: NodeStore,
        bus: BusManager,
        connections: ConnectionManager,
        presence: PresenceManager,
        deadlines: Deadlines,
        recovery: Recovery,
        reaping: Reaping,
    ) -> None:
        self.seconds = seconds
        self._address = address
        self._tasks = tasks
        self._nodes = nodes
        self._bus = bus
        self._connections = connections
        self._presence = presence
        self._deadlines = deadlines
        self._recovery = recovery
        self._reaping = reaping
        self._left = False
        self._had = False
        #: Whether Redis may have forgotten the lease.
        self._doubtful = False
        self._next: Deadline | None = None
        self._in_touch_since: float | None = None
        #: Why this node is not in touch, if it is not.
        self._lost = AWAY

    def begin(self) -> None:
        """Take the lease and keep it."""
        self._next = self._tasks.at(0, self._renew)

    def renew_soon(self) -> None:
        """Renew the lease at once. Until then the node is not in touch."""
        if self._next is not None:  # else it has not begun
            self._doubtful = True
            self._tasks.cancel(self._next)
            self.begin()

    def leave(self) -> bool:
        """End the lease. Returns whether no other node lives; True if Redis cannot say."""
        self._left = True
        try:
            return self._nodes.leave() == 0
        except Unavailable:
            logger.warning("stopped_without_redis")
            return True

    def problem(self) -> str | None:
        """Return why this node is not in touch with the cluster, None if it is."""
        if self._in_touch_since is None:
            return self._lost.text
        if self._doubtful:
            return "the lease is being renewed"
        if not self._bus.routes.subscribed or self._deaf():
            why = verdict(self._bus.routes.failure)
            return "the bus is not heard" if why.cause == "away" else why.text
        return None

    def _renew(self) -> None:
        if self._left:
            return
        planned = self._next = self._tasks.at(self.seconds / RENEWALS_PER_LEASE, self._renew)
        try:
            self._nodes.check_access()
            found = self._nodes.renew(round(self.seconds * 1000), len(self._connections.watched_tenants()))
        except (Unavailable, RedisRefused) as error:
            self._lose(verdict(error))
            self._presence.heartbeats.forget_all()
            return
        if self._next is planned:  # else it was doubted meanwhile
            self._doubtful = False
        self._bus.probe()
        if self._in_touch_since is None:
            self._in_touch_since = time.monotonic()
            logger.info("node_in_touch", node=self._address.node_id)
        if not found.had:
            logger.info("lease_new", connections=self._connections.get_connection_count())
            self._recovery.restore_soon(lost=self._had)
        self._had = True
        self._tasks.soon("endings", self._finish_endings)
        for subscription in self._deaf():
            logger.warning("bus_deaf")
            subscription.again()
        # A node that was out of touch itself gives the others one lease to come back.
        if time.monotonic() - self._in_touch_since >= self.seconds:
            for node_id, ended_at in found.expired.items():
                self._tasks.soon(f"reap {node_id}", partial(self._reaping.reap, node_id, ended_at))

    def _lose(self, why: Verdict) -> None:
        if self._in_touch_since is not None or why != self._lost:
            logger.warning("redis_lost", cause=why.cause, what=why.text)
        self._in_touch_since = None
        self._lost = why

    def _finish_endings(self) -> None:
        for tenant_id, seconds in self._connections.finish_endings():
            self._deadlines.plan_check(tenant_id, seconds)

    def _deaf(self) -> list[Subscription]:
        """The subscriptions on which no probe of this node has come back for too long."""
        since = time.monotonic() - self.seconds * DEAF_AFTER_LEASES
        if self._in_touch_since is None or self._in_touch_since > since:
            return []
        return self._bus.routes.deaf(since)
