"""What is announced while a node does not hear the bus reaches its clients all the same: in order, and once.

Notifications and activity are read again from what Redis keeps of them. All else is state, which is sent anew.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, cast

import pytest
import redis
from jsonpatch import apply_patch

from app.realtime.bus.message import write
from app.realtime.services.activity_service import ActivityService
from app.realtime.services.notification_service import NotificationService
from app.realtime.store.activity import ID_DIGITS
from app.realtime.store.address import NodeAddress
from app.realtime.store.keys import TenantKeys
from tests.e2e.cluster import Cluster
from tests.integration.backend import ROOM, TENANT, Wire, come, eventually, together
from tests.integration.conftest import MakeCluster
from tests.redis_server import RedisServer

#: How many notifications and how many items are published over the cuts; a fifth of them between two cuts.
PUBLISHED, CUTS = 1500, 5

#: Bytes of output that Redis keeps for a subscriber in the test that overruns it.
BUFFER_BYTES = 32_768

#: A message that fills the buffer, and that no client gets.
FOR_NOBODY = write(TenantKeys(TENANT).user_channel("nobody"), "activity", ["x" * 50_000])


class BackEnd:
    """Publishes numbered notifications and items, and knows what was acknowledged."""

    def __init__(self, url: str) -> None:
        self.notifications = NotificationService.from_url(url)
        self.activity = ActivityService.from_url(url)
        self.titles: dict[str, list[str]] = {"ana": [], "ben": []}
        self.names: list[str] = []

    def notify(self, user_id: str, title: str, message: str | None = None) -> None:
        """Notify a user."""
        self.notifications.create(TENANT, user_id, type="t", title=title, message=message)
        self.titles[user_id].append(title)

    def record(self, name: str) -> None:
        """Record that something happened."""
        self.activity.record(
            TENANT, user_id="cy", user_name="Cy", action="paid", entity_type="invoice", entity_id="1", entity_name=name
        )
        self.names.append(name)

    def both(self, title: str) -> None:
        """Notify Ana and Ben, and record an item, of the same name."""
        self.notify("ana", title)
        self.notify("ben", title)
        self.record(title)

    def close(self) -> None:
        """Close the connections to Redis."""
        self.notifications.close()
        self.activity.close()


@pytest.fixture
def back_end(own_redis: RedisServer) -> Iterator[BackEnd]:
    """Yield a back end on this test's Redis."""
    made = BackEnd(own_redis.url)
    yield made
    made.close()


def until_last(wire: Wire, title: str) -> list[tuple[str, Any]]:
    """What a client hears until it has the last notification and the last item, both of this name."""
    waits, heard = {"notification", "activity"}, []
    while waits:
        [(event, payload)] = wire.gather(lambda *_: True)
        heard.append((event, payload))
        if title in (payload.get("title"), payload.get("entity_name")):
            waits.discard(event)
    return heard


def titles(heard: list[tuple[str, Any]]) -> list[str]:
    """The notifications, in order."""
    return [payload["title"] for event, payload in heard if event == "notification"]


def names(heard: list[tuple[str, Any]]) -> list[str]:
    """The items, in order."""
    return [payload["entity_name"] for event, payload in heard if event == "activity"]


def subscribers(direct: redis.Redis) -> list[str]:
    """The addresses of the nodes' subscriptions that Redis has now."""
    return sorted(client["addr"] for client in cast("list[dict[str, str]]", direct.client_list(_type="pubsub")))


def cut(direct: redis.Redis, which: int) -> str:
    """Cut one node's subscription, or with both nodes' this one's."""
    found = eventually(lambda: subscribers(direct), "a node is subscribed")
    address = found[which % len(found)]
    direct.client_kill(address)
    return address


def edit_id(number: int) -> str:
    """An id of an edit."""
    return f"6f1c1d2e-0000-4000-8000-{number:012}"


@contextmanager
def unheard(cluster: Cluster, direct: redis.Redis) -> Iterator[None]:
    """Have the only node stand still, without its subscription, and let it go on and subscribe again at the end."""
    [node] = cluster.nodes
    assert node.process is not None
    node.process.send_signal(signal.SIGSTOP)
    try:
        cut(direct, 0)
        eventually(lambda: not subscribers(direct), "the subscription is cut")
        yield
    finally:
        node.process.send_signal(signal.SIGCONT)


def heard_again(cluster: Cluster, direct: redis.Redis, nodes: int) -> None:
    """Wait until all nodes hear the bus and have put their connections right."""
    eventually(lambda: len(subscribers(direct)) == nodes, "all nodes are subscribed")
    cluster.wait_ready()


