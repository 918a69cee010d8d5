"""Notifications: who hears of them, what they have, and how many are unread."""

from __future__ import annotations

import json
import time
from typing import Any

from realtime_contracts.conform.person import Person
from realtime_contracts.conform.rest import Answer
from realtime_contracts.conform.sentences import given, then, when
from realtime_contracts.conform.steps.common import act, assert_equal
from realtime_contracts.conform.steps.hearing import listeners, silence_of
from realtime_contracts.conform.steps.notifying import heard_by
from realtime_contracts.conform.tab import Tab
from realtime_contracts.conform.world import World
from realtime_contracts.wire.journal import Entry, UnmetError
from realtime_contracts.wire.timeouts import patience

#: An id that no server has given.
NOBODYS = "3f2b1c0a-9d8e-4f7a-b6c5-d4e3f2a1b0c9"
#: Seconds after its end in which a notification must be gone from every connection.
LATE = 5.0
#: Seconds between two looks whether something is still there.
POLL_SECONDS = 0.1


# Reading and deleting them


@given('{who} has read "{title}"')
def has_read(world: World, who: str, title: str) -> None:
    with heard_by(world[who], "notification:count"):
        reads(world, who, title)


@when('{who} reads "{title}"')
def reads(world: World, who: str, title: str) -> None:
    act(world, who, world[who].tab, "notification:read", {"notification_id": id_of(world, world[who], title)})


@when("{who} reads everything")
def reads_all(world: World, who: str) -> None:
    act(world, who, world[who].tab, "notification:read", {"all": True})


@when("{who} reads the notification that {how}")
def reads_that(world: World, who: str, how: str) -> None:
    act(world, who, world[who].tab, "notification:read", {"notification_id": the_one_that(world, how)})


@when("{who} asks how many are unread")
def asks_count(world: World, who: str) -> None:
    act(world, who, world[who].tab, "notification:count")


@given('{who} has deleted "{title}"')
def has_deleted(world: World, who: str, title: str) -> None:
    with heard_by(world[who], "notification:count"):
        deletes(world, who, title)


@when('{who} deletes "{title}"')
def deletes(world: World, who: str, title: str) -> None:
    world.ask(world[who], "notifications:delete", places={"notification_id": id_of(world, world[who], title)})


@when('{who} reads "{title}" over REST')
def reads_over_rest(world: World, who: str, title: str) -> None:
    world.ask(world[who], "notifications:read", places={"notification_id": id_of(world, world[who], title)})


@when("{who} reads everything over REST")
def reads_all_over_rest(world: World, who: str) -> None:
    world.ask(world[who], "notifications:read_all")


@when("{who} {verb} over REST the notification that {how}")
def over_rest_that(world: World, who: str, verb: str, how: str) -> None:
    operation = {"reads": "notifications:read", "deletes": "notifications:delete"}[verb]
    world.ask(world[who], operation, places={"notification_id": the_one_that(world, how)})


# What comes of it


@then('{people} hears of "{title}" once')
def hear_once(world: World, people: list[str], title: str) -> None:
    found = listeners(world, people)
    for tab in tabs_of(found):
        tab.expect("notification", title=title)
    world.barrier(*sorted({person.tenant for person in found}))
    for tab in tabs_of(found):
        heard = [e.payload["title"] for e in world.heard(tab) if e.name == "notification"]
        assert_equal(heard.count(title), 1, f"how often {tab.label} heard of {title}")


@then("{who} hears of {titles_}, in that order")
def hear_in_order(world: World, who: str, titles_: str) -> None:
    titles = quoted(titles_)
    for tab in world[who].tabs:
        tab.expect("notification", title=titles[-1])
        heard = [e.payload["title"] for e in world.heard(tab) if e.name == "notification"]
        assert_equal(heard, titles, f"what {tab.label} heard of")


@then("{people} hears of no notification")
def hear_none(world: World, people: list[str]) -> None:
    silence_of(world, people, "notification", "notification:count")


@then("{who} hears of no notification but how many are unread")
def hear_only_count(world: World, who: str) -> None:
    silence_of(world, [who], "notification")


@then("{who} hears of nothing new, and {n} unread")
def hear_count_only(world: World, who: str, n: str) -> None:
    silence_of(world, [who], "notification")
    assert_equal([e.payload["count"] for e in counts(world, world[who].tab)], [int(n)], f"the counts that {who} heard")


@then("the notification that {who} hears has {object_}")
def heard_fields(world: World, who: str, object_: str) -> None:
    heard = world[who].tab.expect("notification").payload
    expected = json.loads(object_)
    assert_equal({name: heard[name] for name in expected}, expected, f"the notification that {who} heard")


