"""Which channels a node hears, on a real Redis: as many as it needs, in time, and no others."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Hashable, Iterator
from urllib.request import urlopen

import gevent
import pytest
import redis
from gevent.pool import Group
from gevent.queue import Queue
from redis import exceptions

from app.realtime.bus import routes as module
from app.realtime.bus.routes import Routes
from app.realtime.store.address import NodeAddress
from app.realtime.store.keys import NO_TENANT, TenantKeys
from app.realtime.store.topology.base import Bounds
from app.realtime.store.topology.single import Single
from app.realtime.store.topology.url import RedisUrl
from realtime_contracts.rules.errors import Unavailable
from realtime_contracts.wire import tokens
from tests.integration.backend import PATIENCE, SECRET, Wire, eventually
from tests.integration.conftest import MakeCluster
from tests.redis_server import RedisServer, running_redis

ACME, GLOBEX = TenantKeys("acme"), TenantKeys("globex")
ROOM = ACME.room_channel("invoice:42")


class Masters(Single):
    """Servers that are spoken to as a cluster's masters. `of` says which one serves a tenant; None: nobody knows."""

    sharded = True

    def __init__(self, *urls: str) -> None:
        super().__init__(RedisUrl.parse(urls[0]), Bounds(timeout=PATIENCE))
        self.masters = [Single(RedisUrl.parse(url), self.bounds) for url in urls]
        self.of: dict[str, int | None] = {}

    def pool_for(self, tenant_id: str) -> redis.ConnectionPool:
        return self.masters[self.shard_of(tenant_id)].pool_for(tenant_id)

    def shard_of(self, tenant_id: str) -> int:
        master = self.of.get(tenant_id, 0)
        if master is None:
            raise exceptions.ConnectionError("no master")
        return master

    def move(self, tenant_id: str, master: int | None) -> None:
        """Another master serves a tenant from now on."""
        self.of[tenant_id] = master
        for watcher in self._watchers:
            watcher()


class Node:
    """What a node hears, and what it has heard."""

    def __init__(self, topology: Single, node_id: str = "n1") -> None:
        self.address = NodeAddress(0, node_id, sharded=topology.sharded)
        self.heard: Queue[bytes] = Queue()
        self.gaps: Queue[None] = Queue()
        self.lost: list[str] = []
        self.routes = Routes(topology, self.address, lambda: self.gaps.put(None), self.lost.append)
        self.routes.start(self._received)

    def _received(self, batch: list[bytes]) -> None:
        for message in batch:
            self.heard.put(message)

    def next(self) -> bytes:
        """The next message."""
        return self.heard.get(timeout=PATIENCE)

    def channel(self, room: str) -> str:
        """The name of a channel in Redis."""
        return self.address.bus + room


Start = Callable[..., Node]


@pytest.fixture
def start() -> Iterator[Start]:
    """Start nodes, which stop at the end."""
    made: list[Node] = []

    def make(topology: Single, node_id: str = "n1") -> Node:
        made.append(Node(topology, node_id))
        return made[-1]

    yield make
    for node in made:
        node.routes.stop()
    gevent.sleep(0)


@pytest.fixture
def other_redis(redis_kind: str) -> Iterator[RedisServer]:
    """Yield another Redis of this test's own."""
    with running_redis(redis_kind) as server:
        yield server