def test_over_five_cuts_every_notification_and_item_arrives_once_and_in_order(
    make_cluster: MakeCluster, back_end: BackEnd, direct: redis.Redis
) -> None:
    cluster = make_cluster(2)
    first, second = cluster.urls
    of_ana = [come(first, "ana"), come(second, "ana", join=False)]
    of_ben = [come(second, "ben")]
    editor, reader = come(first, "dan"), come(second, "eve")
    heard: dict[Wire, list[tuple[str, Any]]] = {}

    def publish() -> None:
        for number in range(PUBLISHED // 2):
            back_end.both(f"n{number}")
            back_end.record(f"more{number}")

    def break_off() -> None:
        for number in range(1, CUTS + 1):
            enough = number * PUBLISHED // (CUTS + 1)
            eventually(lambda enough=enough: len(back_end.names) >= enough, "some were published")
            cut(direct, number)
            edit = {"op": "add", "path": f"/{number}", "value": number}
            body = {"room_id": ROOM, "base_version": number - 1, "changes": [edit], "edit_id": edit_id(number)}
            assert editor.ask("doc:edit", body)["ok"]
            assert editor.ask("doc:lock", {"room_id": ROOM, "path": f"/{number}", "ttl": 300})["ok"]

    def finish() -> None:
        together(publish, break_off)
        heard_again(cluster, direct, 2)
        back_end.both("last")

    def listen(wire: Wire) -> None:
        heard[wire] = until_last(wire, "last")

    together(finish, *(partial(listen, wire) for wire in (*of_ana, *of_ben)))
    for wire, messages in heard.items():
        assert titles(messages) == back_end.titles["ana" if wire in of_ana else "ben"]
        assert names(messages) == back_end.names
        assert "activity:feed" not in [event for event, _ in messages]
    for wire in (reader, of_ana[0], of_ben[0]):
        document = as_left(wire, heard.get(wire, []))
        assert document["version"] == CUTS
        assert document["content"] == {str(number): number for number in range(1, CUTS + 1)}
        assert [lock["path"] for lock in document["locks"]] == [f"/{number}" for number in range(1, CUTS + 1)]
    for wire in (*of_ana, *of_ben, editor, reader):
        wire.goodbye()


def as_left(wire: Wire, heard: list[tuple[str, Any]]) -> dict[str, Any]:
    """The document as a client knows it that never asked: the last one that it was sent, and what followed."""
    assert wire.ask("heartbeat")["ok"]
    document: dict[str, Any] = {}
    for event, payload in (*heard, *wire.inbox):
        if event == "doc:sync":
            document = payload
        elif event == "doc:edit" and document and payload["version"] == document["version"] + 1:
            content = apply_patch(document["content"], payload["changes"])
            document = {**document, "version": payload["version"], "content": content}
        elif event == "doc:lock_status" and document:
            document = {**document, "locks": payload["locks"]}
    return document


def test_a_client_that_has_heard_nothing_before_the_gap_gets_what_came_in_it_and_nothing_older(
    make_cluster: MakeCluster, back_end: BackEnd, direct: redis.Redis
) -> None:
    back_end.both("before")
    cluster = make_cluster(1)
    ana = come(cluster.urls[0], "ana", join=False)
    with unheard(cluster, direct):
        back_end.both("missed")
    heard_again(cluster, direct, 1)
    heard = until_last(ana, "missed")
    assert titles(heard) == ["missed"]
    assert names(heard) == ["missed"]
    ana.expect("notification:count", count=2)
    ana.goodbye()


def test_a_client_that_comes_after_the_gap_is_told_nothing_of_it(
    make_cluster: MakeCluster, back_end: BackEnd, direct: redis.Redis
) -> None:
    cluster = make_cluster(1)
    ana = come(cluster.urls[0], "ana", join=False)
    with unheard(cluster, direct):
        back_end.both("missed")
    heard_again(cluster, direct, 1)
    late = come(cluster.urls[0], "ana", join=False)
    cut(direct, 0)
    heard_again(cluster, direct, 1)
    back_end.both("last")
    assert titles(until_last(late, "last")) == ["last"]
    assert titles(until_last(ana, "last")) == ["missed", "last"]
    ana.goodbye()
    late.goodbye()


def test_what_was_read_elsewhere_meanwhile_is_heard_and_counted_as_read_and_what_was_deleted_is_not(
    make_cluster: MakeCluster, back_end: BackEnd, direct: redis.Redis
) -> None:
    cluster = make_cluster(1)
    ana = come(cluster.urls[0], "ana", join=False)
    with unheard(cluster, direct):
        for title in ("a", "deleted", "read", "b"):
            back_end.notify("ana", title)
        page = back_end.notifications.list(TENANT, "ana").notifications
        ids = {notification.title: notification.id for notification in page}
        back_end.notifications.mark_read(TENANT, "ana", ids["read"])
        back_end.notifications.delete(TENANT, "ana", ids["deleted"])
    heard_again(cluster, direct, 1)
    heard = ana.gather(lambda event, payload: event == "notification:count" and payload["count"] == 2)
    assert titles(heard) == ["a", "read", "b"]
    ana.goodbye()


def test_a_long_gap_is_told_in_pieces_that_may_be_cut_themselves(
    make_cluster: MakeCluster, back_end: BackEnd, direct: redis.Redis
) -> None:
    cluster = make_cluster(1)
    ana = come(cluster.urls[0], "ana", join=False)
    with unheard(cluster, direct):
        for number in range(450):
            back_end.notify("ana", f"n{number}")
            back_end.record(f"n{number}")
    for _ in range(4):
        cut(direct, 0)
    heard_again(cluster, direct, 1)
    back_end.both("last")
    heard = until_last(ana, "last")
    assert titles(heard) == back_end.titles["ana"]
    assert names(heard) == back_end.names
    ana.goodbye()


def test_an_overrun_of_the_subscribers_buffer_loses_nothing(
    make_cluster: MakeCluster, back_end: BackEnd, direct: redis.Redis
) -> None:
    cluster = make_cluster(1)
    ana = come(cluster.urls[0], "ana", join=False)
    direct.config_set("client-output-buffer-limit", f"pubsub {BUFFER_BYTES} {BUFFER_BYTES} 0")
    [node] = cluster.nodes
    assert node.process is not None
    node.process.send_signal(signal.SIGSTOP)
    try:
        while subscribers(direct):
            if len(back_end.names) < 200:
                back_end.both(f"n{len(back_end.names)}")
            direct.publish(NodeAddress(0).bus + TenantKeys(TENANT).tenant_channel, FOR_NOBODY)
    finally:
        node.process.send_signal(signal.SIGCONT)
    heard_again(cluster, direct, 1)
    back_end.both("last")
    heard = until_last(ana, "last")
    assert titles(heard) == back_end.titles["ana"]
    assert names(heard) == back_end.names
    ana.goodbye()


def test_items_that_are_no_longer_kept_are_said_to_be_missing_by_a_page(
    make_cluster: MakeCluster, back_end: BackEnd, direct: redis.Redis
) -> None:
    cluster = make_cluster(1)
    ana = come(cluster.urls[0], "ana", join=False)
    back_end.record("heard")
    with unheard(cluster, direct):
        for number in range(60):
            back_end.record(f"n{number}")
        direct.xtrim(f"activity:{{{TENANT}}}", maxlen=55, approximate=False)
    heard_again(cluster, direct, 1)
    ana.expect("activity", entity_name="heard")
    page = ana.expect("activity:feed")
    assert [item["entity_name"] for item in page["items"]] == [f"n{number}" for number in range(59, 9, -1)]
    assert page["next"] == page["items"][-1]["id"]
    assert len(page["next"]) == ID_DIGITS
    back_end.record("last")
    assert names(ana.gather(lambda event, payload: payload.get("entity_name") == "last")) == ["last"]
    ana.goodbye()


def test_a_redis_that_comes_back_empty_is_said_by_an_empty_page_and_no_count(
    make_cluster: MakeCluster, back_end: BackEnd, own_redis: RedisServer, direct: redis.Redis
) -> None:
    cluster = make_cluster(1)
    ana = come(cluster.urls[0], "ana", join=False)
    back_end.both("heard")
    until_last(ana, "heard")
    own_redis.stop()
    own_redis.start()
    heard_again(cluster, direct, 1)
    assert ana.expect("activity:feed") == {"items": [], "next": None}
    ana.expect("notification:count", count=0)
    back_end.both("last")
    heard = until_last(ana, "last")
    assert titles(heard) == ["last"]
    assert names(heard) == ["last"]
    ana.goodbye()


def test_over_a_restart_of_redis_with_its_data_nothing_is_lost(
    make_cluster: MakeCluster, back_end: BackEnd, own_redis: RedisServer, direct: redis.Redis
) -> None:
    cluster = make_cluster(1)
    ana = come(cluster.urls[0], "ana", join=False)
    with unheard(cluster, direct):
        back_end.both("missed")
        direct.save()
        own_redis.crash()
    heard_again(cluster, direct, 1)
    back_end.both("last")
    heard = until_last(ana, "last")
    assert titles(heard) == ["missed", "last"]
    assert names(heard) == ["missed", "last"]
    assert not [event for event, _ in heard if event == "activity:feed"]
    ana.goodbye()
