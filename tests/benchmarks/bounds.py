"""Whether the server stays within its bounds: connections that come and go, one that does not read, large events.

    python tests/benchmarks/bounds.py churn --connections 20000
    python tests/benchmarks/bounds.py slow --messages 10000
    python tests/benchmarks/bounds.py large --connections 2000 --events 5

`churn`: connections of 200 users in ten tenants; half say goodbye, half are cut. What the process holds and the keys of
Redis, before and after; a warm-up of 1,000 comes first. `slow`: messages of 2 kB to 30 members of a room, first
with everybody reading, then with one who stops: the others' times, the memory, and how that one was ended. `large`:
edits of 200 kB to so many members of one room. All start a server and a Valkey of their own, print a line of JSON, and
end with status 1 if a bound is broken.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import secrets
import signal
import sys
import tempfile
import time
import urllib.request
import uuid
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import redis
from bench import own_server, percentile, show, upto
from raw import CONNECTING, Crowd, Server

#: Users of a tenant, tenants, and how many connections are a warm-up.
USERS, TENANTS, WARM_UP = 20, 10, 1_000
#: How much the resident memory may have grown after the churn, and while one does not read.
GROWN, GROWN_MB = 0.05, 32.0
#: Seconds without a transport after which a user is offline, and within which all that is left must be gone.
GRACE_SECONDS, GONE_SECONDS = 1.0, 60.0
#: Counts that must be as before, or at most so many: 256 workers wait for work, and some greenlets always run.
COUNTED = {"descriptors": 0, "keys": 0, "greenlets": 280}
#: Objects of a class that may be left: cancelled deadlines lie in their heap until there are many.
SPARE_OBJECTS = 64
#: Members of the room whose one does not read, and bytes of a message.
MEMBERS, MESSAGE_BYTES = 30, 2_000
#: Bytes of a large edit, and seconds that all members may take to have it.
LARGE_BYTES, LARGE_SECONDS = 200_000, 300.0


#: Figures, and whether the bounds hold.
Outcome = tuple[dict[str, Any], bool]


class Node(NamedTuple):
    """The server, and what is outside it."""

    server: Server
    secret: str
    redis: redis.Redis
    report: Path

    def crowd(self, tenant: str) -> Crowd:
        """The clients of a tenant."""
        crowd = Crowd(self.server, self.secret)
        crowd.tenant = tenant
        return crowd

    def descriptors(self) -> int:
        """Open file descriptors."""
        return len(list(Path(f"/proc/{self.server.pids[0]}/fd").iterdir()))

    def rss_mb(self) -> float:
        """Resident memory in MB."""
        status = Path(f"/proc/{self.server.pids[0]}/status").read_text("utf-8")
        return int(status.split("VmRSS:")[1].split()[0]) / 1024

    def ended(self, reason: str) -> int:
        """How many sessions have ended for a reason, as the metrics say."""
        with urllib.request.urlopen(f"http://{self.server.host}:{self.server.port}/metrics") as answer:
            found = re.search(rf'realtime_sessions_ended_total{{reason="{reason}"}} (\S+)', answer.read().decode())
        return int(float(found[1])) if found else 0

    async def held(self) -> dict[str, Any]:
        """What the process holds, and the keys of Redis."""
        self.report.unlink(missing_ok=True)
        os.kill(self.server.pids[0], signal.SIGUSR2)
        while not self.report.exists():  # noqa: ASYNC110 - another process writes it
            await asyncio.sleep(0.05)
        held: dict[str, Any] = json.loads(self.report.read_text("utf-8"))
        outside = {"keys": int(self.redis.dbsize()), "descriptors": self.descriptors()}
        return {"rss_mb": round(self.rss_mb(), 1), **outside, **held}

    @asynccontextmanager
    async def watching_memory(self) -> AsyncIterator[list[float]]:
        """Yield a list of resident memory in MB, which grows five times a second."""
        seen = [self.rss_mb()]

        async def look() -> None:
            while True:
                await asyncio.sleep(0.2)
                seen.append(self.rss_mb())

        task = asyncio.create_task(look())
        try:
            yield seen
        finally:
            task.cancel()


async def churn(node: Node, options: argparse.Namespace) -> Outcome:
    """Connections come and go; returns what was held before and after, and whether all is gone."""
    await _come_and_go(node, WARM_UP)
    before = await _settled(node, None)
    began = time.monotonic()
    await _come_and_go(node, options.connections)
    seconds = time.monotonic() - began
    after = await _settled(node, before)
    objects = before.pop("objects"), after.pop("objects")
    more = {name: count - objects[0].get(name, 0) for name, count in objects[1].items()}
    more = {name: count for name, count in more.items() if count > 0}
    leaks = max(more.values(), default=0) > SPARE_OBJECTS or _more(before, after)
    good = after["rss_mb"] <= before["rss_mb"] * (1 + GROWN) and not leaks
    result = {"connections": options.connections, "seconds": round(seconds, 1), "before": before, "after": after}
    return {**result, "more_objects": more}, good


def _more(before: dict[str, Any], after: dict[str, Any]) -> bool:
    return any(after[what] > max(before[what], least) for what, least in COUNTED.items())


async def _come_and_go(node: Node, connections: int) -> None:
    crowds = [node.crowd(f"churn-{number}") for number in range(TENANTS)]
    for _ in range(-(-connections // (USERS * TENANTS))):
        await asyncio.gather(*(crowd.come_online([f"u{number}" for number in range(USERS)]) for crowd in crowds))
        for crowd in crowds:
            for number, client in enumerate(crowd.clients):
                (client.close if number % 2 else client.cut)()
            crowd.clients.clear()


async def _settled(node: Node, before: dict[str, Any] | None) -> dict[str, Any]:
    """What is held once graces have ended and the counts stay, and there is no more than `before`."""
    deadline, last = time.monotonic() + GONE_SECONDS, None
    while True:
        await asyncio.sleep(2 * GRACE_SECONDS)
        now = await node.held()
        stays = last is not None and not _more(last, now) and not _more(now, last)
        if (stays and (before is None or not _more(before, now))) or time.monotonic() > deadline:
            return now
        last = now


async def slow(node: Node, options: argparse.Namespace) -> Outcome:
    """One of a room stops reading; returns the others' times without and with that, and whether all is bounded."""
    result: dict[str, Any] = {"messages": options.messages}
    for name, stops in (("reading", False), ("one_stopped", True)):
        crowd = node.crowd(f"slow-{name}")
        await crowd.come_online([f"u{number}" for number in range(MEMBERS)])
        await _join(crowd)
        stopped = [crowd.clients.pop()] if stops else []  # held: nothing else keeps who does not read
        for client in stopped:
            client.stop_reading()
        async with node.watching_memory() as seen:
            times = await _told(crowd, options.messages)
        result |= {
            f"{name}_p50_ms": round(percentile(times, 0.5), 2),
            f"{name}_p99_ms": round(percentile(times, 0.99), 2),
            f"{name}_grown_mb": round(max(seen) - seen[0], 1),
        }
        for client in stopped:
            client.cut()
        crowd.close()
    result["cut_as_slow_client"] = node.ended("slow_client")
    return result, result["cut_as_slow_client"] == 1 and result["one_stopped_grown_mb"] <= GROWN_MB


