"""Notifications: a back end creates them over REST; users receive, list and count them."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from realtime_contracts.conform.payloads import fields_of
from realtime_contracts.conform.rest import Answer
from realtime_contracts.conform.sentences import given, then, when
from realtime_contracts.conform.state import Person
from realtime_contracts.conform.steps.common import act, assert_equal, heard_by, need_reply, quoted
from realtime_contracts.conform.steps.hearing import hear_once, silence_of
from realtime_contracts.conform.tab import Tab
from realtime_contracts.conform.world import World
from realtime_contracts.wire.journal import UnmetError
from realtime_contracts.wire.timeouts import patience

#: An id that no server has issued.
NOBODYS = "3f2b1c0a-9d8e-4f7a-b6c5-d4e3f2a1b0c9"
#: Seconds after its end within which a notification must be gone from every connection.
LATE = 5.0
#: Seconds between two checks of whether something still exists.
POLL_SECONDS = 0.1
#: Parallel requests of a back end.
AT_ONCE = 8


# Creating


@given('{who} was notified of "{title}"')
@given('{who} was notified of "{title}" under the key "{key}"')
def was_notified(world: World, who: str, title: str, key: str | None = None) -> None:
    with heard_by(world[who].tabs, "notification", "notification:count"):
        if key is None:
            make(world, who, title=title)
        else:
            notified_under_key(world, who, title, key)


@given('{who} was notified of "{title}", for {n} second')
def was_notified_for(world: World, who: str, title: str, n: str) -> None:
    make(world, who, title=title, expires_in=int(n))


@given("{who} was notified {n} times")
def was_notified_often(world: World, who: str, n: str) -> None:
    for number in range(1, int(n) + 1):
        was_notified(world, who, f"No {number}")


@when("{who} is notified {n} times in a hurry")
def notified_in_a_hurry(world: World, who: str, n: str) -> None:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(lambda number: make(world, who, title=f"No {number}"), range(1, int(n) + 1)))


@when('{who} is notified of "{title}"')
@when('{who} is notified of "{title}" with {payload_}')
def is_notified(world: World, who: str, title: str, payload_: str = "{}") -> None:
    make(world, who, title=title, **fields_of(payload_))


@when('{who} is notified of "{title}" under the key "{key}"')
def notified_under_key(world: World, who: str, title: str, key: str) -> None:
    publish(world, who, {"title": title}, headers={"Idempotency-Key": key})


@when('a back end tries to notify {who} of "{title}"')
def back_end_tries(world: World, who: str, title: str) -> None:
    publish(world, who, {"title": title})


@when("it is refused to notify {who}, each at its place:")
def each_refused(world: World, who: str, datatable: list[list[str]]) -> None:
    for words, path in datatable[1:]:
        reply = publish(world, who, fields_of(words))
        assert_equal((reply.code, reply.path), ("invalid_payload", path), f"the answer to {words[:100]}")


@when("{who} tries to notify {whom}")
def tries_to_notify(world: World, who: str, whom: str) -> None:
    world.ask(world[who], "notifications:create", body=body_of(world[whom]))


def make(world: World, who: str, **fields: Any) -> None:
    """Notify a user as a back end; it must succeed."""
    reply = publish(world, who, fields)
    assert_equal(reply.status, 201, f"the status of {reply}")


def publish(world: World, who: str, fields: dict[str, Any], **options: Any) -> Answer:
    """Send a request to notify a user as their company's back end."""
    body = {**body_of(world[who]), **fields}
    reply = world.publish(world[who].tenant, "notifications:create", body, **options)
    if reply.ok:
        world.back.notifications.append(reply.body["notification"]["id"])
    return reply


def body_of(person: Person) -> dict[str, Any]:
    """Return the request body of a notification."""
    return {"user_id": person.user_id, "type": "note", "title": "Hello"}


# Reading and deleting


@given('{who} has read "{title}"')
def has_read(world: World, who: str, title: str) -> None:
    with heard_by(world[who].tabs, "notification:count"):
        reads(world, who, title)


@when('{who} reads "{title}"')
def reads(world: World, who: str, title: str) -> None:
    act(world, who, "notification:read", {"notification_id": id_of(world, who, title)})


