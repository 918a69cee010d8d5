"""A node with fifty users is killed: each user leaves once, or has reconnected to the other node."""

from __future__ import annotations

import time
from collections import Counter

import pytest

from realtime_contracts.conform.state import Person
from realtime_contracts.conform.steps.common import together
from realtime_contracts.conform.world import World
from realtime_contracts.wire.timeouts import PATIENCE, Timeouts
from tests.e2e.cluster import Arena, FragileCluster

USERS = 50
#: Every how many-th user comes back, on the other node.
COMES_BACK = 5
#: Who comes at once; more of them in one process are too busy to answer a ping in time.
AT_ONCE = 10
WATCHERS = 3
ROOM = "invoice:42"
#: Seconds that two busy cores may add to the lease and the grace.
ALLOWANCE = 2.0


@pytest.mark.slow
@pytest.mark.fault
@pytest.mark.parametrize("arena", [Arena("websocket", 2), Arena("polling", 2)], ids=["websocket", "polling"])
def test_fifty_users_of_a_killed_node_are_gone_or_moved_and_leave_once(
    world: World, faults: FragileCluster, timeouts: Timeouts
) -> None:
    watchers = [world.add_person(f"Watcher {n}", "acme", f"w{n}") for n in range(WATCHERS)]
    users = [world.add_person(f"User {n:02}", "acme", f"u{n:02}") for n in range(USERS)]
    moving = users[::COMES_BACK]
    staying = [user for user in users if user not in moving]
    for watcher in watchers:
        enter(world, watcher, 2)
    for first in range(0, USERS, AT_ONCE):
        together([lambda user=user: enter(world, user, 1) for user in users[first : first + AT_ONCE]])
    world.settle(users[0].tenant)
    world.set_marks()

    died = time.monotonic() - world.began
    faults.kill(1)
    world.dead.add(0)
    for user in users:
        user.tabs.clear()
    together([lambda user=user: come_back(world, user) for user in moving])

    latest = timeouts.lease + timeouts.offline + ALLOWANCE
    for watcher in watchers:
        for user in staying:
            within = timeouts.death + PATIENCE
            left = watcher.tab.expect("presence:user_left", since=0, user_id=user.user_id, within=within)
            assert left.at - died <= latest, f"{user.user_id} was seen for {left.at - died:.1f} s"

    world.barrier(users[0].tenant)
    expected = sorted(person.user_id for person in [*watchers, *moving])
    for watcher in watchers:
        # Since they came: one that was too busy for a ping is lost before the node is.
        assert heard(world, watcher, "presence:user_left", since=0) == {user.user_id: 1 for user in staying}
        assert heard(world, watcher, "room:user_left", since=0) == {user.user_id: 1 for user in users}
        assert heard(world, watcher, "presence:user_joined") == {}
        assert sorted(user["user_id"] for user in watcher.tab.ask_list()["users"]) == expected


def enter(world: World, person: Person, node: int) -> None:
    """Connect, and join the room."""
    come_back(world, person, node)
    entity_type, entity_id = ROOM.split(":")
    answer = person.tab.call("room:join", {"entity_type": entity_type, "entity_id": entity_id})
    assert answer["ok"], answer


def come_back(world: World, person: Person, node: int = 2) -> None:
    tab = world.tab(person, node)
    assert tab.open({"token": world.token(person)}), tab.refusal
    world.add_tab(person, tab)


def heard(world: World, watcher: Person, event: str, since: int | None = None) -> Counter[str]:
    """Of whom a watcher has heard an event, and how often: since the mark, or an earlier place in the journal."""
    return Counter(entry.payload["user_id"] for entry in world.heard(watcher.tab, since) if entry.name == event)
