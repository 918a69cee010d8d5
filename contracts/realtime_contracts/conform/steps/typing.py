"""Typing: who is writing in which field of a room, just now."""

from __future__ import annotations

import re
import threading
from typing import Any

from realtime_contracts.conform.sentences import given, then, when
from realtime_contracts.conform.steps.common import act, assert_accepted, assert_equal, assert_refused, times
from realtime_contracts.conform.steps.hearing import listeners, silence_of
from realtime_contracts.conform.steps.nodes import together
from realtime_contracts.conform.tab import Tab
from realtime_contracts.conform.world import World
from realtime_contracts.wire.timeouts import patience

#: Who types, and where: `Ana in "notes"`, or `Ana` for somewhere in the room.
_TYPIST = re.compile(r'([A-Z][a-z]+)(?: in "([^"]*)")?')

#: A user's name and a field.
Typists = list[tuple[str, str | None]]


# Starting and stopping


@given("{who} types")
def given_somewhere(world: World, who: str) -> None:
    given_typing(world, who, None)


@given('{who} types in "{field}"')
def given_in_field(world: World, who: str, field: str) -> None:
    given_typing(world, who, field)


@given("{who} types in {n} fields")
def given_in_fields(world: World, who: str, n: str) -> None:
    fields = [{"room_id": world.room, "field": f"field{number}"} for number in range(1, int(n) + 1)]
    for answer in world[who].tab.ask_together("typing:start", fields):
        assert_accepted(answer)


@when("{who} types")
def types_somewhere(world: World, who: str) -> None:
    act(world, who, world[who].tab, "typing:start", {"room_id": world.room})


@when('{who} types in "{field}"')
@when('{who} types in "{field}" again')
def types(world: World, who: str, field: str) -> None:
    act(world, who, world[who].tab, "typing:start", {"room_id": world.room, "field": field})


@when('the second tab of {who} types in "{field}"')
def types_second(world: World, who: str, field: str) -> None:
    act(world, who, world[who].tabs[1], "typing:start", {"room_id": world.room, "field": field})


@when("{who} stops typing")
def stops(world: World, who: str) -> None:
    act(world, who, world[who].tab, "typing:stop", {"room_id": world.room})


@when('{who} stops typing in "{field}"')
def stops_in(world: World, who: str, field: str) -> None:
    act(world, who, world[who].tab, "typing:stop", {"room_id": world.room, "field": field})


@when('the second tab of {who} stops typing in "{field}"')
def stops_second(world: World, who: str, field: str) -> None:
    act(world, who, world[who].tabs[1], "typing:stop", {"room_id": world.room, "field": field})


@when('{who} keeps typing in "{field}" until {whom} has stopped')
def keeps_typing(world: World, who: str, field: str, whom: str) -> None:
    tab, stop = world[who].tab, threading.Event()
    assert_accepted(start(world, tab, field))
    others = [other for other in world.members(world[who].tenant) if other is not tab]

    def keep() -> None:
        while not stop.wait(world.timeouts.typing / 8):
            assert_accepted(start(world, tab, field))

    def watch() -> None:
        try:
            within = world.timeouts.typing + patience()
            others[0].wait_until(lambda: typists(others[0], world.room) == [(who, field)], "the end", within=within)
        finally:
            stop.set()

    together([keep, watch])


def given_typing(world: World, who: str, field: str | None) -> None:
    """Somebody types, and all in the room know."""
    person = world[who]
    assert_accepted(start(world, person.tab, field))
    for tab in world.members(person.tenant):
        tab.wait_until(lambda tab=tab: (who, field) in typists(tab, world.room), f"{who} typing in {field}")  # type: ignore[misc]


def start(world: World, tab: Tab, field: str | None) -> dict[str, Any]:
    """Say that somebody types. Returns the answer."""
    return tab.call("typing:start", {"room_id": world.room, **({} if field is None else {"field": field})})


# What is seen


@then("{people} see who types: {typing_}")
@then("{people} sees who types: {typing_}")
def see_typing(world: World, people: list[str], typing_: str) -> None:
    """The barrier first: nobody may be waited for who stops by themselves."""
    expected: Typists = [] if typing_ == "nobody" else [(who, field) for who, field in _typists(typing_)]
    found = listeners(world, people)
    world.barrier(*sorted({person.tenant for person in found}))
    for tab in (tab for person in found for tab in person.tabs):
        assert_equal(typists(tab, world.room), expected, f"who types, as {tab.label} sees it")


@then("{people} have heard who types {often}")
@then("{people} has heard who types {often}")
def heard_times(world: World, people: list[str], often: str) -> None:
    found = listeners(world, people)
    world.barrier(*sorted({person.tenant for person in found}))
    for tab in (tab for person in found for tab in person.tabs):
        heard = [e.payload for e in world.heard(tab) if e.name == "typing:users"]
        assert_equal(len(heard), times(often), f"how often {tab.label} heard who types: {heard}")


@then("{people} hear nothing of typing")
@then("{people} hears nothing of typing")
def no_typing(world: World, people: list[str]) -> None:
    silence_of(world, people, "typing:users")


@then("{who} has typed for the time that typing lasts")
def typed_long(world: World, who: str) -> None:
    tab = world[who].tab
    started = tab.journal.wait_for(lambda e: (e.kind, e.name) == ("sent", "typing:start"), "the start")
    without = [e for e in tab.journal.events("typing:users") if world[who].user_id not in _ids(e.payload)]
    lasted = without[0].at - started.at
    assert_equal(lasted >= world.timeouts.typing, True, f"{lasted} s is at least {world.timeouts.typing} s")


@then('{who} may not start or stop typing in "{room}"')
def may_not(world: World, who: str, room: str) -> None:
    for event in ("typing:start", "typing:stop"):
        answer = world[who].tabs[-1].call(event, {"room_id": room, "field": "notes"})
        assert_refused(answer, "not_in_room", event)


def typists(tab: Tab, room: str) -> Typists:
    """Who types in a room, as a tab was told last."""
    told = [e.payload["users"] for e in tab.journal.events("typing:users") if e.payload["room_id"] == room]
    return [(user["user_name"], user["field"]) for user in told[-1]] if told else []


def _typists(words: str) -> Typists:
    return [(match[1], match[2]) for match in _TYPIST.finditer(words)]


def _ids(payload: dict[str, Any]) -> list[str]:
    return [user["user_id"] for user in payload["users"]]
