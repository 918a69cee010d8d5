"""What clients of two nodes see while their tenant's slot moves, and while its master fails over."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.e2e.cluster import Cluster
from tests.integration.backend import PATIENCE, SECRET, TENANT, Wire, come, eventually
from tests.integration.conftest import QUIET
from tests.redis_cluster import ClusterRedis, Migration
from tests.redis_server import OPTIONS

ROOM_ID = "invoice:42"

#: Seconds after the new master is there in which every view is right.
RIGHT_SECONDS = 5.0


#: Starts two nodes on a cluster, with their logs in a folder.
Start = Callable[[ClusterRedis, Path], list[str]]


@pytest.fixture
def on() -> Iterator[Start]:
    """Start two nodes on a cluster; returns their URLs."""
    made: list[tuple[ClusterRedis, Cluster]] = []

    def start(servers: ClusterRedis, folder: Path) -> list[str]:
        nodes = Cluster(servers.url, SECRET, folder, **QUIET)
        made.append((servers, nodes))
        servers.start()
        nodes.start()
        return nodes.urls

    yield start
    try:
        for _, nodes in made:
            nodes.close()
    finally:
        for servers, _ in made:
            servers.stop()


def test_edits_are_acked_and_heard_in_order_while_the_slot_of_its_tenant_moves(on: Start, tmp_path: Path) -> None:
    servers = ClusterRedis(OPTIONS)
    urls = on(servers, tmp_path)
    ana, ben = come(urls[0], "ana"), come(urls[1], "ben")
    target = next(master for master in servers.masters if master is not servers.master_of(TENANT))
    migration = Migration(servers, TENANT, target)
    moving = threading.Thread(target=move, args=(migration,))
    known: dict[str, Any] = {"base_version": 0}
    versions, conflicts = [], 0
    while len(versions) < 150:
        if len(versions) == 50 and not moving.ident:
            moving.start()
        changes = [{"op": "add", "path": "/n", "value": len(versions)}]
        answer = ana.ask("doc:edit", {"room_id": ROOM_ID, "edit_id": str(uuid4()), "changes": changes, **known})
        # Another master begins another epoch of the document, once.
        conflicts += not answer["ok"]
        told = answer if answer["ok"] else answer["error"]["details"]
        assert told is not None, answer
        assert conflicts <= 1, answer
        known = {"base_version": told["version"], "epoch": told["epoch"]}
        if answer["ok"]:
            versions.append(answer["version"])
    moving.join(PATIENCE)
    assert servers.master_of(TENANT) is target
    assert versions == list(range(versions[0], versions[0] + len(versions)))
    heard = ben.gather(lambda event, payload: event == "doc:edit" and payload["version"] == versions[-1])
    assert [payload["version"] for event, payload in heard if event == "doc:edit"] == versions
    ana.goodbye()
    ben.goodbye()


def move(migration: Migration) -> None:
    """Move a slot as an operator does."""
    migration.begin()
    while migration.move(3):
        time.sleep(0.005)
    migration.end()


def test_every_view_is_right_soon_after_a_replica_has_become_the_master(on: Start, tmp_path: Path) -> None:
    servers = ClusterRedis(OPTIONS, replicas=1)
    urls = on(servers, tmp_path)
    ana, ben = come(urls[0], "ana"), come(urls[1], "ben")
    old = servers.master_of(TENANT)
    assert old.ask("WAIT", 1, 5000) == 1
    old.kill()
    servers.wait_for_failover(TENANT, old)
    since = time.monotonic()
    eventually(lambda: ana.ask("presence:update", {"status": "busy"})["ok"], "an event is done")
    eventually(lambda: statuses(ben) == {"ana": "busy", "ben": "online"}, "Ben sees it")
    assert in_room(ana) == in_room(ben) == ["ana", "ben"]
    assert time.monotonic() - since < RIGHT_SECONDS
    assert ben.ask("presence:update", {"status": "busy"})["ok"]
    ana.expect("presence:update", user_id="ben", status="busy")
    ana.goodbye()
    ben.goodbye()


def statuses(wire: Wire) -> dict[str, str]:
    """Ask who is online, and how."""
    wire.inbox.clear()
    if not wire.ask("presence:list")["ok"]:
        return {}
    return {user["user_id"]: user["status"] for user in wire.expect("presence:list")["users"]}


def in_room(wire: Wire) -> list[str]:
    """Ask who is in the room."""
    return sorted(user["user_id"] for user in wire.ask("room:users", {"room_id": ROOM_ID})["users"])
