"""The `realtime` command as its users run it: serve, token, watch, doctor, notify and activity, as processes."""

from __future__ import annotations

import json
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
from typing import Any
from uuid import uuid4

import pytest
import redis

from app.realtime.services.notification_service import NotificationService
from realtime_contracts.wire.transport import Client
from tests.ports import free_port
from tests.redis_server import RedisServer

REALTIME = [sys.executable, "-m", "realtime_contracts.cli.main"]
#: Seconds until a process must have said what is waited for.
PATIENCE = 30.0
#: Seconds in which Ctrl-C must have ended everything, on a machine that has a core to spare.
CTRL_C_SECONDS = 2.0
#: What a developer's shell may hold that a test must not inherit.
OURS = ("JWT_", "REDIS_", "REALTIME_", "LOG_")
SECRET = "a secret of more than thirty-two bytes"


def environment(**settings: str) -> dict[str, str]:
    """What a command finds in its environment: nothing of ours but `settings`."""
    others = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    return others | settings | {"PYTHONUNBUFFERED": "1", "COLUMNS": "200", "NO_COLOR": "1"}


def run(*words: str, status: int = 0, cwd: Path | None = None, **settings: str) -> str:
    """Run a command to its end, and return what it printed, errors included."""
    done = subprocess.run(
        [*REALTIME, *words],
        env=environment(**settings),
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == status, done.stdout
    assert "Traceback" not in done.stdout
    return done.stdout


class Command:
    """A running command, and the lines it has printed so far."""

    def __init__(self, folder: Path, *words: str, **settings: str) -> None:
        self.process = subprocess.Popen(
            [*REALTIME, *words],
            cwd=folder,
            env=environment(**settings),
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


#: One process, and several that share a Valkey.
one_and_two = pytest.mark.parametrize("workers", ["1", "2"])


@one_and_two
def test_ctrl_c_ends_it_within_two_seconds_with_no_process_and_no_key_left(
    start: Start, tmp_path: Path, workers: str
) -> None:
    server, url, valkey = serve(start, "--workers", workers)
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


@one_and_two
def test_a_killed_server_leaves_no_valkey_behind(start: Start, workers: str) -> None:
    server, _, valkey = serve(start, "--workers", workers)
    server.end(signal.SIGKILL)
    assert gone(valkey)


def test_the_workers_of_a_development_server_are_one_cluster(start: Start) -> None:
    server, url, valkey = serve(start, "--workers", "2", "--port", "0")
    assert not url.endswith(":0")
    for token in (line for line in server.lines if line.startswith("eyJ")):
        with connected(url, token) as client:
            assert client.call("heartbeat", timeout=PATIENCE)["ok"]
    with redis.Redis.from_url(valkey) as client_of_valkey:
        assert client_of_valkey.zcard("ws:nodes") == 2


def test_a_second_server_on_the_same_folder_is_told_what_to_do(start: Start, tmp_path: Path) -> None:
    serve(start)
    said = run("serve", "--dev", "--port", str(free_port()), status=2, cwd=tmp_path)
    assert re.search("in use by another server.*--redis-url", said)


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
def test_a_wrong_setting_stops_the_start_with_one_line_that_names_it(setting: str, value: str) -> None:
    given = {"JWT_SECRET_KEY": SECRET, "REDIS_URL": "redis://127.0.0.1:1", setting: value}
    said = run("serve", "--port", str(free_port()), status=2, **given)
    assert said.startswith(f"realtime serve: {setting}: ")
    assert said.count("\n") == 1
    assert "thirty-two" not in said


def test_a_port_that_is_taken_is_said_in_one_line(start: Start, tmp_path: Path) -> None:
    _, url, valkey = serve(start)
    port = url.rpartition(":")[2]
    said = run("serve", "--dev", "--port", port, "--redis-url", valkey, status=2, cwd=tmp_path)
    assert re.search("^realtime serve: cannot listen on 127.0.0.1:", said, re.MULTILINE)


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
    assert "Not authenticated (unauthenticated)" in run("watch", url, "--token", "garbage", "--plain", status=3)


def test_doctor_finds_a_healthy_redis_healthy(redis_url: str) -> None:
    report = run("doctor", "--redis-url", redis_url, JWT_SECRET_KEY=SECRET)
    for what in ("settings", "redis", "version", "clock", "pub/sub", "scripts", "eviction"):
        assert re.search(f"✓ +{what}", report)
    assert re.search("! +persistence +nothing is written to disk", report)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({}, "✓ +persistence +what was acknowledged is on disk"),
        ({"appendfsync": "everysec"}, "✓ +persistence +on disk within a second"),
        ({"appendfsync": "no"}, "! +persistence +on disk when the system likes"),
        ({"appendonly": "no", "save": "60 1"}, "! +persistence +a snapshot from time to time"),
    ],
    ids=lambda part: " ".join(part.values()) if isinstance(part, dict) else "",
)
def test_doctor_says_what_a_crash_of_redis_would_take(
    settings: dict[str, str], said: str, durable_redis: RedisServer
) -> None:
    with redis.Redis.from_url(durable_redis.url) as client:
        for name, value in settings.items():
            client.config_set(name, value)
    assert re.search(said, run("doctor", "--redis-url", durable_redis.url, JWT_SECRET_KEY=SECRET))


