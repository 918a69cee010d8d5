"""Redis hangs, dies, forgets, is full or may not write; a node is told to go. Real servers, and what their clients see.

The servers of these tests do nothing by inactivity or ping, so what a client gets is the outage's doing.
"""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from typing import Any

import pytest
import redis

from app.realtime.managers.connection_manager import ConnectionManager
from app.realtime.policy import RoomRequest
from app.realtime.store import topology
from app.realtime.store.address import NodeAddress
from app.realtime.store.verdict import AWAY, TIME_OUT
from app.settings import Settings
from tests.integration.backend import NUMBERED, SECRET, TENANT, Wire, come, eventually, sent_away, timeless
from tests.integration.conftest import GRACE_SECONDS, MakeCluster
from tests.redis_server import RedisServer

ROOM = {"entity_type": "invoice", "entity_id": "42"}
ROOM_ID = "invoice:42"
#: Seconds within which an event is answered while Redis is away: REDIS_TIMEOUT is 1 s, one more try is made.
ANSWER_SECONDS = 5.0


def only_invoices(request: RoomRequest) -> bool:
    """A ROOM_POLICY of these tests, for the servers."""
    return request.room_id.startswith("invoice:") and request.action == "join"


def readyz(url: str) -> tuple[int, dict[str, Any]]:
    try:
        with urllib.request.urlopen(f"{url}/readyz", timeout=ANSWER_SECONDS) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def assert_unavailable(wire: Wire, event: str, payload: dict[str, Any] | None = None) -> None:
    """The event is answered, soon, with `unavailable`: in the ack and as an error."""
    began = time.monotonic()
    answer = wire.ask(event, payload)
    assert time.monotonic() - began < ANSWER_SECONDS
    assert answer["error"] == {
        "message": "Temporarily unavailable",
        "code": "unavailable",
        "event": event,
        "details": None,
    }
    wire.expect("error", event=event, code="unavailable")


def listed(wire: Wire) -> list[str]:
    """Ask who is online."""
    wire.inbox.clear()
    assert wire.ask("presence:list")["ok"]
    return [user["user_id"] for user in wire.expect("presence:list")["users"]]


def in_room(wire: Wire) -> list[str]:
    """Ask who is in the room."""
    return sorted(user["user_id"] for user in wire.ask("room:users", {"room_id": ROOM_ID})["users"])


def leases(direct: redis.Redis) -> list[bool]:
    """Whether each node's lease runs."""
    now, _ = direct.time()
    return [end > now * 1000 for _, end in direct.zrange("ws:nodes", 0, -1, withscores=True)]


def barrier(wire: Wire, *others: Wire) -> list[list[str]]:
    """Send an update, and return the events that each of the others has got before it."""
    page = f"/barrier/{time.monotonic_ns()}"
    assert wire.ask("presence:update", {"current_page": page})["ok"]
    return [
        [event for event, _ in other.gather(lambda _, payload: payload.get("current_page") == page)][:-1]
        for other in others
    ]


def test_while_redis_hangs_events_are_refused_and_afterwards_all_is_as_before(
    own_redis: RedisServer, make_cluster: MakeCluster, direct: redis.Redis
) -> None:
    cluster = make_cluster(2)
    url = cluster.urls[0]
    ana, ben, dan = come(url, "ana"), come(url, "ben"), come(cluster.urls[1], "dan")
    ana.ask("presence:update", {"status": "busy", "current_page": "/x"})
    ana.expect("room:user_joined", user_id="dan")
    own_redis.pause()
    try:
        assert_unavailable(ana, "heartbeat")
        assert_unavailable(ana, "presence:update", {"status": "away"})
        assert_unavailable(ana, "presence:list")
        assert_unavailable(ana, "room:leave", {"room_id": ROOM_ID})
        assert ana.ask("presence:update", {"status": "x"})["error"]["code"] == "invalid_payload"
        sent_away(url, "cleo")
        reason = eventually(lambda: readyz(url) if readyz(url)[0] == 503 else None, "not ready")
        assert reason == (503, {"success": False, "error": TIME_OUT.text, "code": "unavailable"})
        # The first move of the outage: nothing has failed to be written yet.
        assert_unavailable(ana, "cursor:move", {"room_id": ROOM_ID, "line": 1, "column": 1})
        ben.goodbye()
    finally:
        own_redis.resume()
    cluster.wait_ready()

    # What had timed out may have been done or not; a goodbye and a refusal hold in any case.
    heard = ana.gather(lambda event, payload: event == "presence:user_left" and payload["user_id"] == "ben")
    eventually(lambda: listed(ana) == ["ana", "dan"], "Ben and Cleo are no ghosts")
    # Both leases had run out. Neither node takes the other for dead.
    eventually(lambda: leases(direct) == [True, True], "both nodes have their lease again")
    barrier(dan, ana)
    assert listed(ana) == ["ana", "dan"]
    assert [payload["user_id"] for event, payload in heard if event == "presence:user_left"] == ["ben"]
    assert dan.ask("heartbeat")["ok"]
    dan.goodbye()
    ana.expect("presence:user_left", user_id="dan")
    assert ana.ask("presence:update", {"status": "busy"})["current_page"] == "/x"
    if in_room(ana) == []:
        assert ana.ask("room:join", ROOM)["ok"]
    assert in_room(ana) == ["ana"]
    ana.goodbye()
    eventually(lambda: timeless(direct, TENANT) == [], "no key is left that has no end")


