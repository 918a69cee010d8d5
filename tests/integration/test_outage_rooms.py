"""What is done in rooms while Redis or the bus fails: cursors, typing, documents and locks. On real servers.

After a gap of the bus a member has what it may have missed; after a loss of data it is told what is left.
"""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
import redis

from tests.e2e.cluster import Cluster
from tests.integration.backend import TENANT, Wire, come, eventually
from tests.integration.conftest import MakeCluster
from tests.redis_server import RedisServer

ROOM_ID = "invoice:42"
ROOM = {"room_id": ROOM_ID}


@pytest.fixture
def cluster(make_cluster: MakeCluster) -> Cluster:
    """Return two nodes; what is typed ends soon, a cursor does not, and it may move as often as it likes."""
    moves = {"CURSOR_RATE_LIMIT": "1000000", "CURSOR_BURST": "1000000"}
    return make_cluster(2, CURSOR_TIMEOUT_SECONDS="600", TYPING_TIMEOUT_SECONDS="5", **moves)


def edit(wire: Wire, base: int, path: str, value: Any) -> dict[str, Any]:
    changes = [{"op": "add", "path": path, "value": value}]
    return wire.ask("doc:edit", {**ROOM, "base_version": base, "changes": changes, "edit_id": str(uuid4())})


def test_after_a_gap_of_the_bus_members_have_the_document_and_all_that_the_room_shows(
    cluster: Cluster, direct: redis.Redis
) -> None:
    ana, ben = come(cluster.urls[0], "ana"), come(cluster.urls[1], "ben")
    assert edit(ana, 0, "/n", 1)["version"] == 1
    ben.expect("doc:edit", version=1)
    assert ana.ask("doc:lock", {**ROOM, "path": "/n", "ttl": 300})["ok"]
    assert ana.ask("cursor:move", {**ROOM, "line": 3, "column": 14})["ok"]
    ben.expect("cursor:move")
    version = 1
    for _ in range(3):
        ben.inbox.clear()
        assert direct.client_kill_filter(_type="pubsub") == 2
        # These may be heard by a node or fall into its gap: then they are in what is sent.
        version = edit(ana, version, "/n", version)["version"]
        assert ana.ask("typing:start", {**ROOM, "field": "notes"})["ok"]
        for wire in (ana, ben):
            sent = wire.expect("doc:sync")
            assert (sent["version"], sent["content"], len(sent["locks"])) == (version, {"n": version - 1}, 1)
        assert ana.ask("typing:stop", ROOM)["ok"]
        eventually(lambda: ben.ask("cursor:sync", ROOM)["cursors"][0]["line"] == 3, "the cursor is still known")
        version = edit(ana, version, "/n", version)["version"]
        ben.expect("doc:edit", version=version)
        cluster.wait_ready()
    ana.goodbye()
    ben.expect("room:user_left", user_id="ana")
    ben.goodbye()


def test_what_began_in_a_gap_of_the_bus_ends_in_time_for_everybody(cluster: Cluster, direct: redis.Redis) -> None:
    ana, ben = come(cluster.urls[0], "ana"), come(cluster.urls[1], "ben")
    assert direct.client_kill_filter(_type="pubsub") == 2
    # Nothing else is due for ten minutes, and the word of when to look for these may be lost.
    assert ana.ask("doc:lock", {**ROOM, "path": "/n", "ttl": 5})["ok"]
    assert ana.ask("typing:start", {**ROOM, "field": "notes"})["ok"]
    for wire in (ana, ben):
        wire.expect("doc:sync")
        ended = set[str]()

        def both_ended(event: str, payload: dict[str, Any], ended: set[str] = ended) -> bool:
            if payload.get("locks") == [] or payload.get("users") == []:
                ended.add(event)
            return ended == {"doc:lock_status", "typing:users"}

        wire.gather(both_ended)
    ana.goodbye()
    ben.goodbye()