@then("every tab of {who} shows {n} unread")
@then("{who} is told of {n} unread")
def told_of(world: World, who: str, n: str) -> None:
    for tab in world[who].tabs:
        tab.wait_until(lambda tab=tab: last_count(tab) == int(n), f"{n} unread", within=patience())  # type: ignore[misc]
    world.barrier(world[who].tenant)
    for tab in world[who].tabs:
        assert_equal(last_count(tab), int(n), f"how many are unread, as {tab.label} was last told")


@then("{who} sees it end, and {n} unread")
def sees_end(world: World, who: str, n: str) -> None:
    for tab in world[who].tabs:
        tab.wait_until(lambda tab=tab: last_count(tab) == int(n), f"its end, and {n} unread", within=LATE + patience())  # type: ignore[misc]
    world.barrier(world[who].tenant)
    for tab in world[who].tabs:
        heard = [e.payload["count"] for e in counts(world, tab)]
        assert_equal(heard, [int(n) + 1, int(n)], f"the counts that {tab.label} heard: with it, and without")


@when('{who} waits until "{title}" has ended')
def waits_for_end(world: World, who: str, title: str) -> None:
    deadline = time.monotonic() + LATE + patience()
    while title in titles_of(world, world[who]):
        if time.monotonic() > deadline:
            raise UnmetError(f"{title} ends within {LATE + patience():g} s", "it is still there")
        time.sleep(POLL_SECONDS)  # a user may ask a hundred times a second, not more


@then('the oldest notification of {who} is "{title}"')
def oldest_is(world: World, who: str, title: str) -> None:
    assert_equal(titles_of(world, world[who], oldest=True), [title], "the oldest")


@then('the oldest notification of {who} is not "{title}"')
def oldest_is_not(world: World, who: str, title: str) -> None:
    oldest = titles_of(world, world[who], oldest=True)
    assert_equal(oldest == [title], False, f"whether the oldest is {title}")


@then("{who} is answered that {n} are unread")
def answered_count(world: World, who: str, n: str) -> None:
    assert_equal(world.answer, {"ok": True, "count": int(n)}, f"what {who} is answered")


@then("{who} has the notifications {titles_}")
def has(world: World, who: str, titles_: str) -> None:
    listed(world, world[who], quoted(titles_))


@then("{who} has no notification")
def has_none(world: World, who: str) -> None:
    listed(world, world[who], [])


@then("{who} has the unread notifications {titles_}")
def has_unread(world: World, who: str, titles_: str) -> None:
    listed(world, world[who], quoted(titles_), unread_only=True)


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
    reply, before = need_reply(world), world.notes["made"][-2]
    assert_equal((reply.status, reply.body["notification"]["id"]), (200, before), "status and id")


@then("the back end is answered with {object_}")
def answered_with(world: World, object_: str) -> None:
    answered = need_reply(world).body["notification"]
    expected = json.loads(object_)
    assert_equal({name: answered[name] for name in expected}, expected, "the notification")


def titles_of(world: World, person: Person, *, oldest: bool = False) -> list[str]:
    """The titles of somebody's newest notifications, or of the oldest one."""
    query = {"limit": 100}
    if oldest:
        query = {"limit": 1, "offset": world.ask(person, "notifications:list", query={"limit": 1}).body["total"] - 1}
    return [one["title"] for one in world.ask(person, "notifications:list", query=query).body["notifications"]]


def listed(world: World, person: Person, titles: list[str], **query: Any) -> None:
    """What somebody has, newest first, is what these titles say."""
    body = world.ask(person, "notifications:list", query=query).body
    assert_equal([one["title"] for one in body["notifications"]], titles, f"what {person.name} has")
    assert_equal(body["total"], len(titles), "how many there are in all")


def id_of(world: World, person: Person, title: str) -> str:
    """The id of one of somebody's notifications; their back end sees what they see."""
    body = world.ask(person, "notifications:list", query={"limit": 100}).body
    return str(next(one["id"] for one in body["notifications"] if one["title"] == title))


def the_one_that(world: World, how: str) -> str:
    """The id of a notification that is not the asker's, or not any more; the last that was made but for the first."""
    return NOBODYS if how == "was never made" else str(world.notes["made"][-1])


def need_reply(world: World) -> Answer:
    """What the last request was answered."""
    if world.reply is None:
        raise AssertionError("nothing was asked over REST")
    return world.reply


def tabs_of(people: list[Person]) -> list[Tab]:
    """All tabs of these people."""
    return [tab for person in people for tab in person.tabs]


def counts(world: World, tab: Tab) -> list[Entry]:
    """The counts that a tab has heard since the mark."""
    return [e for e in world.heard(tab) if e.name == "notification:count"]


def last_count(tab: Tab) -> int | None:
    """How many are unread, as a tab was last told since the mark."""
    heard = tab.journal.events("notification:count", since=tab.mark)
    return heard[-1].payload["count"] if heard else None


def quoted(words: str) -> list[str]:
    """`"A", "B" and "C"` as a list."""
    return words.split('"')[1::2]
