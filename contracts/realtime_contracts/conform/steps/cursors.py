"""Cursors: the positions that a room shows. A position is written as line and column, "3:14"."""

from __future__ import annotations

import functools
import itertools
import json
import threading
import time
from typing import Any

from realtime_contracts.conform.payloads import Payload
from realtime_contracts.conform.sentences import given, then, when
from realtime_contracts.conform.steps.common import (
    act,
    assert_accepted,
    assert_alive,
    assert_equal,
    assert_refused,
    repeat_until,
    silence,
    together,
)
from realtime_contracts.conform.steps.hearing import assert_silent, hear, listeners, tabs_after_barrier
from realtime_contracts.conform.tab import Tab
from realtime_contracts.conform.world import World, mentions
from realtime_contracts.wire.journal import UnmetError
from realtime_contracts.wire.timeouts import patience

#: Moves after a series, each sent when the one before has arrived.
LAST_MOVES = 3

# Moving


@given('{who}\'s cursor is at "{place}"')
def cursor_is_at(world: World, who: str, place: str) -> None:
    person = world[who]
    marks = {tab: len(tab.journal) for tab in world.members(person.tenant) if tab not in person.tabs}
    assert_accepted(person.tab.call("cursor:move", {"room_id": world.room, **position(place)}))
    fields: dict[str, Any] = position(place)
    for tab, mark in marks.items():
        tab.expect("cursor:move", since=mark, user_id=person.user_id, **fields)


@when('{tab} moves the cursor to "{place}"')
@when('{tab} moves the cursor to "{place}" in "{room}"')
def moves(world: World, tab: str, place: str, room: str | None = None, **selection: Any) -> None:
    act(world, tab, "cursor:move", {"room_id": room or world.room, **position(place), **selection})
    world.cursors.place = position(place)


@when('{who} selects from "{start}" to "{end}"')
def selects(world: World, who: str, start: str, end: str) -> None:
    moves(world, who, end, selection_start=position(start), selection_end=position(end))


@when("{tab} takes the cursor away")
def takes_away(world: World, tab: str) -> None:
    act(world, tab, "cursor:remove", {"room_id": world.room})


@when("{who} asks for the cursors")
def asks_cursors(world: World, who: str) -> None:
    act(world, who, "cursor:sync", {"room_id": world.room})


@when("{who} moves the cursor {n} times in about a second")
@when("{who} moves the cursor {n} times in about a second, in all her tabs")
def moves_often(world: World, who: str, n: str) -> None:
    world.cursors.began = time.monotonic() - world.began
    tabs, pace = world[who].tabs, threading.Event()

    def move_through(tab: Tab, lines: range) -> None:
        for line in lines:
            text = json.dumps({"room_id": world.room, "line": line, "column": 0})
            tab.send("cursor:move", Payload((text,)), ack=False)
            pace.wait(len(tabs) / int(n))
        assert_alive(tab)  # This tab's messages then come before anything that another sends later.

    shares = [range(first, int(n), len(tabs)) for first in range(len(tabs))]
    together([functools.partial(move_through, tab, share) for tab, share in zip(tabs, shares, strict=True)])
    # The last of these may arrive just when one was due. A reaction to it would be too early.
    watchers = [tab for tab in world.members(world[who].tenant) if tab not in tabs]
    for column in range(1, LAST_MOVES + 1):
        moves(world, who, f"{n}:{column}")
        for watcher in watchers:
            watcher.expect("cursor:move", **world.cursors.place)


@when("{who} keeps moving the cursor until {whom}'s is gone")
def keeps_moving(world: World, who: str, whom: str) -> None:
    """Wait in a third user's tab for the cursor's removal."""
    watcher = next(tab for tab in world.members(world[who].tenant) if tab not in world[who].tabs + world[whom].tabs)
    columns, user_id, within = itertools.count(1), world[whom].user_id, world.timeouts.cursor + patience()

    def move() -> None:
        place = {"line": 1, "column": next(columns)}
        assert_accepted(world[who].tab.call("cursor:move", {"room_id": world.room, **place}))

    seen = functools.partial(watcher.expect, "cursor:remove", user_id=user_id, within=within)
    repeat_until(move, world.timeouts.cursor / 8, seen)


