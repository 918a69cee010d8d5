"""What the steps of several modules share."""

from __future__ import annotations

import threading
import urllib.parse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from realtime_contracts.conform.rest import Answer
from realtime_contracts.conform.state import Person
from realtime_contracts.conform.tab import Tab
from realtime_contracts.conform.world import World
from realtime_contracts.wire.journal import NotToldError, UnmetError
from realtime_contracts.wire.timeouts import patience


def assert_equal(actual: object, expected: object, what: str, *, telling: bool = True) -> None:
    """Fail with both values if they differ. It is not `telling` if that says nothing of what the scenario is about."""
    if actual != expected:
        raise (UnmetError if telling else NotToldError)(f"{what}: {expected!r}", repr(actual))


#: An auth payload with a good token of whoever sends it.
GOOD: Any = object()


# Doing


def attempt(
    world: World, who: str, auth: Any = GOOD, *, query: str = "", tab: Tab | None = None, listed: bool = True
) -> None:
    """Somebody tries to connect; the scenario says what should come of it.

    Who is not `listed` is not waited for to get a list when let in.
    """
    person = world[who]
    auth = {"token": world.token(person)} if auth is GOOD else auth
    tab = tab or world.tab(person)
    world.actor = person
    world.connecting.attempt = tab
    if not tab.open(auth, query=urllib.parse.urlencode({"token": query}) if query else ""):
        person.refusal = tab.refusal
    elif listed:
        world.add_tab(person, tab)
    else:
        person.tabs.append(tab)


def act(world: World, who: str, event: str, *payloads: Any, tab: Tab | None = None) -> Tab:
    """Send an event and keep its answer as "the answer". `who` as in `World.tab_of`; returns the tab.

    `tab`, if it is another than the one that `who` says.
    """
    person, own = world.tab_of(who)
    world.actor = person
    person.acting = tab = own if tab is None else tab
    world.answer = tab.call(event, *payloads)
    world.event = event
    return tab


def present(world: World, who: str) -> Person:
    """Somebody, connected if they were not."""
    if not world[who].tabs:
        world.connect(world[who])
    return world[who]


def given_update(world: World, who: str, change: dict[str, Any]) -> None:
    """Somebody is somewhere, with the status they had."""
    person = present(world, who)
    status = person.tab.view.users[person.user_id].status
    assert_not_refused(person.tab.call("presence:update", {"status": status, **change}), str(change))
    world.settle(person.tenant)


def together(tasks: list[Callable[[], object]]) -> None:
    """Run all tasks at the same time, and fail if one of them does."""
    failures: list[BaseException] = []

    def run(task: Callable[[], object]) -> None:
        try:
            task()
        except BaseException as error:  # noqa: BLE001 - it is raised again in the test's thread
            failures.append(error)

    threads = [threading.Thread(target=run, args=(task,)) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def repeat_until(does: Callable[[], object], every: float, seen: Callable[[], object]) -> None:
    """Do something again and again, so many seconds apart, until something else is seen."""
    stop = threading.Event()

    def keep() -> None:
        while not stop.wait(every):
            does()

    def watch() -> None:
        try:
            seen()
        finally:
            stop.set()

    together([keep, watch])


def move_through(world: World, who: str, n: str) -> Callable[[], None]:
    """What moves somebody through so many pages, one after the other."""
    tab = world[who].tab
    world.presence.pages = [f"/{page}" for page in range(int(n))]

    def move() -> None:
        for page in world.presence.pages:
            tab.call("presence:update", {"current_page": page})

    return move


@contextmanager
def heard_by(tabs: list[Tab], *events: str) -> Iterator[None]:
    """What is done in the context is over when all these tabs have heard these events."""
    marks = [(tab, len(tab.journal)) for tab in tabs]
    yield
    for tab, mark in marks:
        for event in events:
            tab.expect(event, since=mark)


# Answers


def told(answer: dict[str, Any]) -> str:
    """An answer in words: also one that is none."""
    if answer.get("ok") is not None:
        return repr(answer)
    return f"an ack that says neither: {answer['instead']!r}" if "instead" in answer else "no ack"


def assert_not_refused(answer: dict[str, Any], what: str) -> None:
    """What a scenario needs was done, as far as the answer says; a missing ack is a breach by itself, and noted."""
    if answer["ok"] is False:
        raise UnmetError(f"{what} is accepted", repr(answer))


def assert_accepted(answer: dict[str, Any]) -> dict[str, Any]:
    """The answer, which must be a success."""
    if answer.get("ok") is not True:
        raise (NotToldError if answer.get("ok") is None else UnmetError)("a success", told(answer))
    return answer


def assert_refused(answer: dict[str, Any], code: str, what: str) -> None:
    """The answer must be a failure with this code."""
    found = (answer.get("ok"), (answer.get("error") or {}).get("code"))
    assert_equal(found, (False, code), f"the answer to {what}", telling=answer.get("ok") is True)


def need_reply(world: World) -> Answer:
    """What the last request over REST was answered."""
    if world.back.reply is None:
        raise UnmetError("an answer over REST", "nothing was asked")
    return world.back.reply


def assert_alive(tab: Tab) -> None:
    """The connection is alive: who asks who is online is told. That is no activity, and takes no payload."""
    tab.ask_list()


# What is seen


def status_in(tab: Tab, user_id: str) -> str | None:
    """The status of a user in a tab's view, None if they are not online there."""
    seen = tab.view.users.get(user_id)
    return seen.status if seen else None


def see_status(world: World, person: Person, status: str, within: float) -> None:
    """Everybody, the person's own tabs too, sees a status."""
    user_id = person.user_id
    world.everybody(person.tenant, lambda tab: status_in(tab, user_id) == status, f"{person.name} as {status}", within)


def silence(world: World) -> float:
    """How long it may take to see that somebody has gone; over WebSocket it is seen at once."""
    return patience() + (world.timeouts.silence if world.transport == "polling" else 0.0)


def times(often: str) -> int:
    """`once`, `twice` or `3 times` as a number."""
    return {"once": 1, "twice": 2}.get(often) or int(often.removesuffix(" times"))


def quoted(words: str) -> list[str]:
    """`"A", "B" and "C"` as a list."""
    return words.split('"')[1::2]
