"""How many events a client may send: floods, what of them is accepted, and how they end."""

from __future__ import annotations

import functools
import json
import time
from collections.abc import Callable
from typing import Any

from realtime_contracts.conform.sentences import given, then, when
from realtime_contracts.conform.state import Flood
from realtime_contracts.conform.steps.common import assert_equal, together
from realtime_contracts.conform.tab import Tab
from realtime_contracts.conform.world import World
from realtime_contracts.rules.pace import CALM_SECONDS
from realtime_contracts.wire.journal import NotReachedError, NotSeenError, UnmetError
from realtime_contracts.wire.timeouts import patience

#: Events of a rush that goes on, and the seconds between two: five times as many as a connection may send.
RUSH, RUSH_SECONDS = 50, 0.1
#: Events a second that are too many beyond doubt.
ENOUGH = 250
#: Events at once of who waits as told: more than may be in a bucket.
TOO_MANY = 250
#: Seconds of excess after which a connection ends.
ABUSE_SECONDS = 10.0
#: Seconds that a server may have kept a client waiting before it read the first event.
LENIENT_SECONDS = 1.0
#: Seconds by which a server's clock for an excess may be ahead of what is seen here.
EARLY = 1.0

# Sending


@given("{who} has {n} tabs open on one node")
def tabs_on_one_node(world: World, who: str, n: str) -> None:
    for _ in range(int(n) - len(world[who].tabs)):
        world.connect(world[who], node=_node(world, who))


@when('{who} sends "{event}" {n} times at once')
def sends_at_once(world: World, who: str, event: str, n: str) -> None:
    world.floods.append(flood(world, world[who].tab, event, int(n)))


@when('{who} sends "{event}" {n} times at once in each of her tabs')
def sends_in_each_tab(world: World, who: str, event: str, n: str) -> None:
    def send(tab: Tab) -> None:
        world.floods.append(flood(world, tab, event, int(n)))

    together([functools.partial(send, tab) for tab in world[who].tabs])


@when('{who} sends "{event}" {n} times at once, asking for no ack')
def sends_without_acks(world: World, who: str, event: str, n: str) -> None:
    world[who].tab.flood(event, _payloads(world, event, int(n)), ack=False)


@when('{who} sends "{event}" {n} times at once, over each of {m} connections to the same node, one after another')
def sends_over_each(world: World, who: str, event: str, n: str, m: str) -> None:
    """Say goodbye between two of them: over polling, a server notices a lost transport seconds later."""
    person, node = world[who], _node(world, who)
    for number in range(int(m)):
        if number:
            person.tabs.pop(0).goodbye()
            world.add_tab(person, world.open(person, world.tab(person, node)))
        sends_at_once(world, who, event, n)


@when("{who} waits as long as she is told")
def waits(world: World, who: str) -> None:
    tab = world[who].tab
    time.sleep(_told_to_wait(tab, tab.mark))


@when("{who} sends too much until the connection ends")
def sends_until_the_end(world: World, who: str) -> None:
    tab = world.connecting.ended = world[who].tabs.pop(0)
    began = time.monotonic()
    rushes = 0
    while tab.connected and time.monotonic() < began + ABUSE_SECONDS + 2 * patience():
        tab.flood("heartbeat", _payloads(world, "heartbeat", RUSH), ack=False)
        rushes += 1
        time.sleep(RUSH_SECONDS)
    seconds = time.monotonic() - began
    if tab.connected and rushes * RUSH < ENOUGH * seconds:
        raise NotReachedError(f"{ENOUGH} events a second reach the server", f"{rushes * RUSH} in {seconds:.1f} s")


@when("{who} sends too much for {n} seconds, and waits each time as long as she is told")
def sends_and_waits(world: World, who: str, n: str) -> None:
    tab = world[who].tab
    deadline = time.monotonic() + float(n)
    while time.monotonic() < deadline:
        mark = len(tab.journal)
        world.floods.append(flood(world, tab, "heartbeat", TOO_MANY))
        time.sleep(_told_to_wait(tab, mark))


def flood(world: World, tab: Tab, event: str, n: int) -> Flood:
    """Send an event so many times without waiting, and await the acks."""
    began = time.monotonic()
    acks = tab.flood(event, _payloads(world, event, n))
    return Flood(tab, began, time.monotonic(), [ack if isinstance(ack, dict) else {} for ack in acks])


# What is accepted


@then("all of them are accepted")
@then("the last of them are all accepted")
def all_accepted(world: World) -> None:
    refusals = [answer for answer in world.floods[-1].answers if not answer.get("ok")]
    assert_equal(refusals, [], "the events that were refused")