def test_when_redis_has_lost_everything_presence_and_rooms_come_back_and_are_sent_anew(
    own_redis: RedisServer, make_cluster: MakeCluster, direct: redis.Redis
) -> None:
    cluster = make_cluster(2)
    ana, ben = come(cluster.urls[0], "ana"), come(cluster.urls[1], "ben")
    cleo, dan = come(cluster.urls[0], "cleo"), come(cluster.urls[1], "dan")
    before = ana.ask("presence:update", {"status": "busy"})["seq"]
    own_redis.stop()
    assert_unavailable(ana, "heartbeat")
    assert_unavailable(ben, "presence:update", {"status": "away"})
    for url in cluster.urls:
        eventually(lambda url=url: readyz(url)[0] == 503, "not ready")
        assert readyz(url)[1]["error"] in {AWAY.text, "the bus is not heard"}
    cleo.goodbye()
    dan.cut()
    ana.inbox.clear()
    ben.inbox.clear()
    own_redis.start()
    cluster.wait_ready()

    for wire in (ana, ben):
        assert wire.expect("presence:list")["seq"] > before
        wire.expect("room:users", room_id=ROOM_ID)
    for wire in (ana, ben):
        eventually(lambda wire=wire: listed(wire) == ["ana", "ben"], "who is here, and nobody else")
        eventually(lambda wire=wire: in_room(wire) == ["ana", "ben"], "who is in the room, and nobody else")
    assert ben.ask("heartbeat")["ok"]
    ana.ask("presence:update", {"current_page": "/back"})
    ben.expect("presence:update", user_id="ana", current_page="/back")
    ana.goodbye()
    ben.expect("room:user_left", user_id="ana")
    ben.goodbye()
    eventually(lambda: timeless(direct, TENANT) == [], "no key is left that has no end")


def test_an_event_right_after_redis_lost_everything_is_done_as_if_nothing_had_been(
    make_cluster: MakeCluster, direct: redis.Redis
) -> None:
    """Data and scripts are gone and the node does not know it yet: FLUSHALL, on this test's own Redis."""
    url = make_cluster(1).urls[0]
    ana = come(url, "ana")
    for event, payload in (
        ("heartbeat", {}),
        ("presence:update", {"status": "busy"}),
        ("presence:list", {}),
        ("room:join", ROOM),
        ("room:leave", {"room_id": ROOM_ID}),
    ):
        direct.flushall()
        direct.script_flush()
        answer = ana.ask(event, payload)
        assert answer["ok"], (event, answer)
        assert listed(ana) == ["ana"]
    ana.goodbye()
    eventually(lambda: timeless(direct, TENANT) == [], "no key is left that has no end")


def test_a_goodbye_after_redis_lost_everything_leaves_nothing(make_cluster: MakeCluster, direct: redis.Redis) -> None:
    url = make_cluster(1).urls[0]
    ana, ben = come(url, "ana"), come(url, "ben")
    direct.flushall()
    direct.script_flush()
    ana.goodbye()
    ben.ask("heartbeat")
    eventually(lambda: listed(ben) == ["ben"], "Ana is no ghost")
    eventually(lambda: in_room(ben) == ["ben"], "Ana is not in the room")
    ben.goodbye()
    eventually(lambda: timeless(direct, TENANT) == [], "no key is left that has no end")


