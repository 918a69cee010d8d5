"""Cursors: where everybody is in what a room shows. A place is written as line and column, "3:14"."""

from __future__ import annotations

import functools
import json
import threading
import time
from typing import Any

from realtime_contracts.conform.payloads import Payload
from realtime_contracts.conform.sentences import given, then, when
from realtime_contracts.conform.steps.common import (
    act,
    answered,
    assert_accepted,
    assert_equal,
    assert_refused,
)
from realtime_contracts.conform.steps.hearing import assert_silent, hear, listeners
from realtime_contracts.conform.steps.nodes import together
from realtime_contracts.conform.tab import Tab
from realtime_contracts.conform.world import World, mentions
from realtime_contracts.wire.timeouts import patience

#: Moves after a rush, each as soon as the one before it was heard.
LASTS = 3

# Moving


@given('{who}\'s cursor is at "{place}"')
def cursor_is_at(world: World, who: str, place: str) -> None:
    person = world[who]
    marks = {id(tab): len(tab.journal) for tab in world.members(person.tenant)}
    assert_accepted(person.tab.call("cursor:move", {"room_id": world.room, **position(place)}))
    for tab in world.members(person.tenant):
        if tab not in person.tabs:
            fields: dict[str, Any] = position(place)
            tab.expect("cursor:move", since=marks[id(tab)], user_id=person.user_id, **fields)


@when('{who} moves the cursor to "{place}"')
def move_cursor(world: World, who: str, place: str) -> None:
    move(world, who, world[who].tab, world.room, place)


@when('the second tab of {who} moves the cursor to "{place}"')
def move_second(world: World, who: str, place: str) -> None:
    move(world, who, world[who].tabs[1], world.room, place)


@when('{who} moves the cursor to "{place}" in "{room}"')
def move_in_room(world: World, who: str, place: str, room: str) -> None:
    move(world, who, world[who].tab, room, place)


@when('{who} selects from "{start}" to "{end}"')
def select(world: World, who: str, start: str, end: str) -> None:
    selection = {"selection_start": position(start), "selection_end": position(end)}
    move(world, who, world[who].tab, world.room, end, **selection)


@when("{who} takes the cursor away")
def take_away(world: World, who: str) -> None:
    act(world, who, world[who].tab, "cursor:remove", {"room_id": world.room})


@when("the second tab of {who} takes the cursor away")
def take_away_second(world: World, who: str) -> None:
    act(world, who, world[who].tabs[1], "cursor:remove", {"room_id": world.room})


@when("{who} asks for the cursors")
def ask_cursors(world: World, who: str) -> None:
    act(world, who, world[who].tab, "cursor:sync", {"room_id": world.room})


@when("{who} moves the cursor {n} times in about a second")
@when("{who} moves the cursor {n} times in about a second, in all her tabs")
def move_often(world: World, who: str, n: str) -> None:
    world.notes["began"] = time.monotonic() - world.began
    tabs, pace = world[who].tabs, threading.Event()

    def hurry(tab: Tab, moves: range) -> None:
        for line in moves:
            text = json.dumps({"room_id": world.room, "line": line, "column": 0})
            tab.send("cursor:move", Payload((text,)), ack=False)
            pace.wait(len(tabs) / int(n))
        answered(tab)  # so all that this tab has sent comes before what another sends afterwards

    shares = [range(first, int(n), len(tabs)) for first in range(len(tabs))]
    together([functools.partial(hurry, tab, share) for tab, share in zip(tabs, shares, strict=True)])
    # The last of the rush may have come when one might be told. Who moves as soon as that is heard is too early.
    watchers = [tab for tab in world.members(world[who].tenant) if tab not in tabs]
    for column in range(1, LASTS + 1):
        move(world, who, world[who].tab, world.room, f"{n}:{column}")
        for watcher in watchers:
            watcher.expect("cursor:move", **world.notes["place"])


@when("{who} keeps moving the cursor until {whom}'s is gone")
def keep_moving(world: World, who: str, whom: str) -> None:
    """Whoever is there besides the two is asked what there is to see."""
    watcher = next(tab for tab in world.members(world[who].tenant) if tab not in world[who].tabs + world[whom].tabs)
    stop = threading.Event()

    def keep() -> None:
        column = 0
        while not stop.wait(world.timeouts.cursor / 8):
            column += 1
            assert_accepted(world[who].tab.call("cursor:move", {"room_id": world.room, "line": 1, "column": column}))

    def watch() -> None:
        try:
            within = world.timeouts.cursor + patience()
            watcher.expect("cursor:remove", user_id=world[whom].user_id, within=within)
        finally:
            stop.set()

    together([keep, watch])


def move(world: World, who: str, tab: Tab, room: str, place: str, **selection: Any) -> None:
    """Move the cursor, and keep the answer."""
    act(world, who, tab, "cursor:move", {"room_id": room, **position(place), **selection})
    world.notes["place"] = position(place)


def position(place: str) -> dict[str, int]:
    """Line and column."""
    line, column = place.split(":")
    return {"line": int(line), "column": int(column)}


# What is seen


