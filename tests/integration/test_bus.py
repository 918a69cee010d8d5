"""A node's subscription on a real Redis, and what any code of a process emits to clients of all nodes."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from typing import Any

import gevent
import gevent.socket
import pytest
import redis
from gevent.queue import Queue

from app import create_app
from app.realtime.bus.manager import NAMESPACE, BusManager
from app.realtime.bus.route import Route
from app.realtime.bus.subscription import Subscription
from app.realtime.container import get_services
from app.realtime.store import topology as topologies
from app.realtime.store.keys import NO_TENANT, TenantKeys
from app.settings import Settings
from tests.integration.backend import PATIENCE, SECRET, TENANT, come
from tests.integration.conftest import MakeCluster
from tests.redis_server import RedisServer
from tests.unit.app.bus.test_manager import sent, served, session

#: Seconds in which a connection has to be made.
TIMEOUT = 0.3

ACME, GLOBEX = TenantKeys("acme"), TenantKeys("globex")
CHANNELS = ("cluster", "node")


class Listener:
    """A subscription, and what it has heard."""

    def __init__(
        self, url: str, connection_class: type[redis.Connection] | None = None, *, sharded: bool = False
    ) -> None:
        pool = one_server(url).pool_for("acme")
        pool.connection_class = connection_class or pool.connection_class
        self.heard: Queue[bytes] = Queue()
        self.gaps: Queue[None] = Queue()
        self.lost: list[str] = []
        self.subscription = Subscription(
            lambda: pool,
            self._received,
            self.lost.append,
            lambda: self.gaps.put(None),
            lambda: None,
            sharded=sharded,
        )
        self.route = Route("cluster", "acme", tuple(channel.encode() for channel in CHANNELS))
        self.subscription.add(self.route)

    def _received(self, batch: list[bytes]) -> None:
        for message in batch:
            self.heard.put(message)
            if message == b"fault":
                raise ZeroDivisionError

    def next(self) -> bytes:
        """The next message."""
        return self.heard.get(timeout=PATIENCE)


Listen = Callable[..., Listener]


def one_server(url: str) -> topologies.Topology:
    """The topology of one server, with a short time-out."""
    return topologies.of_settings(Settings(redis_url=url, jwt_secret_key=SECRET, redis_timeout=TIMEOUT))


@pytest.fixture
def listen() -> Iterator[Listen]:
    """Make listeners, which stop at the end."""
    made: list[Listener] = []

    def make(*args: Any, **options: Any) -> Listener:
        made.append(Listener(*args, **options))
        made[-1].subscription.start()
        return made[-1]

    yield make
    for listener in made:
        listener.subscription.stop()
    gevent.sleep(0)  # their greenlets end


MakeManager = Callable[[], BusManager]


@pytest.fixture
def managers(own_redis: RedisServer) -> Iterator[MakeManager]:
    """Make the managers of nodes, without servers."""
    made: list[BusManager] = []

    def make() -> BusManager:
        topology = topologies.of_url(own_redis.url)
        manager = served(topology.commands(), topology, [])
        made.append(manager)
        manager.start()
        until(lambda: manager.routes.subscribed, "the subscription")
        return manager

    yield make
    for manager in made:
        manager.stop()
        manager._client.link.close()  # type: ignore[attr-defined]
    gevent.sleep(0)


def until(holds: Callable[[], object], what: str) -> None:
    """Wait for something that greenlets of this thread, or Redis, will bring about."""
    with gevent.Timeout(PATIENCE, AssertionError(f"did not happen: {what}")):
        while not holds():
            gevent.sleep(0.005)


@pytest.mark.parametrize("sharded", [False, True], ids=["plain", "sharded"])
def test_messages_of_both_channels_come_whole_and_in_the_order_of_redis(
    own_redis: RedisServer, listen: Listen, direct: redis.Redis, *, sharded: bool
) -> None:
    listener = listen(own_redis.url, sharded=sharded)
    until(lambda: listener.subscription.subscribed, "the subscription")
    sent = [b"%d %s" % (number, b"x" * (number * 37 % 3000)) for number in range(500)] + [b"y" * 1_000_000]
    for number, message in enumerate(sent):
        direct.execute_command("SPUBLISH" if sharded else "PUBLISH", CHANNELS[number % 2], message)
    assert [listener.next() for _ in sent] == sent
    assert listener.gaps.empty()


def test_a_lost_subscription_comes_back_and_says_that_messages_may_be_missing(
    own_redis: RedisServer, listen: Listen, direct: redis.Redis
) -> None:
    listener = listen(own_redis.url)
    until(lambda: listener.subscription.subscribed, "the subscription")
    for lose in (lambda: direct.client_kill_filter(_type="pubsub"), listener.subscription.again):
        lose()
        listener.gaps.get(timeout=PATIENCE)
        direct.publish("node", "again")
        assert listener.next() == b"again"


def test_an_exception_while_messages_are_handed_over_does_not_leave_the_node_deaf(
    own_redis: RedisServer, listen: Listen, direct: redis.Redis
) -> None:
    listener = listen(own_redis.url)
    until(lambda: listener.subscription.subscribed, "the subscription")
    direct.publish("node", "fault")
    assert listener.next() == b"fault"
    listener.gaps.get(timeout=PATIENCE)
    direct.publish("node", "again")
    assert listener.next() == b"again"


@pytest.mark.parametrize(
    ("refuse", "allow"),
    [
        (("ACL", "SETUSER", "default", "-subscribe"), ("ACL", "SETUSER", "default", "+subscribe")),
        (("ACL", "SETUSER", "default", "resetchannels"), ("ACL", "SETUSER", "default", "allchannels")),
    ],
    ids=["the command", "the channels"],
)
def test_a_subscription_that_redis_refuses_is_tried_until_it_is_allowed(
    refuse: tuple[str, ...], allow: tuple[str, ...], own_redis: RedisServer, listen: Listen, direct: redis.Redis
) -> None:
    direct.execute_command(*refuse)
    rejected = f"{len(direct.acl_log())}"
    listener = listen(own_redis.url)
    until(lambda: f"{len(direct.acl_log())}" != rejected, "a try")
    assert not listener.subscription.subscribed
    direct.execute_command(*allow)
    until(lambda: listener.subscription.subscribed, "the subscription")
    direct.publish("cluster", "heard")
    assert listener.next() == b"heard"


def test_a_peer_that_accepts_and_says_nothing_is_given_up(listen: Listen) -> None:
    with gevent.socket.socket(socket.AF_INET, socket.SOCK_STREAM) as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        silent.settimeout(PATIENCE)
        listener = listen(f"redis://127.0.0.1:{silent.getsockname()[1]}/0")
        for _ in range(2):
            connection, _ = silent.accept()
            connection.close()
        listener.subscription.stop()


def test_a_subscription_that_is_stopped_while_it_connects_ends(
    own_redis: RedisServer, listen: Listen, direct: redis.Redis
) -> None:
    made: list[Listener] = []
    connected: list[bool] = []

    class Slow(redis.Connection):
        def connect(self) -> None:
            super().connect()
            made[0].subscription.stop()
            connected.append(True)

    made.append(listen(own_redis.url, Slow))
    until(lambda: connected, "a connection")
    until(lambda: len(direct.client_list()) == 1, "the end of the connection")
    assert not made[0].subscription.subscribed


def test_any_code_emits_to_rooms_on_all_nodes_but_to_whom_it_skips(
    own_redis: RedisServer, make_cluster: MakeCluster, direct: redis.Redis
) -> None:
    cluster = make_cluster(2)
    ana, ben = come(cluster.urls[0], "ana"), come(cluster.urls[1], "ben")
    cleo = come(cluster.urls[0], "cleo", join=False)
    keys = TenantKeys(TENANT)
    app = create_app(Settings(redis_url=own_redis.url, jwt_secret_key=SECRET))
    emit = app.extensions["socketio"].emit
    emit("notification:count", {"count": 1}, to=[keys.room_channel("invoice:42"), keys.user_channel("ben")])
    emit("notification:count", {"count": 2}, to=keys.tenant_channel, skip_sid=list(of_user(direct, "ana")))
    emit("notification:count", {"count": 3}, room=keys.tenant_channel)
    get_services(app).commands.link.close()
    gevent.sleep(0)
    counts = []
    for wire in (ana, ben, cleo):
        heard = wire.gather(lambda event, payload: (event, payload) == ("notification:count", {"count": 3}))
        counts.append([payload["count"] for event, payload in heard if event == "notification:count"])
        wire.goodbye()
    assert counts == [[1, 3], [1, 2, 3], [2, 3]]


def test_an_emit_goes_over_the_channel_of_its_rooms_and_reaches_rooms_of_no_tenant(
    own_redis: RedisServer, direct: redis.Redis, managers: MakeManager
) -> None:
    here, there = managers(), managers()
    ana, ben = session(here, "ana"), session(there, "ben")
    for manager, sid in ((here, ana), (there, ben)):
        manager.connect(sid, NAMESPACE)
        manager.enter_room(sid, NAMESPACE, ACME.tenant_channel)
        manager.enter_room(sid, NAMESPACE, "lobby")
        manager.enter_room(sid, NAMESPACE, ACME.room_channel("invoice:42"))
    user, room, nobodys = (
        ACME.user_channel("ana"),
        ACME.room_channel("invoice:42"),
        TenantKeys(NO_TENANT).tenant_channel,
    )
    own = ACME.node_channel(here.routes._address.node_id)
    with direct.pubsub() as pubsub:
        pubsub.psubscribe("*")
        assert pubsub.get_message(timeout=PATIENCE)
        for to, channel in (
            (ACME.tenant_channel, ACME.tenant_channel),
            (room, room),
            (user, ACME.tenant_channel),
            ([room, user], ACME.tenant_channel),
            (ana, own),
            ([ana, room], ACME.tenant_channel),
            (ben, nobodys),
            ("lobby", nobodys),
            ([room, GLOBEX.tenant_channel], nobodys),
            ([room, "lobby"], nobodys),
        ):
            here.emit("e", 1, NAMESPACE, room=to)
            message = pubsub.get_message(timeout=PATIENCE)
            assert message
            assert message["channel"] == f"flask-socketio:0:{channel}", to
    here.emit("e", 2, NAMESPACE, room="lobby")
    for manager, name in ((here, "ana"), (there, "ben")):
        got: list[str] = []
        until(lambda got=got, m=manager, n=name: got.extend(sent(m, n)) or '42["e",2]' in got, "the last one")
        assert len(got) == 9, (name, got)


def of_user(direct: redis.Redis, user_id: str) -> set[str]:
    """The sids of a user."""
    sids: Any = direct.smembers(TenantKeys(TENANT).user_connections(user_id))
    return set(sids)