def test_doctor_says_what_is_wrong_and_what_to_do() -> None:
    report = run("doctor", "--redis-url", "redis://127.0.0.1:1/0", status=1, JWT_SECRET_KEY="short")
    assert re.search("✗ +settings +JWT_SECRET_KEY: HS256 needs a secret of at least 32 bytes", report)
    assert re.search("✗ +redis +127.0.0.1:1: redis is away: start it, or correct REDIS_URL", report)


@pytest.fixture
def tenant() -> str:
    return f"acme-{uuid4().hex[:8]}"


@pytest.fixture
def notifications(redis_url: str) -> Iterator[NotificationService]:
    with NotificationService.from_url(redis_url) as service:
        yield service


def lines(printed: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in printed.splitlines()]


def test_notify_prints_the_notification_that_its_user_has(
    redis_url: str, tenant: str, notifications: NotificationService
) -> None:
    words = ["notify", "--tenant", tenant, "--user", "ana", "--title", "Invoice 42 waits", "--source", "invoice:42"]
    more = ["--url", "/invoices/42", "--priority", "high", "--expires-in", "3600", "--idempotency-key", "k"]
    (printed,) = lines(run(*words, *more, REDIS_URL=redis_url))
    (again,) = lines(run(*words, *more, REDIS_URL=redis_url))
    (kept,) = notifications.list(tenant, "ana").notifications
    assert printed == again == kept.to_dict()
    what = (kept.source_type, kept.source_id, kept.action_url, kept.priority)
    assert what == ("invoice", "42", "/invoices/42", "high")


def test_what_was_recorded_is_in_the_feed(redis_url: str, tenant: str) -> None:
    did = ["activity", "record", "--tenant", tenant, "--user", "ana", "--redis-url", redis_url]
    (paid,) = lines(run(*did, "--action", "paid", "--entity", "invoice:42", "--details", '{"total": 12.5}'))
    (sent,) = lines(run(*did, "--action", "sent", "--entity", "order:1", "--entity-name", "Order 1", "--name", "A. B."))
    assert (paid["user_name"], paid["entity_name"], paid["details"]) == ("Ana", "invoice 42", {"total": 12.5})
    assert (sent["user_name"], sent["entity_name"], sent["details"]) == ("A. B.", "Order 1", None)
    feed = ["activity", "feed", "--tenant", tenant, "--redis-url", redis_url]
    assert lines(run(*feed)) == [sent, paid]
    assert lines(run(*feed, "--entity", "invoice:42")) == [paid]
    assert lines(run(*feed, "--type", "order")) == [sent]
    assert lines(run(*feed, "--user", "ben")) == []
    assert lines(run(*feed, "--since", paid["id"])) == [sent]
    table = run(*feed, "--table", "--limit", "1")
    assert "Order 1" in table
    assert f"There is more: --before {sent['id']}" in table


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["notify", "--title", "x", "--url", "javascript:alert(1)"], 2, "action_url: "),
        (["notify", "--title", ""], 2, "title: expected 1 or more characters"),
        (["notify", "--title", "x", "--source", "42"], 2, "'42' is not like invoice:42"),
        (["activity", "record", "--action", "x", "--entity", "a:1", "--details", "[]"], 2, "not a JSON object"),
        (["activity", "record", "--action", "x", "--entity", "a:1", "--details", "{"], 2, "not JSON"),
        (["activity", "record", "--action", "x", "--entity", "a:1", "--details", "[" * 9999], 2, "nested too deep"),
        (["activity", "record", "--action", "x", "--entity", "a:1", "--name", ""], 2, "user_name: "),
        (["activity", "record", "--action", "x", "--entity", "a:1", "--ttl", "1"], 2, "'--ttl'"),
        (["notify", "--title", "x", "--idempotency-key", "é"], 2, "idempotency_key: "),
        (["activity", "feed", "--entity", "a:1", "--type", "a"], 2, "remove --type"),
        (["activity", "feed", "--since", "yesterday"], 2, "since: not the id of an activity item"),
        (["activity", "feed", "--limit", "101"], 2, "limit: expected 100 or less"),
    ],
    ids=lambda part: " ".join(part)[:60] if isinstance(part, list) else None,
)
def test_what_is_wrong_is_said_in_a_line(words: list[str], status: int, said: str, redis_url: str, tenant: str) -> None:
    who = [] if "feed" in words else ["--user", "ana"]
    printed = run(*words, "--tenant", tenant, *who, "--redis-url", redis_url, status=status)
    assert said in printed