async def _join(crowd: Crowd) -> None:
    """All join the room, ten at a time, as they came."""
    acks = list[bytes]()
    crowd.on_ack = acks.append
    for number, client in enumerate(crowd.clients):
        client.emit("room:join", {"entity_type": "invoice", "entity_id": "42"}, ack=True)
        await crowd.until(lambda number=number: len(acks) > number - CONNECTING)
    await crowd.until(lambda: len(acks) == len(crowd.clients))
    if refused := [ack for ack in acks if b'"ok":true' not in ack]:
        raise SystemExit(f"{len(refused)} were not let into the room: {refused[0].decode()}")
    await crowd.quiet(0.5, 30)


async def _told(crowd: Crowd, messages: int) -> list[float]:
    """The first client edits the room's document, so that the others hear of it; ms from sending to each receipt."""
    sent, times, acks = [0.0] * (messages + 1), list[float](), list[bytes]()
    version = re.compile(rb'"version":(\d+)')

    def hear(event: bytes, packet: bytes) -> None:
        if event == b"doc:edit" and (found := version.search(packet)):
            times.append((time.perf_counter() - sent[int(found[1])]) * 1e3)

    crowd.on_event, crowd.on_ack = hear, acks.append
    for number in range(messages):
        sent[number + 1] = time.perf_counter()
        _edit(crowd, number, "x" * MESSAGE_BYTES)
        await crowd.until(lambda number=number: len(acks) > number)
        _check(acks[-1])
    await crowd.until(lambda: len(times) >= messages * (len(crowd.clients) - 1))
    return times


