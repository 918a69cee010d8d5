"""Starts and stops a node, and says whether it is ready for clients."""

from __future__ import annotations

from dataclasses import dataclass, field

from gevent.event import Event

from app.realtime.bus.manager import BusManager
from app.realtime.cluster.admission import Admission
from app.realtime.cluster.heartbeats import HeartbeatWriter
from app.realtime.cluster.lease import Lease
from app.realtime.cluster.reaping import Reaping
from app.realtime.cluster.recovery import Recovery
from app.realtime.cluster.tasks import Tasks
from app.realtime.store.pipeline import PipelinedRedis


@dataclass(frozen=True)
class Lifecycle:
    """A node from its start to its stop."""

    tasks: Tasks
    bus: BusManager
    lease: Lease
    recovery: Recovery
    reaping: Reaping
    admission: Admission
    heartbeats: HeartbeatWriter
    commands: PipelinedRedis
    #: Set once the node stops.
    draining: Event = field(default_factory=Event)

    def start(self) -> None:
        """Subscribe to the bus and join the cluster, once. A forked worker starts with its first request."""
        self.bus.start()

    def problem(self) -> str | None:
        """Return why this node is not ready for clients, None if it is."""
        if self.draining.is_set():
            return "draining"
        if self.commands.link.problem is not None:
            return self.commands.link.problem
        return self.lease.problem() or self.recovery.problem()

    def is_ready(self) -> bool:
        """Whether clients may connect. Starts a node that has not been started."""
        self.start()
        return self.problem() is None

    def stop(self) -> None:
        """Close every connection and leave the cluster.

        While other nodes live, users stay online for the grace, so that they can reconnect there. The last
        node takes all users offline.
        """
        self.draining.set()
        self.admission.close()
        alone = self.lease.leave()
        if not alone:
            self.heartbeats.finish()
        self.admission.end_all(goodbye=alone)
        # Of nodes that stop together, the one whose connections end last clears up after all.
        if alone or self.lease.leave():
            self.reaping.leave_nothing()
        self.bus.stop()
        self.tasks.stop()
