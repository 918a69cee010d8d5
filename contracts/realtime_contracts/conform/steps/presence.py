"""Presence: status, pages, heartbeats, lists, and the sequence numbers."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from realtime_contracts.conform.payloads import entity
from realtime_contracts.conform.sentences import given, then, when
from realtime_contracts.conform.steps.common import (
    act,
    assert_equal,
    given_update,
    move_through,
    present,
    repeat_until,
    see_status,
    status_in,
)
from realtime_contracts.conform.steps.hearing import hear, listeners
from realtime_contracts.conform.tab import NO_ANSWER, Tab
from realtime_contracts.conform.world import World
from realtime_contracts.wire.journal import UnmetError
from realtime_contracts.wire.timeouts import patience
from realtime_contracts.wire.view import PRESENCE_MESSAGES, PresenceView

#: Seconds that the server's clock may differ from ours.
CLOCK_SKEW = 5.0

#: Seconds that `last_active_at` may be behind a heartbeat, and seconds between two looks at it.
ACTIVITY_LAG, LOOK_SECONDS = 10.0, 0.1

#: The payloads of a heartbeat, by the words of a feature.
HEARTBEATS: dict[str, list[dict[str, bool]]] = {
    "without a payload": [],
    "with an empty payload": [{}],
    "that says active": [{"active": True}],
    "that says inactive": [{"active": False}],
}


# Status and page


@given("{who} is {status}")
def given_status(world: World, who: str, status: str) -> None:
    person = present(world, who)
    if person.tab.view.users[person.user_id].status != status:
        person.tab.call("presence:update", {"status": status})
        world.settle(person.tenant)


@given("{who} is away by choice")
def away_by_choice(world: World, who: str) -> None:
    present(world, who).tab.call("presence:update", {"status": "away"})
    world.settle(world[who].tenant)


@given("{who} is away for inactivity")
def away_for_inactivity(world: World, who: str) -> None:
    see_status(world, present(world, who), "away", world.timeouts.away + patience())


@given("{who} has sent some heartbeats")
def has_sent_heartbeats(world: World, who: str) -> None:
    for _ in range(3):
        present(world, who).tab.call("heartbeat", {})


@given('{who} is on page "{page}"')
def given_page(world: World, who: str, page: str) -> None:
    given_update(world, who, {"current_page": page})


@given('{who} is viewing "{viewed}"')
def given_viewing(world: World, who: str, viewed: str) -> None:
    given_update(world, who, entity(viewed))


@when("{who} sets herself {status}")
def sets_status(world: World, who: str, status: str) -> None:
    act(world, who, "presence:update", {"status": status})


@when('{who} sets herself {status} on page "{page}" viewing "{viewed}"')
def sets_everything(world: World, who: str, status: str, page: str, viewed: str) -> None:
    act(world, who, "presence:update", {"status": status, "current_page": page, **entity(viewed)})


@when('{who} moves to page "{page}"')
def moves(world: World, who: str, page: str) -> None:
    act(world, who, "presence:update", {"current_page": page})


@when("{who} updates her presence without a payload")
@when("{who} updates her presence with {payload}")
def updates(world: World, who: str, payload: str | None = None) -> None:
    act(world, who, "presence:update", *([] if payload is None else [json.loads(payload)]))


@then("{people} is/are told that {whom} is {status}")
def told_status(world: World, people: list[str], whom: str, status: str) -> None:
    for listener in listeners(world, people):
        hear(world, listener, "presence:update", world[whom], status=status, user_name=whom)


@then("{who} is told that {whom} is {status} on page {page_} viewing {entity_}")
def told_location(world: World, who: str, whom: str, status: str, page_: str, entity_: str) -> None:
    viewed = {} if entity_ == "nothing" else entity(entity_.strip('"'))
    fields: dict[str, Any] = {
        "status": status,
        "current_page": None if page_ == "nothing" else page_.strip('"'),
        "current_entity_type": viewed.get("entity_type"),
        "current_entity_id": viewed.get("entity_id"),
    }
    hear(world, world[who], "presence:update", world[whom], **fields)


@then("both tabs of {who} are told")
def both_told(world: World, who: str) -> None:
    assert_equal(len(world[who].tabs), 2, f"the tabs of {who}")
    hear(world, world[who], "presence:update", world[who])


@then("{who} sees {whom} as {status}")
def sees(world: World, who: str, whom: str, status: str) -> None:
    tab, user_id = world[who].tab, world[whom].user_id
    tab.wait_until(lambda: status_in(tab, user_id) == status, f"{whom} as {status}")


@then("everybody sees {whom} as {status}")
def everybody_sees(world: World, whom: str, status: str) -> None:
    world.barrier(world[whom].tenant)
    see_status(world, world[whom], status, patience())
    for tab in world.company(world[whom].tenant):
        tab.ask_list()
        assert_equal(status_in(tab, world[whom].user_id), status, f"the status of {whom} in the list")


@then('everybody sees that {whom} is called "{name}"')
def everybody_sees_name(world: World, whom: str, name: str) -> None:
    world.barrier(world[whom].tenant)
    for tab in world.company(world[whom].tenant):
        assert_equal(tab.view.users[world[whom].user_id].name, name, f"the name of {whom} in {tab.label}")


@then("everybody sees {whom} on no page")
@then('everybody sees {whom} on page "{page}"')
def everybody_sees_page(world: World, whom: str, page: str | None = None) -> None:
    user_id = world[whom].user_id
    world.everybody(
        world[whom].tenant,
        lambda tab: user_id in tab.view.users and tab.view.users[user_id].page == page,
        f"{whom} on page {page}",
    )


@then("{who}'s change of status was announced only if there was one, or if she asked")
def announced_rightly(world: World, who: str) -> None:
    person = world[who]
    world.barrier(person.tenant)
    for tab in world.company(person.tenant):
        if tab in person.tabs[1:]:
            continue  # A new tab.
        updates = [e for e in tab.journal.events("presence:update") if e.payload["user_id"] == person.user_id]
        heard = [e for e in updates if e in tab.journal.since(tab.mark)]
        before = [e.payload["status"] for e in updates if e not in heard]
        was = before[-1] if before else "online"
        expected = 1 if world.event == "presence:update" or was != status_in(tab, person.user_id) else 0
        assert_equal(len(heard), expected, f"how often {tab.label} heard of {who}'s status")


@then("the answer is the presence of {who} as it now is")
def answer_is_presence(world: World, who: str) -> None:
    message = world[who].tab.expect("presence:update", user_id=world[who].user_id)
    assert_equal(world.answer, {"ok": True, **message.payload}, "the answer")


@then("the answer has the number that {who} hears")
def answer_number(world: World, who: str) -> None:
    assert_equal(world.answer["seq"], world[who].tab.expect("presence:update").payload["seq"], "the number")


# Heartbeats and inactivity


@when("{tab} sends a heartbeat")
@when("{tab} sends a heartbeat {how}")
def heartbeat(world: World, tab: str, how: str = "without a payload") -> None:
    act(world, tab, "heartbeat", *HEARTBEATS[how])


@when("{who} sends an inactive heartbeat")
def inactive_heartbeat(world: World, who: str) -> None:
    act(world, who, "heartbeat", {"active": False})


@when("{tab} sends heartbeats while {whom} does nothing and becomes away")
def heartbeats(world: World, tab: str, whom: str) -> None:
    keep_beating(world, tab, whom, {})


@when("{who} sends inactive heartbeats until long after")
def inactive_heartbeats(world: World, who: str) -> None:
    keep_beating(world, who, who, {"active": False})


@when("{who} has been inactive for long")
def inactive_for_long(world: World, who: str) -> None:
    """Return the time after which another user would be away."""
    other = world.add_barrier_person(world[who].tenant)
    world.connect(other)
    see_status(world, other, "away", world.timeouts.away + patience())
    other.tabs.pop().goodbye()
    world[who].tab.expect("presence:user_left", user_id=other.user_id)


def keep_beating(world: World, who: str, whom: str, payload: dict[str, Any]) -> None:
    """Send heartbeats faster than the inactivity limit until another user becomes away."""
    _, tab = world.tab_of(who)
    seen, user_id, within = world[whom].tab, world[whom].user_id, world.timeouts.away + patience()
    repeat_until(
        lambda: tab.call("heartbeat", payload),
        world.timeouts.away / 8,
        lambda: seen.expect("presence:update", user_id=user_id, status="away", within=within),
    )


@then("{who} gets a heartbeat_ack with the time of now")
def heartbeat_ack(world: World, who: str) -> None:
    heard = world[who].tab.expect("heartbeat_ack")
    try:
        assert_now(heard.payload["timestamp"], world, heard.at)
    except (LookupError, TypeError, ValueError) as error:
        raise UnmetError("a heartbeat_ack with the time of now", repr(heard.payload)) from error


@then("the answer has the time of now, too")
def answer_is_now(world: World) -> None:
    assert_equal(sorted(world.answer), ["ok", "timestamp"], "the fields of the answer")
    answers = [e for tab in world.tabs for e in tab.journal.since() if e.kind == "ack" and e.payload == world.answer]
    assert_now(world.answer["timestamp"], world, answers[-1].at)


@then("{who}'s last activity is that heartbeat")
def last_activity_is(world: World, who: str) -> None:
    assert_equal(last_active(world, who), world.answer["timestamp"], "the last activity")


@then("{who}'s last activity is that heartbeat within ten seconds")
def last_activity_soon(world: World, who: str) -> None:
    expected, deadline = world.answer["timestamp"], time.monotonic() + ACTIVITY_LAG
    while (found := last_active(world, who)) != expected:
        if time.monotonic() > deadline:
            raise UnmetError(f"{expected} as the last activity", found)
        time.sleep(LOOK_SECONDS)


@then("{who}'s last activity is before that heartbeat")
def last_activity_before(world: World, who: str) -> None:
    found, beat = last_active(world, who), world.answer["timestamp"]
    if not found < beat:
        raise UnmetError(f"a last activity before {beat}: an inactive heartbeat is no activity", found)


def last_active(world: World, who: str) -> str:
    listed = world[who].tab.ask_list()
    return next(str(u["last_active_at"]) for u in listed["users"] if u["user_id"] == world[who].user_id)


def assert_now(text: str, world: World, came: float) -> None:
    """Assert that a time equals the arrival of its message, `seconds` after the scenario began."""
    then = datetime.now(UTC) - timedelta(seconds=time.monotonic() - world.began - came)
    off = abs(datetime.fromisoformat(text) - then)
    if off > timedelta(seconds=CLOCK_SKEW):
        raise UnmetError(f"a time within {CLOCK_SKEW:g} s of {then:%H:%M:%S}, when it came", text)


# Lists


@when("{who} moves through {n} pages while {whom} asks {m} times who is online")
def moves_while_asked(world: World, who: str, n: str, whom: str, m: str) -> None:
    thread = threading.Thread(target=move_through(world, who, n))
    thread.start()
    try:
        for _ in range(int(m)):
            world[whom].tab.ask_list()
    finally:
        thread.join()


@when("{people} ask(s) who is online")
@when("{people} asks who is online {how}")
def asks_list(world: World, people: list[str], how: str = "without a payload") -> None:
    for name in people:
        tab = world[name].tab
        start = len(tab.journal)
        if how == "without asking for ack":
            tab.client.emit("presence:list")
            listed = tab.expect("presence:list", since=start).payload
        else:
            listed = tab.ask_list({} if how == "with an empty payload" else None)
            acks = [entry.payload for entry in tab.journal.since(start) if entry.kind == "ack"]
            world.answer = acks[0] if acks else NO_ANSWER
        world.presence.lists[name] = world.presence.listed = listed


@when('the user "{user_id}" asks who is online')
def user_asks_list(world: World, user_id: str) -> None:
    world.presence.listed = world[user_id].tab.ask_list()


@when('{who} asks who is viewing "{viewed}"')
def asks_viewing(world: World, who: str, viewed: str) -> None:
    world.presence.lists[who] = world[who].tab.ask_list(entity(viewed))


@when('{who} asks who is viewing any "{entity_type}"')
@when('{who} asks who is viewing "{entity_type}" number {n}')
def asks_viewing_type(world: World, who: str, entity_type: str, n: str | None = None) -> None:
    number = {} if n is None else {"entity_id": int(n)}
    world.presence.lists[who] = world[who].tab.ask_list({"entity_type": entity_type, **number})


@when("{who} asks who is viewing number {n} of no type")
def asks_viewing_untyped(world: World, who: str, n: str) -> None:
    act(world, who, "presence:list", {"entity_id": int(n)})


@when('the user "{user_id}" reads in pages of {size} who is online')
def reads_pages(world: World, user_id: str, size: str) -> None:
    world.presence.list_pages = list(pages_of(world[user_id].tab, int(size), {}))


@when('{who} reads in pages of {size} who is viewing "{viewed}"')
def reads_pages_viewing(world: World, who: str, size: str, viewed: str) -> None:
    world.presence.list_pages = list(pages_of(world[who].tab, int(size), entity(viewed)))


@when("{who} asks for the first page of {size}, and for the rest once {whom} is busy")
def asks_pages_while(world: World, who: str, size: str, whom: str) -> None:
    pages = pages_of(world[who].tab, int(size), {})
    world.presence.list_pages = [next(pages)]
    act(world, whom, "presence:update", {"status": "busy"})
    world.presence.list_pages += pages


@when('{who} asks who follows the place "{place}" in the list')
def asks_after(world: World, who: str, place: str) -> None:
    act(world, who, "presence:list", {"after": place})


def pages_of(tab: Tab, size: int, asked: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the pages of a list. A page says what it has, the harness's own users included."""
    page = tab.ask_page({**asked, "limit": size})
    yield page
    places: set[str] = set()
    while page["next"] is not None:
        if page["next"] in places:
            raise UnmetError("a next that no page before had", repr(page))
        places.add(page["next"])
        page = tab.ask_page({**asked, "limit": size, "after": page["next"]})
        yield page


