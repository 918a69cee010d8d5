"""People and their tabs: coming, going, being there."""

from __future__ import annotations

import threading

from pytest_bdd import given, then, when

from realtime_contracts.conformance.phrase import Phrase
from realtime_contracts.conformance.steps.common import (
    answered,
    assert_equal,
    knock,
)
from realtime_contracts.conformance.world import World


@given(Phrase('{people} work at "{company}"'))
@given(Phrase('{people} works at "{company}"'))
def hire(world: World, people: list[str], company: str) -> None:
    for name in people:
        world.hire(name, company)


@given(Phrase("{people} are connected"))
@given(Phrase("{people} is connected"))
def connected(world: World, people: list[str]) -> None:
    for name in people:
        world.connect(world[name])


@given(Phrase("{who} has two tabs open"))
def two_tabs(world: World, who: str) -> None:
    world.connect(world[who])
    world.connect(world[who])


@given(Phrase("{who} has {n} tabs open"))
def many_tabs(world: World, who: str, n: str) -> None:
    for _ in range(int(n)):
        world.connect(world[who])


@given(Phrase("{who} has a second tab open"))
def second_tab(world: World, who: str) -> None:
    if not world[who].tabs:
        world.connect(world[who])
    world.connect(world[who])


@given(Phrase('these users of "{company}" are connected:'))
def these_users(world: World, company: str, datatable: list[list[str]]) -> None:
    for user_id, name in datatable[1:]:
        person = world.hire(name, company, user_id)
        world.connect(person)


@when(Phrase("{who} connects"))
@when(Phrase("{who} comes back"))
@when(Phrase("{who} opens another tab"))
@when(Phrase("{who} comes back with a fresh token"))
def connect(world: World, who: str) -> None:
    knock(world, world[who], {"token": world.token(world[who])})


@when(Phrase('{who} opens another tab with the new name "{name}"'))
def connect_renamed(world: World, who: str, name: str) -> None:
    knock(world, world[who], {"token": world.token(world[who], name=name)})


@when(Phrase("{who} connects with long-polling and moves on to WebSocket"))
def upgrade(world: World, who: str) -> None:
    tab = world.tab(world[who], transports=["polling", "websocket"])
    knock(world, world[who], {"token": world.token(world[who])}, tab=tab)


@when(Phrase("{who} connects while {whom} moves through {n} pages"))
def connect_meanwhile(world: World, who: str, whom: str, n: str) -> None:
    mover = world[whom]

    def move() -> None:
        for page in range(int(n)):
            mover.tab.call("presence:update", {"current_page": f"/{page}"})

    thread = threading.Thread(target=move)
    thread.start()
    try:
        knock(world, world[who], {"token": world.token(world[who])})
    finally:
        thread.join()
    world.notes["page"] = f"/{int(n) - 1}"


@when(Phrase("{who} connects and stops answering pings"))
def deaf_to_pings(world: World, who: str) -> None:
    tab = world.tab(world[who])
    tab.client.eio.answers_pings = False
    knock(world, world[who], {"token": world.token(world[who])}, tab=tab)


@when(Phrase("{who} says goodbye"))
@when(Phrase("{who} closes both tabs"))
def say_goodbye(world: World, who: str) -> None:
    while world[who].tabs:
        world[who].tabs.pop().goodbye()


@when(Phrase("{who} closes one tab"))
@when(Phrase("the second tab of {who} closes"))
def close_tab(world: World, who: str) -> None:
    world[who].tabs.pop().goodbye()


@when(Phrase("{who} loses the transport"))
def lose_transport(world: World, who: str) -> None:
    while world[who].tabs:
        world[who].tabs.pop().cut()


@when(Phrase("{who} loses the transport of one tab"))
def lose_one(world: World, who: str) -> None:
    world[who].tabs.pop().cut()


@when(Phrase("{who}'s browser closes the transport without a goodbye"))
def close_transport(world: World, who: str) -> None:
    world[who].tabs.pop().close_transport()


@then(Phrase("{who} is still connected"))
def is_still_connected(world: World, who: str) -> None:
    assert_equal(world[who].tab.connected, True, "connected")


@then(Phrase("{who} is connected"))
def is_connected(world: World, who: str) -> None:
    person = world[who]
    if not person.tab.connected:
        raise AssertionError(f"{who} is not connected: {person.tab.journal.since()}")
    listed = {user["user_id"] for user in person.tab.ask_list()["users"]}
    if person.user_id not in listed:
        raise AssertionError(f"{who} is connected, and not in the list: {listed}")


@then(Phrase("{who} is connected over WebSocket"))
def over_websocket(world: World, who: str) -> None:
    assert_equal(world[who].tab.transport, "websocket", "the transport")


@then(Phrase("the second tab of {who} is still connected"))
def second_still(world: World, who: str) -> None:
    answered(world[who].tab)


@then(Phrase("all {n} tabs of {who} are still connected"))
def all_still(world: World, n: str, who: str) -> None:
    assert_equal(len(world[who].tabs), int(n), f"the tabs of {who}")
    for tab in world[who].tabs:
        answered(tab)


@then(Phrase("{who} is answered"))
def is_answered(world: World, who: str) -> None:
    answered(world[who].tab)


@then(Phrase("the first message to {who} is a list that shows {people}"))
def first_is_list(world: World, who: str, people: list[str]) -> None:
    first = world[who].tab.journal.events()[0]
    assert_equal(first.name, "presence:list", "the first message")
    assert_equal([u["user_name"] for u in first.payload["users"]], people, "the list")


@then(Phrase("{who} is not told that she came online herself"))
def not_told(world: World, who: str) -> None:
    world.barrier(world[who].tenant)
    own = [
        e for e in world[who].tab.journal.events("presence:user_joined") if e.payload["user_id"] == world[who].user_id
    ]
    assert_equal(own, [], "what she heard of her own coming")


@then(Phrase("{who} knows the page that {whom} is on"))
def knows_page(world: World, who: str, whom: str) -> None:
    page, user_id = world.notes["page"], world[whom].user_id
    tab = world[who].tab
    tab.wait_until(lambda: user_id in tab.view.users and tab.view.users[user_id].page == page, f"page {page}")
