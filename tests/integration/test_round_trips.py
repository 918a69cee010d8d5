"""One event is one round trip to Redis, whether one user is online or five hundred.

Counted by MONITOR: what a client sends has an address, what a script does is marked `lua`. A pipeline
of two commands is one round trip; only a tenant's first connection on a node needs one.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from realtime_contracts.wire import tokens
from tests.e2e.cluster import Cluster
from tests.integration.backend import PATIENCE, SECRET, Backend, Wire, crowd, eventually
from tests.redis_server import RedisServer

LINE = re.compile(r'^\+?[\d.]+ \[\d+ (?P<by>[^\]]+)\] "(?P<command>[^"]*)"(?: "(?P<first>[^"]*)")?')

#: What a node does on its own, and what opens a connection of its pool.
NOT_OF_AN_EVENT = {"PING", "SELECT", "HELLO", "CLIENT", "AUTH", "UNSUBSCRIBE"}

EVENTS: list[tuple[str, dict[str, Any]]] = [
    ("presence:update", {"status": "busy", "current_page": "/invoices"}),
    ("presence:update", {}),
    ("presence:list", {}),
    ("presence:list", {"entity_type": "invoice", "entity_id": 42}),
    ("heartbeat", {}),
    ("heartbeat", {"active": False}),
    ("room:join", {"entity_type": "invoice", "entity_id": "42"}),
    ("room:join", {"entity_type": "invoice", "entity_id": "42"}),
    ("room:users", {"room_id": "invoice:42"}),
    ("cursor:sync", {"room_id": "invoice:42"}),
    ("typing:start", {"room_id": "invoice:42", "field": "notes"}),
    ("typing:stop", {"room_id": "invoice:42"}),
    ("doc:sync", {"room_id": "invoice:42"}),
    ("doc:lock", {"room_id": "invoice:42", "path": "/lines"}),
    ("doc:lock_status", {"room_id": "invoice:42"}),
    ("doc:unlock", {"room_id": "invoice:42", "path": "/lines"}),
    ("room:leave", {"room_id": "invoice:42"}),
    ("room:leave", {"room_id": "invoice:42"}),
    ("notification:count", {}),
    ("notification:read", {"all": True}),
    ("notification:read", {"notification_id": "none"}),
    ("activity:feed", {}),
    ("activity:feed", {"entity_type": "invoice", "entity_id": 42, "user_id": "ana"}),
]

#: An edit is read, applied by this process and committed.
EDIT = {
    "room_id": "invoice:1",
    "base_version": 0,
    "changes": [{"op": "add", "path": "/notes", "value": "x"}],
    "edit_id": "3f2b1c0a-9d8e-4f7a-b6c5-d4e3f2a1b0c9",
}


class Monitor:
    """Reads MONITOR on a connection of its own."""

    def __init__(self, url: str) -> None:
        where = urlsplit(url)
        self._where = (where.hostname or "", where.port or 0)
        self._marks = 0
        self._socket = socket.create_connection(self._where, timeout=PATIENCE)
        self._lines = self._socket.makefile("r", encoding="utf-8", errors="replace")
        self._socket.sendall(b"MONITOR\r\n")
        assert self._lines.readline().startswith("+OK")
        self._marker = socket.create_connection(self._where, timeout=PATIENCE)

    def count(self) -> list[str]:
        """Return the commands that a client has sent since the last call, those of no event left out."""
        self._marks += 1
        mark = f"mark-{self._marks}"
        self._marker.sendall(f"ECHO {mark}\r\n".encode())
        assert self._marker.recv(100)
        names: list[str] = []
        while True:
            line = self._lines.readline()
            match = LINE.match(line)
            assert match, line
            if match["by"] == "lua":
                continue
            if match["command"].upper() == "ECHO" and match["first"] == mark:
                return names
            if match["command"].upper() in NOT_OF_AN_EVENT or '"ws:nodes"' in line or "probe" in line:
                continue  # the lease is the only script on that key, and a probe goes with it
            names.append(match["command"].upper())

    def close(self) -> None:
        self._lines.close()
        self._socket.close()
        self._marker.close()


@pytest.fixture
def monitored(own_redis: RedisServer, tmp_path: Path) -> Iterator[tuple[Cluster, Monitor, Backend]]:
    """A server that does nothing by itself for the time of a test, but for its lease."""
    quiet = {
        "AWAY_TIMEOUT_SECONDS": "600",
        "OFFLINE_TIMEOUT_SECONDS": "600",
        "PING_INTERVAL": "60",
        "PING_TIMEOUT": "60",
    }
    cluster = Cluster(own_redis.url, SECRET, tmp_path, nodes=1, **quiet)
    backend = Backend(own_redis.url)
    cluster.start()
    monitor = Monitor(own_redis.url)
    try:
        yield cluster, monitor, backend
    finally:
        monitor.close()
        backend.close()
        cluster.close()


def test_an_event_is_at_most_one_round_trip_with_one_user_online_and_with_five_hundred(
    monitored: tuple[Cluster, Monitor, Backend],
) -> None:
    cluster, monitor, backend = monitored
    url = cluster.urls[0]
    every_step(url, "rehearsal", 1, monitor)  # Redis has all the scripts from here on

    crowd(backend, "large", 499)
    alone = every_step(url, "small", 1, monitor)
    among_many = every_step(url, "large", 500, monitor)

    assert [step for step in alone if step[1] != ["EVALSHA"]] == [
        ("heartbeat {'active': False}", []),
        # The node's first connection in that room: it hears the room's channel before the script runs.
        ("room:join {'entity_type': 'invoice', 'entity_id': '42'}", ["SUBSCRIBE", "EVALSHA"]),
    ]
    assert among_many == alone


def every_step(url: str, tenant: str, online: int, monitor: Monitor) -> list[tuple[str, list[str]]]:
    """What Ana and Ben do in a tenant with that many users, Ana being one, and the commands of each step."""
    steps: list[tuple[str, list[str]]] = []
    ana = Wire(url, tokens.mint(SECRET, "ana", tenant, name="Ana"))
    assert len(ana.expect("presence:list")["users"]) == online
    monitor.count()
    for event, payload in EVENTS:
        ana.ask(event, payload)
        steps.append((f"{event} {payload}", monitor.count()))

    ben = Wire(url, tokens.mint(SECRET, "ben", tenant, name="Ben"))
    assert len(ben.expect("presence:list")["users"]) == online + 1
    steps.append(("connect", monitor.count()))
    for number in (1, 2):
        ben.ask("room:join", {"entity_type": "invoice", "entity_id": number})
    monitor.count()
    ben.goodbye()
    ana.expect("presence:user_left", user_id="ben")
    steps.append(("goodbye out of two rooms", monitor.count()))
    ana.goodbye()
    return steps


def test_heartbeats_are_written_together(monitored: tuple[Cluster, Monitor, Backend]) -> None:
    cluster, monitor, _ = monitored
    users = [Wire(cluster.urls[0], tokens.mint(SECRET, name, "acme", name=name)) for name in ("ana", "ben", "cleo")]
    told = [user.ask("heartbeat")["timestamp"] for user in users]
    monitor.count()
    for _ in range(10):
        told = [user.ask("heartbeat")["timestamp"] for user in users]

    # 30 heartbeats take less than the 2.5 s between two writes; a busy machine may need a few times that.
    assert len(monitor.count()) < 10
    eventually(lambda: last_active(users[0]) == told, "everybody's last heartbeat is in the list")
    for user in users:
        user.goodbye()


def last_active(wire: Wire) -> list[str]:
    """Return what the list says now of when each was active, by name."""
    wire.inbox.clear()
    wire.ask("presence:list")
    return [user["last_active_at"] for user in wire.expect("presence:list")["users"]]


def test_an_edit_is_two_round_trips_and_the_same_again_one_and_a_cursor_waits_for_none(
    monitored: tuple[Cluster, Monitor, Backend],
) -> None:
    cluster, monitor, _ = monitored
    ana = Wire(cluster.urls[0], tokens.mint(SECRET, "ana", "acme", name="Ana"))
    ben = Wire(cluster.urls[0], tokens.mint(SECRET, "ben", "acme", name="Ben"))
    for wire in (ana, ben):
        assert wire.ask("room:join", {"entity_type": "invoice", "entity_id": 1})["ok"]
    for _ in range(2):  # Redis has the scripts after the first of these
        for event in ("cursor:move", "cursor:remove"):
            place = {"line": 1, "column": 1} if event == "cursor:move" else {}
            monitor.count()
            assert ana.ask(event, {"room_id": "invoice:1", **place})["ok"]
            ben.expect(event)
            written = monitor.count()
    assert written == ["EVALSHA"]

    edits = [{**EDIT, "edit_id": EDIT["edit_id"].replace("3f2b", f"{n:04}"), "base_version": n} for n in range(2)]
    assert ana.ask("doc:edit", edits[0])["ok"]
    monitor.count()
    assert ana.ask("doc:edit", edits[1])["ok"]
    assert monitor.count() == ["EVALSHA", "EVALSHA"]
    assert ana.ask("doc:edit", edits[1])["ok"]
    assert monitor.count() == ["EVALSHA"]
    ana.goodbye()
    ben.goodbye()


def test_the_first_connection_of_a_tenant_on_a_node_is_heard_first_and_then_one_round_trip(
    monitored: tuple[Cluster, Monitor, Backend],
) -> None:
    cluster, monitor, _ = monitored
    url = cluster.urls[0]
    warm = Wire(url, tokens.mint(SECRET, "ana", "another", name="Ana"))  # Redis has the script from here on
    warm.expect("presence:list")
    monitor.count()

    tabs = [Wire(url, tokens.mint(SECRET, "ana", "acme", name="Ana"))]
    tabs[0].expect("presence:list")
    assert monitor.count() == ["SUBSCRIBE", "SADD", "EVALSHA"]

    tabs.append(Wire(url, tokens.mint(SECRET, "ana", "acme", name="Ana")))
    tabs[1].expect("presence:list")
    assert monitor.count() == ["EVALSHA"]
    for tab in [warm, *tabs]:
        tab.goodbye()


REFUSED: list[tuple[str, dict[str, Any]]] = [
    ("presence:update", {"status": "asleep"}),
    ("presence:list", {"entity_id": "42"}),
    ("room:join", {"entity_type": "in voice", "entity_id": "1"}),
    ("room:users", {"room_id": "tenant:{acme}"}),
    ("doc:edit", {}),
    ("cursor:move", {"room_id": "invoice:42", "line": 1, "column": 1}),
    ("notification:read", {}),
    ("activity:feed", {"entity_id": 42}),
    ("activity:feed", {"since": "yesterday"}),
]


def test_what_the_contract_refuses_does_not_reach_redis(monitored: tuple[Cluster, Monitor, Backend]) -> None:
    cluster, monitor, _ = monitored
    ana = Wire(cluster.urls[0], tokens.mint(SECRET, "ana", "acme", name="Ana"))
    ana.expect("presence:list")
    monitor.count()
    for event, payload in REFUSED:
        assert not ana.ask(event, payload)["ok"]
    refused = Wire(cluster.urls[0], tokens.mint("another secret, long enough for the signature", "ben", "acme"))
    assert refused.refusal == {"message": "Not authenticated", "data": {"code": "unauthenticated"}}
    assert monitor.count() == []
    refused.cut()
    ana.goodbye()