@then("the pages have the ids {ids_}")
def pages_ids(world: World, ids_: str) -> None:
    found = [user["user_id"] for page in world.presence.list_pages for user in page["users"]]
    wanted = ids_.split(", ")
    assert_equal([user_id for user_id in found if user_id in wanted], wanted, "the ids in the pages")


@then("the pages show {people}")
def pages_show(world: World, people: list[str]) -> None:
    assert_equal(
        [user["user_name"] for page in world.presence.list_pages for user in page["users"]], people, "the pages"
    )


@then("each page has {size} users at most, and the total of all")
def pages_sizes(world: World, size: str) -> None:
    total = sum(len(page["users"]) for page in world.presence.list_pages)
    for page in world.presence.list_pages:
        assert_equal(page["total"], total, "the total")
        if len(page["users"]) > int(size):
            raise UnmetError(f"a page of at most {size} users", repr(page))


@then("the last page shows {whom} as busy, and has the number of that message")
def last_page(world: World, whom: str) -> None:
    page = world.presence.list_pages[-1]
    message = world[whom].tab.expect("presence:update", since=0, user_id=world[whom].user_id, status="busy")
    shown = {user["user_id"]: user["status"] for user in page["users"]}.get(world[whom].user_id)
    assert_equal((shown, page["seq"]), ("busy", message.payload["seq"]), "the last page")


