"""Asking who is online, and the numbers of the presence messages."""

from __future__ import annotations

import threading
from typing import Any

from realtime_contracts.conform.sentences import given, then, when
from realtime_contracts.conform.steps.common import (
    act,
    assert_equal,
    given_update,
)
from realtime_contracts.conform.tab import NO_ANSWER
from realtime_contracts.conform.world import World
from realtime_contracts.wire.view import PRESENCE_MESSAGES, PresenceView


@when("{who} moves through {n} pages while {whom} asks {m} times who is online")
def move_and_ask(world: World, who: str, n: str, whom: str, m: str) -> None:
    def move_on() -> None:
        for page in range(int(n)):
            world[who].tab.call("presence:update", {"current_page": f"/{page}"})

    thread = threading.Thread(target=move_on)
    thread.start()
    try:
        for _ in range(int(m)):
            world[whom].tab.ask_list()
    finally:
        thread.join()
    world.notes["page"] = f"/{int(n) - 1}"


@when("{people} ask who is online")
@when("{people} asks who is online")
@when("{people} asks who is online {how}")
def ask_list(world: World, people: list[str], how: str = "without a payload") -> None:
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
        world.notes["list", name] = listed
        world.notes["list"] = listed


@when('the user "{user_id}" asks who is online')
def user_asks_list(world: World, user_id: str) -> None:
    world.notes["list"] = world[user_id].tab.ask_list()


@when('{who} asks who is viewing "{entity}"')
def ask_viewing(world: World, who: str, entity: str) -> None:
    entity_type, entity_id = entity.split(":")
    ask_filtered(world, who, {"entity_type": entity_type, "entity_id": entity_id})


@when('{who} asks who is viewing any "{entity_type}"')
def ask_viewing_type(world: World, who: str, entity_type: str) -> None:
    ask_filtered(world, who, {"entity_type": entity_type})


@when('{who} asks who is viewing "{entity_type}" number {n}')
def ask_viewing_number(world: World, who: str, entity_type: str, n: str) -> None:
    ask_filtered(world, who, {"entity_type": entity_type, "entity_id": int(n)})


@when("{who} asks who is viewing number {n} of no type")
def ask_viewing_untyped(world: World, who: str, n: str) -> None:
    act(world, who, world[who].tab, "presence:list", {"entity_id": int(n)})


@then("the list that {who} gets is empty")
def list_empty(world: World, who: str) -> None:
    assert_equal(list_of(world, who)["users"], [], f"the list that {who} gets")


@then("the list that {who} gets shows {people}")
def list_shows(world: World, who: str, people: list[str]) -> None:
    shown = [user["user_name"] for user in list_of(world, who)["users"]]
    # In which order is a requirement of its own.
    assert_equal(sorted(shown), sorted(people), f"the list that {who} gets")


@then("the lists that {people} get show {others}")
def lists_show(world: World, people: list[str], others: list[str]) -> None:
    for who in people:
        list_shows(world, who, others)


@then('the list that {who} gets shows {whom} as {status} on page "{page}"')
def list_shows_page(world: World, who: str, whom: str, status: str, page: str) -> None:
    list_shows_as(world, who, whom, status, page)


@then("the list that {who} gets shows {whom} as {status} on no page")
def list_shows_no_page(world: World, who: str, whom: str, status: str) -> None:
    list_shows_as(world, who, whom, status, None)


@then("the list has the ids {ids_}")
def list_ids(world: World, ids_: str) -> None:
    assert_equal([user["user_id"] for user in world.notes["list"]["users"]], ids_.split(", "), "the ids in the list")


@then("the list has the number of the message that {who} is {status}")
def list_number(world: World, who: str, status: str) -> None:
    message = world[who].tab.expect("presence:update", since=0, user_id=world[who].user_id, status=status)
    assert_equal(world.notes["list"]["seq"], message.payload["seq"], "the number of the list")


@then("the answer is a plain success")
def plain_success(world: World) -> None:
    assert_equal(world.answer, {"ok": True}, "the answer")


@then("no list that {who} got was older than a message before it")
def no_old_list(world: World, who: str) -> None:
    assert_equal(world[who].tab.view.complaints, [], f"what {who}'s view complains of")


def ask_filtered(world: World, who: str, payload: dict[str, Any]) -> None:
    world.notes["list", who] = world[who].tab.ask_list(payload)


def list_of(world: World, who: str) -> dict[str, Any]:
    """The list that somebody has asked for in this scenario, or asks for now."""
    asked: dict[str, Any] | None = world.notes.pop(("list", who), None)
    return world[who].tab.ask_list() if asked is None else asked


def list_shows_as(world: World, who: str, whom: str, status: str, page: str | None) -> None:
    listed = list_of(world, who)
    world.notes["list", who] = listed
    entry = next(user for user in listed["users"] if user["user_id"] == world[whom].user_id)
    assert_equal((entry["status"], entry["current_page"]), (status, page), f"{whom} in the list")


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
    world.notes["lost"] = world[who].tab.expect("presence:update", since=0, status=status).payload["seq"]


@then("{who} sees a gap")
def sees_gap(world: World, who: str) -> None:
    """Fold what came, but for the message that is said to be lost."""
    tab = world[who].tab
    tab.expect("presence:update")
    view = PresenceView()
    for entry in tab.journal.events():
        if entry.name == "presence:list":
            view.take_list(entry.payload)
        elif entry.name in PRESENCE_MESSAGES and entry.payload["seq"] != world.notes["lost"]:
            view.take_message(entry.name, entry.payload)
    assert_equal(view.gap, True, f"a gap in what {who} heard")
    world.notes["view"] = view


@then("with the list that he asks for {who} sees what {whom} sees")
def right_again(world: World, who: str, whom: str) -> None:
    view: PresenceView = world.notes["view"]
    view.take_list(world[who].tab.ask_list())
    world.settle(world[whom].tenant)
    assert_equal((view.gap, view.users), (False, world[whom].tab.view.users), f"what {who} sees")