@pytest.fixture
def node(own_redis: RedisServer, start: Start) -> Node:
    """Return a node on one server."""
    return start(Single(RedisUrl.parse(own_redis.url), Bounds(timeout=PATIENCE)))


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rooms without members are heard for a moment only."""
    monkeypatch.setattr(module, "LINGER_SECONDS", 0.0)


def channels(direct: redis.Redis) -> set[str]:
    """The channels that anybody hears."""
    return {*direct.pubsub_channels(), *direct.execute_command("PUBSUB", "SHARDCHANNELS")}  # type: ignore[no-untyped-call]


def subscriptions(direct: redis.Redis) -> int:
    """How many commands have subscribed so far."""
    stats = direct.info("commandstats")
    return sum(stats.get(f"cmdstat_{name}", {}).get("calls", 0) for name in ("subscribe", "ssubscribe"))  # type: ignore[union-attr]


def until(holds: Callable[[], object], what: str) -> None:
    """Wait for something that greenlets of this thread, or Redis, will bring about."""
    with gevent.Timeout(PATIENCE, AssertionError(f"did not happen: {what}")):
        while not holds():
            gevent.sleep(0.005)


def test_a_node_hears_what_it_asked_for_and_what_is_no_tenants(node: Node, direct: redis.Redis) -> None:
    node.routes.hear(ACME.tenant_channel)
    node.routes.hear(ROOM)
    nobodys = TenantKeys(NO_TENANT)
    assert channels(direct) == {
        node.channel(room)
        for room in (
            ACME.tenant_channel,
            ACME.node_channel("n1"),
            ROOM,
            nobodys.tenant_channel,
            nobodys.node_channel("n1"),
        )
    }
    assert len(node.routes) == 5


def test_many_who_need_a_channel_wait_for_one_reply(node: Node, direct: redis.Redis) -> None:
    node.routes.hear(ACME.tenant_channel)
    before = subscriptions(direct)
    everybody = Group()
    for _ in range(50):
        everybody.spawn(node.routes.hear, ROOM)
    everybody.join(PATIENCE, raise_error=True)
    assert subscriptions(direct) == before + 1
    assert node.channel(ROOM) in channels(direct)


def test_a_room_is_heard_no_more_after_its_last_member_has_left(soon: None, node: Node, direct: redis.Redis) -> None:
    node.routes.hear(ROOM)
    node.routes.occupied(ROOM)
    node.routes.sweep()
    node.routes.hear(GLOBEX.tenant_channel)  # a barrier: commands of one connection are done in their order
    assert node.channel(ROOM) in channels(direct)
    node.routes.deserted(ROOM)
    node.routes.sweep()
    until(lambda: node.channel(ROOM) not in channels(direct), "the end of the room's channel")


def test_who_comes_back_meanwhile_costs_nothing(node: Node, direct: redis.Redis) -> None:
    node.routes.hear(ROOM)
    before = subscriptions(direct)
    for _ in range(10):
        node.routes.occupied(ROOM)
        node.routes.deserted(ROOM)
        node.routes.sweep()
        node.routes.hear(ROOM)
    assert subscriptions(direct) == before
    assert node.channel(ROOM) in channels(direct)


def test_who_comes_back_after_the_channels_end_hears_again(soon: None, node: Node, direct: redis.Redis) -> None:
    for round_ in range(20):
        node.routes.hear(ROOM)
        direct.publish(node.channel(ROOM), round_)
        assert node.next() == str(round_).encode()
        node.routes.sweep()
    assert node.gaps.empty()


def test_a_member_whose_room_is_not_heard_makes_it_heard_and_a_gap(node: Node, direct: redis.Redis) -> None:
    """The process stood still after `hear` for so long that the room was given up before its member was told."""
    node.routes.occupied(ROOM)
    node.gaps.get(timeout=PATIENCE)
    direct.publish(node.channel(ROOM), "heard")
    assert node.next() == b"heard"


def test_all_that_was_heard_is_heard_again_after_the_connection_was_lost(node: Node, direct: redis.Redis) -> None:
    node.routes.hear(ACME.tenant_channel)
    node.routes.hear(ROOM)
    before = channels(direct)
    direct.client_kill_filter(_type="pubsub")
    node.gaps.get(timeout=PATIENCE)
    assert channels(direct) == before
    assert node.gaps.empty()


def test_who_comes_while_redis_is_away_is_refused_and_heard_afterwards(
    own_redis: RedisServer, node: Node, direct: redis.Redis
) -> None:
    node.routes.hear(ACME.tenant_channel)
    own_redis.stop()
    until(lambda: not node.routes.subscribed, "the loss")
    with pytest.raises(Unavailable):
        node.routes.hear(ROOM)
    own_redis.start()
    node.gaps.get(timeout=PATIENCE)
    node.routes.hear(ROOM)
    assert node.channel(ROOM) in channels(direct)


def test_a_probe_comes_back_unless_the_node_is_deaf(node: Node, direct: redis.Redis) -> None:
    node.routes.hear(ACME.tenant_channel)
    began = time.monotonic()
    assert node.routes.deaf(began)
    node.routes.probe(lambda channel, message: direct.publish(node.channel(channel), message))
    message = node.next()
    assert b'"do":"probe"' in message
    node.routes.probe_heard("0")
    assert not node.routes.deaf(began)


def test_a_master_that_comes_while_others_are_probed_disturbs_nobody(
    own_redis: RedisServer, other_redis: RedisServer, start: Start
) -> None:
    topology = Masters(own_redis.url, other_redis.url)
    topology.of["globex"] = 1
    node = start(topology)
    node.routes.hear(ACME.tenant_channel)
    probed: list[str] = []

    def publish(channel: str, _message: bytes) -> None:
        node.routes.hear(GLOBEX.tenant_channel)
        probed.append(channel)

    node.routes.probe(publish)
    assert len(probed) == 1
    node.routes.probe(publish)
    assert len(probed) == 1 + 2


def test_a_tenant_that_moves_to_another_master_is_heard_there_and_a_gap_is_reported(
    own_redis: RedisServer, other_redis: RedisServer, start: Start
) -> None:
    topology = Masters(own_redis.url, other_redis.url)
    node = start(topology)
    for room in (ACME.tenant_channel, ROOM, GLOBEX.tenant_channel):
        node.routes.hear(room)
    with redis.Redis.from_url(own_redis.url) as one, redis.Redis.from_url(other_redis.url) as other:
        for master, client in ((1, other), (None, other), (0, one)):
            topology.move("acme", master)
            if master is not None:
                node.gaps.get(timeout=PATIENCE)
            for room in (ROOM, ACME.tenant_channel):
                client.spublish(node.channel(room), room)
                assert node.next() == room.encode()
            one.spublish(node.channel(GLOBEX.tenant_channel), "globex")
            assert node.next() == b"globex"
        assert node.heard.empty()


def test_one_lost_master_is_no_loss_of_the_others(
    own_redis: RedisServer, other_redis: RedisServer, start: Start
) -> None:
    topology = Masters(own_redis.url, other_redis.url)
    topology.of["globex"] = 1
    node = start(topology)
    node.routes.hear(ACME.tenant_channel)
    node.routes.hear(GLOBEX.tenant_channel)
    other_redis.stop()
    until(lambda: len(lost(node)) == 1, "the loss")
    node.routes.hear(ROOM)
    with pytest.raises(Unavailable):
        node.routes.hear(GLOBEX.room_channel("invoice:42"))
    assert node.routes.subscribed
    other_redis.start()
    node.gaps.get(timeout=PATIENCE)
    with redis.Redis.from_url(other_redis.url) as other:
        other.spublish(node.channel(GLOBEX.tenant_channel), "globex")
    assert node.next() == b"globex"


def lost(node: Node) -> list[Hashable]:
    """The masters that are away."""
    return [shard for shard, one in node.routes._subscriptions.items() if one.away]


# Two nodes.


def test_a_node_pays_for_its_own_tenants_and_rooms_only(make_cluster: MakeCluster, direct: redis.Redis) -> None:
    cluster = make_cluster(2)
    ana = Wire(cluster.urls[0], tokens.mint(SECRET, "ana", "acme"))
    eve = Wire(cluster.urls[1], tokens.mint(SECRET, "eve", "globex"))
    ben = Wire(cluster.urls[1], tokens.mint(SECRET, "ben", "acme"))
    ana.expect("presence:user_joined", user_id="ben")
    for wire, entity in ((ana, "42"), (ben, "7"), (eve, "42")):
        assert wire.ask("room:join", {"entity_type": "invoice", "entity_id": entity})["ok"]
        wire.expect("room:users")
    before = [counts(url) for url in cluster.urls]
    for number in range(10):
        for wire, room_id in ((ana, "invoice:42"), (ben, "invoice:7"), (eve, "invoice:42")):
            assert wire.ask("typing:start", {"room_id": room_id, "field": f"f{number}"})["ok"]
        assert eve.ask("presence:update", {"current_page": f"/{number}"})["ok"]
    ben.ask("presence:update", {"current_page": "/last"})
    ana.expect("presence:update", current_page="/last")
    ben.expect("presence:update", current_page="/last")
    eve.expect("presence:update", current_page="/9")
    after = [counts(url) for url in cluster.urls]
    heard = {
        name: [later[name] - earlier[name] for earlier, later in zip(before, after, strict=True)]
        for name in ("delivered", "unwanted")
    }
    assert heard == {"delivered": [10 + 1, 10 + 10 + 10 + 1], "unwanted": [0, 0]}
    for wire in (ana, ben, eve):
        wire.goodbye()
    own = 2
    eventually(lambda: [counts(url)["channels"] for url in cluster.urls] == [own, own], "nothing more is heard")


def counts(url: str) -> dict[str, int]:
    """What a node says of the bus."""
    with urlopen(f"{url}/metrics", timeout=PATIENCE) as answer:
        text = answer.read().decode()
    names = {"delivered": "messages_total", "unwanted": "unwanted_total", "channels": "channels"}
    found = {name: re.search(rf"^realtime_bus_{metric} (\S+)$", text, re.MULTILINE) for name, metric in names.items()}
    return {name: int(float(match[1])) for name, match in found.items() if match}
