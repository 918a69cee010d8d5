"""The client manager of python-socketio: which session of this process is which connection, in which rooms.

It does what python-socketio asks of a manager, for the one namespace that there is, and holds the parts of the bus
together: the subscription, the delivery, the members and their order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import orjson
import redis

from app.realtime.bus.delivery import EVENT, Delivery
from app.realtime.bus.members import Members
from app.realtime.bus.message import Names, listed, write
from app.realtime.bus.order import DelayedAck, Order
from app.realtime.bus.positions import Place, Positions
from app.realtime.bus.routes import Routes, has_places, is_routed, is_users
from app.realtime.store.address import NodeAddress
from app.realtime.store.keys import NO_TENANT, TenantKeys, tenant_of
from app.realtime.store.script import reaching_redis
from app.realtime.store.topology import Topology
from app.realtime.transport.message import Message
from app.realtime.transport.reasons import Reason
from app.realtime.transport.timers import Timers

NAMESPACE = "/"

#: The Socket.IO packet type ACK.
_ACK = "3"


class BusManager:
    """Delivers what the scripts publish.

    `on_start` is called once in the serving process; `on_gap` after each later subscription, because messages may
    have been missed; `on_due` with a tenant's id and the seconds until something of it ends; `on_unsteady` with a
    tenant's id and a user of it whose next heartbeat may change their status. `client` publishes what other code of the
    process emits; `topology` makes the connections of the subscriptions.
    """

    def __init__(
        self,
        client: redis.Redis,
        topology: Topology,
        address: NodeAddress,
        on_start: Callable[[], None],
        on_gap: Callable[[], None],
        on_due: Callable[[str, float], None],
        on_unsteady: Callable[[str, str], None],
    ) -> None:
        self._client = client
        self._address = address
        self._on_start = on_start
        self.routes = Routes(topology, address, on_gap, self._lose)
        self._members = Members(self.routes.occupied, self._deserted)
        self._positions = Positions()
        self._order = Order()
        #: Sids by the session's id, and those that are being accepted, or are ending.
        self._sids: dict[str, str] = {}
        self._unsettled: set[str] = set()
        self.delivery = Delivery(
            self._members, self._order, self._positions, on_due, on_unsteady, self.routes.probe_heard
        )
        self.server: Any = None

    # What python-socketio asks of a manager.

    def set_server(self, server: Any) -> None:
        """Serve this server."""
        self.server = server

    def start(self) -> None:
        """Start to listen, once; python-socketio does so itself at the first request."""
        if not self.server.manager_initialized:
            self.server.manager_initialized = True
            self.initialize()

    def initialize(self) -> None:
        """Start to listen; called once in each process that serves."""
        self.routes.start(self.delivery.deliver)
        self._on_start()

    def stop(self) -> None:
        """Hear nothing any more."""
        self.routes.stop()

    def get_namespaces(self) -> list[str]:
        """The namespaces that clients may connect to."""
        return [NAMESPACE]

    def pre_connect(self, eio_sid: str, namespace: str) -> str | None:
        """Begin a connection, which is kept from hearing anything until `connect`. None if there is one already."""
        session = self.server.eio.sockets.get(eio_sid)
        if namespace != NAMESPACE or eio_sid in self._sids or session is None:
            return None
        sid: str = self.server.eio.generate_id()
        self._sids[eio_sid] = sid
        self._unsettled.add(sid)
        self._members.add(sid, session)
        self._order.begin(sid)
        return sid

    def connect(self, sid: str, namespace: str) -> str:  # noqa: ARG002 - the library's signature
        """The CONNECT packet is out: the connection may hear what was kept."""
        self._unsettled.discard(sid)
        session = self._members.sessions.get(sid)
        kept = self._order.release(sid)
        if session is not None:
            session.connected()
            if kept:
                session.send(*kept)
        return sid

    def is_connected(self, sid: str | None, namespace: str) -> bool:
        """Whether a connection is accepted and not ending."""
        return namespace == NAMESPACE and sid in self._members.sessions and sid not in self._unsettled

    def can_disconnect(self, sid: str, namespace: str) -> bool:
        """Whether a connection is on this node. Scripts end connections of other nodes."""
        return self.is_connected(sid, namespace)

    def pre_disconnect(self, sid: str, namespace: str) -> str | None:
        """Begin to end a connection. Returns the session's id."""
        self._unsettled.add(sid)
        return self.eio_sid_from_sid(sid, namespace)

    def disconnect(self, sid: str, namespace: str, **_: Any) -> None:  # noqa: ARG002 - the library's signature
        """Forget a connection that was refused or has ended. Its session ends too, unless the client connects again."""
        session = self._members.sessions.get(sid)
        self._members.remove(sid)
        self._order.forget(sid)
        self._unsettled.discard(sid)
        if session is not None:
            self._sids.pop(session.id, None)
            session.await_connect()

    def sid_from_eio_sid(self, eio_sid: str, namespace: str) -> str | None:
        """The sid of a session's connection, None if it has none."""
        return self._sids.get(eio_sid) if namespace == NAMESPACE else None

    def eio_sid_from_sid(self, sid: str, namespace: str) -> str | None:
        """The id of a connection's session, None if the connection is not here."""
        session = self._members.sessions.get(sid)
        return session.id if session is not None and namespace == NAMESPACE else None

    def enter_room(self, sid: str, namespace: str, room: str, eio_sid: str | None = None) -> None:  # noqa: ARG002
        """Put a connection of this node into a Socket.IO room.

        Raises ValueError for a connection that is not here, and for the room that another connection is. Raises
        Unavailable if the room has a channel that cannot be heard now.
        """
        if sid not in self._members.sessions or (room != sid and room in self._members.sessions):
            raise ValueError("a connection of this node enters a room that is not a connection")
        if is_routed(room):
            self.routes.hear(room)
        self._members.enter(sid, room)

    def leave_room(self, sid: str, namespace: str, room: str) -> None:  # noqa: ARG002 - the library's signature
        """Take a connection of this node out of a Socket.IO room at once; the bus may say so again."""
        self._members.leave(sid, room)

    def close_room(self, room: str, namespace: str) -> None:  # noqa: ARG002 - the library's signature
        """Take all connections of this node out of a Socket.IO room."""
        for sid in list(self._members.of(room)):
            self._members.leave(sid, room)

    def get_rooms(self, sid: str, namespace: str) -> list[str]:  # noqa: ARG002 - the library's signature
        """The Socket.IO rooms of a connection."""
        return [sid, *self._members.rooms_of(sid)] if sid in self._members.sessions else []

    def get_participants(self, namespace: str, room: Names | None) -> Iterable[tuple[str, str]]:  # noqa: ARG002
        """The connections of this node in a Socket.IO room, in any of some, or all: sid and session's id."""
        members = self._members.sessions if room is None else self._members.of_any(listed(room))
        return [(sid, session.id) for sid, session in members.items()]

    def trigger_callback(self, sid: str, number: int, data: Any) -> None:
        """A client's ack of something that the server emitted. The server asks for none."""

    def emit(
        self,
        event: str,
        data: Any,
        namespace: str,
        room: Names | None = None,
        skip_sid: Names | None = None,
        callback: Any = None,
        **_: Any,
    ) -> None:
        """Send an event to Socket.IO rooms on all nodes, for `socketio.emit` of any code of this process.

        One PUBLISH, on the rooms' own channel if they have one, so that it is in order with what else is heard there. A
        connection in several of the rooms gets it once. Raises ValueError without a room, because that
        would be everybody of every tenant; for a `callback`, because no node knows all who would answer; and for
        another namespace. Raises TypeError for what is no JSON, and Unavailable.
        """
        if not room:
            raise ValueError("emit: expected a room (`to`), got none")
        if callback is not None:
            raise ValueError("emit: a room is not asked for acks; expected no `callback`")
        if namespace != NAMESPACE:
            raise ValueError(f"emit: expected the namespace {NAMESPACE}")
        arguments = list(data) if isinstance(data, tuple) else [] if data is None else [data]
        message = write(room, event, arguments, skip_sid or None)
        self._publish(self._channel(listed(room)), message)

    def _channel(self, rooms: Sequence[str]) -> str:
        """The channel that every node with members of any of these Socket.IO rooms hears, and the fewest others."""
        if len(rooms) == 1 and is_routed(rooms[0]):
            return rooms[0]
        tenants = {self._tenant(room) for room in rooms}
        keys = TenantKeys(tenants.pop() if len(tenants) == 1 else NO_TENANT)
        if all(room in self._members.sessions for room in rooms):
            return keys.node_channel(self._address.node_id)
        return keys.tenant_channel

    def _tenant(self, room: str) -> str:
        """The tenant of a Socket.IO room, or of a connection that is here, NO_TENANT if it has none."""
        if room in self._members.sessions:
            room = next(filter(is_routed, self._members.rooms_of(room)), "")
        return tenant_of(room) if is_routed(room) or is_users(room) else NO_TENANT

    def _publish(self, channel: str, message: bytes) -> None:
        client: Any = self._client  # redis-py does not type `execute_command`
        with reaching_redis():
            client.execute_command(self._address.publish, self._address.bus + channel, message)

    # Hearing.

    def hear(self, room: str) -> None:
        """Hear what is sent to a Socket.IO room of a tenant, before the script that makes a connection enter it.

        Raises Unavailable.
        """
        self.routes.hear(room)

    def probe(self) -> None:
        """Send a message to this node itself over each subscription."""
        self.routes.probe(self._publish)

    def behind(self) -> list[tuple[str, Place]]:
        """The Socket.IO rooms with connections that have missed announcements, and after which place."""
        for room in self._positions.rooms_behind():
            self._positions.keep(room, self._members.of(room))
        return [(room, after) for room in self._positions.rooms_behind() for after in self._positions.groups(room)]

    def _lose(self, tenant_id: str) -> None:
        """The bus of a tenant is not heard: its connections miss announcements from now on."""
        tenant_channel = TenantKeys(tenant_id).tenant_channel
        members = self._members.of(tenant_channel)
        self._positions.lose(tenant_channel, members)
        for sid in members:
            for room in filter(is_users, self._members.rooms_of(sid)):
                self._positions.lose(room, (sid,))

    def _deserted(self, room: str) -> None:
        self._positions.forget(room)
        self.routes.deserted(room)

    # Connections of this node.

    def is_open(self, sid: str) -> bool:
        """Whether a connection of this node still has its transport."""
        session = self._members.sessions.get(sid)
        return session is not None and session.open

    @property
    def timers(self) -> Timers:
        """The timing wheel of the process's sessions."""
        timers: Timers = self.server.eio.engine.timers
        return timers

    def has_entered(self, sid: str) -> bool:
        """Whether a connection of this node has entered its rooms, and so has had its first list."""
        return bool(self._members.rooms_of(sid))

    def send(self, sid: str, event: str, payload: dict[str, Any]) -> None:
        """Send an event to one connection of this node: an answer to it, not a change of state."""
        self.send_packet(sid, Message(EVENT + orjson.dumps([event, payload]).decode()))

    def send_packet(self, sid: str, packet: Message) -> None:
        """Send a packet to one connection of this node; nothing if it is not here."""
        session = self._members.sessions.get(sid)
        if session is not None:
            session.send(packet)

    def end(self, sid: str) -> None:
        """End a connection of this node for good, with a DISCONNECT packet."""
        self.server.disconnect(sid)

    def cut(self, sid: str, reason: Reason) -> None:
        """End a connection of this node with its transport: an official client comes back."""
        session = self._members.sessions.get(sid)
        if session is not None:
            session.end(reason)

    def enter(self, sid: str, rooms: Iterable[str]) -> None:
        """Put a connection of this node into Socket.IO rooms, in case the message that says so was lost.

        It hears the announcements in them that come after the next recovery.
        """
        known = self._members.rooms_of(sid)
        for room in rooms:
            if room not in known:
                self._members.enter(sid, room)
                if has_places(room):
                    self._positions.begin(sid, room)

    def leave(self, sid: str, room: str) -> None:
        """Take a connection of this node out of a Socket.IO room at once; the bus may say so again."""
        self._members.leave(sid, room)

    def delay_ack(self, sid: str) -> DelayedAck:
        """Delay the ack of an event whose script publishes `hold` to this node: see `order`."""
        return self._order.delay_ack(sid)

    def acknowledge(self, sid: str, number: int | None, ack: dict[str, Any]) -> None:
        """Send the ack of an event, if one was asked for (`number`), and then what was kept for it."""
        messages = [] if number is None else [Message(f"{_ACK}{number}[{orjson.dumps(ack).decode()}]")]
        messages += self._order.answered(sid)
        session = self._members.sessions.get(sid)
        if messages and session is not None:
            session.send(*messages)

    def answered(self, sid: str) -> None:
        """An event is answered by other code: send what was kept for that."""
        self.acknowledge(sid, None, {})