@when("{who} reads everything")
def reads_all(world: World, who: str) -> None:
    act(world, who, "notification:read", {"all": True})


@when("{who} reads the notification that {how}")
def reads_that(world: World, who: str, how: str) -> None:
    act(world, who, "notification:read", {"notification_id": the_one_that(world, how)})


@when("{who} asks how many are unread")
def asks_count(world: World, who: str) -> None:
    act(world, who, "notification:count")


@given('{who} has deleted "{title}"')
def has_deleted(world: World, who: str, title: str) -> None:
    with heard_by(world[who].tabs, "notification:count"):
        deletes(world, who, title)


@when('{who} deletes "{title}"')
def deletes(world: World, who: str, title: str) -> None:
    world.ask(world[who], "notifications:delete", places={"notification_id": id_of(world, who, title)})


@when('{who} reads "{title}" over REST')
def reads_over_rest(world: World, who: str, title: str) -> None:
    world.ask(world[who], "notifications:read", places={"notification_id": id_of(world, who, title)})


@when("{who} reads everything over REST")
def reads_all_over_rest(world: World, who: str) -> None:
    world.ask(world[who], "notifications:read_all")


@when("{who} {verb} over REST the notification that {how}")
def over_rest_that(world: World, who: str, verb: str, how: str) -> None:
    operation = {"reads": "notifications:read", "deletes": "notifications:delete"}[verb]
    world.ask(world[who], operation, places={"notification_id": the_one_that(world, how)})


# Results


@then('{people} hears of "{title}" once')
def hears_once(world: World, people: list[str], title: str) -> None:
    hear_once(world, people, "notification", "title", title)


@then("{who} hears of {titles_}, in that order")
def hears_in_order(world: World, who: str, titles_: str) -> None:
    titles = quoted(titles_)
    for tab in world[who].tabs:
        tab.expect("notification", title=titles[-1])
        heard = [e.payload["title"] for e in world.heard(tab, name="notification")]
        assert_equal(heard, titles, f"what {tab.label} heard of")


@then("{people} hears of no notification")
def hear_none(world: World, people: list[str]) -> None:
    silence_of(world, people, "notification", "notification:count")


@then("{who} hears of no notification but how many are unread")
def hears_only_count(world: World, who: str) -> None:
    silence_of(world, [who], "notification")


@then("{who} hears of nothing new, and {n} unread")
def hears_count_only(world: World, who: str, n: str) -> None:
    silence_of(world, [who], "notification")
    assert_equal(counts(world, world[who].tab), [int(n)], f"the counts that {who} heard")


@then("the {message_} that {who} hears has {object_}")
def heard_fields(world: World, message_: str, who: str, object_: str) -> None:
    heard, expected = world[who].tab.expect(message_).payload, json.loads(object_)
    assert_equal({name: heard[name] for name in expected}, expected, f"the {message_} that {who} heard")


@then("every tab of {who} shows {n} unread")
@then("{who} is told of {n} unread")
def told_of(world: World, who: str, n: str) -> None:
    wait_for_count(world, who, int(n), f"{n} unread", patience())
    world.barrier(world[who].tenant)
    for tab in world[who].tabs:
        assert_equal(counts(world, tab)[-1], int(n), f"how many are unread, as {tab.label} was last told")


@then("{who} sees it end, and {n} unread")
def sees_end(world: World, who: str, n: str) -> None:
    wait_for_count(world, who, int(n), f"its end, and {n} unread", LATE + patience())
    world.barrier(world[who].tenant)
    for tab in world[who].tabs:
        with_it = [int(n) + 1, int(n)]
        assert_equal(counts(world, tab), with_it, f"the counts that {tab.label} heard: with it, and without")


@when('{who} waits until "{title}" has ended')
def waits_for_end(world: World, who: str, title: str) -> None:
    deadline = time.monotonic() + LATE + patience()
    while title in titles_of(world, who):
        if time.monotonic() > deadline:
            raise UnmetError(f"{title} ends within {LATE + patience():g} s", "it is still there")
        time.sleep(POLL_SECONDS)  # A user may send a hundred requests a second, not more.


