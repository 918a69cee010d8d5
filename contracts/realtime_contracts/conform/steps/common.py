"""Helpers that several step modules share."""

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
    """Fail with both values if they differ. `telling=False` if that says nothing about the scenario's subject."""
    if actual != expected:
        raise (UnmetError if telling else NotToldError)(f"{what}: {expected!r}", repr(actual))


#: An auth payload with the sender's good token.
GOOD: Any = object()


# Doing


def attempt(
    world: World, who: str, auth: Any = GOOD, *, query: str = "", tab: Tab | None = None, listed: bool = True
) -> None:
    """Try to connect a user; the scenario decides what should happen.

    If not `listed`, do not wait for a list after the connection.
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
    """Send an event and keep its ack as "the answer". `who` as in `World.tab_of`; returns the tab.

    `tab`: use this tab instead of the one in `who`.
    """
    person, own = world.tab_of(who)
    world.actor = person
    person.acting = tab = own if tab is None else tab
    world.answer = tab.call(event, *payloads)
    world.event = event
    return tab


def present(world: World, who: str) -> Person:
    """Return a user, connecting them first if necessary."""
    if not world[who].tabs:
        world.connect(world[who])
    return world[who]


def given_update(world: World, who: str, change: dict[str, Any]) -> None:
    """Send a presence:update with the current status and these changes; wait until all know."""
    person = present(world, who)
    status = person.tab.view.users[person.user_id].status
    assert_not_refused(person.tab.call("presence:update", {"status": status, **change}), str(change))
    world.settle(person.tenant)


def together(tasks: list[Callable[[], object]]) -> None:
    """Run all tasks in parallel; fail if one fails."""
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
    """Repeat an action at an interval until a condition holds."""
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
    """Return an action that moves a user to the next of several pages."""
    tab = world[who].tab
    world.presence.pages = [f"/{page}" for page in range(int(n))]

    def move() -> None:
        for page in world.presence.pages:
            tab.call("presence:update", {"current_page": page})

    return move


@contextmanager
def heard_by(tabs: list[Tab], *events: str) -> Iterator[None]:
    """A context that ends when all these tabs have received these events."""
    marks = [(tab, len(tab.journal)) for tab in tabs]
    yield
    for tab, mark in marks:
        for event in events:
            tab.expect(event, since=mark)


# Answers


def told(answer: dict[str, Any]) -> str:
    """Return an answer in words, also a missing one."""
    if answer.get("ok") is not None:
        return repr(answer)
    return f"an ack that says neither: {answer['instead']!r}" if "instead" in answer else "no ack"


def assert_not_refused(answer: dict[str, Any], what: str) -> None:
    """Assert that a preparation was not refused. A missing ack is noted as a breach of its own."""
    if answer["ok"] is False:
        raise UnmetError(f"{what} is accepted", repr(answer))


def assert_accepted(answer: dict[str, Any]) -> dict[str, Any]:
    """Return the answer, which must be a success."""
    if answer.get("ok") is not True:
        raise (NotToldError if answer.get("ok") is None else UnmetError)("a success", told(answer))
    return answer


def assert_refused(answer: dict[str, Any], code: str, what: str) -> None:
    """Assert that the answer is a failure with this code."""
    found = (answer.get("ok"), (answer.get("error") or {}).get("code"))
    assert_equal(found, (False, code), f"the answer to {what}", telling=answer.get("ok") is True)


def need_reply(world: World) -> Answer:
    """Return the last REST answer."""
    if world.back.reply is None:
        raise UnmetError("an answer over REST", "nothing was asked")
    return world.back.reply


def assert_alive(tab: Tab) -> None:
    """Assert that the connection works by asking for the list. That is not activity, and takes no payload."""
    tab.ask_list()


# Seen by other users


def status_in(tab: Tab, user_id: str) -> str | None:
    """Return a user's status in a tab's view, None if they are offline there."""
    seen = tab.view.users.get(user_id)
    return seen.status if seen else None


def see_status(world: World, person: Person, status: str, within: float) -> None:
    """Wait until everybody, the user's own tabs too, sees a status."""
    user_id = person.user_id
    world.everybody(person.tenant, lambda tab: status_in(tab, user_id) == status, f"{person.name} as {status}", within)


def silence(world: World) -> float:
    """Return how long the loss of a user may go unnoticed; over WebSocket it is noticed at once."""
    return patience() + (world.timeouts.silence if world.transport == "polling" else 0.0)


def times(often: str) -> int:
    """Return `once`, `twice` or `3 times` as a number."""
    return {"once": 1, "twice": 2}.get(often) or int(often.removesuffix(" times"))


def quoted(words: str) -> list[str]:
    """Return `"A", "B" and "C"` as a list."""
    return words.split('"')[1::2]
