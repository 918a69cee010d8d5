"""Typing: who is typing in which field of a room."""

from __future__ import annotations

import re
from typing import Any

from realtime_contracts.conform.sentences import given, then, when
from realtime_contracts.conform.steps.common import (
    act,
    assert_accepted,
    assert_equal,
    assert_refused,
    quoted,
    repeat_until,
    times,
)
from realtime_contracts.conform.steps.hearing import silence_of, tabs_after_barrier
from realtime_contracts.conform.tab import Tab
from realtime_contracts.conform.world import World
from realtime_contracts.wire.timeouts import patience

#: A user and a field: `Ana in "notes"`, or `Ana` for the room without a field.
_TYPIST = re.compile(r'([A-Z][a-z]+)(?: in "([^"]*)")?')

#: A user's name and a field.
Typists = list[tuple[str, str | None]]


# Starting and stopping


@given("{who} types{field_}")
def given_typing(world: World, who: str, field_: str) -> None:
    """Start typing, and wait until all in the room know."""
    payload = place(world, field_)
    assert_accepted(world[who].tab.call("typing:start", payload))
    known = (who, payload.get("field"))
    for tab in world.members(world[who].tenant):
        tab.wait_until(lambda tab=tab: known in typists(tab, world.room), f"{who} typing{field_}")  # type: ignore[misc]


@given("{who} types in {n} fields")
def given_in_fields(world: World, who: str, n: str) -> None:
    fields = [{"room_id": world.room, "field": f"field{number}"} for number in range(1, int(n) + 1)]
    for answer in world[who].tab.ask_together("typing:start", fields):
        assert_accepted(answer)


@when("{tab} types{field_}")
def types(world: World, tab: str, field_: str) -> None:
    act(world, tab, "typing:start", place(world, field_))


@when("{tab} stops typing{field_}")
def stops(world: World, tab: str, field_: str) -> None:
    act(world, tab, "typing:stop", place(world, field_))


@when('{who} keeps typing in "{field}" until {whom} has stopped')
def keeps_typing(world: World, who: str, field: str) -> None:
    tab, payload = world[who].tab, {"room_id": world.room, "field": field}
    assert_accepted(tab.call("typing:start", payload))
    other = next(other for other in world.members(world[who].tenant) if other is not tab)
    within = world.timeouts.typing + patience()

    def only_who() -> bool:
        return typists(other, world.room) == [(who, field)]

    repeat_until(
        lambda: assert_accepted(tab.call("typing:start", payload)),
        world.timeouts.typing / 8,
        lambda: other.wait_until(only_who, "the end", within=within),
    )


def place(world: World, words: str) -> dict[str, Any]:
    """Return the room, and the field that a sentence names: ` in "notes"`, or nothing."""
    fields = quoted(words)
    return {"room_id": world.room, **({"field": fields[0]} if fields else {})}


# Seen by other users


@then("{people} see(s) who types: {typing_}")
def see_typing(world: World, people: list[str], typing_: str) -> None:
    """The barrier comes first: a typing indicator that ends by itself cannot be awaited."""
    named = [] if typing_ == "nobody" else _TYPIST.finditer(typing_)
    expected: Typists = [(match[1], match[2]) for match in named]
    for tab in tabs_after_barrier(world, people):
        assert_equal(typists(tab, world.room), expected, f"who types, as {tab.label} sees it")


@then("{people} has/have heard who types {often}")
def heard_times(world: World, people: list[str], often: str) -> None:
    for tab in tabs_after_barrier(world, people):
        heard = [e.payload for e in world.heard(tab, name="typing:users")]
        assert_equal(len(heard), times(often), f"how often {tab.label} heard who types: {heard}")


@then("{people} hear(s) nothing of typing")
def no_typing(world: World, people: list[str]) -> None:
    silence_of(world, people, "typing:users")


@then("{who} has typed for the time that typing lasts")
def typed_long(world: World, who: str) -> None:
    tab, user_id = world[who].tab, world[who].user_id
    started = tab.journal.wait_for(lambda e: (e.kind, e.name) == ("sent", "typing:start"), "the start")
    heard = tab.journal.events("typing:users")
    without = [e for e in heard if user_id not in [user["user_id"] for user in e.payload["users"]]]
    lasted = without[0].at - started.at
    assert_equal(lasted >= world.timeouts.typing, True, f"{lasted} s is at least {world.timeouts.typing} s")


@then('{who} may not start or stop typing in "{room}"')
def may_not(world: World, who: str, room: str) -> None:
    for event in ("typing:start", "typing:stop"):
        answer = world[who].tabs[-1].call(event, {"room_id": room, "field": "notes"})
        assert_refused(answer, "not_in_room", event)


def typists(tab: Tab, room: str) -> Typists:
    """Return who types in a room, as a tab last received it."""
    told = [e.payload["users"] for e in tab.journal.events("typing:users") if e.payload["room_id"] == room]
    return [(user["user_name"], user["field"]) for user in told[-1]] if told else []
