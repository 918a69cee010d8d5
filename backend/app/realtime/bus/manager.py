"""The client manager of python-socketio: which session of this process is which connection, in which rooms.

It does what python-socketio asks of a manager, for the one namespace that there is, and holds the parts of the bus
together: the subscription, the delivery, the members and their order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import orjson
import redis

from app.realtime.bus.delivery import EVENT, Delivery
from app.realtime.bus.members import Members
from app.realtime.bus.message import Names, listed, write
from app.realtime.bus.order import DelayedAck, Order
from app.realtime.bus.subscription import Subscription
from app.realtime.store.address import NodeAddress
from app.realtime.store.script import reaching_redis
from app.realtime.transport.message import Message
from app.realtime.transport.reasons import Reason

NAMESPACE = "/"

#: The Socket.IO packet type ACK.
_ACK = "3"


class BusManager:
    """Delivers what the scripts publish.

    `on_start` is called once in the serving process; `on_gap` after each later subscription, because messages may
    have been missed; `on_due` with a tenant's id and the seconds until something of it ends; `on_unsteady` with a
    tenant's id and a user of it whose next heartbeat may change their status. `client` publishes what other code of the
    process emits; `listener` makes the subscription's connections.
    """

    def __init__(
        self,
        client: redis.Redis,
        listener: redis.ConnectionPool,
        address: NodeAddress,
        on_start: Callable[[], None],
        on_gap: Callable[[], None],
        on_due: Callable[[str, float], None],
        on_unsteady: Callable[[str, str], None],
    ) -> None:
        self._client = client
        self._address = address
        self._on_start = on_start
        self._members = Members()
        self._order = Order()
        #: Sids by the session's id, and those that are being accepted, or are ending.
        self._sids: dict[str, str] = {}
        self._unsettled: set[str] = set()
        self.delivery = Delivery(self._members, self._order, on_due, on_unsteady)
        self.subscription = Subscription(listener, (address.bus, address.node), self.delivery.deliver, on_gap)
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
        self.subscription.start()
        self._on_start()

    def stop(self) -> None:
        """End the subscription."""
        self.subscription.stop()

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

        Raises ValueError for a connection that is not here, and for the room that another connection is.
        """
        if sid not in self._members.sessions or (room != sid and room in self._members.sessions):
            raise ValueError("a connection of this node enters a room that is not a connection")
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

        One PUBLISH. A connection in several of the rooms gets it once. Raises ValueError without a room, because that
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
        with reaching_redis():
            self._client.publish(self._address.bus, message)

    # Connections of this node.

    def is_open(self, sid: str) -> bool:
        """Whether a connection of this node still has its transport."""
        session = self._members.sessions.get(sid)
        return session is not None and session.open

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
        """Put a connection of this node into Socket.IO rooms, in case the message that says so was lost."""
        for room in rooms:
            self._members.enter(sid, room)

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
