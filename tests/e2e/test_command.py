"""The `realtime` command as a person meets it: serve, token, watch and doctor, as processes."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis

from realtime_contracts.wire.transport import Client
from tests.e2e.cluster import free_port
from tests.redis_server import RedisServer

REALTIME = [sys.executable, "-m", "realtime_contracts.cli.main"]
#: Seconds until a process must have said what is waited for.
PATIENCE = 20.0
#: Seconds in which Ctrl-C must have ended everything, on a machine that has a core to spare.
CTRL_C_SECONDS = 2.0
#: What a developer's shell may hold that a test must not inherit.
OURS = ("JWT_", "REDIS_", "REALTIME_", "LOG_")


class Command:
    """A running command, and the lines it has printed so far."""

    def __init__(self, folder: Path, *words: str, **settings: str) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
        self.process = subprocess.Popen(
            [*REALTIME, *words],
            cwd=folder,
            env=environment | settings | {"PYTHONUNBUFFERED": "1", "COLUMNS": "200", "NO_COLOR": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.lines: list[str] = []
        self._changed = threading.Condition()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self._changed:
                self.lines.append(line.rstrip())
                self._changed.notify_all()
        with self._changed:
            self._changed.notify_all()

    def saw(self, pattern: str) -> re.Match[str]:
        """Wait until a line fits, and return the match."""
        deadline = time.monotonic() + PATIENCE
        with self._changed:
            while True:
                for line in self.lines:
                    if match := re.search(pattern, line):
                        return match
                left = deadline - time.monotonic()
                if left <= 0 or not self._reader.is_alive():
                    pytest.fail(f"no line fits {pattern!r} in:\n" + "\n".join(self.lines), pytrace=False)
                self._changed.wait(left)

    def end(self, number: int = signal.SIGINT, within: float = PATIENCE) -> int:
        """Send a signal and return the exit status."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        status = self.process.wait(within)
        self._reader.join(within)
        return status

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


Start = Callable[..., Command]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start commands in an empty folder; all are ended with the test.

    A shell has its background jobs ignore SIGINT, and children inherit that: not the commands, even of such a run.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    started: list[Command] = []

    def begin(*words: str, **settings: str) -> Command:
        started.append(Command(tmp_path, *words, **settings))
        return started[-1]

    yield begin
    for command in reversed(started):
        command.end(signal.SIGKILL)
        assert command.process.stdout is not None
        command.process.stdout.close()


def serve(start: Start, *words: str) -> tuple[Command, str, str]:
    """Start a development server; returns it, its URL and the URL of its Valkey."""
    server = start("serve", "--dev", "--port", str(free_port()), *words)
    url = server.saw(r"LogiAccounting Pro Realtime +(\S+)")[1]
    redis_url = server.saw(r"state in +(\S+)")[1]
    with urllib.request.urlopen(server.saw(r"the contract +(\S+)")[1], timeout=PATIENCE) as page:
        assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    return server, url, redis_url


@contextmanager
def connected(url: str, token: str) -> Iterator[Client]:
    client = Client()
    client.connect(url, auth={"token": token}, transports=["websocket"], wait_timeout=PATIENCE)
    yield client
    client.cut()


def answers(url: str) -> bool:
    """Whether a Redis answers there."""
    with redis.Redis.from_url(url, socket_connect_timeout=1) as client:
        try:
            return bool(client.ping())
        except redis.ConnectionError:
            return False


def gone(url: str) -> bool:
    """Wait until no Redis answers there."""
    deadline = time.monotonic() + PATIENCE
    while answers(url):
        if time.monotonic() > deadline:
            return False
    return True


def test_serve_needs_nothing_and_its_two_tokens_let_people_in(start: Start) -> None:
    server, url, valkey = serve(start)
    tokens = [line for line in server.lines if line.startswith("eyJ")]
    assert len(tokens) == 2
    for token in tokens:
        with connected(url, token) as client:
            assert client.call("heartbeat", timeout=PATIENCE)["ok"]
    assert answers(valkey)
    with urllib.request.urlopen(f"{url}/readyz", timeout=PATIENCE) as answer:
        assert answer.status == 200


def test_ctrl_c_ends_it_within_two_seconds_with_no_process_and_no_key_left(start: Start, tmp_path: Path) -> None:
    server, url, valkey = serve(start)
    token = next(line for line in server.lines if line.startswith("eyJ"))
    with connected(url, token) as client:
        assert client.call("room:join", {"entity_type": "invoice", "entity_id": 42}, timeout=PATIENCE)["ok"]
        began = time.monotonic()
        assert server.end(signal.SIGINT) == 0
        # The suite itself fills the machine: where four wait for a core, each takes four times as long.
        waiting = max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
        assert time.monotonic() - began < CTRL_C_SECONDS * waiting
    assert not answers(valkey)
    assert "Traceback" not in server.text

    again, _, valkey = serve(start)
    again.saw("node_in_touch")
    with redis.Redis.from_url(valkey, decode_responses=True) as client_of_valkey:
        assert [key for key in client_of_valkey.scan_iter() if key != "ws:nodes"] == []
    assert (tmp_path / ".realtime/dev-secret").stat().st_mode & 0o077 == 0


def test_a_token_outlives_a_restart_of_the_development_server(start: Start) -> None:
    server, _, _ = serve(start)
    token = next(line for line in server.lines if line.startswith("eyJ"))
    server.end()
    _, url, _ = serve(start)
    with connected(url, token):
        pass


