"""What the steps of several modules share."""

from __future__ import annotations

import urllib.parse
from typing import Any

from realtime_contracts.conform.person import Person
from realtime_contracts.conform.tab import Tab
from realtime_contracts.conform.world import World
from realtime_contracts.wire.journal import NotToldError, UnmetError


def assert_equal(actual: object, expected: object, what: str, *, telling: bool = True) -> None:
    """Fail with both values if they differ. It is not `telling` if that says nothing of what the scenario is about."""
    if actual != expected:
        raise (UnmetError if telling else NotToldError)(f"{what}: {expected!r}", repr(actual))


def answered(tab: Tab) -> None:
    """The connection is alive: who asks who is online is told. That is no activity, and takes no payload."""
    tab.ask_list()


def knock(
    world: World, person: Person, auth: Any, *, query: str = "", tab: Tab | None = None, unwelcome: bool = False
) -> None:
    """Somebody tries to connect; the scenario says what should come of it. Who is `unwelcome` is sent no list."""
    tab = tab or world.tab(person)
    world.actor = person
    world.notes["knocking"] = tab
    if not tab.open(auth, query=urllib.parse.urlencode({"token": query}) if query else ""):
        person.refusal = tab.refusal
        return
    if unwelcome:
        person.tabs.append(tab)
    else:
        world.welcome(person, tab)


def act(world: World, who: str, tab: Tab, event: str, *payloads: Any) -> None:
    """Send an event and keep its answer as "the answer"."""
    world.actor = world[who]
    world[who].acting = tab
    world.answer = tab.call(event, *payloads)
    world.notes["event"] = event


def present(world: World, who: str) -> Person:
    """Somebody, connected if they were not."""
    if not world[who].tabs:
        world.connect(world[who])
    return world[who]


def times(often: str) -> int:
    """`once`, `twice` or `3 times` as a number."""
    return {"once": 1, "twice": 2}.get(often) or int(often.removesuffix(" times"))


def home(world: World) -> str:
    """The tenant that the scenario is about: the first company's."""
    return world.tenant(next(iter(world.tenants)))


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


def given_update(world: World, who: str, change: dict[str, Any]) -> None:
    """Somebody is somewhere, with the status they had."""
    person = present(world, who)
    status = person.tab.view.users[person.user_id].status
    assert_not_refused(person.tab.call("presence:update", {"status": status, **change}), str(change))
    world.settle(person.tenant)


def status_in(tab: Tab, user_id: str) -> str | None:
    """The status of a user in a tab's view, None if they are not online there."""
    seen = tab.view.users.get(user_id)
    return seen.status if seen else None


def see_status(world: World, person: Person, status: str, within: float) -> None:
    """Everybody, the person's own tabs too, sees a status."""
    user_id = person.user_id
    world.everybody(person.tenant, lambda tab: status_in(tab, user_id) == status, f"{person.name} as {status}", within)


def see_page(world: World, person: Person, page: str | None) -> None:
    """Everybody sees somebody on a page."""
    user_id = person.user_id
    world.everybody(
        person.tenant,
        lambda tab: user_id in tab.view.users and tab.view.users[user_id].page == page,
        f"{person.name} on page {page}",
    )


def users_of(tab: Tab, room: str) -> list[dict[str, Any]]:
    """Ask who is in a room, by the message: what the ack has is a requirement of its own."""
    start = len(tab.journal)
    assert_not_refused(tab.call("room:users", {"room_id": room}), f"asking who is in {room}")
    users: list[dict[str, Any]] = tab.expect("room:users", since=start, room_id=room).payload["users"]
    return users
