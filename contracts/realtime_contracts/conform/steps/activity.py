"""Heartbeats, inactivity, and when somebody was last active."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from realtime_contracts.conform.person import Person
from realtime_contracts.conform.sentences import given, then, when
from realtime_contracts.conform.steps.common import (
    act,
    assert_equal,
    present,
    see_status,
)
from realtime_contracts.conform.tab import Tab
from realtime_contracts.conform.world import World
from realtime_contracts.wire.journal import UnmetError
from realtime_contracts.wire.timeouts import patience

#: How far the server's clock may be from ours, in seconds, before its time is not "now".
CLOCK_SKEW = 5.0


@given("{who} is away for inactivity")
def away_for_inactivity(world: World, who: str) -> None:
    person = present(world, who)
    see_status(world, person, "away", world.timeouts.away + patience())


@when("{who} sends a heartbeat")
@when("{who} sends a heartbeat {how}")
def heartbeat(world: World, who: str, how: str = "without a payload") -> None:
    payloads: dict[str, list[dict[str, bool]]] = {
        "without a payload": [],
        "with an empty payload": [{}],
        "that says active": [{"active": True}],
        "that says inactive": [{"active": False}],
    }
    act(world, who, world[who].tab, "heartbeat", *payloads[how])


@when("{who} sends an inactive heartbeat")
def inactive_heartbeat(world: World, who: str) -> None:
    act(world, who, world[who].tab, "heartbeat", {"active": False})


@when("the second tab of {who} sends a heartbeat")
def second_heartbeat(world: World, who: str) -> None:
    act(world, who, world[who].tabs[1], "heartbeat")


@when("{who} sends heartbeats while {whom} does nothing and becomes away")
def heartbeats(world: World, who: str, whom: str) -> None:
    keep_beating(world, world[who].tab, world[whom], {})


@when("the second tab of {who} sends heartbeats while {whom} does nothing and becomes away")
def second_heartbeats(world: World, who: str, whom: str) -> None:
    keep_beating(world, world[who].tabs[1], world[whom], {})


@when("{who} sends inactive heartbeats until long after")
def inactive_heartbeats(world: World, who: str) -> None:
    keep_beating(world, world[who].tab, world[who], {"active": False})


@when("{who} has been inactive for long")
def inactive_for_long(world: World, who: str) -> None:
    stranger = world.hire("Stranger", "", "herald-idle")
    stranger.tenant = world[who].tenant
    world.connect(stranger)
    see_status(world, stranger, "away", world.timeouts.away + patience())
    stranger.tabs.pop().goodbye()
    world[who].tab.expect("presence:user_left", user_id=stranger.user_id)


def keep_beating(world: World, tab: Tab, until_away: Person, payload: dict[str, Any]) -> None:
    """Send heartbeats, several in the time of inactivity, until somebody is seen as away."""
    beats = threading.Event()
    seen = until_away.tab

    def beat() -> None:
        while not beats.wait(world.timeouts.away / 8):
            tab.call("heartbeat", payload)

    thread = threading.Thread(target=beat)
    thread.start()
    try:
        away = world.timeouts.away + patience()
        seen.expect("presence:update", user_id=until_away.user_id, status="away", within=away)
    finally:
        beats.set()
        thread.join()


@then("{who} gets a heartbeat_ack with the time of now")
def heartbeat_ack(world: World, who: str) -> None:
    heard = world[who].tab.expect("heartbeat_ack")
    try:
        is_now(heard.payload["timestamp"], world, heard.at)
    except (LookupError, TypeError, ValueError) as error:
        raise UnmetError("a heartbeat_ack with the time of now", repr(heard.payload)) from error


@then("the answer has the time of now, too")
def answer_is_now(world: World) -> None:
    assert_equal(sorted(world.answer), ["ok", "timestamp"], "the fields of the answer")
    answers = [e for tab in world.tabs for e in tab.journal.since() if e.kind == "ack" and e.payload == world.answer]
    is_now(world.answer["timestamp"], world, answers[-1].at)


@then("{who}'s last activity is that heartbeat")
def last_activity_is(world: World, who: str) -> None:
    assert_equal(last_active(world, who), world.answer["timestamp"], "the last activity")


@then("{who}'s last activity is before that heartbeat")
def last_activity_before(world: World, who: str) -> None:
    if not last_active(world, who) < world.answer["timestamp"]:
        raise AssertionError("an inactive heartbeat counts as activity")


def last_active(world: World, who: str) -> str:
    listed = world[who].tab.ask_list()
    return next(str(u["last_active_at"]) for u in listed["users"] if u["user_id"] == world[who].user_id)


def is_now(text: str, world: World, came: float) -> None:
    """Fail unless a time is that of the message that has it, which came so many seconds after the scenario began."""
    then = datetime.now(UTC) - timedelta(seconds=time.monotonic() - world.began - came)
    off = abs(datetime.fromisoformat(text) - then)
    if off > timedelta(seconds=CLOCK_SKEW):
        raise UnmetError(f"a time within {CLOCK_SKEW:g} s of {then:%H:%M:%S}, when it came", text)