def test_a_node_that_dies_after_redis_has_lost_everything_leaves_no_ghost(
    make_cluster: MakeCluster, direct: redis.Redis
) -> None:
    """The index of its tenants went with the data; it has put that back before it dies."""
    cluster = make_cluster(2)
    ana, ben = come(cluster.urls[0], "ana"), come(cluster.urls[1], "ben")
    direct.flushall()
    eventually(lambda: len(direct.keys("ws:node:*:tenants:*")) == 2, "both nodes have put their index back")
    eventually(lambda: listed(ben) == ["ana", "ben"], "both are back")
    cluster.kill(1)
    ben.expect("presence:user_left", user_id="ana")
    assert listed(ben) == ["ben"]
    ana.cut()
    ben.goodbye()


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        (("CONFIG", "SET", "maxmemory", "1"), ("CONFIG", "SET", "maxmemory", "0")),
        (("REPLICAOF", "127.0.0.1", "1"), ("REPLICAOF", "NO", "ONE")),
        (("CONFIG", "SET", "min-replicas-to-write", "1"), ("CONFIG", "SET", "min-replicas-to-write", "0")),
    ],
    ids=["full", "a replica", "without replicas"],
)
def test_a_redis_that_does_not_write_refuses_events_without_partial_effect(
    wrong: tuple[str, ...], right: tuple[str, ...], make_cluster: MakeCluster, direct: redis.Redis
) -> None:
    url = make_cluster(1).urls[0]
    ana, ben = come(url, "ana"), come(url, "ben")
    barrier(ana, ben)
    direct.execute_command(*wrong)
    assert_unavailable(ana, "presence:update", {"status": "busy", "current_page": "/never"})
    assert_unavailable(ana, "room:join", {"entity_type": "invoice", "entity_id": "43"})
    sent_away(url, "cleo")
    direct.execute_command(*right)
    (heard,) = barrier(ana, ben)
    assert [event for event in heard if event in NUMBERED or event.startswith("room:user_")] == []
    presence = ana.ask("presence:update", {})
    assert (presence["status"], presence["current_page"].startswith("/barrier/")) == ("online", True)
    assert listed(ben) == ["ana", "ben"]
    assert ben.ask("room:users", {"room_id": "invoice:43"})["users"] == []
    ana.goodbye()
    ben.goodbye()
    eventually(lambda: timeless(direct, TENANT) == [], "no key is left that has no end")


def test_a_connection_whose_end_a_failover_has_lost_is_ended_again(
    make_cluster: MakeCluster, direct: redis.Redis, own_redis: RedisServer
) -> None:
    """Redis has it and names a node that lives but does not hold it."""
    cluster = make_cluster(1)
    ana = come(cluster.urls[0], "ana")
    [node_id] = direct.zrange("ws:nodes", 0, -1)
    client = topology.of_url(f"{own_redis.url}/0").client()
    address = NodeAddress(0, str(node_id))
    settings = Settings(redis_url=own_redis.url, jwt_secret_key=SECRET)
    ghost = {"user_id": "ben", "tenant_id": TENANT, "user_name": "Ben"}
    ConnectionManager(client, settings, address).add_connection("sid-of-ben", ghost)
    ana.expect("presence:user_joined", user_id="ben")
    assert direct.client_kill_filter(_type="pubsub") == 1
    ana.expect("presence:user_left", user_id="ben")
    assert listed(ana) == ["ana"]
    client.close()
    client.connection_pool.disconnect()
    ana.goodbye()


def test_a_cut_subscription_heals_and_the_lists_come_anew(make_cluster: MakeCluster, direct: redis.Redis) -> None:
    cluster = make_cluster(2)
    ana, ben = come(cluster.urls[0], "ana"), come(cluster.urls[1], "ben")
    barrier(ben, ana)
    for _ in range(3):
        assert direct.client_kill_filter(_type="pubsub") == 2
        # This may be heard by a node or fall into its gap: then it is in the list.
        assert ben.ask("presence:update", {"status": "busy"})["ok"]
        for wire in (ana, ben):
            fresh = wire.expect("presence:list")
            assert [(user["user_id"], user["status"]) for user in fresh["users"]] == [
                ("ana", "online"),
                ("ben", "busy"),
            ]
            assert len(wire.expect("room:users", room_id=ROOM_ID)["users"]) == 2
        assert ben.ask("presence:update", {"status": "online"})["ok"]
        ana.expect("presence:update", user_id="ben", status="online")
        cluster.wait_ready()
    ana.goodbye()
    ben.expect("presence:user_left", user_id="ana")
    ben.goodbye()


def test_a_node_that_hears_the_bus_again_is_not_ready_before_it_has_its_lease(
    make_cluster: MakeCluster, direct: redis.Redis
) -> None:
    """Redis has lost everything and was back at once: long before the lease would have been renewed."""
    cluster = make_cluster(1, NODE_LEASE_SECONDS="60")
    ana = come(cluster.urls[0], "ana")
    with direct.pipeline(transaction=True) as at_once:
        at_once.flushall()
        at_once.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
        at_once.execute()
    ana.expect("presence:list")
    cluster.wait_ready()
    assert leases(direct) == [True]
    come(cluster.urls[0], "ben").goodbye()
    ana.goodbye()


