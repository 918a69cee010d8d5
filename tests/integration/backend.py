"""What the integration tests stand on: managers without a server, a tape of the bus, and a client by hand."""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any, TypeVar, cast
from uuid import uuid4

import redis
import websocket

from app.realtime.bus.message import read
from app.realtime.managers.connection_manager import Connection, ConnectionManager
from app.realtime.managers.cursor_manager import CursorManager
from app.realtime.managers.document_manager import DocumentManager
from app.realtime.managers.lock_manager import LockManager
from app.realtime.managers.presence_manager import PresenceManager
from app.realtime.managers.room_manager import RoomManager
from app.realtime.managers.typing_manager import TypingManager
from app.realtime.policy import RoomPolicy, allow_tenant
from app.realtime.services.activity_service import ActivityService
from app.realtime.services.notification_service import NotificationService
from app.realtime.store import script, topology
from app.realtime.store.address import NodeAddress
from app.realtime.store.keys import TenantKeys, bus_prefix
from app.realtime.store.nodes import NodeStore
from app.settings import Settings
from realtime_contracts import Direction
from realtime_contracts.contract.registry import registry
from realtime_contracts.wire import tokens

#: Seconds a condition may take to come true: two busy cores, and then some.
PATIENCE = 15.0
#: Seconds between two looks at a condition.
LOOK_SECONDS = 0.01

SECRET = "a secret of the integration tests, long enough"

#: The room in which most things happen.
ROOM = "invoice:42"

#: The tenant of tests that have a Redis of their own.
TENANT = "acme"

Seen = TypeVar("Seen")

#: Presence messages that take a number of the tenant's `seq`.
NUMBERED = ("presence:user_joined", "presence:update", "presence:user_left")


def eventually(look: Callable[[], Seen], what: str, within: float = PATIENCE) -> Seen:
    """Look until there is something to see, and return it; `what` was expected if there is not."""
    deadline = time.monotonic() + within
    while True:
        seen = look()
        if seen:
            return seen
        assert time.monotonic() < deadline, f"not within {within} s: {what}; the last look gave {seen!r}"
        time.sleep(LOOK_SECONDS)


