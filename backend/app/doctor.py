"""`realtime doctor`: checks the settings and Redis, and says how to fix errors."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal
from uuid import uuid4

import redis
from rich.console import Console
from rich.table import Table

from app.errors import NoPermission, RedisRefused, Unavailable
from app.realtime.store import topology
from app.realtime.store.greeting import WrongServerError
from app.realtime.store.script import names, reaching_redis, source
from app.settings import Settings, SettingsError, load_settings

#: The oldest Redis whose scripts may read the time before they write, and that has ZRANGE BYSCORE.
MIN_REDIS_VERSION = 7

#: Milliseconds of a round trip above which users notice.
SLOW_PING_MS = 20.0

#: Seconds between the clocks above which timestamps confuse people; nothing else depends on them.
CLOCK_SKEW_SECONDS = 2.0

Verdict = Literal["good", "warn", "bad"]


@dataclass(frozen=True)
class Finding:
    """The result of one check. `text` says what was found and, if not good, what to do."""

    what: str
    verdict: Verdict
    text: str


def examine(redis_url: str | None = None) -> list[Finding]:
    """Run every check. Checks that need Redis are skipped if it does not answer."""
    overrides: dict[str, object] = {"redis_url": redis_url} if redis_url else {}
    try:
        settings = load_settings(Settings, **overrides)
        findings = [Finding("settings", "good", "all valid")]
    except SettingsError as error:
        findings = [Finding("settings", "bad", str(error))]
        # Redis can be checked whatever the tokens are signed with.
        settings = Settings.model_construct(redis_url=redis_url or Settings.model_fields["redis_url"].default)
    try:
        reached = topology.of_settings(settings)
    except SettingsError as error:
        return [*findings, Finding("redis", "bad", str(error))]
    connection = reached.client()
    try:
        findings.extend(_ping(reached, connection))
        if findings[-1].verdict != "bad":
            for check in (_server, _clock, _pubsub, _scripts, _eviction, _persistence):
                findings.extend(_safely(check, connection))
    finally:
        connection.close()
    return findings


def print_findings(findings: list[Finding]) -> None:
    """Print a table for a person."""
    table = Table(box=None, show_header=False, pad_edge=False)
    signs = {"good": "[green]✓[/green]", "warn": "[yellow]![/yellow]", "bad": "[red]✗[/red]"}
    for finding in findings:
        table.add_row(signs[finding.verdict], finding.what, finding.text)
    Console(highlight=False).print(table)


def _safely(check: Callable[[redis.Redis], Iterator[Finding]], connection: redis.Redis) -> list[Finding]:
    what = check.__name__.strip("_")
    try:
        with reaching_redis():
            return list(check(connection))
    except NoPermission as error:
        return [Finding(what, "bad", f"the Redis user lacks a permission: {error}. Grant it or use another user")]
    except (Unavailable, RedisRefused) as error:
        return [Finding(what, "bad", f"{error.__cause__}")]


def _ping(reached: topology.Topology, connection: redis.Redis) -> Iterator[Finding]:
    where = reached.where
    try:
        with reaching_redis():
            reached.look()
            connection.ping()
            began = time.perf_counter()
            connection.ping()
    except (Unavailable, RedisRefused) as error:
        said = str(error.__cause__)
        if not isinstance(error.__cause__, WrongServerError):
            said = f"no answer at {where}: {said.rstrip('.')}. Is it running, and is REDIS_URL right?"
        yield Finding("redis", "bad", said)
        return
    ms = (time.perf_counter() - began) * 1000
    if ms > SLOW_PING_MS:
        yield Finding("redis", "warn", f"answers at {where}, but takes {ms:.0f} ms. Move Redis closer to the server")
    else:
        yield Finding("redis", "good", f"answers at {where} in {ms:.1f} ms")


def _server(connection: redis.Redis) -> Iterator[Finding]:
    info: dict[str, Any] = connection.info("server")
    if "valkey_version" in info:
        yield Finding("version", "good", f"Valkey {info['valkey_version']}")
        return
    version = str(info["redis_version"])
    if int(version.split(".", maxsplit=1)[0]) < MIN_REDIS_VERSION:
        yield Finding(
            "version", "bad", f"Redis {version} is too old. Use Redis {MIN_REDIS_VERSION} or later, or Valkey"
        )
    else:
        yield Finding("version", "good", f"Redis {version}")


def _clock(connection: redis.Redis) -> Iterator[Finding]:
    seconds, micros = connection.time()
    skew = time.time() - (seconds + micros / 1e6)
    if abs(skew) > CLOCK_SKEW_SECONDS:
        yield Finding(
            "clock",
            "warn",
            f"this machine is {abs(skew):.1f} s {'ahead of' if skew > 0 else 'behind'} Redis. This clock decides when "
            "tokens expire, that of Redis the times clients see. Synchronise both clocks",
        )
    else:
        yield Finding("clock", "good", f"within {abs(skew):.2f} s of Redis")


def _pubsub(connection: redis.Redis) -> Iterator[Finding]:
    channel = f"realtime-doctor-{uuid4().hex}"
    pubsub: Any = connection.pubsub()  # type: ignore[no-untyped-call]  # redis-py does not type it
    try:
        pubsub.subscribe(channel)
        pubsub.get_message(timeout=2)
        connection.publish(channel, "hello")
        heard = pubsub.get_message(timeout=2)
    finally:
        pubsub.close()
    if heard is None:
        yield Finding(
            "pub/sub",
            "bad",
            "a published message did not arrive, so clients would see no changes. Check the permissions for channels",
        )
    else:
        yield Finding("pub/sub", "good", "a published message arrives")


def _scripts(connection: redis.Redis) -> Iterator[Finding]:
    for name in names():
        try:
            with reaching_redis():
                connection.script_load(source(name))
        except RedisRefused as error:
            yield Finding("scripts", "bad", f"Redis cannot load {name}.lua: {error}")
            return
    yield Finding("scripts", "good", f"Redis loads all {len(names())}")


def _eviction(connection: redis.Redis) -> Iterator[Finding]:
    try:
        with reaching_redis():
            policy = connection.config_get("maxmemory-policy").get("maxmemory-policy", "noeviction")
            limit = int(connection.config_get("maxmemory").get("maxmemory") or 0)
    except RedisRefused:
        yield Finding(
            "eviction", "warn", "this Redis hides its configuration. Make sure that maxmemory-policy is noeviction"
        )
        return
    if policy != "noeviction" and limit:
        yield Finding(
            "eviction", "warn", f"maxmemory-policy is {policy}: Redis may drop users who are online. Set noeviction"
        )
    else:
        yield Finding("eviction", "good", "Redis never drops keys for lack of memory")


#: What a machine failure loses, by `appendfsync`.
_APPENDED = {
    "always": Finding("persistence", "good", "what was acknowledged is on disk"),
    "everysec": Finding(
        "persistence",
        "good",
        "on disk within a second: a power failure loses up to one; `appendfsync always` loses nothing acknowledged",
    ),
    "no": Finding(
        "persistence",
        "warn",
        "on disk when the system likes (appendfsync is no): a power failure loses up to half a minute. "
        "Set `everysec` or `always`",
    ),
}


def _persistence(connection: redis.Redis) -> Iterator[Finding]:
    try:
        with reaching_redis():
            found = connection.config_get("append*") | connection.config_get("save")
    except RedisRefused:
        yield Finding("persistence", "warn", "this Redis hides its configuration. Make sure that it writes to disk")
        return
    if found.get("appendonly") == "yes":
        yield _APPENDED.get(str(found.get("appendfsync")), _APPENDED["everysec"])
    elif found.get("save"):
        yield Finding(
            "persistence",
            "warn",
            "a snapshot from time to time: a crash loses documents, notifications and activity since. Set appendonly",
        )
    else:
        yield Finding(
            "persistence",
            "warn",
            "nothing is written to disk: a restart loses documents, notifications and activity. Set appendonly",
        )
