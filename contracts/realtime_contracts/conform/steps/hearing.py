"""What users receive, and what they must not."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from realtime_contracts.conform.sentences import then
from realtime_contracts.conform.state import Person
from realtime_contracts.conform.steps.common import assert_equal, silence
from realtime_contracts.conform.tab import Tab
from realtime_contracts.conform.world import World, mentions
from realtime_contracts.wire.journal import Entry, UnmetError
from realtime_contracts.wire.timeouts import patience

#: Events sent only to the one who asked; they never contain other users' actions.
ANSWERS = frozenset({"presence:list", "room:users", "cursor:sync", "doc:sync", "heartbeat_ack", "error"})
#: Events that keep a user from becoming away.
ACTIVITY = frozenset(
    {"connect", "presence:update", "heartbeat", "room:join", "cursor:move", "typing:start", "typing:stop", "doc:edit"}
)
#: Events that other users receive when a user leaves a room.
ENDINGS = {"cursor": "cursor:remove", "typing": "typing:users", "lock": "doc:lock_status"}


# Received


@then("{people} see(s) {others} come online")
def see_come(world: World, people: list[str], others: list[str]) -> None:
    for listener in listeners(world, people):
        for whom in others:
            hear(world, listener, "presence:user_joined", world[whom], user_name=whom, status="online")


@then('{who} sees "{name}" come online')
def sees_name_come(world: World, who: str, name: str) -> None:
    world[who].tab.expect("presence:user_joined", user_name=name)


@then("{who} sees {others} leave")
def sees_leave(world: World, who: str, others: list[str]) -> None:
    for whom in others:
        hear(world, world[who], "presence:user_left", world[whom], user_name=whom)


@then("{who} sees {whom} leave at once")
def sees_leave_at_once(world: World, who: str, whom: str) -> None:
    # Clearly less than the grace, which began at the goodbye and not at this sentence.
    leave_within(world, who, [whom], min(patience(), 0.8 * world.timeouts.offline))


@then("{who} sees {others} leave after the grace")
def sees_leave_later(world: World, who: str, others: list[str]) -> None:
    leave_within(world, who, others, world.timeouts.gone + patience())


@then("{who} sees {others} leave after lease and grace")
def sees_leave_dead(world: World, who: str, others: list[str]) -> None:
    leave_within(world, who, others, world.timeouts.death + patience())


def leave_within(world: World, who: str, others: list[str], within: float) -> None:
    for whom in others:
        hear(world, world[who], "presence:user_left", world[whom], within=within)


@then("{who} sees {whom} leave, then come online")
def sees_leave_come(world: World, who: str, whom: str) -> None:
    see_in_order(world, who, whom, ["presence:user_left", "presence:user_joined"])


@then("{who} sees {whom} come online, be busy and leave")
def sees_all(world: World, who: str, whom: str) -> None:
    see_in_order(world, who, whom, ["presence:user_joined", "presence:update", "presence:user_left"])


def see_in_order(world: World, who: str, whom: str, events: list[str]) -> None:
    """Assert that `who` receives exactly these events about `whom`, in this order."""
    hear(world, world[who], events[-1], world[whom])
    about = [e.name for e in world.heard(world[who].tab) if e.payload.get("user_id") == world[whom].user_id]
    assert_equal(about, events, f"what {who} heard of {whom}")


@then("{people} has/have heard it once")
def heard_once(world: World, people: list[str]) -> None:
    event, fields = world.it
    for tab in tabs_after_barrier(world, people):
        heard = [e for e in world.heard(tab, name=event) if fields.items() <= e.payload.items()]
        assert_equal(len(heard), 1, f"how often {tab.label} heard {event} {fields}")


@then("{who} has heard of each of them once")
def heard_each_once(world: World, who: str) -> None:
    event, _ = world.it
    world.barrier(world[who].tenant)
    about = [e.payload["user_id"] for e in world.heard(world[who].tab, name=event)]
    assert_equal(sorted(about), sorted(set(about)), f"whom {who} heard of by {event}")


@then('{who} hears that {whom}\'s {endings_} ended before she left "{room}"')
def ended_before(world: World, who: str, whom: str, endings_: str, room: str) -> None:
    tab = world[who].tab
    hear(world, world[who], "room:user_left", world[whom], room_id=room, within=silence(world))
    heard = [e.name for e in tab.journal.events(since=tab.mark) if e.name in {"room:user_left", *ENDINGS.values()}]
    expected = [ENDINGS[ending] for ending in endings_.replace(" and ", ", ").split(", ")]
    assert_equal(sorted(heard[:-1]), sorted(expected), f"what {who} heard before {heard[-1]}")
    assert_equal(heard[-1], "room:user_left", "the last thing")


def listeners(world: World, people: Iterable[str]) -> list[Person]:
    """Return these users, who must be connected."""
    found = [world[name] for name in people]
    missing = [person.name for person in found if not person.tabs]
    if missing:
        raise UnmetError(f"{' and '.join(missing)} are connected, to hear anything", "they are not")
    return found


def tabs_of(world: World, people: Iterable[str]) -> list[Tab]:
    """Return the tabs of these users, who must be connected."""
    return [tab for person in listeners(world, people) for tab in person.tabs]


def tabs_after_barrier(world: World, people: Iterable[str]) -> list[Tab]:
    """Return the tabs of these users after a barrier: all earlier messages have arrived."""
    found = listeners(world, people)
    world.barrier(*sorted({person.tenant for person in found}))
    return [tab for person in found for tab in person.tabs]


def hear(
    world: World, listener: Person, event: str, about: Person, *, within: float | None = None, **fields: Any
) -> Entry:
    """Assert that every tab of `listener` receives `event` about a user. "It" then means this event."""
    fields = {"user_id": about.user_id, **fields}
    world.it = (event, fields)
    entries = [tab.expect(event, within=within, **fields) for tab in listener.tabs]
    return entries[0]


def hear_once(world: World, people: list[str], event: str, field: str, value: str, **more: Any) -> None:
    """Assert that every tab of these users receives an event with a field's value exactly once."""
    fields: dict[str, Any] = {field: value, **more}
    for tab in tabs_of(world, people):
        tab.expect(event, **fields)
    for tab in tabs_after_barrier(world, people):
        found = [e.payload[field] for e in world.heard(tab, name=event)]
        assert_equal(found.count(value), 1, f"how often {tab.label} heard of {value}")


