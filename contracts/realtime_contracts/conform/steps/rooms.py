"""Rooms: joining, leaving, listing, and misleading names."""

from __future__ import annotations

from typing import Any

from realtime_contracts.conform.payloads import ENTITIES, entity
from realtime_contracts.conform.sentences import given, then, when
from realtime_contracts.conform.steps.common import (
    act,
    assert_equal,
    assert_not_refused,
    attempt,
    present,
    silence,
)
from realtime_contracts.conform.steps.hearing import hear
from realtime_contracts.conform.tab import Tab
from realtime_contracts.conform.world import World
from realtime_contracts.wire.journal import UnmetError
from realtime_contracts.wire.timeouts import patience

#: The fields of a user in a room.
USER_FIELDS = {"user_id", "user_name", "joined_at"}


# In a room


@given('{people} is/are in "{room}"')
def in_room(world: World, people: list[str], room: str) -> None:
    for who in people:
        person = present(world, who)
        world.enter(person.tab, person, room)


@given('the second tab of {who} is in "{room}"')
def second_in_room(world: World, who: str, room: str) -> None:
    world.enter(world[who].tabs[1], world[who], room)


@given('{who} has "{room}" open in two tabs')
def two_in_room(world: World, who: str, room: str) -> None:
    for _ in range(2):
        world.enter(world.connect(world[who]), world[who], room)


@given('{who} has "{room}" open on both nodes')
def both_nodes_in_room(world: World, who: str, room: str) -> None:
    for node in (1, 2):
        world.enter(world.connect(world[who], node), world[who], room)


@given("{who} is in {n} rooms")
def in_many_rooms(world: World, who: str, n: str) -> None:
    tab = present(world, who).tab
    for number in range(1, int(n) + 1):
        answer = tab.call("room:join", {"entity_type": "invoice", "entity_id": number})
        assert_not_refused(answer, f"joining room {number}")


# Joining, leaving, listing


@when('{who} joins "{room}"')
@when('{who} joins "{room}" again')
@when("{who} joins one of them again")
def joins(world: World, who: str, room: str = "invoice:50", tab: Tab | None = None) -> None:
    tab = act(world, who, "room:join", entity(room), tab=tab)
    if world.answer["ok"] is not False:
        tab.rooms.add(room)


@when('{who} joins "{room}" in another tab')
def joins_in_new_tab(world: World, who: str, room: str) -> None:
    attempt(world, who)
    joins(world, who, room, world[who].tabs[-1])


@when('{who} joins the "{entity_type}" with the id {id_}')
def joins_with_number(world: World, who: str, entity_type: str, id_: str) -> None:
    act(world, who, "room:join", {"entity_type": entity_type, "entity_id": int(id_)})


@when("{who} joins the room of {what}")
def joins_named(world: World, who: str, what: str) -> None:
    entity_type, entity_id = ENTITIES[what]
    act(world, who, "room:join", {"entity_type": entity_type, "entity_id": entity_id})


@when("{who} joins a room that is called like {channel}")
def joins_channel(world: World, who: str, channel: str) -> None:
    """Join an entity whose room_id looks like one of the server's channels."""
    person, other = world[who], world["Zoe"]
    entity_type, entity_id = {
        "the other tenant": ("tenant", other.tenant),
        "her own tenant": ("tenant", person.tenant),
        "the other user": ("user", other.user_id),
        "her own user": ("user", person.user_id),
        "her colleague": ("user", "ben"),
        "a connection": ("sid", str(other.tab.client.get_sid())),
        "the other room": (other.tenant, "invoice"),
    }[channel]
    act(world, who, "room:join", {"entity_type": entity_type, "entity_id": entity_id})


@when('{tab} leaves "{room}"')
@when("{tab} leaves one of them")
def leaves(world: World, tab: str, room: str = "invoice:50") -> None:
    act(world, tab, "room:leave", {"room_id": room}).rooms.discard(room)


@when('{who} leaves "{room}" in one tab')
def leaves_in_one(world: World, who: str, room: str) -> None:
    leaves(world, f"the second tab of {who}", room)


@when('{who} leaves "{room}" in both tabs')
def leaves_in_both(world: World, who: str, room: str) -> None:
    for tab in world[who].tabs:
        act(world, who, "room:leave", {"room_id": room}, tab=tab).rooms.discard(room)


@when('{who} asks who is in "{room}"')
def asks_room(world: World, who: str, room: str) -> None:
    act(world, who, "room:users", {"room_id": room})


# Seen by other users


@then('{who} sees {whom} enter "{room}"')
def sees_enter(world: World, who: str, whom: str, room: str) -> None:
    hear(world, world[who], "room:user_joined", world[whom], user_name=whom, room_id=room)


@then('the other tab of {who} sees {whom} enter "{room}"')
def other_tab_sees_enter(world: World, who: str, whom: str, room: str) -> None:
    other = next(tab for tab in world[who].tabs if tab is not world[who].acting)
    other.expect("room:user_joined", user_id=world[whom].user_id, room_id=room)


@then('{who} sees {whom} leave "{room}"')
def sees_leave(world: World, who: str, whom: str, room: str) -> None:
    hear(world, world[who], "room:user_left", world[whom], user_name=whom, room_id=room, within=silence(world))