def together(*actions: Callable[[], object]) -> None:
    """Run all at once, and fail if one of them does."""
    failures: list[BaseException] = []
    start = threading.Barrier(len(actions))

    def run(action: Callable[[], object]) -> None:
        start.wait()
        try:
            action()
        except BaseException as error:  # noqa: BLE001 - it is raised again in the test's thread
            failures.append(error)

    threads = [threading.Thread(target=run, args=(action,)) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


class Backend:
    """The managers of one node on a real Redis, without its server: nothing runs by itself."""

    def __init__(self, redis_url: str, policy: RoomPolicy = allow_tenant, **settings: Any) -> None:
        self.settings = Settings(redis_url=redis_url, jwt_secret_key=SECRET, **settings)
        # A client that several threads may use, as a back end of another process does.
        self.topology = topology.of_url(redis_url)
        self.redis = self.topology.client()
        self.address = NodeAddress(topology.database_of(self.redis))
        self.connections = ConnectionManager(self.redis, self.settings, self.address)
        self.presence = PresenceManager(self.redis, self.settings, self.address)
        self.rooms = RoomManager(self.redis, self.settings, self.address, policy)
        self.cursors = CursorManager(self.redis, self.settings, self.address)
        self.typing = TypingManager(self.redis, self.settings, self.address)
        self.documents = DocumentManager(self.redis, self.settings, self.address)
        self.locks = LockManager(self.redis, self.address)
        self.notifications = NotificationService(self.redis, self.settings.notification_ttl_seconds, self.address)
        self.activity = ActivityService(self.redis, self.settings.activity_ttl_seconds, self.address)
        self.nodes = NodeStore(self.redis, self.address)

    def connect(self, tenant: str, user_id: str, name: str | None = None, sid: str | None = None) -> Connection:
        """Open a connection of a user, called like the user's id unless told otherwise."""
        user = {"user_id": user_id, "tenant_id": tenant, "user_name": user_id if name is None else name}
        return self.connections.add_connection(sid or uuid4().hex, user)

    def join(self, connection: Connection, room_id: str) -> list[dict[str, Any]]:
        """Put a connection into a room, as the handler does."""
        c = connection
        room = self.rooms.join_room(room_id, c.user_id, c.user_name, c.sid, c.tenant_id)
        self.connections.add_to_room(c.sid, room_id)
        return room.wire_users()

    def enter(self, tenant: str, user_id: str, room_id: str = ROOM) -> Connection:
        """Open a connection of a user and put it into the room."""
        connection = self.connect(tenant, user_id)
        self.join(connection, room_id)
        return connection

    def leave(self, connection: Connection, room_id: str) -> None:
        """Take a connection out of a room, as the handler does."""
        c = connection
        self.rooms.leave_room(room_id, c.user_id, sid=c.sid, tenant_id=c.tenant_id)
        self.connections.remove_from_room(c.sid, room_id)

    def goodbye(self, connection: Connection) -> None:
        """End a connection as its client's disconnect does."""
        assert self.connections.remove_connection(connection.sid, goodbye=True) is not None

    def lose(self, connection: Connection) -> float | None:
        """End a connection as a torn wire does. Returns the seconds until its user is due offline."""
        removed = self.connections.remove_connection(connection.sid, goodbye=False)
        assert removed is not None
        return removed[1]

    def everybody_leaves(self, tenant: str) -> None:
        """All of this node's connections say goodbye, and who has none on any node is set offline."""
        for connection in self.connections.get_tenant_connections(tenant):
            self.goodbye(connection)
        for user in self.presence.get_online_users(tenant):
            if not self.connections.get_user_sids(user["user_id"], tenant):
                self.presence.set_offline(user["user_id"], tenant)

    def close(self) -> None:
        """Forget the node, and close its connections to Redis."""
        self.nodes.remove_node(self.address.node_id)
        self.redis.connection_pool.disconnect()


@dataclass(frozen=True)
class Heard:
    """One message on the bus, for a Socket.IO room or a sid."""

    event: str
    payload: dict[str, Any]
    room: str
    skip: str | None
    channel: str
    skip_room: str | None = None


class Tape:
    """Everything that is published on a database's bus, in order, each message held against the contract."""

    def __init__(self, redis_client: redis.Redis) -> None:
        self._redis = redis_client
        self._bus = bus_prefix(topology.database_of(redis_client))
        self._pubsub = redis_client.pubsub()
        self._pubsub.psubscribe(f"{self._bus}*")
        assert self._pubsub.get_message(timeout=PATIENCE), "no subscription"
        self._marks = count(1)

    def heard(self, *events: str) -> list[Heard]:
        """What was published since the last call, of these events only if any are named.

        Ends at a message of its own, so nothing that was published before can be missing.
        """
        mark = f"{uuid4().hex} {next(self._marks)}"
        self._redis.publish(f"{self._bus}mark", json.dumps({"do": "mark", "mark": mark}))
        found: list[Heard] = []
        while True:
            message = self._pubsub.get_message(timeout=PATIENCE)
            assert message is not None, f"the mark did not come back within {PATIENCE} s; heard {found}"
            head, packet = read(message["data"].encode())
            if head.get("mark") == mark:
                return [one for one in found if not events or one.event in events]
            if "do" not in head:
                found.append(_checked(head, packet, message["channel"]))

    def names(self) -> list[str]:
        """The events that were published since the last call."""
        return [one.event for one in self.heard()]

    def close(self) -> None:
        """Hear no more."""
        self._pubsub.close()


def _checked(head: dict[str, Any], packet: str, channel: str) -> Heard:
    event, payload = json.loads(packet)
    violation = registry().check(Direction.SERVER, event, payload)
    assert violation is None, f"{event} {payload} breaks the contract: {violation}"
    return Heard(event, payload, head["room"], head.get("skip"), channel, head.get("skip_room"))


#: How keys begin of what outlives those who made it, for a time: each has an end.
LASTING = ("doc:", "document:", "notifications:", "activity:", "auth:revoked:")


def keys_of(redis_client: redis.Redis, tenant: str) -> list[str]:
    """Every key of a tenant."""
    pattern = "*{" + tenant + "}*"
    return sorted(cast("list[str]", list(redis_client.scan_iter(match=pattern, count=10_000))))


def timeless(redis_client: redis.Redis, tenant: str) -> list[str]:
    """The keys of a tenant, but those of what outlives its makers and has an end."""
    keys = keys_of(redis_client, tenant)
    return [key for key in keys if not (key.startswith(LASTING) and cast("int", redis_client.ttl(key)) > 0)]


def assert_gapless(heard: list[Heard]) -> None:
    """The numbers of presence messages follow each other, as published."""
    numbers = [one.payload["seq"] for one in heard if one.event in NUMBERED]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers))) if numbers else True, numbers


def crowd(backend: Backend, tenant: str, size: int) -> None:
    """Make users online who have no connection, without a round trip each."""
    with batched(backend.redis, backend.address) as pipe:
        managers = PresenceManager(pipe, backend.settings, backend.address)
        for number in range(size):
            managers._online(
                TenantKeys(tenant),
                user_id=f"crowd-{number:05}",
                user_name=f"Crowd {number:05}",
                device_type="desktop",
                current_page=None,
                grace_ms=600_000,
                moves={},
            )


@contextmanager
def batched(redis_client: redis.Redis, address: NodeAddress) -> Iterator[Any]:
    """Send what is called on it in pipelines of a thousand."""
    batch = _Batch(redis_client, address)
    yield batch
    batch.flush()


