"""The client manager of python-socketio: delivers the messages of the bus to the sockets of this process.

It extends python-socketio's `PubSubManager` and keeps its message format. Beyond the library's Redis manager:

- A node listens on two channels, the cluster's and its own, over one connection; so what a script
  publishes to a tenant and to one sid arrives in the script's order.
- A message may make its receiver enter a Socket.IO room first (`enter`): membership changes at the
  same point of the stream as the state does.
- Messages to a connection are held back until its CONNECT packet is out.
- A probe that the lease publishes comes back over the bus. A node that does not hear it subscribes again.
- `delay_ack` delays the ack of an edit until earlier broadcasts are delivered.
- A message may say when something in its room ends (`due`); the nodes that deliver it check it then.
- Delivery never waits for a client, and a fault of one client does not stop the others' messages.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import redis
import socketio.packet
import structlog
from redis.exceptions import RedisError
from socketio.pubsub_manager import PubSubManager

from app.realtime.store.address import NodeAddress
from app.realtime.store.keys import tenant_of
from app.realtime.transport.message import Message
from realtime_contracts.rules.packets import Packet

logger = structlog.get_logger(__name__)

#: Longest pause between two tries to subscribe, in seconds: clients wait that long for a healed node.
MAX_RETRY_SECONDS = 2.0

#: Longest delay of an ack in seconds. The bus takes milliseconds, unless the subscription was cut just now.
ACK_DELAY_SECONDS = 2.0

NAMESPACE = "/"


class DelayedAck:
    """Delays an ack until earlier broadcasts are delivered: see `BusManager.delay_ack`."""

    def __init__(self, heard: Any) -> None:
        self._heard = heard

    def wait(self) -> None:
        """Wait until the earlier broadcasts have been handed to the connection."""
        self._heard.wait(ACK_DELAY_SECONDS)


class BusManager(PubSubManager):  # type: ignore[misc]  # the library is untyped
    """Delivers what the scripts publish.

    `on_start` is called once in the serving process; `on_gap` after each later subscription, because
    messages may have been missed; `on_due` with a tenant's id and the seconds until something of it ends.
    """

    name = "bus"

    def __init__(
        self,
        client: redis.Redis,
        address: NodeAddress,
        on_start: Callable[[], None],
        on_gap: Callable[[], None],
        on_due: Callable[[str, float], None],
    ) -> None:
        super().__init__(channel=address.bus)
        self._client: Any = client  # redis-py does not type `pubsub`
        self._address = address
        self._on_start = on_start
        self._on_gap = on_gap
        self._on_due = on_due
        self._delayed_acks: dict[str, Any] = {}
        self._held: dict[str, list[Message]] = {}
        self._pubsub: Any = None
        self._stopped = False
        self.subscribed = False
        #: When the subscription was confirmed, and when the last probe came back, by the monotonic clock.
        self.subscribed_at = 0.0
        self.probe_heard_at = 0.0
        #: Number of messages delivered to connections of this node.
        self.delivered = 0

    def start(self) -> None:
        """Start to listen, once; python-socketio does so itself at the first request."""
        if not self.server.manager_initialized:
            self.server.manager_initialized = True
            self.initialize()

    def initialize(self) -> None:
        """Start to listen; called once in each process that serves."""
        super().initialize()
        self._on_start()

    def stop(self) -> None:
        """End the subscription."""
        self._stopped = True
        self.resubscribe()

    def resubscribe(self) -> None:
        """Cut the subscription: the listener makes a new one, and then reports a gap."""
        self.subscribed = False
        if self._pubsub is not None and self._pubsub.connection is not None:
            self._pubsub.connection.disconnect()

    # Messages to a connection are held until its CONNECT packet is out.

    def pre_connect(self, eio_sid: str, namespace: str) -> str | None:
        """Begin to hold messages for a connection that is about to be authenticated."""
        sid: str | None = super().pre_connect(eio_sid, namespace)
        if sid is not None:
            self._held[sid] = []
        return sid

    def connect(self, sid: str, namespace: str) -> str:
        """The CONNECT packet is out: send what was held back."""
        super().connect(sid, namespace)
        eio_sid = self.eio_sid_from_sid(sid, namespace)
        for packet in self._held.pop(sid, ()):
            self._send(eio_sid, packet)
        return sid

    def can_disconnect(self, sid: str, namespace: str) -> bool:
        """Whether a connection is on this node. Scripts end connections of other nodes."""
        return bool(self.is_connected(sid, namespace))

    def is_open(self, sid: str) -> bool:
        """Whether a connection of this node still has its transport."""
        socket = self.server.eio.sockets.get(self.eio_sid_from_sid(sid, NAMESPACE))
        return socket is not None and socket.open

    def basic_disconnect(self, sid: str, namespace: str, **kwargs: Any) -> None:
        """Forget a connection that was refused or has ended."""
        self._held.pop(sid, None)
        self._delayed_acks.pop(sid, None)
        super().basic_disconnect(sid, namespace, **kwargs)

    # Delivery.

    def send(self, sid: str, event: str, payload: dict[str, Any]) -> None:
        """Send an event to one connection of this node: an answer to it, not a change of state."""
        packet = Packet(socketio.packet.EVENT, data=[event, payload]).encode()
        self._send(self.eio_sid_from_sid(sid, NAMESPACE), Message(packet))

    def end(self, sid: str) -> None:
        """End a connection of this node for good, with a DISCONNECT packet."""
        self.server.disconnect(sid)

    def enter(self, sid: str, rooms: Iterable[str]) -> None:
        """Put a connection of this node into Socket.IO rooms, in case the join message was lost."""
        for room in rooms:
            if sid in self.rooms.get(NAMESPACE, {}).get(None, ()):
                self.basic_enter_room(sid, NAMESPACE, room)

    def leave(self, sid: str, room: str) -> None:
        """Take a connection of this node out of a Socket.IO room at once; the bus may say so again."""
        self.basic_leave_room(sid, NAMESPACE, room)

    def delay_ack(self, sid: str) -> DelayedAck:
        """Delay the ack of an event whose script publishes `hold` to this node.

        When `hold` arrives, every earlier broadcast has been handed to the connection. Later ones are held back
        until the ack is out (`answered`).
        """
        heard = self._delayed_acks[sid] = self.server.eio.create_event()
        return DelayedAck(heard)

    def answered(self, sid: str) -> None:
        """The ack of an event is out: send what was held back."""
        if self._delayed_acks.pop(sid, None) is not None:
            eio_sid = self.eio_sid_from_sid(sid, NAMESPACE)
            for packet in self._held.pop(sid, ()):
                self._send(eio_sid, packet)

    def _hold(self, sid: str) -> None:
        if (heard := self._delayed_acks.get(sid)) is not None:
            self._held.setdefault(sid, [])
            heard.set()

    def _handle_emit(self, message: dict[str, Any]) -> None:
        room, skip, skip_room = message["room"], message["skip_sid"], message["skip_room"]
        for entered in message.get("enter") or ():
            if room in self.rooms.get(NAMESPACE, {}).get(None, ()):
                self.basic_enter_room(room, NAMESPACE, entered)
        members = self.rooms.get(NAMESPACE, {}).get(room)
        if not members:
            return
        self.delivered += 1
        packet = Message(Packet(socketio.packet.EVENT, data=[message["event"], *message["data"]]).encode())
        skipped = self.rooms[NAMESPACE].get(skip_room, ()) if skip_room else ()
        for sid, eio_sid in list(members.items()):
            if sid == skip or sid in skipped:
                continue
            if (held := self._held.get(sid)) is not None:
                held.append(packet)
            else:
                self._send(eio_sid, packet)
        if due := message["due"]:
            self._on_due(tenant_of(due[0]), due[1] / 1000)

    def _send(self, eio_sid: str | None, packet: Message) -> None:
        socket = self.server.eio.sockets.get(eio_sid)
        if socket is not None:
            socket.send(packet)

    # Listening.

    def _listen(self) -> Iterator[bytes | dict[str, Any]]:
        subscriptions, delay = 0, 0.1
        while True:
            try:
                for message in self._subscription():
                    if message is None:
                        subscriptions, delay = subscriptions + 1, 0.1
                        if subscriptions > 1:
                            self._on_gap()
                    else:
                        yield message
            except (RedisError, OSError) as error:
                self.subscribed = False
                if self._stopped:
                    return
                logger.warning("bus_lost", error=type(error).__name__, retry_in=round(delay, 2))
                self.server.sleep(delay * random.uniform(0.8, 1.0))  # noqa: S311 - not a secret
                delay = min(MAX_RETRY_SECONDS, delay * 2)

    def _subscription(self) -> Iterator[bytes | None]:
        """Yield None once both channels are subscribed, then every message. Ends only by an exception."""
        pubsub = self._pubsub = self._client.pubsub()
        try:
            pubsub.subscribe(self._address.bus, self._address.node)
            unconfirmed = 2
            for message in pubsub.listen():
                if message["type"] == "message":
                    yield message["data"]
                elif message["type"] == "subscribe":
                    unconfirmed -= 1
                    if not unconfirmed:
                        self.subscribed = True
                        self.subscribed_at = time.monotonic()
                        yield None
        finally:
            pubsub.close()

    def _thread(self) -> None:
        for message in self._listen():
            try:
                self._receive(self.json.loads(message))
            except Exception:
                # One bad message must not stop the listener; the log has the traceback.
                logger.exception("bus_message_failed")

    def _receive(self, message: dict[str, Any]) -> None:
        match message["method"]:
            case "emit":
                self._handle_emit(message)
            case "hold":
                self._hold(message["sid"])
            case "leave_room":
                self.basic_leave_room(message["sid"], NAMESPACE, message["room"])
            case "probe":
                self.probe_heard_at = time.monotonic()
            case "disconnect":
                self._handle_disconnect(message)

    def _publish(self, data: dict[str, Any]) -> None:  # noqa: ARG002 - the library's signature
        raise RuntimeError("state changes publish themselves; nothing else goes on the bus")
