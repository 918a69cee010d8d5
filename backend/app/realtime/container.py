"""What `create_app` puts together: the services of one app, in a frozen container.

Whoever needs one is given it when it is made or registered. REST, which Flask calls, finds the container by
`get_services()`.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TypeVar, cast

from flask import Flask, current_app

from app.metrics import Metrics, Now
from app.realtime.bus.manager import BusManager
from app.realtime.cluster.admission import Admission
from app.realtime.cluster.deadlines import Deadlines
from app.realtime.cluster.heartbeats import HeartbeatWriter
from app.realtime.cluster.lease import Lease
from app.realtime.cluster.lifecycle import Lifecycle
from app.realtime.cluster.reaping import Reaping
from app.realtime.cluster.recovery import Recovery
from app.realtime.cluster.standstills import watch
from app.realtime.cluster.tasks import Tasks
from app.realtime.cluster.workers import Workers
from app.realtime.managers.connection_manager import Connection, ConnectionManager
from app.realtime.managers.cursor_manager import CursorManager
from app.realtime.managers.document_manager import DocumentManager
from app.realtime.managers.lock_manager import LockManager
from app.realtime.managers.presence_manager import PresenceManager
from app.realtime.managers.room_manager import RoomManager
from app.realtime.managers.typing_manager import TypingManager
from app.realtime.policy import load_policy
from app.realtime.services.activity_service import ActivityService
from app.realtime.services.notification_service import NotificationService
from app.realtime.services.revocation_service import RevocationService
from app.realtime.store import topology as topologies
from app.realtime.store.address import NodeAddress
from app.realtime.store.nodes import NodeStore
from app.realtime.store.pipeline import PipelinedRedis
from app.realtime.transport.siblings import Siblings
from app.settings import Settings

Kind = TypeVar("Kind")


@dataclass(frozen=True)
class Services:
    """Everything that handlers, REST and the metrics of one app reach."""

    settings: Settings
    topology: topologies.Topology
    commands: PipelinedRedis
    address: NodeAddress
    bus: BusManager
    connections: ConnectionManager
    presence: PresenceManager
    rooms: RoomManager
    cursors: CursorManager
    typing: TypingManager
    documents: DocumentManager
    locks: LockManager
    notifications: NotificationService
    activity: ActivityService
    revocations: RevocationService
    metrics: Metrics
    tasks: Tasks
    admission: Admission
    recovery: Recovery
    lifecycle: Lifecycle
    workers: Workers

    def one(self, kind: type[Kind]) -> Kind:
        """Return the service of a class."""
        return next(found for field in fields(self) if isinstance(found := getattr(self, field.name), kind))


def make_services(settings: Settings) -> Services:
    """Put the services of one app together. Nothing runs yet, and Redis is not asked."""
    topology = topologies.of_settings(settings)
    commands = topology.commands()
    address = NodeAddress(topology.database, sharded=topology.sharded)
    nodes = NodeStore(commands, address)
    tasks = Tasks()

    # The managers plan checks, and the deadlines check managers; the bus reports to the recovery, which sends over it.
    def plan_check(tenant_id: str, seconds: float) -> None:
        deadlines.plan_check(tenant_id, seconds)

    def on_gap() -> None:
        lease.renew_soon()
        recovery.resync_soon()

    def on_unsteady(tenant_id: str, user_id: str) -> None:
        heartbeats.unsteady(tenant_id, user_id)

    def on_left(connection: Connection, room_id: str) -> None:
        cursors.forget(connection, room_id)
        bus.leave(connection.sid, connection.keys.room_channel(room_id))

    bus = BusManager(commands, topology, address, tasks.start, on_gap, plan_check, on_unsteady)
    connections = ConnectionManager(commands, settings, address)
    presence = PresenceManager(commands, settings, address)
    rooms = RoomManager(commands, settings, address, load_policy(settings.room_policy), bus.hear, on_left)
    cursors = CursorManager(commands, settings, address, plan_check)
    cursors.write_soon = tasks.writer(cursors.write)
    cursors.is_away = lambda: commands.link.problem is not None
    typing = TypingManager(commands, settings, address, plan_check)
    documents = DocumentManager(commands, settings, address)
    locks = LockManager(commands, address, plan_check)
    notifications = NotificationService(commands, settings.notification_ttl_seconds, address)
    activity = ActivityService(commands, settings.activity_ttl_seconds, address)
    revocations = RevocationService(commands, settings.revocation_seconds, address)

    deadlines = Deadlines(tasks, connections, presence, rooms, notifications, nodes)
    recovery = Recovery(
        address,
        tasks,
        bus,
        nodes,
        deadlines,
        connections,
        presence,
        rooms,
        cursors,
        typing,
        documents,
        locks,
        notifications,
        activity,
        revocations,
    )
    heartbeats = HeartbeatWriter(tasks, presence, recovery)
    heartbeats.begin()
    reaping = Reaping(address, nodes, connections, presence, rooms, deadlines)
    lease = Lease(
        settings.node_lease_seconds, address, tasks, nodes, bus, connections, presence, deadlines, recovery, reaping
    )
    lease.begin()
    admission = Admission(
        tasks,
        bus,
        connections,
        deadlines,
        settings.away_timeout_seconds,
        settings.allowances,
        settings.max_connections_per_address,
        revocations.refuse_revoked,
    )
    tasks.at(0, lambda: watch(tasks, admission.pacing.standstills))
    lifecycle = Lifecycle(tasks, bus, lease, recovery, reaping, admission, heartbeats, commands)
    admission.is_ready = lifecycle.is_ready

    def now() -> Now:
        return Now(
            connections=connections.get_connection_count(),
            ready=lifecycle.problem() is None,
            delivered=bus.delivery.delivered,
            unwanted=bus.delivery.unwanted,
            channels=len(bus.routes),
            ended=bus.server.eio.engine.ended,
            in_flight=len(commands.link),
            connects=commands.link.connects,
            abusive=admission.abusive,
        )

    metrics = Metrics(now)

    return Services(
        settings=settings,
        topology=topology,
        commands=commands,
        address=address,
        bus=bus,
        connections=connections,
        presence=presence,
        rooms=rooms,
        cursors=cursors,
        typing=typing,
        documents=documents,
        locks=locks,
        notifications=notifications,
        activity=activity,
        revocations=revocations,
        metrics=metrics,
        tasks=tasks,
        admission=admission,
        recovery=recovery,
        lifecycle=lifecycle,
        workers=Workers(Siblings(), lifecycle.problem, metrics.text),
    )


def get_services(app: Flask | None = None) -> Services:
    """Return the services of `app`, or of the current app."""
    return cast("Services", (app or current_app).extensions["realtime"])
