"""Twenty users connect, disconnect and change at random, on two nodes and over both transports.

At the end everybody sees the same: what each connection has folded from its list and its messages is what the server
lists, and what the users themselves have done.
"""

from __future__ import annotations

import random
import threading
import time

import pytest

from realtime_contracts.conform.state import Person
from realtime_contracts.conform.steps.common import together
from realtime_contracts.conform.tab import Tab
from realtime_contracts.conform.world import World
from realtime_contracts.wire.timeouts import patience
from tests.e2e.cluster import Arena
from tests.e2e.transport.wire import eventually

SEED = 20_240_518
USERS = 20
SECONDS = 10.0
#: Seconds between two actions of one user.
PACE = (0.01, 0.2)
MOST_TABS = 3
ROOMS = ("invoice:1", "invoice:2", "order:1")
STATUSES = ("online", "away", "busy")


class RandomUser:
    """One user, who does something at random all the time."""

    def __init__(self, world: World, person: Person, seed: int) -> None:
        self.world = world
        self.person = person
        #: The status last chosen, None if none since the user came.
        self.chosen: str | None = None
        self._dice = random.Random(seed)

    def live(self, stop: threading.Event) -> None:
        actions = [self.come, self.come, self.change, self.change, self.change, self.look]
        actions += [self.enter, self.enter, self.leave, self.go, self.vanish]
        while not stop.wait(self._dice.uniform(*PACE)):
            action = self._dice.choice(actions) if self.person.tabs else self.come
            action()

    def come(self) -> None:
        if len(self.person.tabs) < MOST_TABS:
            transport = self._dice.choice(["websocket", "polling"])
            tab = self.world.tab(self.person, self._dice.randint(1, 2), transports=[transport])
            assert tab.open({"token": self.world.token(self.person)}), tab.refusal
            self.world.add_tab(self.person, tab)

    def change(self) -> None:
        change = {"current_page": f"/{self._dice.randint(1, 9)}"}
        if self._dice.random() < 0.5:
            change["status"] = self._dice.choice(STATUSES)
        answer = self._tab().call("presence:update", change)
        assert answer["ok"], answer

    def look(self) -> None:
        self._tab().ask_list()

    def enter(self) -> None:
        tab, room = self._tab(), self._dice.choice(ROOMS)
        entity_type, entity_id = room.split(":")
        answer = tab.call("room:join", {"entity_type": entity_type, "entity_id": entity_id})
        assert answer["ok"], answer
        tab.rooms.add(room)

    def leave(self) -> None:
        tab = self._tab()
        if tab.rooms:
            room = self._dice.choice(sorted(tab.rooms))
            answer = tab.call("room:leave", {"room_id": room})
            assert answer["ok"], answer
            tab.rooms.discard(room)

    def go(self) -> None:
        self._take_tab().goodbye()

    def vanish(self) -> None:
        self._take_tab().cut()

    def _tab(self) -> Tab:
        return self._dice.choice(self.person.tabs)

    def _take_tab(self) -> Tab:
        tab = self._tab()
        self.person.tabs.remove(tab)
        return tab


@pytest.mark.parametrize("arena", [Arena("polling", 2)], ids=["both transports"])
def test_after_random_changes_every_view_is_the_servers_and_the_truth(world: World) -> None:
    users = [RandomUser(world, world.add_person(f"User {n}", "acme", f"u{n:02}"), SEED + n) for n in range(USERS)]
    witness = world.add_person("Witness", "acme")
    world.connect(witness)
    act_at_random(users)
    # When a loss is noticed depends on the transport, and over polling on whether a poll was waiting.
    gone = world.timeouts.gone + patience()
    here = {user.person.user_id for user in users if user.person.tabs} | {witness.user_id}
    eventually(lambda: set(witness.tab.view.users) == here, "who was lost is offline", gone)
    for room in ROOMS:
        inside = members(users, room)
        eventually(lambda room=room, inside=inside: listed_in(witness, room) == inside, f"and in no {room}", gone)
    world.settle(witness.tenant)
    compare(world, users, witness)


def act_at_random(users: list[RandomUser]) -> None:
    stop = threading.Event()
    end = threading.Timer(SECONDS, stop.set)
    end.start()
    began = time.monotonic()
    try:
        together([lambda user=user: user.live(stop) for user in users])
    finally:
        stop.set()
        end.cancel()
        end.join()
    assert time.monotonic() - began >= SECONDS


def compare(world: World, users: list[RandomUser], witness: Person) -> None:
    listed = witness.tab.ask_list()["users"]
    truth = {user.person.user_id for user in users if user.person.tabs} | {witness.user_id}
    assert {user["user_id"] for user in listed} == truth

    for tab in world.company(witness.tenant):
        seen = {user_id: (seen.status, seen.page) for user_id, seen in tab.view.users.items()}
        assert seen == {user["user_id"]: (user["status"], user["current_page"]) for user in listed}, tab.label
        assert not tab.view.gap

    for room in ROOMS:
        shown = witness.tab.call("room:users", {"room_id": room})["users"]
        assert {user["user_id"] for user in shown} == members(users, room)
        assert [user["joined_at"] for user in shown] == sorted(user["joined_at"] for user in shown)


def members(users: list[RandomUser], room: str) -> set[str]:
    """Who has joined a room over a connection that still is."""
    return {user.person.user_id for user in users if any(room in tab.rooms for tab in user.person.tabs)}


def listed_in(witness: Person, room: str) -> set[str]:
    """Who is in a room, as the server lists them."""
    return {user["user_id"] for user in witness.tab.call("room:users", {"room_id": room})["users"]}
