"""How many notifications are unread is right on every connection, whatever time and outages do. Real servers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import redis

from app.realtime.services.notification_service import NotificationService
from tests.integration.backend import TENANT, come
from tests.integration.conftest import MakeCluster
from tests.redis_server import RedisServer

LEAST = {"type": "approval", "title": "Invoice 42 waits for you"}


@pytest.fixture
def notifications(own_redis: RedisServer) -> Iterator[NotificationService]:
    """Return the service as another back end has it."""
    with NotificationService.from_url(own_redis.url) as service:
        yield service


@pytest.mark.parametrize("asked", [True, False])
def test_an_end_is_told_to_who_came_after_it_was_made_whether_or_not_they_asked_for_the_count(
    make_cluster: MakeCluster, notifications: NotificationService, *, asked: bool
) -> None:
    url = make_cluster(1).urls[0]
    notifications.create(TENANT, "ana", **LEAST, expires_in=2)
    ana = come(url, "ana", join=False)
    if asked:
        assert ana.ask("notification:count") == {"ok": True, "count": 1}
        ana.expect("notification:count", count=1)
    ana.expect("notification:count", count=0)
    ana.goodbye()


def test_after_a_gap_of_the_bus_the_count_is_sent_anew(
    make_cluster: MakeCluster, notifications: NotificationService, direct: redis.Redis
) -> None:
    url = make_cluster(1).urls[0]
    ana = come(url, "ana", join=False)
    notifications.create(TENANT, "ana", **LEAST)
    ana.expect("notification:count", count=1)
    direct.client_kill_filter(_type="pubsub")
    ana.expect("presence:list")
    ana.expect("notification:count", count=1)
    ana.goodbye()


def test_when_redis_has_lost_everything_nobody_waits_for_what_is_gone(
    make_cluster: MakeCluster, notifications: NotificationService, direct: redis.Redis
) -> None:
    url = make_cluster(1).urls[0]
    ana = come(url, "ana", join=False)
    lost = notifications.create(TENANT, "ana", **LEAST).notification
    ana.expect("notification:count", count=1)
    direct.flushall()
    assert ana.ask("heartbeat")["ok"]  # which puts the connection back
    ana.expect("notification:count", count=0)
    assert ana.ask("notification:read", {"notification_id": lost.id})["error"]["code"] == "not_found"
    notifications.create(TENANT, "ana", **LEAST)
    ana.expect("notification", title=LEAST["title"])
    ana.goodbye()