@then('the oldest notification of {who} is "{title}"')
def oldest_is(world: World, who: str, title: str) -> None:
    assert_equal(titles_of(world, who, oldest=True), [title], "the oldest")


@then('the oldest notification of {who} is not "{title}"')
def oldest_is_not(world: World, who: str, title: str) -> None:
    assert_equal(titles_of(world, who, oldest=True) == [title], False, f"whether the oldest is {title}")


@then("{who} is answered that {n} are unread")
def answered_count(world: World, who: str, n: str) -> None:
    assert_equal(world.answer, {"ok": True, "count": int(n)}, f"what {who} is answered")


@then("{who} has no notification")
@then("{who} has the notifications {titles_}")
def has(world: World, who: str, titles_: str = "", **query: Any) -> None:
    """Assert the titles of a user's notifications, newest first."""
    titles = quoted(titles_)
    body = world.ask(world[who], "notifications:list", query=query).body
    assert_equal([one["title"] for one in body["notifications"]], titles, f"what {who} has")
    assert_equal(body["total"], len(titles), "how many there are in all")


@then("{who} has the unread notifications {titles_}")
def has_unread(world: World, who: str, titles_: str) -> None:
    has(world, who, titles_, unread_only=True)


@then("{who} has {n} notifications, {m} of them unread")
def has_so_many(world: World, who: str, n: str, m: str) -> None:
    body = world.ask(world[who], "notifications:list", query={"limit": 1}).body
    assert_equal((body["total"], body["unread_count"]), (int(n), int(m)), f"how many notifications {who} has")
    assert_equal(world.ask(world[who], "notifications:count").body["count"], int(m), "the count of the unread ones")


@then("page by page, {n} at a time, these are {titles_}")
def page_by_page(world: World, n: str, titles_: str) -> None:
    expected, person = quoted(titles_), world[next(iter(world.people))]
    found: list[str] = []
    for offset in range(0, len(expected) + int(n), int(n)):
        page = world.ask(person, "notifications:list", query={"limit": int(n), "offset": offset}).body["notifications"]
        found += [one["title"] for one in page]
    assert_equal(found, expected, "all pages")


@then("it is the same notification as before")
def same_as_before(world: World) -> None:
    reply, before = need_reply(world), world.back.notifications[-2]
    assert_equal((reply.status, reply.body["notification"]["id"]), (200, before), "status and id")


@then("the back end is answered with {object_}")
def answered_with(world: World, object_: str) -> None:
    answered = need_reply(world).body["notification"]
    expected = json.loads(object_)
    assert_equal({name: answered[name] for name in expected}, expected, "the notification")


def titles_of(world: World, who: str, *, oldest: bool = False) -> list[str]:
    """Return the titles of a user's newest notifications, or of the oldest one."""
    query, person = {"limit": 100}, world[who]
    if oldest:
        query = {"limit": 1, "offset": world.ask(person, "notifications:list", query={"limit": 1}).body["total"] - 1}
    return [one["title"] for one in world.ask(person, "notifications:list", query=query).body["notifications"]]


def id_of(world: World, who: str, title: str) -> str:
    """Return the id of one of a user's notifications; their back end reads it."""
    body = world.ask(world[who], "notifications:list", query={"limit": 100}).body
    return str(next(one["id"] for one in body["notifications"] if one["title"] == title))


def the_one_that(world: World, how: str) -> str:
    """Return the id of a notification that is not the caller's, or that is deleted; the latest, if not the first."""
    return NOBODYS if how == "was never made" else world.back.notifications[-1]


def counts(world: World, tab: Tab) -> list[int]:
    """Return the unread counts that a tab received since the mark."""
    return [e.payload["count"] for e in world.heard(tab, name="notification:count")]


def wait_for_count(world: World, who: str, n: int, what: str, within: float) -> None:
    """Wait until every tab of a user last received this unread count."""
    for tab in world[who].tabs:
        tab.wait_until(lambda tab=tab: counts(world, tab)[-1:] == [n], what, within=within)  # type: ignore[misc]
