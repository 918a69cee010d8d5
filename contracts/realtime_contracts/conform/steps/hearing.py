"""What somebody hears, and what nobody must."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from realtime_contracts.conform.person import Person
from realtime_contracts.conform.sentences import then
from realtime_contracts.conform.steps.common import assert_equal
from realtime_contracts.conform.tab import Tab
from realtime_contracts.conform.world import World, mentions
from realtime_contracts.wire.journal import Entry
from realtime_contracts.wire.timeouts import patience

#: What is only ever sent to the one who asked; others' doings are never in it by surprise.
ANSWERS = frozenset({"presence:list", "room:users", "cursor:sync", "doc:sync", "heartbeat_ack", "error"})
#: What keeps a user from being away.
DOINGS = frozenset(
    {"connect", "presence:update", "heartbeat", "room:join", "cursor:move", "typing:start", "typing:stop", "doc:edit"}
)
#: What ends when a user leaves a room, as the others hear it.
ENDINGS = {"cursor": "cursor:remove", "typing": "typing:users", "lock": "doc:lock_status"}


@then("{people} see {others} come online")
@then("{people} sees {others} come online")
def see_come(world: World, people: list[str], others: list[str]) -> None:
    for listener in listeners(world, people):
        for whom in others:
            hear(world, listener, "presence:user_joined", world[whom], user_name=whom, status="online")


@then('{who} sees "{name}" come online')
def see_name_come(world: World, who: str, name: str) -> None:
    world[who].tab.expect("presence:user_joined", user_name=name)


@then("{who} sees {others} leave")
def see_leave(world: World, who: str, others: list[str]) -> None:
    for whom in others:
        hear(world, world[who], "presence:user_left", world[whom], user_name=whom)


@then("{who} sees {whom} leave at once")
def see_leave_at_once(world: World, who: str, whom: str) -> None:
    within = min(patience(), world.timeouts.offline)
    hear(world, world[who], "presence:user_left", world[whom], within=within)


@then("{who} sees {others} leave after the grace")
def see_leave_later(world: World, who: str, others: list[str]) -> None:
    for whom in others:
        hear(world, world[who], "presence:user_left", world[whom], within=world.timeouts.gone + patience())


@then("{who} sees {others} leave after lease and grace")
def see_leave_dead(world: World, who: str, others: list[str]) -> None:
    for whom in others:
        hear(world, world[who], "presence:user_left", world[whom], within=world.timeouts.death + patience())


@then("{who} sees {whom} leave, then come online")
def see_leave_come(world: World, who: str, whom: str) -> None:
    see_in_order(world, who, whom, ["presence:user_left", "presence:user_joined"])


@then("{who} sees {whom} come online, be busy and leave")
def see_all(world: World, who: str, whom: str) -> None:
    see_in_order(world, who, whom, ["presence:user_joined", "presence:update", "presence:user_left"])


@then("{people} have heard it once")
@then("{people} has heard it once")
def heard_once(world: World, people: list[str]) -> None:
    event, fields = world.it
    for listener in listeners(world, people):
        world.barrier(listener.tenant)
        for tab in listener.tabs:
            heard = [e for e in world.heard(tab) if e.name == event and fields.items() <= e.payload.items()]
            assert_equal(len(heard), 1, f"how often {tab.label} heard {event} {fields}")


@then("{who} has heard of each of them once")
def heard_each_once(world: World, who: str) -> None:
    event, _ = world.it
    world.barrier(world[who].tenant)
    about = [e.payload["user_id"] for e in world.heard(world[who].tab) if e.name == event]
    assert_equal(sorted(about), sorted(set(about)), f"whom {who} heard of by {event}")


@then("{people} hear nothing of {whom}")
@then("{people} hears nothing of {whom}")
def nothing_of(world: World, people: list[str], whom: str) -> None:
    world.barrier(*sorted({world[name].tenant for name in [*people, whom]}))
    for listener in listeners(world, people):
        for tab in listener.tabs:
            silent_about(tab, surprises(world, tab), listener, world[whom])


@then("{who} hears nothing of {whom}, even after the grace")
def nothing_of_later(world: World, who: str, whom: str) -> None:
    listener, about = world[who], world[whom]
    world.outlast_grace(listener.tenant)
    world.barrier(listener.tenant)
    for tab in listener.tabs:
        silent_about(tab, [e for e in world.heard(tab) if not is_inactivity(e)], listener, about)


@then('{who} hears nothing of "{room}"')
def nothing_of_room(world: World, who: str, room: str) -> None:
    for tab in world[who].tabs:
        silent_about_room(world, tab, room)


@then('that tab of {who} hears nothing of "{room}"')
def that_tab_nothing_of_room(world: World, who: str, room: str) -> None:
    tab = world[who].acting
    if tab is None:
        raise AssertionError(f"no tab of {who} has done anything")
    silent_about_room(world, tab, room)


@then("{who} hears nothing")
def nothing(world: World, who: str) -> None:
    world.barrier(world[who].tenant)
    for tab in world[who].tabs:
        assert_silent(tab, surprises(world, tab))


@then("the {ordinal} tab of {who} hears nothing")
def tab_hears_nothing(world: World, who: str, ordinal: str) -> None:
    world.barrier(world[who].tenant)
    tab = world[who].tabs[["first", "second"].index(ordinal)]
    assert_silent(tab, surprises(world, tab))


@then('{who} hears that {whom}\'s {endings_} ended before she left "{room}"')
def ended_before(world: World, who: str, whom: str, endings_: str, room: str) -> None:
    tab = world[who].tab
    silence = world.timeouts.silence if world.transport == "polling" else 0.0
    hear(world, world[who], "room:user_left", world[whom], room_id=room, within=patience() + silence)
    heard = [e.name for e in tab.journal.events(since=tab.mark) if e.name in {"room:user_left", *ENDINGS.values()}]
    expected = [ENDINGS[ending] for ending in endings_.replace(" and ", ", ").split(", ")]
    assert_equal(sorted(heard[:-1]), sorted(expected), f"what {who} heard before {heard[-1]}")
    assert_equal(heard[-1], "room:user_left", "the last thing")


def listeners(world: World, people: Iterable[str]) -> list[Person]:
    """These people, who must be connected to hear anything."""
    found = [world[name] for name in people]
    missing = [person.name for person in found if not person.tabs]
    if missing:
        raise AssertionError(f"not connected, so they hear nothing: {missing}")
    return found


def hear(
    world: World, listener: Person, event: str, about: Person, *, within: float | None = None, **fields: Any
) -> Entry:
    """Every tab of `listener` hears `event` about somebody. It becomes what "it" means."""
    fields = {"user_id": about.user_id, **fields}
    world.it = (event, fields)
    entries = [tab.expect(event, within=within, **fields) for tab in listener.tabs]
    return entries[0]


def see_in_order(world: World, who: str, whom: str, events: list[str]) -> None:
    """What `who` hears of `whom` is exactly these events, in this order."""
    hear(world, world[who], events[-1], world[whom])
    about = [e.name for e in world.heard(world[who].tab) if e.payload.get("user_id") == world[whom].user_id]
    assert_equal(about, events, f"what {who} heard of {whom}")


def surprises(world: World, tab: Tab) -> list[Entry]:
    """What a tab has heard, but that somebody is away who has done nothing for so long: a slow network takes time."""
    return [e for e in world.heard(tab) if not (is_inactivity(e) and may_be_away(world, e.payload["user_id"], e.at))]


def may_be_away(world: World, user_id: str, at: float | None = None) -> bool:
    """Whether a user has done nothing for long enough, now or `at` a second of the scenario.

    To be refused is to do nothing.
    """
    at = time.monotonic() - world.began if at is None else at
    done = [0.0]
    for entries in (tab.journal.since() for tab in world.tabs if tab.user_id == user_id):
        acks = [e for e in entries if e.kind == "ack" and isinstance(e.payload, dict)]
        refused = {id(ack.of) for ack in acks if ack.payload.get("ok") is False}
        if any(e.kind == "connected" for e in entries):
            doings = (e for e in entries if e.kind == "sent" and e.name in DOINGS and id(e) not in refused)
            done += [e.at for e in doings if e.at <= at]
    return at - max(done) >= world.timeouts.away


def is_inactivity(entry: Entry) -> bool:
    """Whether this says that somebody is away, as happens to whoever waits for long."""
    return entry.name == "presence:update" and entry.payload["status"] == "away"


def silence_of(world: World, people: Iterable[str], *events: str) -> None:
    """Nobody of these people has heard any of these events, wherever they are."""
    found = listeners(world, people)
    world.barrier(*sorted({person.tenant for person in found}))
    for tab in (tab for person in found for tab in person.tabs):
        assert_silent(tab, [e for e in world.heard(tab) if e.name in events])


def silent_about(tab: Tab, heard: list[Entry], listener: Person, about: Person) -> None:
    """A tab has heard nothing of somebody: not at all if they are of another company."""
    foreign = listener.tenant != about.tenant
    names = {about.user_id, about.name, about.tenant} if foreign else {about.user_id}
    heard = [e for e in heard if foreign or e.name not in ANSWERS]
    assert_silent(tab, [e for e in heard if any(mentions(e.payload, name) for name in names)])


def silent_about_room(world: World, tab: Tab, room: str) -> None:
    """A tab has heard nothing from a room, but for the answer when it joined or asked."""
    world.barrier(*sorted({person.tenant for person in world.people.values()}))
    heard = [e for e in surprises(world, tab) if e.name != "room:users" and mentions(e.payload, room)]
    assert_silent(tab, heard)


def assert_silent(tab: Tab, heard: list[Entry]) -> None:
    """Fail with what was heard, if anything was."""
    if heard:
        raise AssertionError("\n".join([f"{tab.label} should have heard nothing, and heard", *map(str, heard)]))