def test_when_redis_has_lost_everything_members_are_told_that_the_document_and_the_locks_are_gone(
    own_redis: RedisServer, cluster: Cluster
) -> None:
    ana, ben = come(cluster.urls[0], "ana"), come(cluster.urls[1], "ben")
    assert edit(ana, 0, "/n", 1)["version"] == 1
    assert ben.ask("doc:lock", {**ROOM, "path": "/m"})["ok"]
    own_redis.stop()
    assert edit(ana, 1, "/n", 2)["error"]["code"] == "unavailable"
    assert ana.ask("typing:start", ROOM)["error"]["code"] == "unavailable"
    for wire in (ana, ben):
        wire.inbox.clear()
    own_redis.start()
    cluster.wait_ready()
    for wire in (ana, ben):
        wire.expect("doc:lock_status", locks=[])
        epoch = wire.expect("doc:sync", version=0, content={}, locks=[])["epoch"]
    assert edit(ana, 1, "/n", 2)["error"]["details"] == {"version": 0, "epoch": epoch, "changes": None}
    assert edit(ana, 0, "/n", 2)["version"] == 1
    ben.expect("doc:edit", version=1)
    ana.goodbye()
    ben.goodbye()


def test_a_move_that_was_answered_arrives_although_redis_was_away(own_redis: RedisServer, cluster: Cluster) -> None:
    ana, ben = come(cluster.urls[0], "ana"), come(cluster.urls[1], "ben")
    ana.expect("room:user_joined")
    own_redis.pause()
    try:
        line, last = 0, None
        while last is None or last["ok"]:
            line += 1
            last = ana.ask("cursor:move", {**ROOM, "line": line, "column": 0})
            assert line < 10_000, "Redis hangs, and nobody notices"
        assert last["error"]["code"] == "unavailable"
        assert line > 1
    finally:
        own_redis.resume()
    cluster.wait_ready()
    ben.expect("cursor:move", line=line - 1)
    assert eventually(lambda: ana.ask("cursor:move", {**ROOM, "line": 0, "column": 7})["ok"], "moves are taken again")
    ben.expect("cursor:move", column=7)
    ana.goodbye()
    ben.goodbye()


def test_the_last_node_leaves_documents_only_and_these_for_their_time(cluster: Cluster, direct: redis.Redis) -> None:
    ana, ben = come(cluster.urls[0], "ana"), come(cluster.urls[1], "ben")
    assert edit(ana, 0, "/n", 1)["ok"]
    for wire in (ana, ben):
        assert wire.ask("cursor:move", {**ROOM, "line": 1, "column": 1})["ok"]
        assert wire.ask("typing:start", ROOM)["ok"]
        assert wire.ask("doc:lock", {**ROOM, "path": f"/{id(wire)}", "ttl": 300})["ok"]
    ben.cut()  # the lock waits for its holder
    ana.expect("room:user_left", user_id="ben")
    cluster.close()
    left = sorted(direct.keys("*"))
    documents = [f"doc:{{{TENANT}}}:{ROOM_ID}{end}" for end in ("", ":edits", ":log")]
    budget = [f"doc:{what}:{{{TENANT}}}" for what in ("bytes", "ends")]
    assert left == sorted([*documents, *budget, f"document:{{{TENANT}}}:{ROOM_ID}"])
    assert all(direct.ttl(key) > 0 for key in left)
    ana.cut()


def test_a_document_and_its_log_outlive_all_servers(cluster: Cluster) -> None:
    ana = come(cluster.urls[0], "ana")
    for version in range(3):
        assert edit(ana, version, "/n", version)["ok"]
    ana.goodbye()
    for node in (1, 2):
        cluster.stop(node)
    cluster.start()
    ana = come(cluster.urls[1], "ana")
    assert ana.ask("doc:sync", {**ROOM, "since_version": 1})["version"] == 3
    sent = ana.expect("doc:sync")
    assert [one["version"] for one in sent["changes"]] == [2, 3]
    assert edit(ana, 3, "/n", 3)["version"] == 4
    ana.goodbye()
