"""Locks: places of a room's document that somebody has reserved for a while."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from realtime_contracts.conform.sentences import given, then, when
from realtime_contracts.conform.steps.common import act, assert_accepted, assert_equal, times
from realtime_contracts.conform.steps.errors import refusal
from realtime_contracts.conform.steps.hearing import listeners, silence_of
from realtime_contracts.conform.tab import Tab
from realtime_contracts.conform.world import World
from realtime_contracts.wire.timeouts import patience

#: Whose lock, and where: `Ana's on "/total"`.
_LOCK = re.compile(r"""([A-Z][a-z]+)'s on "([^"]*)\"""")
#: Seconds after its end within which a lock is announced to have ended: the rule's one, and what a busy machine adds.
ENDED_WITHIN = 1.0 + 2.0


# Locking


@given('{who} has locked "{path}"')
def has_locked(world: World, who: str, path: str) -> None:
    given_lock(world, world[who].tenant, world[who].tab, path=path)


@given('the second tab of {who} has locked "{path}"')
def second_has_locked(world: World, who: str, path: str) -> None:
    given_lock(world, world[who].tenant, world[who].tabs[1], path=path)


@given('{who} has locked "{path}" for {n} seconds')
def has_locked_for(world: World, who: str, path: str, n: str) -> None:
    given_lock(world, world[who].tenant, world[who].tab, path=path, ttl=int(n))


@given("{who} has locked the whole document")
def has_locked_all(world: World, who: str) -> None:
    given_lock(world, world[who].tenant, world[who].tab)


@given("{who} has locked {n} places")
def has_locked_many(world: World, who: str, n: str) -> None:
    for number in range(1, int(n) + 1):
        answer = world[who].tab.call("doc:lock", {"room_id": world.room, "path": f"/place{number}"})
        assert_accepted(answer)


@when('{who} locks "{path}"')
def locks(world: World, who: str, path: str) -> None:
    lock(world, who, world[who].tab, path=path)


@when('{who} locks "{path}" for {n} seconds')
def locks_for(world: World, who: str, path: str, n: str) -> None:
    lock(world, who, world[who].tab, path=path, ttl=int(n))


@when("{who} locks the whole document")
def locks_all(world: World, who: str) -> None:
    lock(world, who, world[who].tab)


@when('the second tab of {who} locks "{path}" for {n} seconds')
def locks_second(world: World, who: str, path: str, n: str) -> None:
    lock(world, who, world[who].tabs[1], path=path, ttl=int(n))


@when('{who} unlocks "{path}"')
def unlocks(world: World, who: str, path: str) -> None:
    act(world, who, world[who].tab, "doc:unlock", {"room_id": world.room, "path": path})


@when('the second tab of {who} unlocks "{path}"')
def unlocks_second(world: World, who: str, path: str) -> None:
    act(world, who, world[who].tabs[1], "doc:unlock", {"room_id": world.room, "path": path})


@when("{who} unlocks the whole document")
def unlocks_all(world: World, who: str) -> None:
    act(world, who, world[who].tab, "doc:unlock", {"room_id": world.room})


@when("{who} asks for the locks")
def ask_locks(world: World, who: str) -> None:
    act(world, who, world[who].tab, "doc:lock_status", {"room_id": world.room})


def lock(world: World, who: str, tab: Tab, **fields: Any) -> None:
    """Ask for a lock, and keep the answer."""
    act(world, who, tab, "doc:lock", {"room_id": world.room, **fields})


def given_lock(world: World, tenant: str, holder: Tab, **fields: Any) -> None:
    """Somebody has a lock, and all in the room know."""
    made = assert_accepted(holder.call("doc:lock", {"room_id": world.room, **fields}))["lock"]
    world.notes["lock"] = made
    for tab in world.members(tenant):
        tab.wait_until(lambda tab=tab: made in locks_in(tab, world.room), f"the lock {made}")  # type: ignore[misc]


# What is seen


@then("{people} see the locks: {locks_}")
@then("{people} sees the locks: {locks_}")
def see_locks(world: World, people: list[str], locks_: str) -> None:
    see(world, people, [(match[1], match[2]) for match in _LOCK.finditer(locks_)], patience())


@then("{people} see no lock")
@then("{people} sees no lock")
def see_no_lock(world: World, people: list[str]) -> None:
    see(world, people, [], patience())


