"""Back ends publish while clients come and go, nodes are killed and Redis fails: what was answered is there, once."""

from __future__ import annotations

import json
import threading
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from app.realtime.services.activity_service import ActivityService
from app.realtime.services.notification_service import NotificationService
from realtime_contracts.rules.errors import Unavailable
from realtime_contracts.wire import tokens
from tests.e2e.cluster import Cluster
from tests.integration.backend import PATIENCE, SECRET, TENANT, Wire, come
from tests.integration.conftest import MakeCluster
from tests.redis_server import RedisServer

USERS = 500
NOTIFICATIONS = 5000
MISSED = 500

#: What a notification must have, and an activity beside its user.
LEAST = {"type": "approval", "title": "Invoice 42 waits for you"}
DID = {"user_name": "Ana", "action": "paid", "entity_type": "invoice", "entity_id": "42", "entity_name": "Invoice 42"}


Services = tuple[NotificationService, ActivityService]


@pytest.fixture
def services() -> Iterator[Callable[[str], Services]]:
    """Make services on a Redis, as another back end does; their connections end with the test."""
    made: list[NotificationService | ActivityService] = []

    def make(redis_url: str) -> Services:
        both = NotificationService.from_url(redis_url), ActivityService.from_url(redis_url)
        made.extend(both)
        return both

    yield make
    for service in made:
        service.close()


@pytest.fixture
def cluster(make_cluster: MakeCluster) -> Cluster:
    """Return two nodes on this test's own Redis."""
    return make_cluster(2)


def test_five_thousand_notifications_to_five_hundred_users_half_of_them_offline(
    cluster: Cluster, services: Callable[[str], Services]
) -> None:
    notifications = services(cluster.redis_url)[0]
    users = [f"u{number:03}" for number in range(USERS)]
    online = {user: come(cluster.urls[number % 2], user, join=False) for number, user in enumerate(users[::2])}
    made: dict[str, list[str]] = {user: [] for user in users}
    for number in range(NOTIFICATIONS):
        user = users[number % USERS]
        made[user].append(notifications.create(TENANT, user, **{**LEAST, "title": f"{number}"}).notification.id)

    for user, wire in online.items():
        came = wire.gather(
            lambda event, payload, last=made[user][-1]: event == "notification" and payload["id"] == last
        )
        assert [payload["id"] for event, payload in came if event == "notification"] == made[user]
        wire.ask("notification:count")
        late = heard(wire, until=lambda e: e == Event("notification:count", {"count": len(made[user])}))  # noqa: B023
        assert [e.event for e in late if e.event == "notification"] == []
        wire.goodbye()
    for user in users:
        page = notifications.list(TENANT, user, limit=100)
        assert [one.id for one in page.notifications] == made[user][::-1]
        assert page.unread_count == notifications.unread_count(TENANT, user) == NOTIFICATIONS // USERS


def test_who_was_away_gets_what_was_missed_in_pages_while_more_comes(
    cluster: Cluster, services: Callable[[str], Services]
) -> None:
    activity = services(cluster.redis_url)[1]
    ana = come(cluster.urls[0], "ana", join=False)
    last_seen = activity.record(TENANT, "ben", **DID).activity.id
    ana.expect("activity", id=last_seen)
    ana.goodbye()
    recorded = [activity.record(TENANT, "ben", **DID).activity.id for _ in range(MISSED)]

    with going_on(lambda: recorded.append(activity.record(TENANT, "ben", **DID).activity.id)):
        ana = come(cluster.urls[1], "ana", join=False)
        pages, early, live = missed_pages(ana, last_seen)
    end = activity.record(TENANT, "ben", **DID).activity.id
    live += [e.payload["id"] for e in heard(ana, until=lambda e: e.payload.get("id") == end) if e.event == "activity"]

    assert len(pages) > MISSED // 100
    missed = [id_ for page in pages for id_ in page]
    assert missed[::-1] + live == [*recorded, end]
    assert set(early) <= set(missed)
    ana.goodbye()


def missed_pages(wire: Wire, since: str) -> tuple[list[list[str]], list[str], list[str]]:
    """The pages of what came since an id, and what was heard live: before the first page, and after it."""
    pages: list[list[str]] = []
    early: list[str] = []
    live: list[str] = []
    wanted: dict[str, Any] = {"limit": 100, "since": since}
    while True:
        assert wire.ask("activity:feed", wanted)["ok"]
        *came, answer = heard(wire, until=lambda e: e.event == "activity:feed")
        (live if pages else early).extend(e.payload["id"] for e in came if e.event == "activity")
        pages.append([item["id"] for item in answer.payload["items"]])
        if answer.payload["next"] is None:
            return pages, early, live
        wanted["before"] = answer.payload["next"]


