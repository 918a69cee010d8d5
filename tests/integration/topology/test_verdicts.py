"""Redis does not serve: `realtime doctor`, `/readyz` and the node's log say why in the same words, and what to do."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.doctor import examine
from app.realtime.store import verdict as verdicts
from tests.e2e.cluster import Cluster
from tests.integration.backend import SECRET, eventually
from tests.integration.conftest import QUIET
from tests.integration.test_outage import readyz
from tests.integration.topology.tls_proxy import Authority, tls_in_front_of
from tests.redis_cluster import ClusterRedis
from tests.redis_processes import Process
from tests.redis_sentinel import SERVICE

USER, PASSWORD = "realtime", "pw"

ALL = ("reset", "on", f">{PASSWORD}", "+@all", "~*", "&*")

#: Makes a Redis wrong.
Wrong = Callable[[Process], object]


@pytest.fixture
def server() -> Iterator[Process]:
    """Yield a Redis with a user of the server's."""
    process = Process('save ""')
    process.start()
    process.ask("ACL", "SETUSER", USER, *ALL)
    try:
        yield process
    finally:
        process.stop()


def of_doctor(url: str, what: str) -> str:
    """What doctor says of one thing that it finds bad."""
    found = {finding.what: finding for finding in examine(url)}
    assert found[what].verdict == "bad", found
    return found[what].text


def new_password(server: Process) -> None:
    server.ask("ACL", "SETUSER", USER, "resetpass", ">another")
    server.ask("CLIENT", "KILL", "USER", USER)


#: How a Redis that serves is made wrong, how it is mended, the cause in the log, and which check finds it.
CAUSES: dict[str, tuple[Wrong, Wrong, str, str]] = {
    "full": (
        lambda server: server.ask("CONFIG", "SET", "maxmemory", 1),
        lambda server: server.ask("CONFIG", "SET", "maxmemory", 0),
        "full",
        "keys",
    ),
    "read-only": (
        lambda server: server.ask("REPLICAOF", "127.0.0.1", 1),
        lambda server: server.ask("REPLICAOF", "NO", "ONE"),
        "read_only",
        "keys",
    ),
    "too few replicas": (
        lambda server: server.ask("CONFIG", "SET", "min-replicas-to-write", 1),
        lambda server: server.ask("CONFIG", "SET", "min-replicas-to-write", 0),
        "replicas",
        "keys",
    ),
    "no command": (
        lambda server: server.ask("ACL", "SETUSER", USER, "-hset"),
        lambda server: server.ask("ACL", "SETUSER", USER, *ALL),
        "no_permission",
        "permissions",
    ),
    "no key": (
        lambda server: server.ask("ACL", "SETUSER", USER, "resetkeys", "~ws:*", "~presence:*"),
        lambda server: server.ask("ACL", "SETUSER", USER, *ALL),
        "no_permission",
        "permissions",
    ),
    "no channel": (
        lambda server: server.ask("ACL", "SETUSER", USER, "resetchannels"),
        lambda server: server.ask("ACL", "SETUSER", USER, *ALL),
        "no_permission",
        "permissions",
    ),
    "another password": (
        new_password,
        lambda server: server.ask("ACL", "SETUSER", USER, *ALL),
        "password",
        "redis",
    ),
    "hangs": (
        lambda server: server.signal(signal.SIGSTOP),
        lambda server: server.signal(signal.SIGCONT),
        "time_out",
        "redis",
    ),
    "away": (Process.kill, Process.revive, "away", "redis"),
}


def test_readyz_the_log_and_doctor_name_the_same_cause(server: Process, tmp_path: Path) -> None:
    """One node, one cause after the other: it is ready again in between."""
    server.ask("CONFIG", "SET", "appendonly", "no")
    url = f"redis://{USER}:{PASSWORD}@{server.place}/0"
    node = Cluster(url, SECRET, tmp_path, nodes=1, **{**QUIET, "NODE_LEASE_SECONDS": "1.5", "REDIS_TIMEOUT": "0.5"})
    try:
        node.start()
        for name, (make_wrong, mend, cause, what) in CAUSES.items():
            logged = node.log_sizes()
            make_wrong(server)
            (text,) = texts(cause, of_doctor(url, what))
            eventually(lambda text=text: readyz(node.urls[0])[1].get("error") == text, f"{name}: {text}")
            lines = [json.loads(line) for line in node.logs(logged).splitlines() if line.startswith("{")]
            assert (cause, text) in [(line.get("cause"), line.get("what")) for line in lines], name
            mend(server)
            if name == "away":
                server.ask("ACL", "SETUSER", USER, *ALL)
            eventually(lambda: readyz(node.urls[0])[0] == 200, f"ready again after {name}")
    finally:
        node.close()


