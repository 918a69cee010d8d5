"""Ends what a node left behind: its connections, the deadlines of its tenants, its lease.

The first node that sees a dead one ends its connections as lost transports and watches its tenants from then on. The
last node of a cluster takes all users offline when it stops, because no other will do so later.
"""

from __future__ import annotations

from dataclasses import dataclass

import gevent
import structlog

from app.realtime.cluster.deadlines import Deadlines
from app.realtime.managers.connection_manager import ConnectionManager
from app.realtime.managers.presence_manager import PresenceManager
from app.realtime.managers.room_manager import RoomManager
from app.realtime.store.address import NodeAddress
from app.realtime.store.keys import TenantKeys
from app.realtime.store.nodes import NodeStore
from realtime_contracts.rules.errors import Unavailable

logger = structlog.get_logger(__name__)

#: Seconds between two checks whether the last connections of a stopping node have ended. `serve` bounds the whole.
ENDING_POLL_SECONDS = 0.02


@dataclass(frozen=True)
class Reaping:
    """Reaps other nodes, and this one if it is the last."""

    address: NodeAddress
    nodes: NodeStore
    connections: ConnectionManager
    presence: PresenceManager
    rooms: RoomManager
    deadlines: Deadlines

    def reap(self, node_id: str, ended_at_ms: int) -> None:
        """End the connections of a dead node as lost at `ended_at_ms` of Redis' clock, and watch its tenants."""
        tenant_ids = self.nodes.tenants(node_id)
        self.nodes.take_over(tenant_ids)
        self.connections.watch(tenant_ids)
        ended = 0
        for tenant_id in tenant_ids:
            for sid, user_id in self.nodes.connections(node_id, TenantKeys(tenant_id)).items():
                self.connections.end_foreign(tenant_id, user_id, sid, node_id, ended_at_ms)
                ended += 1
            self.deadlines.plan_check(tenant_id, 0)
        self.nodes.remove_node(node_id)
        logger.warning("node_reaped", dead=node_id, connections=ended)

    def leave_nothing(self) -> None:
        """Take all users offline: no other node will do so later."""
        node_id = self.address.node_id
        try:
            # Two that stop together take each other for dead: this one's tenants may go to the other meanwhile.
            tenant_ids = set(self.nodes.tenants(node_id))
            # Nodes that stopped just before this one left their users to it.
            for dead, ended_at_ms in self.nodes.dead().items():
                if dead != node_id:
                    self.reap(dead, ended_at_ms)
            for tenant_id in tenant_ids.union(self.nodes.tenants(node_id)):
                # Some may be ending by themselves at this moment, with a round trip under way.
                while self.nodes.connections(node_id, TenantKeys(tenant_id)):
                    gevent.sleep(ENDING_POLL_SECONDS)
                for user in self.presence.get_online_users(tenant_id):
                    self.presence.set_offline(user["user_id"], tenant_id)
                self.rooms.forget_due(tenant_id)
            self.nodes.remove_node(node_id)
        except Unavailable:
            logger.warning("state_left_behind")