@then("no more of them are accepted than {n} and {m} a second")
def no_more(world: World, n: str, m: str) -> None:
    """Judge all floods so far: a slow network only gives the server more seconds, and so does a slow server."""
    answers = _answers(world)
    began, ended = min(one.began for one in world.floods), max(one.ended for one in world.floods)
    seconds = ended - began + LENIENT_SECONDS
    allowed = int(n) + int(m) * seconds
    accepted = sum(answer.get("ok") is True for answer in answers)
    if accepted > allowed:
        raise UnmetError(
            f"no more than {allowed:.0f} of {len(answers)} accepted in {seconds:.3f} s, one of them for the server",
            f"{accepted}",
        )
    if len(answers) <= allowed:
        slow = f"{len(answers)} took {seconds:.3f} s"
        raise NotReachedError("more events reach the server than it has to accept", slow)


@then("the others are refused with the seconds to wait")
def others_refused(world: World) -> None:
    for answer in _answers(world):
        if not answer.get("ok"):
            error = answer.get("error") or {}
            assert_equal(error.get("code"), "rate_limited", f"the code of {answer}")
            _seconds(error)


@then("{who} sees those pages that were accepted, and no other")
def sees_accepted_pages(world: World, who: str) -> None:
    [one] = world.floods
    pages = [_page(number) for number, answer in enumerate(one.answers) if answer.get("ok")]
    world.barrier(world[who].tenant)
    tab = world[who].tab
    seen = [
        entry.payload["current_page"]
        for entry in tab.journal.events("presence:update", since=tab.mark)
        if entry.payload["user_id"] == one.tab.user_id
    ]
    assert_equal(seen, pages, f"the pages that {who} saw")


# What is told


@then('{who} is told once of too many "{event}"')
def told_once(world: World, who: str, event: str) -> None:
    """Expect one error; another one after each moment without a refusal, which a slow machine may have."""
    tab = world[who].tab
    _told_to_wait(tab, tab.mark)
    errors = tab.journal.events("error", since=tab.mark)
    told = {(error.payload["code"], error.payload["event"]) for error in errors}
    assert_equal(told, {("rate_limited", event)}, "the errors")
    seconds = tab.journal.since()[-1].at - tab.journal.since(tab.mark)[0].at
    if len(errors) > 1 + seconds / CALM_SECONDS:
        raise UnmetError(f"one error of {event} in {seconds:.3f} s", f"{len(errors)} of them")


@then("{who} is told why, and disconnected for good, after ten seconds")
def told_why(world: World, who: str) -> None:
    tab = world.connecting.ended
    try:
        first = tab.expect("error", code="rate_limited", where=lambda error: error["event"] == "heartbeat")
        last = tab.expect("error", code="rate_limited", where=lambda error: error["event"] is None)
    except NotSeenError as error:
        raise UnmetError(f"{who} gets an error for the connection", error.actual[-1000:]) from error
    end = tab.expect_end()
    assert_equal(end.name, "server disconnect", "how the connection ended")
    seconds = last.at - first.at
    if not ABUSE_SECONDS - EARLY < seconds < ABUSE_SECONDS + patience():
        raise UnmetError(f"{ABUSE_SECONDS:g} s from the first error to the last", f"{seconds:.3f} s")


def _told_to_wait(tab: Tab, since: int) -> float:
    """The seconds that the first refusal since a mark says."""
    error = tab.expect("error", since=since, kind="error rate_limited", code="rate_limited")
    return _seconds(error.payload)


def _seconds(error: dict[str, Any]) -> float:
    """The seconds to wait that an error says."""
    seconds = (error.get("details") or {}).get("retry_after")
    if not isinstance(seconds, int | float) or seconds <= 0:
        raise UnmetError("seconds to wait in details.retry_after", repr(error))
    return float(seconds)


def _answers(world: World) -> list[dict[str, Any]]:
    return [answer for one in world.floods for answer in one.answers]


def _payloads(world: World, event: str, n: int) -> list[str]:
    make: dict[str, Callable[[int], dict[str, Any]]] = {
        "heartbeat": lambda _: {},
        "presence:update": lambda number: {"current_page": _page(number)},
        "cursor:move": lambda number: {"room_id": world.room, "line": number, "column": 0},
        "typing:start": lambda _: {"room_id": world.room},
    }
    return [json.dumps(make[event](number)) for number in range(n)]


def _page(number: int) -> str:
    return f"/page/{number}"


def _node(world: World, who: str) -> int:
    """The node of a user's first tab, from 1."""
    return world.nodes.index(world[who].tab.url) + 1
