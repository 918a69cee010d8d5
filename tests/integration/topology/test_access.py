"""The user of Redis that `realtime doctor --acl` makes: all that the server needs, and nothing else."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
import redis

from app.doctor import access_lines, examine
from app.errors import NoPermission
from app.realtime.services.activity_service import ActivityService
from app.realtime.services.notification_service import NotificationService
from app.realtime.store import access, topology
from app.realtime.store.access import Right
from app.realtime.store.keys import TenantKeys
from app.realtime.store.samples import commands_in
from app.realtime.store.script import names, source
from realtime_contracts.rules.errors import Unavailable
from tests.e2e.cluster import Cluster
from tests.integration.backend import SECRET, TENANT, Backend, come, eventually
from tests.integration.conftest import QUIET
from tests.redis_cluster import ClusterRedis, Migration
from tests.redis_processes import Process

PASSWORD = "pw"

#: Never asked, or let through without a right.
FREE = {"auth", "hello"}


def words(url: str) -> list[str]:
    """The words of the line for a topology."""
    (line,) = access_lines(url).values()
    return line.replace("PASSWORD", PASSWORD).split(" ")


def as_user(url: str) -> str:
    """The URL with the user that the line makes."""
    parts = urlsplit(url)
    return url.replace(parts.netloc, f"realtime:{PASSWORD}@{parts.netloc}", 1)


@pytest.fixture(scope="module")
def server() -> Iterator[Process]:
    """Yield one Redis with the user, and nobody else but the operator."""
    process = Process('save ""')
    process.start()
    try:
        process.ask(*words(f"redis://{process.place}"))
        yield process
    finally:
        process.stop()


@pytest.fixture
def masters() -> Iterator[ClusterRedis]:
    """Yield a Redis Cluster whose masters all have the user."""
    cluster = ClusterRedis({"save": ""})
    cluster.start()
    try:
        for process in cluster.servers:
            process.ask(*words(cluster.url))
        yield cluster
    finally:
        cluster.stop()


def used(servers: list[Process]) -> set[str]:
    """The commands that Redis has run since its statistics were reset, but those of this question."""
    found = {name.removeprefix("cmdstat_") for server in servers for name in server.ask("INFO", "commandstats")}
    return found - FREE


def a_day(url: str, folder: Path, servers: list[Process]) -> None:
    """Two nodes and back ends with the user: everything that goes another way in Python, and one node dies."""
    cluster = Cluster(url, SECRET, folder, nodes=2, **QUIET, NODE_LEASE_SECONDS="2")
    try:
        cluster.start()
        ana, ben = come(cluster.urls[0], "ana"), come(cluster.urls[1], "ben")
        edit = {"op": "add", "path": "/total", "value": 1}
        asked = {"room_id": "invoice:42", "base_version": 0, "edit_id": str(uuid4()), "changes": [edit]}
        assert ana.ask("doc:edit", asked)["ok"]
        ben.expect("doc:edit", version=1)
        assert ben.ask("cursor:move", {"room_id": "invoice:42", "line": 1, "column": 2})["ok"]
        with NotificationService.from_url(url) as notifications, ActivityService.from_url(url) as activity:
            notifications.create(TENANT, "ana", type="invoice", title="Paid")
            assert ana.expect("notification")["title"] == "Paid"
            activity.record(TENANT, "ana", "Ana", "paid", "invoice", 42, "Invoice 42")
            ana.expect("activity")
        assert ana.ask("room:leave", {"room_id": "invoice:42"})["ok"]
        cluster.kill(2)
        ana.expect("presence:user_left", within=30, user_id="ben")
        eventually(lambda: {"unsubscribe", "sunsubscribe"} & used(servers), "the room is heard no more")
        ana.goodbye()
        ben.cut()
    finally:
        cluster.close()


def test_with_the_line_everything_works_on_one_server_and_nothing_is_refused(server: Process, tmp_path: Path) -> None:
    url = f"redis://{server.place}/0"
    server.ask("CONFIG", "RESETSTAT")
    server.ask("ACL", "LOG", "RESET")
    a_day(as_user(url), tmp_path, [server])
    assert server.ask("ACL", "LOG") == []
    needs_no_more(used([server]), url)


def test_with_the_line_everything_works_on_a_cluster_and_nothing_is_refused(
    masters: ClusterRedis, tmp_path: Path
) -> None:
    for process in masters.servers:
        process.ask("CONFIG", "RESETSTAT")
        process.ask("ACL", "LOG", "RESET")
    a_day(as_user(masters.url), tmp_path, masters.servers)
    source_of = masters.master_of(TENANT)
    with NotificationService.from_url(as_user(masters.url)) as notifications:
        notifications.create(TENANT, "ana", type="invoice", title="Sent")
    commands = topology.of_url(as_user(masters.url)).commands()
    try:
        commands.smembers(TenantKeys(TENANT).connections)
        moving = Migration(masters, TENANT, next(one for one in masters.masters if one is not source_of))
        moving.begin()
        moving.move()
        commands.smembers(TenantKeys(TENANT).connections)  # by ASKING
    finally:
        commands.link.close()
    assert [process.ask("ACL", "LOG") for process in masters.servers] == [[], [], []]
    needs_no_more(used(masters.servers), masters.url)


def needs_no_more(seen: set[str], url: str) -> None:
    """What no script calls must have been seen, so that the line has nothing for nothing."""
    reached = topology.of_url(url)
    granted = {right.name for right in access.rights(reached.url.kind, 0) if right.kind == "command"}
    called = {name for script in names() for name in commands_in(source(script))}
    assert granted - called - seen == set()


def one_less() -> list[Right]:
    """Each right of the line, but for the command by which redis-py says who it is: it lives with a refusal."""
    return [right for right in access.rights("single", 0) if right.name != "client|setinfo"]


def without(right: Right, server: Process) -> None:
    """Take a right from the user."""
    server.ask(*[word for word in words(f"redis://{server.place}") if word != str(right)])


def test_doctor_and_the_node_name_each_right_that_is_missing(server: Process) -> None:
    client = redis.Redis(port=server.port, username="realtime", password=PASSWORD, decode_responses=True, protocol=2)
    anonymous = {"+evalsha", "+time", "~ws:nodes"}  # without which nothing can be asked; Redis says it itself
    with client:
        for right in one_less():
            without(right, server)
            if str(right) in anonymous:
                with pytest.raises(NoPermission):
                    access.check(client, "ws:nodes", "single", 0)
            else:
                assert [str(one) for one in access.refused(client, "ws:nodes", "single", 0)] == [str(right)]
        server.ask(*words(f"redis://{server.place}"))
        assert access.refused(client, "ws:nodes", "single", 0) == []


@pytest.mark.parametrize("word", ["+hset", "~room:{*}:*", "&flask-socketio:0:tenant:{*}", "+evalsha"])
def test_doctor_says_which_and_what_to_do(server: Process, word: str) -> None:
    without(next(right for right in one_less() if str(right) == word), server)
    try:
        found = {finding.what: finding for finding in examine(as_user(f"redis://{server.place}/0"))}
    finally:
        server.ask(*words(f"redis://{server.place}"))
    said = found["permissions"]
    assert (said.verdict, "run the line of `realtime doctor --acl`" in said.text) == ("bad", True), said
    assert word.lstrip("+") in said.text


def test_whoever_lacks_a_right_gets_nobody_in_and_leaves_nothing(server: Process) -> None:
    """Although the right is taken while the node runs, and the script would have done half by then."""
    url = f"redis://{server.place}/0"
    backend = Backend(as_user(url))
    refused = 0
    try:
        for right in one_less():
            backend.connect(TENANT, "bob")
            before = contents(server)
            without(right, server)
            try:
                backend.connect(TENANT, "ana")
            except Unavailable:
                refused += 1
                assert contents(server) == before, f"what a connect without {right} has left"
            finally:
                server.ask(*words(url))
                server.ask("FLUSHALL")
        assert refused > 0
    finally:
        backend.close()


def contents(server: Process) -> dict[bytes, Any]:
    """All keys with what they hold."""
    with redis.Redis(port=server.port) as client:
        return {key: client.dump(key) for key in sorted(client.keys())}


def test_every_sample_has_all_its_arguments(server: Process) -> None:
    """Redis looks for keys in what it is asked about, and ends if arguments are missing."""
    rights = {*access.rights("single", 2), *access.rights("cluster", 0)}
    for right in rights:
        told = server.ask("COMMAND", "INFO", right.name if right.kind == "command" else right.sample[0])
        (info,) = told.values() if isinstance(told, dict) else told
        arity = info["arity"] if isinstance(info, dict) else info[1]
        assert len(right.sample) == arity or (arity < 0 and len(right.sample) >= -arity), right


def test_the_command_prints_the_line_for_each_place() -> None:
    command = [sys.executable, "-m", "app.cli", "doctor", "--acl", "--redis-url"]
    done = subprocess.run(
        [*command, "redis+sentinel://me:pw@sentinel/realtime/3"], capture_output=True, text=True, timeout=60, check=True
    )
    master, sentinel = done.stdout.splitlines()
    assert master.startswith("ACL SETUSER me reset on >PASSWORD ")
    assert {"+select", "&flask-socketio:3:tenant:{*}"} <= set(master.split())
    assert sentinel == "ACL SETUSER me reset on >PASSWORD +client|setinfo +sentinel|masters"
    assert [line.split(",")[0] for line in done.stderr.splitlines()] == [
        "Run on the master and each replica",
        "Run on each Sentinel",
    ]