@then('{people} see {whom}\'s cursor at "{place}"')
@then('{people} sees {whom}\'s cursor at "{place}"')
def see_cursor(world: World, people: list[str], whom: str, place: str) -> None:
    see(world, people, whom, place, {"selection_start": None, "selection_end": None})


@then('{who} sees {whom}\'s cursor at "{place}" in "{room}"')
def see_cursor_in(world: World, who: str, whom: str, place: str, room: str) -> None:
    hear(world, world[who], "cursor:move", world[whom], room_id=room, **position(place))


@then('{who} sees that {whom} has selected from "{start}" to "{end}"')
def see_selection(world: World, who: str, whom: str, start: str, end: str) -> None:
    see(world, [who], whom, end, {"selection_start": position(start), "selection_end": position(end)})


@then("{people} see {whom}'s cursor go")
@then("{people} sees {whom}'s cursor go")
def see_cursor_go(world: World, people: list[str], whom: str) -> None:
    silence = world.timeouts.silence if world.transport == "polling" else 0.0
    for listener in listeners(world, people):
        hear(world, listener, "cursor:remove", world[whom], room_id=world.room, within=patience() + silence)


@then("{who} sees {whom}'s cursor go, not before its time")
def cursor_lived(world: World, who: str, whom: str) -> None:
    moved = world[whom].tab.journal.wait_for(lambda e: (e.kind, e.name) == ("sent", "cursor:move"), "the move")
    gone = hear(world, world[who], "cursor:remove", world[whom], room_id=world.room)
    assert_equal(gone.at - moved.at >= world.timeouts.cursor, True, f"gone {gone.at - moved.at} s after the move")


@then("{people} hear nothing of {whom}'s cursor")
@then("{people} hears nothing of {whom}'s cursor")
def no_cursor(world: World, people: list[str], whom: str) -> None:
    mover, found = world[whom], listeners(world, people)
    if mover.acting is not None and mover.acting.connected:
        world.follow_cursor(mover.acting, mover.tenant)
    world.barrier(*sorted({listener.tenant for listener in found}))
    for tab in (tab for listener in found for tab in listener.tabs):
        heard = [e for e in world.heard(tab) if e.name in {"cursor:move", "cursor:remove"}]
        assert_silent(tab, [e for e in heard if mentions(e.payload, mover.user_id)])


@then("{who} is shown no cursor")
def shown_no_cursor(world: World, who: str) -> None:
    shown_cursors(world, who, [])


@then("{who} is shown the cursors of {others}")
@then("{who} is shown the cursor of {others}")
def shown_cursors(world: World, who: str, others: list[str]) -> None:
    tab = world[who].acting or world[who].tab
    shown = tab.expect("cursor:sync", room_id=world.room).payload
    assert_equal([cursor["user_name"] for cursor in shown["cursors"]], others, f"the cursors that {who} is shown")
    assert_equal(world.answer, {"ok": True, **shown}, "the answer")
    world.notes["cursors"] = shown["cursors"]


@then('{who} is shown {whom}\'s cursor at "{place}"')
def shown_cursor_at(world: World, who: str, whom: str, place: str) -> None:
    shown_cursors(world, who, [whom])
    [cursor] = world.notes["cursors"]
    assert_equal({"line": cursor["line"], "column": cursor["column"]}, position(place), f"{whom}'s cursor")


@then("everybody sees {whom} in one color")
def one_color(world: World, whom: str) -> None:
    world.barrier(world[whom].tenant)
    colors = []
    for tab in world.tabs:
        cursors = [e.payload for e in tab.journal.events("cursor:move")]
        cursors += [cursor for e in tab.journal.events("cursor:sync") for cursor in e.payload["cursors"]]
        colors += [cursor["color"] for cursor in cursors if cursor["user_id"] == world[whom].user_id]
    assert_equal((len(colors) > 1, len(set(colors))), (True, 1), f"the colors of {whom}: {colors}")


@then("{who} hears of the last move, and of {n} a second at most")
def coalesced(world: World, who: str, n: str) -> None:
    tab = world[who].tab
    assert_accepted(world.answer)
    last = tab.expect("cursor:move", **world.notes["place"])
    moves = tab.journal.events("cursor:move", since=tab.mark)
    assert_equal(moves[-1].payload, last.payload, "the last move heard")
    seconds = max(1.0, last.at - world.notes["began"])
    if not 2 <= len(moves) <= int(n) * seconds + 1:
        raise AssertionError(f"{tab.label} heard of {len(moves)} moves in {seconds:.1f} s")


@then('{who} may not move, ask for or take away a cursor in "{room}"')
def may_not(world: World, who: str, room: str) -> None:
    tab = world[who].tabs[-1]
    world[who].acting = tab
    for event, fields in (("cursor:move", {"line": 1, "column": 1}), ("cursor:sync", {}), ("cursor:remove", {})):
        assert_refused(tab.call(event, {"room_id": room, **fields}), "not_in_room", event)


def see(world: World, people: list[str], whom: str, place: str, selection: dict[str, Any]) -> None:
    """Every tab of these people sees the cursor there."""
    fields = {"room_id": world.room, **position(place), **selection}
    for listener in listeners(world, people):
        hear(world, listener, "cursor:move", world[whom], user_name=whom, **fields)