@then("the list that {who} gets is empty")
def list_empty(world: World, who: str) -> None:
    assert_equal(list_of(world, who)["users"], [], f"the list that {who} gets")


@then("the list that {who} gets shows {people}")
def list_shows(world: World, who: str, people: list[str]) -> None:
    shown = [user["user_name"] for user in list_of(world, who)["users"]]
    # The order is a requirement of its own.
    assert_equal(sorted(shown), sorted(people), f"the list that {who} gets")


@then("the lists that {people} get show {others}")
def lists_show(world: World, people: list[str], others: list[str]) -> None:
    for who in people:
        list_shows(world, who, others)


@then("the list that {who} gets shows {whom} as {status} on no page")
@then('the list that {who} gets shows {whom} as {status} on page "{page}"')
def list_shows_as(world: World, who: str, whom: str, status: str, page: str | None = None) -> None:
    listed = world.presence.lists[who] = list_of(world, who)
    entry = next(user for user in listed["users"] if user["user_id"] == world[whom].user_id)
    assert_equal((entry["status"], entry["current_page"]), (status, page), f"{whom} in the list")


@then("the list has the ids {ids_}")
def list_ids(world: World, ids_: str) -> None:
    assert_equal([user["user_id"] for user in world.presence.listed["users"]], ids_.split(", "), "the ids in the list")