@pytest.mark.parametrize("together", [True, False], ids=["with the other", "after the other"])
def test_the_last_node_that_is_told_to_go_leaves_no_key(
    together: bool,  # noqa: FBT001 - a parameter of the test
    make_cluster: MakeCluster,
    direct: redis.Redis,
) -> None:
    cluster = make_cluster(2)
    tabs = [come(cluster.urls[number % 2], user_id) for number, user_id in enumerate(("ana", "ana", "ben", "cleo"))]
    tabs[3].cut()  # waits for the end of the grace
    assert direct.dbsize() > 0
    if not together:
        cluster.stop(1)
    cluster.close()
    assert direct.keys("*") == []
    for tab in tabs[:3]:
        tab.cut()


def test_the_users_of_a_node_that_goes_stay_for_the_grace_while_another_lives(
    make_cluster: MakeCluster, direct: redis.Redis
) -> None:
    cluster = make_cluster(2)
    watcher = come(cluster.urls[1], "watcher")
    ana, ben = come(cluster.urls[0], "ana"), come(cluster.urls[0], "ben")
    ben_too = come(cluster.urls[1], "ben")
    for user_id in ("ana", "ben"):
        watcher.expect("room:user_joined", user_id=user_id)
    began = time.monotonic()
    cluster.stop(1)
    watcher.expect("room:user_left", user_id="ana")
    assert watcher.inbox == type(watcher.inbox)(), "more than Ana's leaving the room"
    assert listed(watcher) == ["ana", "ben", "watcher"], "Ana's grace"
    back = come(cluster.urls[1], "ana")
    assert time.monotonic() - began < GRACE_SECONDS + 10
    back.cut()
    watcher.expect("presence:user_left", user_id="ana")
    assert listed(watcher) == ["ben", "watcher"]
    (heard,) = barrier(ben_too, watcher)
    assert "presence:user_left" not in heard
    eventually(lambda: direct.zcard("ws:nodes") == 1, "the node that went is forgotten")
    for wire in (ana, ben):
        wire.cut()
    ben_too.goodbye()
    watcher.goodbye()
    eventually(lambda: timeless(direct, TENANT) == [], "no key is left that has no end")


def test_a_servers_room_policy_is_answered_with_forbidden_and_holds_after_redis_lost_everything(
    make_cluster: MakeCluster, direct: redis.Redis
) -> None:
    url = make_cluster(1, ROOM_POLICY=f"{__name__}:only_invoices").urls[0]
    ana = come(url, "ana")
    for event, payload in (
        ("room:join", {"entity_type": "payroll", "entity_id": "1"}),
        ("room:users", {"room_id": ROOM_ID}),
    ):
        error = {"message": "Forbidden", "code": "forbidden", "event": event, "details": None}
        assert ana.ask(event, payload) == {"ok": False, "error": error}
        assert ana.expect("error") == error
    direct.flushall()
    assert ana.ask("heartbeat")["ok"]
    assert [user["user_id"] for user in ana.expect("room:users", room_id=ROOM_ID)["users"]] == ["ana"]
    assert direct.keys("room:{acme}:payroll*") == []
    ana.goodbye()
    eventually(lambda: timeless(direct, TENANT) == [], "no key is left that has no end")


def test_what_was_done_while_the_bus_was_not_heard_holds_when_it_is_heard_again(
    make_cluster: MakeCluster, direct: redis.Redis
) -> None:
    cluster = make_cluster(1)
    url = cluster.urls[0]
    ana, ben, cleo = come(url, "ana"), come(url, "ben"), come(url, "cleo", join=False)
    direct.execute_command("ACL", "SETUSER", "default", "-subscribe")
    direct.client_kill_filter(_type="pubsub")
    eventually(lambda: readyz(url)[1].get("error") == "the bus is not heard", "the node knows that it is deaf")
    sent_away(url, "dan")
    assert cleo.ask("room:join", ROOM)["ok"]
    assert ana.ask("room:leave", {"room_id": ROOM_ID})["ok"]
    direct.execute_command("ACL", "SETUSER", "default", "+subscribe")
    for wire in (ana, ben, cleo):
        assert [user["user_id"] for user in wire.expect("presence:list")["users"]] == ["ana", "ben", "cleo"]
    for wire in (ben, cleo):
        assert len(wire.expect("room:users")["users"]) == 2

    cluster.wait_ready()
    dan = come(url, "dan")
    for wire in (ana, ben, cleo):
        wire.expect("presence:user_joined", user_id="dan")
    for wire in (ben, cleo):
        wire.expect("room:user_joined", user_id="dan")
    (heard,) = barrier(dan, ana)
    assert "room:user_joined" not in heard, "Ana has left the room, and still hears it"
    for wire in (ana, ben, cleo, dan):
        wire.goodbye()
    eventually(lambda: timeless(direct, TENANT) == [], "no key is left that has no end")