@then("{people} see the lock end when its time is over")
@then("{people} sees the lock end when its time is over")
def see_lock_end(world: World, people: list[str]) -> None:
    made = world.notes["lock"]
    for tab in (tab for person in listeners(world, people) for tab in person.tabs):
        known = next(e for e in tab.journal.events("doc:lock_status") if made in e.payload["locks"])
        ended = tab.expect("doc:lock_status", where=lambda p: made not in p["locks"], within=lasts(made) + patience())
        lived = ended.at - known.at
        if not lasts(made) - 1 <= lived <= lasts(made) + ENDED_WITHIN:
            raise AssertionError(f"{tab.label} heard of the end after {lived:.1f} s, of {lasts(made)} s")
    world.it = ("doc:lock_status", {"room_id": world.room})


@then("{who} has heard of the locks {often}")
def heard_of_locks(world: World, who: str, often: str) -> None:
    world.barrier(world[who].tenant)
    for tab in world[who].tabs:
        heard = [e for e in world.heard(tab) if e.name == "doc:lock_status"]
        assert_equal(len(heard), times(often), f"how often {tab.label} heard of the locks: {heard}")


@then("{people} hear of no lock")
@then("{people} hears of no lock")
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
    tab = acting(world)
    assert_equal(set(assert_accepted(world.answer)), {"ok", "lock"}, "the fields of the answer")
    made = world.answer["lock"]
    assert_equal(made["path"], path, "the path")
    tab.expect("doc:lock_status", where=lambda payload: made in payload["locks"])


@then("the lock lasts {n} seconds")
def lock_lasts(world: World, n: str) -> None:
    assert_equal(lasts(assert_accepted(world.answer)["lock"]), float(n), "how long the lock lasts")


@then("it is the same lock, with a later end")
def lock_renewed(world: World) -> None:
    before, now = world.notes["lock"], assert_accepted(world.answer)["lock"]
    assert_equal({**now, "expires_at": ""}, {**before, "expires_at": ""}, "the lock, but for its end")
    assert_equal(now["expires_at"] > before["expires_at"], True, f"{now['expires_at']} is after {before['expires_at']}")


@then("the answer has the room and its locks")
def answer_has_locks(world: World) -> None:
    tab = acting(world)
    shown = assert_accepted(world.answer)
    tab.expect("doc:lock_status", room_id=world.room, locks=shown["locks"])
    assert_equal(shown, {"ok": True, "room_id": world.room, "locks": shown["locks"]}, "the answer")


@then("the document that {who} gets comes with the locks: {locks_}")
def document_with_locks(world: World, who: str, locks_: str) -> None:
    shown = world[who].tab.expect("doc:sync", room_id=world.room).payload["locks"]
    expected = [(match[1], match[2]) for match in _LOCK.finditer(locks_)]
    assert_equal([(lock["user_name"], lock["path"]) for lock in shown], expected, "the locks in the document")


def see(world: World, people: list[str], expected: list[tuple[str, str]], within: float) -> None:
    """Every tab of these people sees exactly these locks, sorted by their places."""
    for tab in (tab for person in listeners(world, people) for tab in person.tabs):

        def shown(tab: Tab = tab) -> list[tuple[str, str]]:
            return [(lock["user_name"], lock["path"]) for lock in locks_in(tab, world.room)]

        tab.wait_until(lambda shown=shown: shown() == expected, f"the locks {expected}", within=within)  # type: ignore[misc]
    world.it = ("doc:lock_status", {"room_id": world.room})


def locks_in(tab: Tab, room: str) -> list[dict[str, Any]]:
    """The locks in a room, as a tab was told last."""
    told = [e.payload for e in tab.journal.events() if e.name in {"doc:lock_status", "doc:sync"}]
    told = [payload["locks"] for payload in told if payload["room_id"] == room]
    return list(told[-1]) if told else []


def lasts(made: dict[str, Any]) -> float:
    """Seconds from a lock's beginning to its end."""
    begins, ends = (datetime.fromisoformat(made[name]) for name in ("acquired_at", "expires_at"))
    return (ends - begins).total_seconds()


def acting(world: World) -> Tab:
    """The tab that did what "the answer" answers."""
    if world.actor is None or world.actor.acting is None:
        raise AssertionError("nobody has done anything")
    return world.actor.acting
