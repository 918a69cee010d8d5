"""People and their tabs: coming, going, being there."""

from __future__ import annotations

import threading

from realtime_contracts.conform.sentences import given, then, when
from realtime_contracts.conform.steps.common import (
    answered,
    assert_equal,
    knock,
)
from realtime_contracts.conform.world import World
from realtime_contracts.wire.journal import UnmetError


@given('{people} work at "{company}"')
@given('{people} works at "{company}"')
def hire(world: World, people: list[str], company: str) -> None:
    for name in people:
        world.hire(name, company)


@given("{people} are connected")
@given("{people} is connected")
def connected(world: World, people: list[str]) -> None:
    for name in people:
        world.connect(world[name])


@given("{who} has two tabs open")
def two_tabs(world: World, who: str) -> None:
    world.connect(world[who])
    world.connect(world[who])


@given("{who} has {n} tabs open")
def many_tabs(world: World, who: str, n: str) -> None:
    for _ in range(int(n)):
        world.connect(world[who])


@given("one more tab of {who} is refused")
def one_tab_too_many(world: World, who: str) -> None:
    tab = world.tab(world[who])
    if tab.open({"token": world.token(world[who])}):
        world[who].tabs.append(tab)
        raise UnmetError(f"one more than {len(world[who].tabs) - 1} tabs is refused", f"{tab.label} is let in")


@given("{who} has a second tab open")
def second_tab(world: World, who: str) -> None:
    if not world[who].tabs:
        world.connect(world[who])
    world.connect(world[who])


@given('these users of "{company}" are connected:')
def these_users(world: World, company: str, datatable: list[list[str]]) -> None:
    for user_id, name in datatable[1:]:
        person = world.hire(name, company, user_id)
        world.connect(person)


@when("{who} connects")
@when("{who} comes back")
@when("{who} opens another tab")
@when("{who} comes back with a fresh token")
def connect(world: World, who: str) -> None:
    knock(world, world[who], {"token": world.token(world[who])})


@when('{who} opens another tab with the new name "{name}"')
def connect_renamed(world: World, who: str, name: str) -> None:
    knock(world, world[who], {"token": world.token(world[who], name=name)})


@when("{who} connects with long-polling and moves on to WebSocket")
def upgrade(world: World, who: str) -> None:
    tab = world.tab(world[who], transports=["polling", "websocket"])
    knock(world, world[who], {"token": world.token(world[who])}, tab=tab)


@when("{who} connects while {whom} moves through {n} pages")
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


@when("{who} connects and stops answering pings")
def deaf_to_pings(world: World, who: str) -> None:
    tab = world.tab(world[who])
    tab.client.eio.answers_pings = False
    knock(world, world[who], {"token": world.token(world[who])}, tab=tab)


@when("{who} says goodbye")
@when("{who} closes both tabs")
def say_goodbye(world: World, who: str) -> None:
    while world[who].tabs:
        world[who].tabs.pop().goodbye()


@when("{who} closes one tab")
@when("the second tab of {who} closes")
def close_tab(world: World, who: str) -> None:
    world[who].tabs.pop().goodbye()


@when("{who} loses the transport")
def lose_transport(world: World, who: str) -> None:
    while world[who].tabs:
        world[who].tabs.pop().cut()


@when("{who} loses the transport of one tab")
def lose_one(world: World, who: str) -> None:
    world[who].tabs.pop().cut()


@when("{who}'s browser closes the transport without a goodbye")
def close_transport(world: World, who: str) -> None:
    world[who].tabs.pop().close_transport()


@then("{who} is still connected")
def is_still_connected(world: World, who: str) -> None:
    assert_equal(world[who].tab.connected, True, "connected")


@then("{who} is connected")
def is_connected(world: World, who: str) -> None:
    person = world[who]
    if not person.tab.connected:
        raise AssertionError(f"{who} is not connected: {person.tab.journal.since()}")
    listed = {user["user_id"] for user in person.tab.expect("presence:list", since=0).payload["users"]}
    if person.user_id not in listed:
        raise AssertionError(f"{who} is connected, and not in the list: {listed}")


@then("{who} is connected over WebSocket")
def over_websocket(world: World, who: str) -> None:
    assert_equal(world[who].tab.transport, "websocket", "the transport")


@then("the second tab of {who} is still connected")
def second_still(world: World, who: str) -> None:
    answered(world[who].tab)


@then("all {n} tabs of {who} are still connected")
def all_still(world: World, n: str, who: str) -> None:
    assert_equal(len(world[who].tabs), int(n), f"the tabs of {who}")
    for tab in world[who].tabs:
        answered(tab)


@then("{who} is answered")
def is_answered(world: World, who: str) -> None:
    answered(world[who].tab)


@then("the first message to {who} is a list that shows {people}")
def first_is_list(world: World, who: str, people: list[str]) -> None:
    first = world[who].tab.journal.events()[0]
    assert_equal(first.name, "presence:list", "the first message")
    # In which order is a requirement of its own.
    assert_equal(sorted(u["user_name"] for u in first.payload["users"]), sorted(people), "the list")


@then("{who} is not told that she came online herself")
def not_told(world: World, who: str) -> None:
    world.barrier(world[who].tenant)
    own = [
        e for e in world[who].tab.journal.events("presence:user_joined") if e.payload["user_id"] == world[who].user_id
    ]
    assert_equal(own, [], "what she heard of her own coming")


@then("{who} knows the page that {whom} is on")
def knows_page(world: World, who: str, whom: str) -> None:
    page, user_id = world.notes["page"], world[whom].user_id
    tab = world[who].tab
    tab.wait_until(lambda: user_id in tab.view.users and tab.view.users[user_id].page == page, f"page {page}")