def position(place: str) -> dict[str, int]:
    line, column = place.split(":")
    return {"line": int(line), "column": int(column)}


# Seen by other users


@then('{people} see(s) {whom}\'s cursor at "{place}"')
def see_cursor(world: World, people: list[str], whom: str, place: str, **selection: Any) -> None:
    fields = {"room_id": world.room, **position(place), "selection_start": None, "selection_end": None, **selection}
    for listener in listeners(world, people):
        hear(world, listener, "cursor:move", world[whom], user_name=whom, **fields)


@then('{who} sees {whom}\'s cursor at "{place}" in "{room}"')
def sees_cursor_in(world: World, who: str, whom: str, place: str, room: str) -> None:
    hear(world, world[who], "cursor:move", world[whom], room_id=room, **position(place))


@then('{who} sees that {whom} has selected from "{start}" to "{end}"')
def sees_selection(world: World, who: str, whom: str, start: str, end: str) -> None:
    see_cursor(world, [who], whom, end, selection_start=position(start), selection_end=position(end))


@then("{people} see(s) {whom}'s cursor go")
def see_cursor_go(world: World, people: list[str], whom: str) -> None:
    for listener in listeners(world, people):
        hear(world, listener, "cursor:remove", world[whom], room_id=world.room, within=silence(world))


@then("{who} sees {whom}'s cursor go, not before its time")
def cursor_lived(world: World, who: str, whom: str) -> None:
    moved = world[whom].tab.journal.wait_for(lambda e: (e.kind, e.name) == ("sent", "cursor:move"), "the move")
    gone = hear(world, world[who], "cursor:remove", world[whom], room_id=world.room)
    assert_equal(gone.at - moved.at >= world.timeouts.cursor, True, f"gone {gone.at - moved.at} s after the move")


@then("{people} hear(s) nothing of {whom}'s cursor")
def no_cursor(world: World, people: list[str], whom: str) -> None:
    mover = world[whom]
    if mover.acting is not None and mover.acting.connected:
        world.cursor_barrier(mover.acting, mover.tenant)
    for tab in tabs_after_barrier(world, people):
        heard = [e for e in world.heard(tab) if e.name in {"cursor:move", "cursor:remove"}]
        assert_silent(tab, [e for e in heard if mentions(e.payload, mover.user_id)])


@then("{who} is shown no cursor")
@then("{who} is shown the cursor(s) of {others}")
def shown_cursors(world: World, who: str, others: list[str] | None = None) -> None:
    tab = world[who].acting or world[who].tab
    shown = tab.expect("cursor:sync", room_id=world.room).payload
    found = [cursor["user_name"] for cursor in shown["cursors"]]
    assert_equal(found, others or [], f"the cursors that {who} is shown")
    assert_equal(world.answer, {"ok": True, **shown}, "the answer")
    world.cursors.shown = shown["cursors"]


@then('{who} is shown {whom}\'s cursor at "{place}"')
def shown_cursor_at(world: World, who: str, whom: str, place: str) -> None:
    shown_cursors(world, who, [whom])
    [cursor] = world.cursors.shown
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
    last = tab.expect("cursor:move", **world.cursors.place)
    found = tab.journal.events("cursor:move", since=tab.mark)
    assert_equal(found[-1].payload, last.payload, "the last move heard")
    seconds = max(1.0, last.at - world.cursors.began)
    if not 2 <= len(found) <= int(n) * seconds + 1:
        raise UnmetError(
            f"{tab.label} hears of 2 moves, and of {n} a second at most", f"{len(found)} in {seconds:.1f} s"
        )


@then('{who} may not move, ask for or take away a cursor in "{room}"')
def may_not(world: World, who: str, room: str) -> None:
    tab = world[who].tabs[-1]
    world[who].acting = tab
    for event, fields in (("cursor:move", {"line": 1, "column": 1}), ("cursor:sync", {}), ("cursor:remove", {})):
        assert_refused(tab.call(event, {"room_id": room, **fields}), "not_in_room", event)