@then("the list has the number of the message that {who} is {status}")
def list_number(world: World, who: str, status: str) -> None:
    message = world[who].tab.expect("presence:update", since=0, user_id=world[who].user_id, status=status)
    assert_equal(world.presence.listed["seq"], message.payload["seq"], "the number of the list")


@then("the answer is a plain success")
def plain_success(world: World) -> None:
    assert_equal(world.answer, {"ok": True}, "the answer")


@then("no list that {who} got was older than a message before it")
def no_old_list(world: World, who: str) -> None:
    assert_equal(world[who].tab.view.complaints, [], f"what {who}'s view complains of")


def list_of(world: World, who: str) -> dict[str, Any]:
    """Return the list that a user has asked for; ask if they have not."""
    asked = world.presence.lists.pop(who, None)
    return world[who].tab.ask_list() if asked is None else asked


# Sequence numbers


@then("{who} has heard {n} presence messages with consecutive numbers")
@then("{who} has heard {n} presence message with the next number")
def consecutive(world: World, who: str, n: str) -> None:
    tab = world[who].tab
    before = tab.journal.since(0)[: tab.mark]
    last = max(e.payload["seq"] for e in before if e.kind == "event" and "seq" in e.payload)

    def numbers() -> list[int]:
        return [e.payload["seq"] for e in tab.journal.events(since=tab.mark) if e.name in PRESENCE_MESSAGES]

    tab.wait_until(lambda: len(numbers()) >= int(n), f"{n} presence messages")
    assert_equal(numbers(), list(range(last + 1, last + 1 + int(n))), "the numbers of the messages")


@given("the message that {whom} is {status} never reached {who}")
def lost_message(world: World, whom: str, status: str, who: str) -> None:
    given_update(world, whom, {"status": status})
    world.presence.lost_seq = world[who].tab.expect("presence:update", since=0, status=status).payload["seq"]


@then("{who} sees a gap")
def sees_gap(world: World, who: str) -> None:
    """Fold the messages, without the one that counts as lost."""
    tab = world[who].tab
    tab.expect("presence:update")
    view = world.presence.view = PresenceView()
    for entry in tab.journal.events():
        if entry.name == "presence:list":
            view.take_list(entry.payload)
        elif entry.name in PRESENCE_MESSAGES and entry.payload["seq"] != world.presence.lost_seq:
            view.take_message(entry.name, entry.payload)
    assert_equal(view.gap, True, f"a gap in what {who} heard")


@then("with the list that he asks for {who} sees what {whom} sees")
def right_again(world: World, who: str, whom: str) -> None:
    view = world.presence.view
    view.take_list(world[who].tab.ask_list())
    world.settle(world[whom].tenant)
    assert_equal((view.gap, view.users), (False, world[whom].tab.view.users), f"what {who} sees")
