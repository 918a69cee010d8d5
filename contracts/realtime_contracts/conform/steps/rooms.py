"""Being in rooms: joining, leaving, asking, and names that must not be more than names."""

from __future__ import annotations

from typing import Any

from realtime_contracts.conform.payloads import ENTITIES
from realtime_contracts.conform.sentences import given, then, when
from realtime_contracts.conform.steps.common import act, assert_equal, assert_not_refused, present, users_of
from realtime_contracts.conform.steps.connecting import connect
from realtime_contracts.conform.steps.hearing import hear
from realtime_contracts.conform.tab import Tab
from realtime_contracts.conform.world import World
from realtime_contracts.wire.timeouts import patience

#: The fields of a user in a room.
USER_FIELDS = {"user_id", "user_name", "joined_at"}


# Being in one


@given('{who} is in "{room}"')
def in_room(world: World, who: str, room: str) -> None:
    person = present(world, who)
    world.enter(person.tab, person, room)


@given('{people} are in "{room}"')
def several_in_room(world: World, people: list[str], room: str) -> None:
    for who in people:
        in_room(world, who, room)


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


# Joining, leaving, asking


@when('{who} joins "{room}"')
@when('{who} joins "{room}" again')
def join(world: World, who: str, room: str) -> None:
    join_in(world, who, world[who].tab, room)


@when('{who} joins "{room}" in another tab')
def join_in_new_tab(world: World, who: str, room: str) -> None:
    connect(world, who)
    join_in(world, who, world[who].tabs[-1], room)


@when('{who} joins the "{entity_type}" with the id {id_}')
def join_with_number(world: World, who: str, entity_type: str, id_: str) -> None:
    act(world, who, world[who].tab, "room:join", {"entity_type": entity_type, "entity_id": int(id_)})


@when("{who} joins the room of {what}")
def join_named(world: World, who: str, what: str) -> None:
    entity_type, entity_id = ENTITIES[what]
    act(world, who, world[who].tab, "room:join", {"entity_type": entity_type, "entity_id": entity_id})


@when("{who} joins a room that is called like {channel}")
def join_channel(world: World, who: str, channel: str) -> None:
    entity_type, entity_id = channel_name(world, who, channel)
    act(world, who, world[who].tab, "room:join", {"entity_type": entity_type, "entity_id": entity_id})


@when("{who} joins one of them again")
def join_one_again(world: World, who: str) -> None:
    join(world, who, "invoice:50")


@when("{who} leaves one of them")
def leave_one(world: World, who: str) -> None:
    leave(world, who, "invoice:50")


@when('{who} leaves "{room}"')
def leave(world: World, who: str, room: str) -> None:
    leave_in(world, who, world[who].tab, room)


@when('the second tab of {who} leaves "{room}"')
@when('{who} leaves "{room}" in one tab')
def leave_in_one(world: World, who: str, room: str) -> None:
    leave_in(world, who, world[who].tabs[1], room)


@when('{who} leaves "{room}" in both tabs')
def leave_in_both(world: World, who: str, room: str) -> None:
    for tab in world[who].tabs:
        leave_in(world, who, tab, room)


@when('{who} asks who is in "{room}"')
def ask_room(world: World, who: str, room: str) -> None:
    act(world, who, world[who].tab, "room:users", {"room_id": room})


def join_in(world: World, who: str, tab: Tab, room: str) -> None:
    """Join, and keep the answer."""
    entity_type, entity_id = room.split(":")
    act(world, who, tab, "room:join", {"entity_type": entity_type, "entity_id": entity_id})
    if world.answer["ok"] is not False:
        tab.rooms.add(room)


def leave_in(world: World, who: str, tab: Tab, room: str) -> None:
    """Leave, and keep the answer."""
    act(world, who, tab, "room:leave", {"room_id": room})
    tab.rooms.discard(room)


def channel_name(world: World, who: str, channel: str) -> tuple[str, str]:
    """The entity whose room_id is what a careless server might call a channel of its own."""
    person, other = world[who], world["Zoe"]
    return {
        "the other tenant": ("tenant", other.tenant),
        "her own tenant": ("tenant", person.tenant),
        "the other user": ("user", other.user_id),
        "her own user": ("user", person.user_id),
        "her colleague": ("user", "ben"),
        "a connection": ("sid", str(other.tab.client.get_sid())),
        "the other room": (other.tenant, "invoice"),
    }[channel]


# What is seen


@then('{who} sees {whom} enter "{room}"')
def sees_enter(world: World, who: str, whom: str, room: str) -> None:
    hear(world, world[who], "room:user_joined", world[whom], user_name=whom, room_id=room)


@then('the other tab of {who} sees {whom} enter "{room}"')
def other_tab_sees_enter(world: World, who: str, whom: str, room: str) -> None:
    other = next(tab for tab in world[who].tabs if tab is not world[who].acting)
    other.expect("room:user_joined", user_id=world[whom].user_id, room_id=room)


@then('{who} sees {whom} leave "{room}"')
def sees_leave(world: World, who: str, whom: str, room: str) -> None:
    hear(world, world[who], "room:user_left", world[whom], user_name=whom, room_id=room, within=_silence(world))


