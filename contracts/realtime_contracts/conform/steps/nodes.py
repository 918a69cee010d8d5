"""Nodes and Redis, and their failures. `faults` is only available to the owner of the cluster."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Protocol

from realtime_contracts.conform.sentences import given, then, when
from realtime_contracts.conform.steps.common import assert_equal, attempt, together
from realtime_contracts.conform.tab import Tab
from realtime_contracts.conform.world import World
from realtime_contracts.wire.timeouts import patience
from realtime_contracts.wire.view import PRESENCE_MESSAGES


class Faults(Protocol):
    """The faults of a cluster, by the number of a node (from 1)."""

    def kill(self, node: int) -> None:
        """End the process at once, as kill -9 does."""

    def stop(self, node: int) -> None:
        """Ask the process to end, and wait."""

    def cut_redis(self) -> None:
        """Stop Redis and lose its data."""

    def hang_redis(self) -> None:
        """Freeze Redis; it keeps its data."""

    def save_redis(self) -> None:
        """Have Redis save what it has."""

    def rewind_redis(self) -> None:
        """End Redis as a power failure does; it comes back with what it has saved."""

    def restore_redis(self) -> None:
        """Bring Redis back, and wait until every node is ready."""


@given("{people} is/are connected to node {n}")
def connected_to(world: World, people: list[str], n: str) -> None:
    for name in people:
        world.connect(world[name], int(n))


@given("{who} has tabs open on both nodes")
def tabs_on_both(world: World, who: str) -> None:
    for node in (1, 2):
        world.connect(world[who], node)


@when("{who} connects to node {n}")
@when("{who} comes back on node {n}")
def connects_to(world: World, who: str, n: str) -> None:
    person = world[who]
    person.tabs = [tab for tab in person.tabs if tab.connected]
    attempt(world, who, tab=world.tab(person, int(n)))


@when("{who} on node 1 and {whom} on node 2 change their status {n} times at the same time")
def change_at_once(world: World, who: str, whom: str, n: str) -> None:
    people = [world[who], world[whom]]
    for node, person in enumerate(people, 1):
        world.connect(person, node)

    def change(name: str) -> Callable[[], None]:
        dice = random.Random(name)  # noqa: S311 - the same run every time

        def run() -> None:
            for _ in range(int(n)):
                world[name].tab.call("presence:update", {"status": dice.choice(["online", "away", "busy"])})

        return run

    together([change(person.name) for person in people])
    world.settle(people[0].tenant)


@when("{n} users connect to both nodes at the same time")
def many_connect(world: World, n: str) -> None:
    company = next(iter(world.tenants))
    people = [world.add_person(f"User {number:02}", company, f"u{number}") for number in range(int(n))]
    tabs = [world.tab(person) for person in people]
    tokens = [world.token(person) for person in people]
    together([lambda tab=tab, token=token: tab.open({"token": token}) for tab, token in zip(tabs, tokens, strict=True)])  # type: ignore[misc]
    for person, tab in zip(people, tabs, strict=True):
        world.add_tab(person, tab)
    world.settle(world.tenant(company))
    world.it = ("presence:user_joined", {})


@when("node {n} is {ended_}")
def node_ends(world: World, faults: Faults, n: str, ended_: str) -> None:
    world.dead.add(int(n) - 1)
    (faults.kill if ended_ == "killed" else faults.stop)(int(n))
    for tab in tabs_of_all(world):
        if tab.url == world.nodes[int(n) - 1]:
            tab.expect_end(within=world.timeouts.gone + patience())


@given("Redis cannot be reached")
def redis_away(faults: Faults) -> None:
    faults.cut_redis()


@given("Redis was away for a moment")
def redis_was_away(world: World, faults: Faults) -> None:
    world.gaps_expected = True
    faults.hang_redis()
    for tab in tabs_of_all(world):
        answer = tab.call("heartbeat")
        assert_equal(answer.get("error", {}).get("code"), "unavailable", "the code while Redis hangs")
    faults.restore_redis()


@when("Redis is back")
def redis_back(world: World, faults: Faults) -> None:
    world.gaps_expected = True
    faults.restore_redis()


@given("Redis has lost everything")
@when("Redis loses everything")
def redis_lost(world: World, faults: Faults) -> None:
    def lose() -> None:
        faults.cut_redis()
        faults.restore_redis()

    all_put_right_after(world, lose)


@given("Redis has saved what it has")
def redis_saved(faults: Faults) -> None:
    faults.save_redis()


@when("Redis goes back to what it has saved")
def redis_goes_back(world: World, faults: Faults) -> None:
    all_put_right_after(world, faults.rewind_redis)


def all_put_right_after(world: World, fault: Callable[[], None]) -> None:
    """Let a fault happen, and wait until every tab has been sent its lists anew."""
    world.gaps_expected = True
    marks = {tab: len(tab.journal) for tab in tabs_of_all(world)}
    fault()
    for tab, mark in marks.items():
        tab.expect("presence:list", since=mark, within=2 * patience())
        for room in tab.rooms:
            tab.expect("room:users", since=mark, room_id=room)


def tabs_of_all(world: World) -> list[Tab]:
    """Return every open tab of the scenario."""
    return [tab for person in world.people.values() for tab in person.tabs]


@then("everybody has the same view")
def same_view(world: World) -> None:
    tabs = list(world.company(world.home))
    world.settle(world.home)
    for tab in tabs:
        assert_equal(tab.view.users, tabs[0].view.users, f"what {tab.label} sees")


@then("{who} and {whom} have heard the same messages in the same order")
def same_messages(world: World, who: str, whom: str) -> None:
    def heard(name: str) -> list[tuple[str, object]]:
        tab = world[name].tab
        return [(e.name, e.payload) for e in tab.journal.events(since=tab.mark) if e.name in PRESENCE_MESSAGES]

    assert_equal(heard(who), heard(whom), f"what {who} and {whom} heard")