# Not received


@then("{people} hear(s) nothing of {whom}")
def nothing_of(world: World, people: list[str], whom: str) -> None:
    world.barrier(*sorted({world[name].tenant for name in [*people, whom]}))
    for listener in listeners(world, people):
        for tab in listener.tabs:
            silent_about(tab, unexpected(world, tab), listener, world[whom])


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
        raise UnmetError(f"a tab in which {who} has done something", "none")
    silent_about_room(world, tab, room)


@then("{who} hears nothing")
@then("the {ordinal} tab of {who} hears nothing")
def nothing(world: World, who: str, ordinal: str = "") -> None:
    world.barrier(world[who].tenant)
    tabs = world[who].tabs
    for tab in [tabs[["first", "second"].index(ordinal)]] if ordinal else tabs:
        assert_silent(tab, unexpected(world, tab))


def unexpected(world: World, tab: Tab) -> list[Entry]:
    """Return a tab's messages, except that inactive users became away: a slow network takes time."""
    return [e for e in world.heard(tab) if not (is_inactivity(e) and may_be_away(world, e.payload["user_id"], e.at))]


def may_be_away(world: World, user_id: str, at: float | None = None) -> bool:
    """Whether a user has been inactive long enough, now or `at` a second of the scenario.

    A refused event is not activity.
    """
    at = time.monotonic() - world.began if at is None else at
    active = [0.0]
    for entries in (tab.journal.since() for tab in world.tabs if tab.user_id == user_id):
        acks = [e for e in entries if e.kind == "ack" and isinstance(e.payload, dict)]
        refused = {id(ack.of) for ack in acks if ack.payload.get("ok") is False}
        if any(e.kind == "connected" for e in entries):
            sent = (e for e in entries if e.kind == "sent" and e.name in ACTIVITY and id(e) not in refused)
            active += [e.at for e in sent if e.at <= at]
    return at - max(active) >= world.timeouts.away


def is_inactivity(entry: Entry) -> bool:
    """Whether a message says that a user became away, which is expected while waiting."""
    return entry.name == "presence:update" and entry.payload["status"] == "away"


def silence_of(world: World, people: Iterable[str], *events: str) -> None:
    """Assert that none of these users received any of these events, in any tab."""
    for tab in tabs_after_barrier(world, people):
        assert_silent(tab, [e for e in world.heard(tab) if e.name in events])


def silent_about(tab: Tab, heard: list[Entry], listener: Person, about: Person) -> None:
    """Assert that a tab received nothing about a user: nothing at all if the user is of another company."""
    foreign = listener.tenant != about.tenant
    names = {about.user_id, about.name, about.tenant} if foreign else {about.user_id}
    heard = [e for e in heard if foreign or e.name not in ANSWERS]
    assert_silent(tab, [e for e in heard if any(mentions(e.payload, name) for name in names)])


def silent_about_room(world: World, tab: Tab, room: str) -> None:
    """Assert that a tab received nothing from a room, except answers to its own requests."""
    world.barrier(*sorted({person.tenant for person in world.people.values()}))
    heard = [e for e in unexpected(world, tab) if e.name != "room:users" and mentions(e.payload, room)]
    assert_silent(tab, heard)


def assert_silent(tab: Tab, heard: list[Entry]) -> None:
    """Fail with the messages that were received, if any."""
    if heard:
        raise UnmetError(f"{tab.label} hears nothing of this", "\n".join(map(str, heard)))
