"""What publishing costs a back end in Python while some users are online, and what the feed costs Redis.

    python tests/benchmarks/publishing.py --users 500 --online 250 --number 5000

Starts a server of this repository and an embedded Valkey. One thread makes notifications for the users in turn, one
after the other, then records as many activity items, until the feed is full; both are given in calls a second. The
feed's first page is read from Python, in ms, and its script is given as Redis' own time, in ms. Every notification of a
user who is online must be delivered once, or the run fails. One line of JSON a run.
"""

from __future__ import annotations

import argparse
import asyncio
import secrets
import time
from typing import Any

import redis
from bench import arguments, measure, own_server, percentile
from raw import Crowd, Server

from app.realtime.services.activity_service import ActivityService
from app.realtime.services.notification_service import NotificationService

#: Seconds to wait for the last delivery.
DELIVERY_SECONDS = 30.0
#: First pages that are read.
PAGES = 200


async def publishing(crowd: Crowd, redis_url: str, options: argparse.Namespace) -> dict[str, Any]:
    """One run: everything that is measured."""
    users = [f"u{number:04}" for number in range(options.users)]
    with NotificationService.from_url(redis_url) as notifications, ActivityService.from_url(redis_url) as activity:
        await crowd.come_online(users[: options.online])
        created = await asyncio.to_thread(_create, notifications, crowd.tenant, users, options.number)
        expected = sum(number % options.users < options.online for number in range(options.number))
        await asyncio.wait_for(crowd.until(lambda: crowd.counts[b"notification"] >= expected), DELIVERY_SECONDS)
        await crowd.quiet(0.5, DELIVERY_SECONDS)
        if crowd.counts[b"notification"] != expected:
            raise ConnectionError(f"expected {expected} notifications, got {crowd.counts[b'notification']}")
        crowd.close()
        recorded = await asyncio.to_thread(_record, activity, crowd.tenant, users)
        pages = _read_pages(activity, crowd.tenant)
    with redis.Redis.from_url(redis_url, decode_responses=True) as direct:
        direct.config_resetstat()
        with ActivityService.from_url(redis_url) as activity:
            _read_pages(activity, crowd.tenant)
        script = direct.info("commandstats")["cmdstat_evalsha"]["usec_per_call"] / 1000
    return {
        "notifications_per_s": round(options.number / created),
        "delivered": expected,
        "activity_per_s": round(ActivityService.MAX_ITEMS / recorded),
        "feed_ms_p50": round(percentile(pages, 0.5), 2),
        "feed_ms_p99": round(percentile(pages, 0.99), 2),
        "feed_script_ms": round(script, 2),
    }


def _create(notifications: NotificationService, tenant: str, users: list[str], number: int) -> float:
    began = time.perf_counter()
    for n in range(number):
        notifications.create(tenant, users[n % len(users)], type="benchmark", title=f"Notification {n}")
    return time.perf_counter() - began


def _record(activity: ActivityService, tenant: str, users: list[str]) -> float:
    began = time.perf_counter()
    for n in range(ActivityService.MAX_ITEMS):
        user = users[n % len(users)]
        activity.record(tenant, user, user.title(), "paid", "invoice", n % 100, f"Invoice {n % 100}", {"total": n})
    return time.perf_counter() - began


def _read_pages(activity: ActivityService, tenant: str) -> list[float]:
    times = []
    for _ in range(PAGES):
        began = time.perf_counter()
        page = activity.feed(tenant)
        times.append((time.perf_counter() - began) * 1000)
        if len(page.items) != 50 or page.next is None:
            raise ConnectionError("the first page was not full")
    return times


if __name__ == "__main__":
    parser = arguments(
        __doc__,
        users=(500, 1, 2000, "users who are notified"),
        online=(250, 0, 500, "how many of them are online"),
        number=(5000, 1, 50_000, "notifications"),
    )
    secret, options = secrets.token_hex(32), parser.parse_args()
    with own_server(secret) as (url, pids, redis_url):
        server = Server("server", "127.0.0.1", int(url.rpartition(":")[2]), pids)
        measure(server, secret, lambda crowd, given: publishing(crowd, redis_url, given), options, [])