@pytest.mark.parametrize("publish", ["notification", "activity"])
def test_what_a_node_has_answered_is_there_when_it_is_killed_and_a_key_makes_the_rest_good(
    publish: str, cluster: Cluster, services: Callable[[str], Services]
) -> None:
    answered: list[str] = []
    refused: list[str] = []

    def post_many(worker: int) -> None:
        for number in range(200):
            title = f"{worker}-{number}"
            try:
                post(cluster.urls[0], publish, title)
                answered.append(title)
            except OSError:
                refused.append(title)
            if number == 50 and worker == 0:
                cluster.kill(1)

    workers = [threading.Thread(target=post_many, args=(worker,)) for worker in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert answered
    assert refused
    there = titles(services(cluster.redis_url), publish)
    assert set(answered) <= set(there)
    for title in refused:
        post(cluster.urls[1], publish, title)
    assert Counter(titles(services(cluster.redis_url), publish)) == Counter(answered + refused)


@pytest.mark.parametrize("publish", ["notification", "activity"])
def test_what_was_answered_is_there_when_redis_has_crashed_and_a_key_makes_the_rest_good(
    publish: str, durable_redis: RedisServer, services: Callable[[str], Services]
) -> None:
    notifications, activity = services(durable_redis.url)
    answered: list[str] = []
    refused: list[str] = []

    def make(title: str) -> None:
        if publish == "notification":
            notifications.create(TENANT, "ana", **{**LEAST, "title": title}, idempotency_key=title)
        else:
            activity.record(TENANT, "ana", **{**DID, "entity_name": title}, idempotency_key=title)

    def make_many(worker: int) -> None:
        for number in range(150):
            try:
                make(f"{worker}-{number}")
                answered.append(f"{worker}-{number}")
            except Unavailable:
                refused.append(f"{worker}-{number}")

    workers = [threading.Thread(target=make_many, args=(worker,)) for worker in range(3)]
    for worker in workers:
        worker.start()
    while len(answered) < 60:
        workers[0].join(0.001)
    durable_redis.crash()
    for worker in workers:
        worker.join()
    assert refused
    assert set(answered) <= set(titles((notifications, activity), publish))
    for title in refused:
        make(title)
    assert Counter(titles((notifications, activity), publish)) == Counter(answered + refused)


@pytest.mark.parametrize("publish", ["notification", "activity"])
def test_while_redis_hangs_publishing_is_refused_and_the_same_again_is_made_once(
    publish: str, own_redis: RedisServer, services: Callable[[str], Services]
) -> None:
    notifications, activity = services(own_redis.url)

    def make() -> bool:
        if publish == "notification":
            return notifications.create(TENANT, "ana", **LEAST, idempotency_key="k").new
        return activity.record(TENANT, "ana", **DID, idempotency_key="k").new

    titles((notifications, activity), publish)
    own_redis.pause()
    with pytest.raises(Unavailable):
        make()
    own_redis.resume()
    make()
    assert not make()
    assert len(titles((notifications, activity), publish)) == 1


def post(url: str, publish: str, title: str) -> None:
    """Publish something for Ana over REST; its title is its key."""
    notification = {**LEAST, "user_id": "ana", "title": title}
    activity = {**DID, "user_id": "ana", "entity_name": title}
    path, body = ("notifications", notification) if publish == "notification" else ("activity", activity)
    headers = {
        "Authorization": f"Bearer {tokens.mint(SECRET, 'backend', TENANT, role='service')}",
        "Content-Type": "application/json",
        "Idempotency-Key": title,
    }
    asked = urllib.request.Request(f"{url}/api/v1/{path}", json.dumps(body).encode(), headers, method="POST")
    with urllib.request.urlopen(asked, timeout=PATIENCE) as answer:
        assert answer.status in (200, 201)


def titles(services: Services, publish: str) -> list[str]:
    """What was made for Ana, by its title or name."""
    notifications, activity = services
    if publish == "notification":
        pages = [notifications.list(TENANT, "ana", limit=100, offset=offset) for offset in range(0, 1000, 100)]
        return [one.title for page in pages for one in page.notifications]
    found, before = [], None
    while True:
        page = activity.feed(TENANT, limit=100, before=before)
        found += [item.entity_name for item in page.items]
        before = page.next
        if before is None:
            return found


@dataclass(frozen=True)
class Event:
    """One message that came."""

    event: str
    payload: dict[str, Any]


def heard(wire: Wire, until: Callable[[Event], bool]) -> list[Event]:
    """Everything up to and with the first message for which `until` holds."""
    return [Event(*came) for came in wire.gather(lambda event, payload: until(Event(event, payload)))]


@contextmanager
def going_on(action: Callable[[], object]) -> Iterator[None]:
    """Do something again and again, beside what is done in the context."""
    enough = threading.Event()

    def run() -> None:
        while not enough.is_set():
            action()

    worker = threading.Thread(target=run)
    worker.start()
    try:
        yield
    finally:
        enough.set()
        worker.join()
