"""`realtime notify` and `realtime activity` as a person or a script meets them: as processes, on a real Redis."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import redis

from app.realtime.services.notification_service import NotificationService
from tests.e2e.test_command import OURS, REALTIME, Start, serve, start

__all__ = ["start"]  # a fixture

#: Seconds that a command may take, on a machine that is busy.
PATIENCE = 30


@pytest.fixture
def tenant() -> str:
    return f"acme-{uuid4().hex[:8]}"


@pytest.fixture
def notifications(redis_url: str) -> Iterator[NotificationService]:
    with NotificationService.from_url(redis_url) as service:
        yield service


def run(*words: str, status: int = 0, cwd: Path | None = None, **settings: str) -> str:
    """Run a command, and return what it printed, errors included."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    done = subprocess.run(
        [*REALTIME, *words],
        env=environment | settings | {"NO_COLOR": "1", "COLUMNS": "200"},
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
    assert (kept.source_type, kept.source_id, kept.action_url, kept.priority) == (
        "invoice",
        "42",
        "/invoices/42",
        "high",
    )


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
        (["activity", "feed", "--entity", "a:1", "--type", "a"], 2, "leave --type out"),
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
    words = [
        "notify",
        "--tenant",
        tenant,
        "--user",
        "ana",
        "--idempotency-key",
        "k",
        "--redis-url",
        redis_url,
        "--title",
    ]
    run(*words, "A")
    assert run(*words, "B", status=1).startswith("conflict: ")


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