def _check(ack: bytes) -> None:
    if b'"ok":true' not in ack:
        raise SystemExit(f"an edit was answered with {ack.decode()}")


def _edit(crowd: Crowd, version: int, text: str) -> None:
    changes = [{"op": "add", "path": "/text", "value": text}]
    edit = {"room_id": "invoice:42", "base_version": version, "changes": changes, "edit_id": str(uuid.uuid4())}
    crowd.clients[0].emit("doc:edit", edit, ack=True)


async def large(node: Node, options: argparse.Namespace) -> Outcome:
    """Edits of 200 kB in a room of many; returns seconds until all have one, CPU a delivery, and the memory."""
    crowd = node.crowd("large")
    await crowd.come_online([f"u{number}" for number in range(options.connections)])
    await crowd.quiet(1, LARGE_SECONDS)
    await _join(crowd)
    crowd.on_ack = _check
    crowd.counts.clear()
    took, cpu = list[float](), node.server.cpu()
    async with node.watching_memory() as seen:
        for number in range(options.events):
            began, wanted = time.monotonic(), (number + 1) * (options.connections - 1)
            _edit(crowd, number, "x" * LARGE_BYTES)
            await asyncio.wait_for(
                crowd.until(lambda wanted=wanted: crowd.counts[b"doc:edit"] >= wanted),
                LARGE_SECONDS,
            )
            took.append(time.monotonic() - began)
    deliveries = options.events * (options.connections - 1)
    result = {
        "connections": options.connections,
        "events": options.events,
        "seconds_each": [round(one, 2) for one in took],
        "us_cpu_per_delivery": round((node.server.cpu() - cpu) / deliveries * 1e6, 1),
        "rss_mb_before": round(seen[0], 1),
        "rss_mb_peak": round(max(seen), 1),
        "cut_as_slow_client": node.ended("slow_client"),
    }
    crowd.close()
    return result, result["cut_as_slow_client"] == 0


RUNS: dict[str, Callable[[Node, argparse.Namespace], Coroutine[Any, Any, Outcome]]] = {
    run.__name__: run for run in (churn, slow, large)
}


def main() -> None:
    """Read the command line, and run on a server of our own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=RUNS)
    parser.add_argument("--connections", type=upto(100_000, 2), help="churn (20,000), large (2,000)")
    parser.add_argument("--messages", type=upto(100_000), default=10_000, help="slow (10,000)")
    parser.add_argument("--events", type=upto(100), default=5, help="large (5)")
    options = parser.parse_args()
    options.connections = options.connections or {"churn": 20_000}.get(options.what, 2_000)
    secret, census = secrets.token_hex(32), str(Path(__file__).with_name("census.py"))
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "census.json"
        # Who does not read answers no ping: on a busy machine that must not be the first to be noticed.
        settings = {"OFFLINE_TIMEOUT_SECONDS": str(GRACE_SECONDS), "PING_TIMEOUT": "120"}
        with own_server(secret, program=(census, str(report)), settings=settings) as (url, pids, redis_url):
            where = urlsplit(url)
            server = Server("server", where.hostname or "", where.port or 80, pids)
            with redis.Redis.from_url(redis_url) as client:
                result, good = asyncio.run(RUNS[options.what](Node(server, secret, client, report), options))
    show({"scenario": options.what, "good": good, **result})
    sys.exit(not good)


if __name__ == "__main__":
    main()
