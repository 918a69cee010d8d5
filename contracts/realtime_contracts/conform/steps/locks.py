"""Locks: reserved places in a room's document."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from realtime_contracts.conform.sentences import given, then, when
from realtime_contracts.conform.steps.common import act, assert_accepted, assert_equal, times
from realtime_contracts.conform.steps.errors import refusal
from realtime_contracts.conform.steps.hearing import silence_of, tabs_after_barrier, tabs_of
from realtime_contracts.conform.tab import Tab
from realtime_contracts.conform.world import World
from realtime_contracts.wire.journal import UnmetError
from realtime_contracts.wire.timeouts import patience

#: A lock's holder and place: `Ana's on "/total"`.
_LOCK = re.compile(r"""([A-Z][a-z]+)'s on "([^"]*)\"""")
#: A lock's place and seconds: `"/total" for 60 seconds`, or `the whole document`.
_WHERE = re.compile(r'the whole document|"(?P<path>[^"]*)"(?: for (?P<ttl>\d+) seconds)?')
#: Seconds after its end within which a lock's end is announced: the rule's one, plus a margin for a busy machine.
ENDED_WITHIN = 1.0 + 2.0


# Locking


@given("{tab} has locked {lock_}")
def has_locked(world: World, tab: str, lock_: str) -> None:
    """Lock a place, and wait until all in the room know."""
    person, holder = world.tab_of(tab)
    made = world.lock = assert_accepted(holder.call("doc:lock", place(world, lock_)))["lock"]
    for other in world.members(person.tenant):
        other.wait_until(lambda other=other: made in locks_in(other, world.room), f"the lock {made}")  # type: ignore[misc]


@given("{who} has locked {n} places")
def has_locked_many(world: World, who: str, n: str) -> None:
    for number in range(1, int(n) + 1):
        answer = world[who].tab.call("doc:lock", {"room_id": world.room, "path": f"/place{number}"})
        assert_accepted(answer)


@when("{tab} locks {lock_}")
def locks(world: World, tab: str, lock_: str) -> None:
    act(world, tab, "doc:lock", place(world, lock_))


@when("{tab} unlocks {lock_}")
def unlocks(world: World, tab: str, lock_: str) -> None:
    act(world, tab, "doc:unlock", place(world, lock_))


@when("{who} asks for the locks")
def asks_locks(world: World, who: str) -> None:
    act(world, who, "doc:lock_status", {"room_id": world.room})


def place(world: World, words: str) -> dict[str, Any]:
    """Return the room, the path and the seconds that a sentence names."""
    match = _WHERE.fullmatch(words)
    found = {name: value for name, value in (match.groupdict() if match else {}).items() if value is not None}
    return {"room_id": world.room, **found, **({"ttl": int(found["ttl"])} if "ttl" in found else {})}


# Seen by other users


@then("{people} see(s) no lock")
@then("{people} see(s) the locks: {locks_}")
def see_locks(world: World, people: list[str], locks_: str = "") -> None:
    """Assert that every tab of these users shows exactly these locks, sorted by place."""
    expected = named(locks_)
    for tab in tabs_of(world, people):
        tab.wait_until(lambda tab=tab: holders(locks_in(tab, world.room)) == expected, f"the locks {expected}")  # type: ignore[misc]
    world.it = ("doc:lock_status", {"room_id": world.room})


@then("{people} see(s) the lock end when its time is over")
def see_lock_end(world: World, people: list[str]) -> None:
    made, seconds = world.lock, lasts(world.lock)
    for tab in tabs_of(world, people):
        known = next(e for e in tab.journal.events("doc:lock_status") if made in e.payload["locks"])
        ended = tab.expect("doc:lock_status", where=lambda p: made not in p["locks"], within=seconds + patience())
        lived = ended.at - known.at
        if not seconds - 1 <= lived <= seconds + ENDED_WITHIN:
            raise UnmetError(f"{tab.label} hears of the end after {seconds} s", f"after {lived:.1f} s")
    world.it = ("doc:lock_status", {"room_id": world.room})


@then("{who} has heard of the locks {often}")
def heard_of_locks(world: World, who: str, often: str) -> None:
    for tab in tabs_after_barrier(world, [who]):
        heard = world.heard(tab, name="doc:lock_status")
        assert_equal(len(heard), times(often), f"how often {tab.label} heard of the locks: {heard}")


@then("{people} hear(s) of no lock")
def no_lock(world: World, people: list[str]) -> None:
    silence_of(world, people, "doc:lock_status")


@then('{who} is refused, for {whom} has locked "{path}"')
def refused_locked(world: World, who: str, whom: str, path: str) -> None:
    error = refusal(world, who)
    known = [lock for lock in locks_in(world[who].tab, world.room) if lock["path"] == path]
    assert_equal((error["code"], [error["details"]]), ("locked", known), "the code and the lock in the way")
    assert_equal(error["details"]["user_id"], world[whom].user_id, "whose lock that is")


@then('the answer is the lock on "{path}"')
def answer_is_lock(world: World, path: str) -> None:
    assert_equal(set(assert_accepted(world.answer)), {"ok", "lock"}, "the fields of the answer")
    made = world.answer["lock"]
    assert_equal(made["path"], path, "the path")
    acting(world).expect("doc:lock_status", where=lambda payload: made in payload["locks"])


@then("the lock lasts {n} seconds")
def lock_lasts(world: World, n: str) -> None:
    assert_equal(lasts(assert_accepted(world.answer)["lock"]), float(n), "how long the lock lasts")


@then("it is the same lock, with a later end")
def lock_renewed(world: World) -> None:
    before, now = world.lock, assert_accepted(world.answer)["lock"]
    assert_equal({**now, "expires_at": ""}, {**before, "expires_at": ""}, "the lock, but for its end")
    assert_equal(now["expires_at"] > before["expires_at"], True, f"{now['expires_at']} is after {before['expires_at']}")


@then("the answer has the room and its locks")
def answer_has_locks(world: World) -> None:
    shown = assert_accepted(world.answer)
    acting(world).expect("doc:lock_status", room_id=world.room, locks=shown["locks"])
    assert_equal(shown, {"ok": True, "room_id": world.room, "locks": shown["locks"]}, "the answer")


@then("the document that {who} gets comes with the locks: {locks_}")
def document_with_locks(world: World, who: str, locks_: str) -> None:
    shown = world[who].tab.expect("doc:sync", room_id=world.room).payload["locks"]
    assert_equal(holders(shown), named(locks_), "the locks in the document")


def named(words: str) -> list[tuple[str, str]]:
    """Return the holders and places that a sentence names."""
    return [(match[1], match[2]) for match in _LOCK.finditer(words)]


def holders(locks: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Return the holders and places in a message."""
    return [(lock["user_name"], lock["path"]) for lock in locks]


def locks_in(tab: Tab, room: str) -> list[dict[str, Any]]:
    """Return the locks that a tab last received for a room."""
    told = [e.payload for e in tab.journal.events() if e.name in {"doc:lock_status", "doc:sync"}]
    told = [payload["locks"] for payload in told if payload["room_id"] == room]
    return list(told[-1]) if told else []


def lasts(made: dict[str, Any]) -> float:
    """Return the seconds between a lock's start and end."""
    begins, ends = (datetime.fromisoformat(made[name]) for name in ("acquired_at", "expires_at"))
    return (ends - begins).total_seconds()


def acting(world: World) -> Tab:
    """Return the tab that got "the answer"."""
    if world.actor is None or world.actor.acting is None:
        raise UnmetError("somebody has done something", "nobody has")
    return world.actor.acting