@then('{who} sees {whom} leave "{room}" after the lease')
def sees_leave_dead(world: World, who: str, whom: str, room: str) -> None:
    within = 2 * world.timeouts.lease + patience()
    hear(world, world[who], "room:user_left", world[whom], room_id=room, within=within)


@then('{who} sees {whom} leave "{room}" before she leaves the company')
def sees_leave_first(world: World, who: str, whom: str, room: str) -> None:
    sees_leave(world, who, whom, room)
    left = world[who].tab.journal.events("presence:user_left", since=world[who].tab.mark)
    assert_equal(left, [], f"what {who} has heard of {whom} leaving the company")


@then('"{room}" shows nobody to {who}')
@then('"{room}" shows {people} to {who}')
def room_shows(world: World, room: str, who: str, people: list[str] | None = None) -> None:
    """Assert the `room:users` that a user received in the tab that asked."""
    shown = last_shown(world, who, room)["users"]
    assert_equal([user["user_name"] for user in shown], people or [], f"{room} as shown to {who}")


@then('"{room}" still shows {people}')
@then('"{room}" still shows {people} to {who}')
def room_still_shows(world: World, room: str, people: list[str], who: str | None = None) -> None:
    """Ask again and assert the users; the last user shown asks, unless another is named."""
    who = who or people[-1]
    assert_equal([user["user_name"] for user in users_of(world, who, room)], people, f"{room} as shown to {who}")


@then('"{room}" still shows {people}, in whatever order')
def room_still_shows_unordered(world: World, room: str, people: list[str]) -> None:
    users = users_of(world, people[0], room)
    assert_equal(sorted(user["user_name"] for user in users), sorted(people), f"who is in {room}")


@then("{who} is not told that she entered herself")
def not_told_of_herself(world: World, who: str) -> None:
    world.barrier(world[who].tenant)
    assert_equal(world[who].tab.journal.events("room:user_joined"), [], "what she heard of her own coming")


@then('{who} is in "{room}"')
def is_in(world: World, who: str, room: str) -> None:
    assert_not_refused(world.answer, f"{who}'s joining {room}")
    assert_equal(world.answer.get("room_id", room), room, "the room in the answer")
    users = users_of(world, who, room)
    assert_equal(world[who].user_id in [u["user_id"] for u in users], True, f"{who} is in {room}")


@then("{who} is in the room of {what}")
def is_in_named(world: World, who: str, what: str) -> None:
    is_in(world, who, ":".join(ENTITIES[what]))


@then('{who} is in "{room}" since she came first')
def since_first(world: World, who: str, room: str) -> None:
    first, now = joined_at(world, who, room)
    assert_equal(now, first, "when she joined")


@then('{who} is in "{room}" since she came again')
def since_again(world: World, who: str, room: str) -> None:
    before, after = joined_at(world, who, room)
    assert_equal(after > before, True, f"{after} is after {before}")


@then('each user that {who} sees in "{room}" has a user_id, a user_name and a joined_at, nothing else')
def user_fields(world: World, who: str, room: str) -> None:
    shown = world[who].tab.expect("room:users", room_id=room).payload["users"]
    assert_equal([set(user) for user in shown], [USER_FIELDS] * len(shown), "the fields")


@then("the answer has the room and its users, too")
def answer_has_users(world: World) -> None:
    room_id = world.answer["room_id"]
    if world.actor is None:
        raise UnmetError("somebody has asked", "nobody has")
    shown = world.actor.tab.expect("room:users", room_id=room_id).payload
    assert_equal(world.answer, {"ok": True, **shown}, "the answer")


@then("the answer has the room")
def answer_has_room(world: World) -> None:
    assert_equal(sorted(world.answer), ["ok", "room_id"], "the fields of the answer")


@then("the limit is said to be {n}")
def limit_is(world: World, n: str) -> None:
    assert_equal(world.answer["error"]["details"], {"limit": int(n)}, "the details")


def users_of(world: World, who: str, room: str) -> list[dict[str, Any]]:
    """Ask for a room's users and return the message. The ack's content is a requirement of its own."""
    tab = world[who].tab
    start = len(tab.journal)
    assert_not_refused(tab.call("room:users", {"room_id": room}), f"asking who is in {room}")
    users: list[dict[str, Any]] = tab.expect("room:users", since=start, room_id=room).payload["users"]
    return users


def last_shown(world: World, who: str, room: str) -> dict[str, Any]:
    """Return the last `room:users` in the tab that asked, waiting for it if necessary."""
    tab = world[who].acting or world[who].tab
    tab.expect("room:users", room_id=room)
    shown: list[dict[str, Any]] = [e.payload for e in tab.journal.events("room:users", since=tab.mark)]
    return next(payload for payload in reversed(shown) if payload["room_id"] == room)


def joined_at(world: World, who: str, room: str) -> tuple[str, str]:
    """Return a user's joined_at in the first list and in the last."""
    first = world[who].tab.expect("room:users", since=0, room_id=room).payload
    lists, user_id = (first, last_shown(world, who, room)), world[who].user_id
    before, now = (next(str(u["joined_at"]) for u in shown["users"] if u["user_id"] == user_id) for shown in lists)
    return before, now
