"""`realtime doctor`: checks the settings and Redis, and says how to fix errors."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from itertools import groupby

import redis
from rich.console import Console
from rich.table import Table

from app.doctor.checks import OF_A_MASTER, Check
from app.doctor.finding import WORST_FIRST, Finding
from app.doctor.serving import as_the_server_does, slots
from app.errors import RedisRefused, Unavailable
from app.realtime.store import access, topology
from app.realtime.store.script import reaching_redis
from app.realtime.store.topology.url import RedisUrl
from app.realtime.store.verdict import verdict
from app.settings import Settings, SettingsError, load_settings

__all__ = ["Finding", "access_lines", "examine", "print_findings"]

#: Milliseconds of a round trip above which users notice.
SLOW_PING_MS = 20.0


def examine(redis_url: str | None = None) -> list[Finding]:
    """Run every check. Checks that need Redis are skipped if it does not answer."""
    settings, findings = _settings(redis_url)
    try:
        reached = topology.of_settings(settings)
    except SettingsError as error:
        return [*findings, Finding("redis", "bad", str(error))]
    connection = reached.client()
    try:
        findings.append(_ping(reached, connection))
        if findings[-1].verdict != "bad":
            findings += _examined(reached, connection)
    finally:
        connection.close()
    return findings


def access_lines(redis_url: str | None = None) -> dict[str, str]:
    """The lines that make the server's user, by where to run them. Raises SettingsError. Redis is not asked."""
    settings, _ = _settings(redis_url)
    reached = topology.of_settings(settings)
    return access.lines(reached.url.kind, reached.database, _user(reached.url))


def print_findings(findings: Sequence[Finding]) -> None:
    """Print a table for a person."""
    table = Table(box=None, show_header=False, pad_edge=False)
    signs = {"good": "[green]✓[/green]", "warn": "[yellow]![/yellow]", "bad": "[red]✗[/red]"}
    for finding in findings:
        table.add_row(signs[finding.verdict], finding.what, finding.text)
    Console(highlight=False).print(table)


def _settings(redis_url: str | None) -> tuple[Settings, list[Finding]]:
    overrides: dict[str, object] = {"redis_url": redis_url} if redis_url else {}
    try:
        return load_settings(Settings, **overrides), [Finding("settings", "good", "all valid")]
    except SettingsError as error:
        # Redis can be checked whatever the tokens are signed with.
        url = redis_url or Settings.model_fields["redis_url"].default
        return Settings.model_construct(redis_url=url), [Finding("settings", "bad", str(error))]


def _user(url: RedisUrl) -> str:
    return str(url.options.get("username") or "realtime")


def _ping(reached: topology.Topology, connection: redis.Redis) -> Finding:
    where = reached.where
    try:
        with reaching_redis():
            reached.look()
            connection.time()
            began = time.perf_counter()
            connection.time()
    except (Unavailable, RedisRefused) as error:
        return Finding("redis", "bad", f"{where}: {verdict(error).text}")
    ms = (time.perf_counter() - began) * 1000
    if ms > SLOW_PING_MS:
        return Finding("redis", "warn", f"answers at {where}, but takes {ms:.0f} ms. Move Redis closer to the server")
    return Finding("redis", "good", f"answers at {where} in {ms:.1f} ms")


def _examined(reached: topology.Topology, connection: redis.Redis) -> Iterator[Finding]:
    """What is found on each master, and what all are together."""
    whole = True
    try:
        with reaching_redis():
            if reached.sharded:
                found = slots(connection)
                whole = found.verdict == "good"
                yield found
            masters = reached.masters(connection)
    except (Unavailable, RedisRefused) as error:
        yield Finding("cluster", "bad", verdict(error).text)
        return
    for what, check in OF_A_MASTER:
        yield _together([(where, _safely(what, check, master)) for where, master in masters.items()])
    if whole:  # else the answers would only be late, and the same
        yield from as_the_server_does(reached, connection)


def _safely(what: str, check: Check, connection: redis.Redis) -> Finding:
    try:
        with reaching_redis():
            return check(connection)
    except (Unavailable, RedisRefused) as error:
        return Finding(what, "bad", verdict(error).text)


def _together(found: Sequence[tuple[str, Finding]]) -> Finding:
    """One finding for all masters: the worst of them, and where it is."""
    worst = min((finding.verdict for _, finding in found), key=WORST_FIRST.index)
    those = sorted(((f.text, where) for where, f in found if f.verdict == worst))
    texts = [(text, [where for _, where in group]) for text, group in groupby(those, key=lambda pair: pair[0])]
    if len(found) == 1 or (len(texts) == 1 and len(those) == len(found)):
        return Finding(found[0][1].what, worst, texts[0][0])
    if worst == "good":
        return Finding(found[0][1].what, worst, texts[0][0])
    return Finding(found[0][1].what, worst, "; ".join(f"{', '.join(where)}: {text}" for text, where in texts))
