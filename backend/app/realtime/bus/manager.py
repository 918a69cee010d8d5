"""The client manager of python-socketio: delivers the messages of the bus to the sessions of this process.

It does what python-socketio asks of a manager, for the one namespace that there is. Beyond that:

- A message may make its receiver enter a Socket.IO room first (`enter`): membership changes at the same point of the
  stream as the state does.
- All messages that one read of the bus has brought go to a session in one write.
- A message may say when something in its room ends (`due`); the nodes that deliver it check it then.
- A probe that the lease publishes comes back over the bus. A node that does not hear it subscribes again.
- Delivery never waits for a client, and a fault of one message does not stop the others.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import orjson
import redis
import structlog

from app.realtime.bus.members import Members
from app.realtime.bus.message import read, write
from app.realtime.bus.order import DelayedAck, Order
from app.realtime.bus.subscription import Subscription
from app.realtime.store.address import NodeAddress
from app.realtime.store.keys import tenant_of
from app.realtime.transport.message import Message
from app.realtime.transport.session import Session

logger = structlog.get_logger(__name__)

NAMESPACE = "/"

#: The Socket.IO packet type EVENT.
_EVENT = "2"


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
        self._on_due = on_due
        self._on_unsteady = on_unsteady
        self._members = Members()
        self._order = Order()
        #: Sids by the session's id, and those that are being accepted, or are ending.
        self._sids: dict[str, str] = {}
        self._unsettled: set[str] = set()
        self.subscription = Subscription(listener, (address.bus, address.node), self.deliver, on_gap)
        self.probe_heard_at = 0.0
        #: Number of messages delivered to connections of this node.
        self.delivered = 0
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
        """Put a connection of this node into a Socket.IO room."""
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
        return [sid, *self._members.rooms_of(sid)]

    def get_participants(self, namespace: str, room: str) -> Iterable[tuple[str, str]]:  # noqa: ARG002
        """The connections of this node in a Socket.IO room: sid and session's id."""
        return [(sid, session.id) for sid, session in self._members.of(room).items()]

    def trigger_callback(self, sid: str, number: int, data: Any) -> None:
        """A client's ack of something that the server emitted. The server asks for none."""

    def emit(
        self,
        event: str,
        data: Any,
        namespace: str,  # noqa: ARG002 - the library's signature
        room: str | Sequence[str] | None = None,
        skip_sid: str | None = None,
        callback: Any = None,
        **_: Any,
    ) -> None:
        """Send an event to a Socket.IO room on all nodes, for `socketio.emit` of any code of this process.

        Raises ValueError without a room, and for a `callback`: no one node knows all who would answer.
        """
        if room is None or callback is not None:
            raise ValueError("an event goes to a room, and nobody is asked for an ack")
        arguments = list(data) if isinstance(data, tuple) else [] if data is None else [data]
        for one in [room] if isinstance(room, str) else room:
            self._client.publish(self._address.bus, write(one, event, arguments, skip_sid))

    # Connections of this node.

    def is_open(self, sid: str) -> bool:
        """Whether a connection of this node still has its transport."""
        session = self._members.sessions.get(sid)
        return session is not None and session.open

    def send(self, sid: str, event: str, payload: dict[str, Any]) -> None:
        """Send an event to one connection of this node: an answer to it, not a change of state."""
        session = self._members.sessions.get(sid)
        if session is not None:
            session.send(Message(_EVENT + orjson.dumps([event, payload]).decode()))

    def end(self, sid: str) -> None:
        """End a connection of this node for good, with a DISCONNECT packet."""
        self.server.disconnect(sid)

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

    def answered(self, sid: str) -> None:
        """The ack of an event is out: send what was kept."""
        kept = self._order.answered(sid)
        if kept and (session := self._members.sessions.get(sid)) is not None:
            session.send(*kept)

    # Delivery.

    def deliver(self, batch: Sequence[bytes]) -> None:
        """Deliver messages of the bus; each session gets its own in one write."""
        outgoing: dict[Session, list[Message]] = {}
        for data in batch:
            try:
                head, packet = read(data)
                if "do" in head:
                    self._do(head)
                else:
                    self._address_to(outgoing, head, packet)
            except Exception:
                # One bad message must not stop the listener; the log has the traceback.
                logger.exception("bus_message_failed")
        joined: dict[tuple[int, ...], bytes] = {}
        for session, messages in outgoing.items():
            if len(messages) == 1:
                session.send_joined(messages, messages[0].frame)
                continue
            key = tuple(map(id, messages))
            frames = joined.get(key)
            if frames is None:
                frames = joined[key] = b"".join([message.frame for message in messages])
            session.send_joined(messages, frames)

    def _address_to(self, outgoing: dict[Session, list[Message]], head: dict[str, Any], packet: str) -> None:
        room = head["room"]
        for entered in head.get("enter", ()):
            self._members.enter(room, entered)
        if unsteady := head.get("unsteady"):
            self._on_unsteady(tenant_of(room), unsteady)
        members = self._members.of(room)
        if not members:
            return
        self.delivered += 1
        message = Message(_EVENT + packet, head.get("replaces"))
        skip, skip_room = head.get("skip"), head.get("skip_room")
        skipped = self._members.of(skip_room) if skip_room else ()
        for sid, session in members.items():
            if sid == skip or sid in skipped or self._order.keeps(sid, message):
                continue
            waiting = outgoing.get(session)
            if waiting is None:
                outgoing[session] = [message]
            else:
                waiting.append(message)
        if due := head.get("due"):
            self._on_due(tenant_of(due[0]), due[1] / 1000)

    def _do(self, head: dict[str, Any]) -> None:
        match head["do"]:
            case "hold":
                self._order.hold(head["sid"])
            case "leave":
                self._members.leave(head["sid"], head["room"])
            case "probe":
                self.probe_heard_at = time.monotonic()