@then('{who} sees {whom} leave "{room}" after the lease')
def sees_leave_dead(world: World, who: str, whom: str, room: str) -> None:
    within = 2 * world.timeouts.lease + patience()
    hear(world, world[who], "room:user_left", world[whom], room_id=room, within=within)


@then('{who} sees {whom} leave "{room}" before she leaves the company')
def sees_leave_first(world: World, who: str, whom: str, room: str) -> None:
    sees_leave(world, who, whom, room)
    left = world[who].tab.journal.events("presence:user_left", since=world[who].tab.mark)
    assert_equal(left, [], f"what {who} has heard of {whom} leaving the company")


@then('"{room}" shows {people} to {who}')
def room_shows(world: World, room: str, people: list[str], who: str) -> None:
    shows(world, room, people, who)


@then('"{room}" shows nobody to {who}')
def room_shows_nobody(world: World, room: str, who: str) -> None:
    shows(world, room, [], who)


@then('"{room}" still shows {people}')
def room_still_shows(world: World, room: str, people: list[str]) -> None:
    still_shows(world, room, people, people[-1])


@then('"{room}" still shows {people}, in whatever order')
def room_still_shows_unordered(world: World, room: str, people: list[str]) -> None:
    users = users_of(world[people[0]].tab, room)
    assert_equal(sorted(user["user_name"] for user in users), sorted(people), f"who is in {room}")


@then('"{room}" still shows {people} to {who}')
def room_still_shows_to(world: World, room: str, people: list[str], who: str) -> None:
    still_shows(world, room, people, who)


@then("{who} is not told that she entered herself")
def not_told_of_herself(world: World, who: str) -> None:
    world.barrier(world[who].tenant)
    assert_equal(world[who].tab.journal.events("room:user_joined"), [], "what she heard of her own coming")


@then('{who} is in "{room}"')
def is_in(world: World, who: str, room: str) -> None:
    assert_not_refused(world.answer, f"{who}'s joining {room}")
    assert_equal(world.answer.get("room_id", room), room, "the room in the answer")
    users = users_of(world[who].tab, room)
    assert_equal(world[who].user_id in [u["user_id"] for u in users], True, f"{who} is in {room}")


@then("{who} is in the room of {what}")
def is_in_named(world: World, who: str, what: str) -> None:
    is_in(world, who, ":".join(ENTITIES[what]))


@then('{who} is in "{room}" since she came first')
def since_first(world: World, who: str, room: str) -> None:
    first = world[who].tab.expect("room:users", since=0, room_id=room).payload
    assert_equal(joined_at(world, who, last_shown(world, who, room)), joined_at(world, who, first), "when she joined")


@then('{who} is in "{room}" since she came again')
def since_again(world: World, who: str, room: str) -> None:
    first = world[who].tab.expect("room:users", since=0, room_id=room).payload
    before, after = joined_at(world, who, first), joined_at(world, who, last_shown(world, who, room))
    assert_equal(after > before, True, f"{after} is after {before}")


@then('each user that {who} sees in "{room}" has a user_id, a user_name and a joined_at, nothing else')
def user_fields(world: World, who: str, room: str) -> None:
    shown = world[who].tab.expect("room:users", room_id=room).payload["users"]
    assert_equal([set(user) for user in shown], [USER_FIELDS] * len(shown), "the fields")


@then("the answer has the room and its users, too")
def answer_has_users(world: World) -> None:
    room_id = world.answer["room_id"]
    actor = world.actor
    if actor is None:
        raise AssertionError("nobody has asked anything")
    shown = actor.tab.expect("room:users", room_id=room_id).payload
    assert_equal(world.answer, {"ok": True, **shown}, "the answer")


@then("the answer has the room")
def answer_has_room(world: World) -> None:
    assert_equal(sorted(world.answer), ["ok", "room_id"], "the fields of the answer")


@then("the limit is said to be {n}")
def limit_is(world: World, n: str) -> None:
    assert_equal(world.answer["error"]["details"], {"limit": int(n)}, "the details")


def shows(world: World, room: str, people: list[str], who: str) -> None:
    """The `room:users` that somebody has got in the tab that asked."""
    shown = last_shown(world, who, room)["users"]
    assert_equal([user["user_name"] for user in shown], people, f"{room} as shown to {who}")


def last_shown(world: World, who: str, room: str) -> dict[str, Any]:
    """The last `room:users` in the tab that asked, waiting for one if need be."""
    tab = world[who].acting or world[who].tab
    tab.expect("room:users", room_id=room)
    shown: list[dict[str, Any]] = [e.payload for e in tab.journal.events("room:users", since=tab.mark)]
    return next(payload for payload in reversed(shown) if payload["room_id"] == room)


def still_shows(world: World, room: str, people: list[str], who: str) -> None:
    """Ask again."""
    users = users_of(world[who].tab, room)
    assert_equal([user["user_name"] for user in users], people, f"{room} as shown to {who}")


def joined_at(world: World, who: str, shown: dict[str, Any]) -> str:
    """Since when somebody is in a room."""
    return next(str(u["joined_at"]) for u in shown["users"] if u["user_id"] == world[who].user_id)


def _silence(world: World) -> float:
    """How long it may take to see that somebody has gone; over WebSocket it is seen at once."""
    return patience() + (world.timeouts.silence if world.transport == "polling" else 0.0)