def texts(cause: str, said: str) -> list[str]:
    """The verdict within what doctor says, which may begin with an address."""
    assert ": " in said, f"{cause}: {said} says nothing of what to do"
    return [said.removeprefix("127.0.0.1:").split(": ", 1)[1] if said.startswith("127.0.0.1:") else said]


@pytest.mark.parametrize(
    ("setting", "value", "what", "verdict", "says"),
    [
        ("maxmemory", "1", "memory", "bad", "raise its maxmemory"),
        ("maxmemory-policy", "allkeys-lru", "eviction", "warn", "Set noeviction"),
        ("min-replicas-to-write", "3", "keys", "bad", "start them"),
    ],
)
def test_doctor_says_what_a_setting_does(
    server: Process, setting: str, value: str, what: str, verdict: str, says: str
) -> None:
    before = {finding.what: finding for finding in examine(f"redis://{server.place}/0")}
    assert before[what].verdict == "good"
    server.ask("CONFIG", "SET", setting, value)
    found = {finding.what: finding for finding in examine(f"redis://{server.place}/0")}
    assert (found[what].verdict, says in found[what].text) == (verdict, True), found[what]


def test_doctor_says_when_a_redis_is_nearly_full(server: Process) -> None:
    used = int(server.ask("INFO", "memory")["used_memory"])
    server.ask("CONFIG", "SET", "maxmemory", used + used // 20 + 60_000)
    found = {finding.what: finding for finding in examine(f"redis://{server.place}/0")}
    assert (found["memory"].verdict, "Raise maxmemory" in found["memory"].text) == ("warn", True), found["memory"]


def test_doctor_says_that_a_replica_does_not_follow(server: Process) -> None:
    server.ask("CONFIG", "SET", "repl-diskless-sync-delay", 600)  # for so long the first replica waits for others
    replica = Process('save ""')
    replica.start(f"replicaof 127.0.0.1 {server.port}")
    try:
        assert "read-only replica" in of_doctor(f"redis://{replica.place}/0", "replicas")
        eventually(lambda: replicas(server) == ("warn", "1 of 1 do not follow. See their logs"), "it does not follow")
        server.ask("CONFIG", "SET", "repl-diskless-sync-delay", 0)
        eventually(lambda: replicas(server) == ("good", "1 follow"), "the replica follows")
    finally:
        replica.stop()


def replicas(server: Process) -> tuple[str, str]:
    """What doctor says of replicas."""
    (found,) = [finding for finding in examine(f"redis://{server.place}/0") if finding.what == "replicas"]
    return found.verdict, found.text


def test_doctor_says_that_a_certificate_is_wrong(server: Process, tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    (tmp_path / "other").mkdir()
    certificate, key = authority.sign("client")
    trusted = Authority(tmp_path / "other")
    with tls_in_front_of(server.port, authority) as port:
        said = of_doctor(
            f"rediss://127.0.0.1:{port}/0?ssl_ca_certs={trusted.file}&ssl_certfile={certificate}&ssl_keyfile={key}",
            "redis",
        )
    assert "correct REDIS_CA_FILE" in said


@pytest.fixture
def sentinel(server: Process) -> Iterator[Process]:
    """Yield a Sentinel that watches the server."""
    process = Process(sentinel=True)
    process.start(f"sentinel monitor {SERVICE} 127.0.0.1 {server.port} 1")
    try:
        yield process
    finally:
        process.stop()


def test_doctor_says_what_is_wrong_with_sentinels(sentinel: Process) -> None:
    right = f"redis+sentinel://{sentinel.place}/{SERVICE}"
    eventually(lambda: {one.what: one.verdict for one in examine(right)}["redis"] == "good", "the Sentinel knows it")
    assert "correct its name" in of_doctor(f"redis+sentinel://{sentinel.place}/nothing", "redis")
    sentinel.kill()
    assert "no Sentinel answers" in of_doctor(right, "redis")


def test_doctor_says_what_is_wrong_with_a_cluster() -> None:
    cluster = ClusterRedis({"save": ""})
    cluster.start()
    try:
        second = cluster.masters[1]
        second.ask("CONFIG", "SET", "maxmemory", 1)
        assert second.place in of_doctor(cluster.url, "memory")
        assert of_doctor(cluster.url, "keys") == verdicts.FULL.text
        second.ask("CONFIG", "SET", "maxmemory", 0)
        for server in cluster.servers:
            server.ask("CLUSTER", "DELSLOTS", 1, 2)
        assert "nobody serves 2 of 16384 slots" in of_doctor(cluster.url, "cluster")
    finally:
        cluster.stop()


def test_nothing_listens() -> None:
    assert of_doctor("redis://127.0.0.1:1/0", "redis") == f"127.0.0.1:1: {verdicts.AWAY.text}"
