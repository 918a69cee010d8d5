"""How many notifications are unread is right on every connection, whatever time and outages do. Real servers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import redis

from app.realtime.services.notification_service import NotificationService
from realtime_contracts.wire import tokens
from tests.integration.backend import SECRET, Wire
from tests.integration.test_outage import TENANT, MakeCluster, direct, make_cluster
from tests.redis_server import RedisServer

__all__ = ["direct", "make_cluster"]  # fixtures

LEAST = {"type": "approval", "title": "Invoice 42 waits for you"}


@pytest.fixture
def notifications(own_redis: RedisServer) -> Iterator[NotificationService]:
    """Return the service as another back end has it."""
    with NotificationService.from_url(own_redis.url) as service:
        yield service


def come(url: str, user_id: str = "ana") -> Wire:
    """Connect a user."""
    wire = Wire(url, tokens.mint(SECRET, user_id, TENANT, name=user_id.title()))
    wire.expect("presence:list")
    return wire


def test_an_end_is_told_to_every_connection_without_being_asked_for(
    make_cluster: MakeCluster, notifications: NotificationService
) -> None:
    cluster = make_cluster(2)
    tabs = [come(url) for url in cluster.urls]
    notifications.create(TENANT, "ana", **LEAST)
    notifications.create(TENANT, "ana", **LEAST, expires_in=1)
    for tab in tabs:
        came = tab.gather(lambda event, payload: event == "notification:count" and payload == {"count": 2})
        assert [event for event, _ in came if event == "notification"] == ["notification"] * 2
        tab.expect("notification:count", count=1)
    for tab in tabs:
        tab.goodbye()


def test_an_end_is_told_to_who_came_after_it_was_made_and_has_asked_for_the_count(
    make_cluster: MakeCluster, notifications: NotificationService
) -> None:
    url = make_cluster(1).urls[0]
    notifications.create(TENANT, "ana", **LEAST, expires_in=2)
    ana = come(url)
    assert ana.ask("notification:count") == {"ok": True, "count": 1}
    ana.expect("notification:count", count=1)
    ana.expect("notification:count", count=0)
    ana.goodbye()


def test_an_end_is_told_to_who_came_after_it_was_made_and_has_asked_for_nothing(
    make_cluster: MakeCluster, notifications: NotificationService
) -> None:
    url = make_cluster(1).urls[0]
    notifications.create(TENANT, "ana", **LEAST, expires_in=2)
    ana = come(url)
    ana.expect("notification:count", count=0)
    ana.goodbye()


def test_after_a_gap_of_the_bus_the_count_is_sent_anew(
    make_cluster: MakeCluster, notifications: NotificationService, direct: redis.Redis
) -> None:
    url = make_cluster(1).urls[0]
    ana = come(url)
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
    ana = come(url)
    lost = notifications.create(TENANT, "ana", **LEAST).notification
    ana.expect("notification:count", count=1)
    direct.flushall()
    assert ana.ask("heartbeat")["ok"]  # which puts the connection back
    ana.expect("notification:count", count=0)
    assert ana.ask("notification:read", {"notification_id": lost.id})["error"]["code"] == "not_found"
    notifications.create(TENANT, "ana", **LEAST)
    ana.expect("notification", title=LEAST["title"])
    ana.goodbye()