def test_a_killed_server_leaves_no_valkey_behind(start: Start) -> None:
    server, _, valkey = serve(start)
    server.end(signal.SIGKILL)
    assert gone(valkey)


def test_a_second_server_on_the_same_folder_is_told_what_to_do(start: Start) -> None:
    serve(start)
    second = start("serve", "--dev", "--port", str(free_port()))
    assert second.process.wait(PATIENCE) == 2
    second.saw("in use by another server.*--redis-url")


def test_a_second_server_on_the_first_ones_redis_is_a_second_node(start: Start) -> None:
    first, url, valkey = serve(start)
    _, other_url, _ = serve(start, "--redis-url", valkey)
    ana, ben = (line for line in first.lines if line.startswith("eyJ"))
    seen = threading.Event()
    with connected(url, ana) as on_first:
        on_first.on("presence:user_joined", lambda message: message["user_id"] == "ben" and seen.set())
        with connected(other_url, ben):
            assert seen.wait(PATIENCE)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("JWT_SECRET_KEY", "short"),
        ("PING_INTERVAL", "-1"),
        ("AWAY_TIMEOUT_SECONDS", "soon"),
        ("REDIS_URL", "http://redis"),
        ("JWT_ALGORITHM", "none"),
        ("ROOM_POLICY", "nowhere:at_all"),
        ("LOG_LEVEL", "LOUD"),
    ],
)
def test_a_wrong_setting_stops_the_start_with_one_line_that_names_it(start: Start, setting: str, value: str) -> None:
    given = {
        "JWT_SECRET_KEY": "a secret of more than thirty-two bytes",
        "REDIS_URL": "redis://127.0.0.1:1",
        setting: value,
    }
    server = start("serve", "--port", str(free_port()), **given)
    assert server.process.wait(PATIENCE) == 2
    server.saw(f"^realtime serve: {setting}: ")
    assert len(server.lines) == 1
    assert "thirty-two" not in server.text


def test_a_port_that_is_taken_is_said_in_one_line(start: Start) -> None:
    _, url, valkey = serve(start)
    second = start("serve", "--dev", "--port", url.rpartition(":")[2], "--redis-url", valkey)
    assert second.process.wait(PATIENCE) == 2
    second.saw("^realtime serve: cannot listen on 127.0.0.1:")


def test_watch_shows_who_comes_and_every_message_in_its_line(start: Start) -> None:
    server, url, _ = serve(start)
    token = start("token", "--user", "cy", "--tenant", "acme", "--name", "Cy").saw("^eyJ.*")[0]
    watch = start("watch", url, "--token", token, "--room", "invoice:42", "--plain")
    watch.saw('presence:list .*"user_id": "cy"')
    watch.saw('room:users .*"room_id": "invoice:42"')
    with connected(url, next(line for line in server.lines if line.startswith("eyJ"))):
        watch.saw('presence:user_joined .*"user_id": "ana"')
    assert watch.end() == 0
    assert "✗" not in watch.text


def test_watch_says_why_it_is_refused(start: Start) -> None:
    _, url, _ = serve(start)
    watch = start("watch", url, "--token", "garbage", "--plain")
    assert watch.process.wait(PATIENCE) == 3
    watch.saw(r"Not authenticated \(unauthenticated\)")


def test_doctor_finds_a_healthy_redis_healthy(start: Start, redis_url: str) -> None:
    doctor = start("doctor", "--redis-url", redis_url, JWT_SECRET_KEY="a secret of more than thirty-two bytes")
    assert doctor.process.wait(PATIENCE) == 0
    for what in ("settings", "redis", "version", "clock", "pub/sub", "scripts", "eviction"):
        doctor.saw(f"✓ +{what}")


def test_doctor_says_what_a_crash_would_take(start: Start, redis_url: str, durable_redis: RedisServer) -> None:
    secret = "a secret of more than thirty-two bytes"
    start("doctor", "--redis-url", redis_url, JWT_SECRET_KEY=secret).saw("! +persistence +nothing is written to disk")
    durable = start("doctor", "--redis-url", durable_redis.url, JWT_SECRET_KEY=secret)
    durable.saw("✓ +persistence +what was acknowledged is on disk")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"appendfsync": "everysec"}, "✓ +persistence +on disk within a second"),
        ({"appendfsync": "no"}, "! +persistence +on disk when the system likes"),
        ({"appendonly": "no", "save": "60 1"}, "! +persistence +a snapshot from time to time"),
    ],
    ids=lambda part: " ".join(part.values()) if isinstance(part, dict) else "",
)
def test_doctor_judges_how_redis_writes(
    start: Start, settings: dict[str, str], said: str, durable_redis: RedisServer
) -> None:
    with redis.Redis.from_url(durable_redis.url) as client:
        for name, value in settings.items():
            client.config_set(name, value)
    start("doctor", "--redis-url", durable_redis.url, JWT_SECRET_KEY="a secret of more than thirty-two bytes").saw(said)


def test_doctor_says_what_is_wrong_and_what_to_do(start: Start) -> None:
    doctor = start("doctor", "--redis-url", "redis://127.0.0.1:1/0", JWT_SECRET_KEY="short")
    assert doctor.process.wait(PATIENCE) == 1
    doctor.saw("✗ +settings +JWT_SECRET_KEY: HS256 needs a secret of at least 32 bytes")
    doctor.saw("✗ +redis +no answer at 127.0.0.1:1")
    assert "Traceback" not in doctor.text