def test_a_key_that_was_used_for_something_else_is_a_conflict(redis_url: str, tenant: str) -> None:
    words = ["notify", "--tenant", tenant, "--user", "ana", "--idempotency-key", "k", "--redis-url", redis_url]
    run(*words, "--title", "A")
    assert run(*words, "--title", "B", status=1).startswith("conflict: ")


def test_without_a_redis_it_says_what_to_set_and_where_none_answers_that(tmp_path: Path) -> None:
    words = ["notify", "--tenant", "acme", "--user", "ana", "--title", "A"]
    assert "set REDIS_URL" in run(*words, cwd=tmp_path, status=2)
    nobody = run(*words, "--redis-url", "redis://127.0.0.1:1", cwd=tmp_path, status=1)
    assert nobody.startswith("unavailable: Redis: ")
    assert nobody.endswith("Is it running, and is REDIS_URL right?\n")


@pytest.mark.parametrize("url", ["http://redis", "redis://127.0.0.1:port"])
def test_a_url_that_cannot_be_one_is_bad_input(url: str) -> None:
    assert "Invalid value for REDIS_URL" in run("activity", "feed", "--tenant", "acme", status=2, REDIS_URL=url)


def test_what_redis_refuses_is_said_as_redis_says_it(redis_url: str) -> None:
    feed = ["activity", "feed", "--tenant", "acme", "--redis-url"]
    assert "DB index is out of range" in run(*feed, redis_url.rpartition("/")[0] + "/9999", status=1)
    assert "password" in run(*feed, redis_url.replace("redis://", "redis://ana:wrong@"), status=1)


def test_what_is_published_is_kept_as_long_as_the_servers_keep_theirs(redis_url: str, tenant: str) -> None:
    times = {"NOTIFICATION_TTL_SECONDS": "100", "ACTIVITY_TTL_SECONDS": "100", "REDIS_URL": redis_url}
    run("notify", "--tenant", tenant, "--user", "ana", "--title", "A", **times)
    run("activity", "record", "--tenant", tenant, "--user", "ana", "--action", "x", "--entity", "a:1", **times)
    with redis.Redis.from_url(redis_url) as client:
        ends = [client.ttl(key) for key in client.scan_iter(f"*{tenant}*")]
    # Notifications have an hour in which they can be told to have ended.
    assert ends
    assert all(0 < end <= 100 + 3600 for end in ends)


def test_names_cannot_command_the_terminal(redis_url: str, tenant: str) -> None:
    name = "Rechnung\N{NO-BREAK SPACE}1 \x1b]0;mine\x07\nÄ"
    did = ["activity", "record", "--tenant", tenant, "--user", "ana", "--action", "x", "--entity", "a:1"]
    run(*did, "--entity-name", name, "--redis-url", redis_url)
    table = run("activity", "feed", "--tenant", tenant, "--table", "--redis-url", redis_url)
    assert r"Rechnung\N{NO-BREAK SPACE}1 \x1b]0;mine\x07\nÄ".replace(r"\N{NO-BREAK SPACE}", "\xa0") in table


def test_beside_a_development_server_its_valkey_is_found(start: Start, tmp_path: Path) -> None:
    server, _, _ = serve(start)
    (made,) = lines(run("notify", "--tenant", "acme", "--user", "ana", "--title", "A", cwd=tmp_path))
    assert made["title"] == "A"
    assert server.end() == 0
    assert "set REDIS_URL" in run("activity", "feed", "--tenant", "acme", cwd=tmp_path, status=2)