class _Batch:
    """A client whose commands wait for each other; enough of one for a Script."""

    def __init__(self, redis_client: redis.Redis, address: NodeAddress) -> None:
        self._redis = redis_client
        self._address = address
        self._pipe = redis_client.pipeline(transaction=False)
        self._loaded: set[str] = set()

    def execute_command(self, *command: Any) -> None:
        if command[1] not in self._loaded:
            for name in script.names():
                self._loaded.add(self._redis.script_load(script.compiled(name, self._address)))
        self._pipe.execute_command(*command)
        if len(self._pipe) >= 1000:
            self.flush()

    def flush(self) -> None:
        self._pipe.execute()


class Wire:
    """A client of one server over a WebSocket, one step at a time: no thread, nothing automatic but pongs."""

    def __init__(self, url: str, token: str) -> None:
        self._socket = websocket.create_connection(
            url.replace("http", "ws", 1) + "/socket.io/?EIO=4&transport=websocket", timeout=PATIENCE
        )
        self._acks = count(1)
        self.inbox: deque[tuple[str, Any]] = deque()
        self.refusal: dict[str, Any] | None = None
        assert self._packet(PATIENCE)[0] == "0"
        self._socket.send("40" + json.dumps({"token": token}))
        packet = self._packet(PATIENCE)
        if packet.startswith("44"):
            self.refusal = json.loads(packet[2:])
        else:
            assert packet.startswith("40"), packet

    def ask(self, event: str, payload: dict[str, Any] | None = None, within: float = PATIENCE) -> dict[str, Any]:
        """Send an event and return its ack; what else comes meanwhile waits in the inbox."""
        number = next(self._acks)
        self._socket.send(f"42{number}" + json.dumps([event, {} if payload is None else payload]))
        deadline = time.monotonic() + within
        while True:
            packet = self._packet(deadline - time.monotonic(), f"the ack of {event}")
            if packet.startswith(f"43{number}["):
                return cast("dict[str, Any]", json.loads(packet[packet.index("[") :])[0])
            self._file(packet)

    def expect(self, event: str, /, within: float = PATIENCE, **fields: Any) -> dict[str, Any]:
        """Return the next message of that event with those fields, from the inbox or from the wire."""
        deadline = time.monotonic() + within
        seen: list[tuple[str, Any]] = []
        while True:
            while self.inbox:
                name, payload = self.inbox.popleft()
                if name == event and all(payload.get(k) == v for k, v in fields.items()):
                    return cast("dict[str, Any]", payload)
                seen.append((name, payload))
            self._file(self._packet(deadline - time.monotonic(), f"{event} {fields}; came instead: {seen}"))

    def gather(self, until: Callable[[str, Any], bool]) -> list[tuple[str, Any]]:
        """Return every message up to and with the first one for which `until` holds."""
        found: list[tuple[str, Any]] = []
        while True:
            while self.inbox:
                found.append(self.inbox.popleft())
                if until(*found[-1]):
                    return found
            self._file(self._packet(PATIENCE, f"the end of {found}"))

    def goodbye(self) -> None:
        """Disconnect from Socket.IO, then close."""
        self._socket.send("41")
        self._socket.close(timeout=1)

    def cut(self) -> None:
        """Lose the transport: the peer sees the connection end, and no word of goodbye."""
        self._socket.shutdown()

    def _file(self, packet: str) -> None:
        if packet.startswith("42"):
            event, *rest = json.loads(packet[2:])
            violation = registry().check(Direction.SERVER, event, rest[0])
            assert violation is None, f"{packet} breaks the contract: {violation}"
            self.inbox.append((event, rest[0]))
        else:
            assert not packet.startswith("41"), "the server has disconnected this client"

    def _packet(self, within: float, what: str = "a packet") -> str:
        deadline = time.monotonic() + within
        while True:
            self._socket.settimeout(max(0.001, deadline - time.monotonic()))
            try:
                packet = cast("str", self._socket.recv())
            except websocket.WebSocketTimeoutException:
                raise AssertionError(f"did not come in time: {what}") from None
            assert packet, f"the server has closed the connection, expected {what}"
            if packet != "2":
                return packet
            self._socket.send("3")


def sent_away(url: str, user_id: str) -> None:
    """A server refuses a user for the moment: it closes the WebSocket after the CONNECT, without a word."""
    socket = websocket.create_connection(
        url.replace("http", "ws", 1) + "/socket.io/?EIO=4&transport=websocket", timeout=PATIENCE
    )
    assert socket.recv()[:1] == "0"
    socket.send("40" + json.dumps({"token": tokens.mint(SECRET, user_id, TENANT)}))
    answer = socket.recv()
    socket.shutdown()
    assert answer in ("", b""), f"expected the end of the connection, got {answer!r}"


def come(url: str, user_id: str, *, join: bool = True) -> Wire:
    """Connect a user of `TENANT` to a server, and put it into `ROOM` unless told otherwise."""
    wire = Wire(url, tokens.mint(SECRET, user_id, TENANT, name=user_id.title()))
    assert wire.refusal is None, wire.refusal
    wire.expect("presence:list")
    if join:
        assert wire.ask("room:join", {"entity_type": "invoice", "entity_id": "42"})["ok"]
        wire.expect("room:users")
    return wire
