"""Activity: a back end records items over REST; users receive and query them."""

from __future__ import annotations

import json
from typing import Any

from realtime_contracts.conform.payloads import entity, fields_of
from realtime_contracts.conform.rest import Answer
from realtime_contracts.conform.sentences import given, then, when
from realtime_contracts.conform.state import Person
from realtime_contracts.conform.steps.common import (
    act,
    assert_accepted,
    assert_equal,
    heard_by,
    need_reply,
    quoted,
)
from realtime_contracts.conform.steps.hearing import hear_once, silence_of
from realtime_contracts.conform.world import World
from realtime_contracts.wire.journal import UnmetError

#: The default entity of an item.
INVOICE = "invoice:42"
#: Pages after which a feed counts as endless: far more than a scenario has items.
MOST_PAGES = 30


# Recording


@given('{who} did "{action}"')
@given('{who} did "{action}" to "{room}"')
@given('{who} did "{action}" under the key "{key}"')
def did(world: World, who: str, action: str, room: str = INVOICE, key: str | None = None) -> None:
    """Record an item, and wait until every open tab of the company has received it."""
    with heard_by(list(world.company(world[who].tenant)), "activity"):
        if key is None:
            record(world, who, action, room)
        else:
            does_under_key(world, who, action, key)


@given("{who} did something {n} times")
def did_often(world: World, who: str, n: str) -> None:
    for number in range(1, int(n) + 1):
        did(world, who, f"did {number}")


@when('{who} does "{action}"')
@when('{who} does "{action}" with {payload_}')
def does(world: World, who: str, action: str, payload_: str = "{}") -> None:
    record(world, who, action, **fields_of(payload_))


@when('{who} does "{action}" under the key "{key}"')
def does_under_key(world: World, who: str, action: str, key: str) -> None:
    publish(world, who, action, headers={"Idempotency-Key": key})


@when("it is refused to record what {who} did, each at its place:")
def each_refused(world: World, who: str, datatable: list[list[str]]) -> None:
    for words, path in datatable[1:]:
        reply = publish(world, who, "paid", fields=fields_of(words))
        assert_equal((reply.code, reply.path), ("invalid_payload", path), f"the answer to {words[:100]}")


@when("a back end records {what} of {who}")
def records_what(world: World, what: str, who: str) -> None:
    publish(world, who, "paid", fields=fields_of(what))


@when('a back end tries to record that {who} did "{action}"')
def back_end_tries(world: World, who: str, action: str) -> None:
    publish(world, who, action)


@when("{who} tries to record what {whom} did")
def tries_to_record(world: World, who: str, whom: str) -> None:
    world.ask(world[who], "activity:record", body=body_of(world[whom], "paid", INVOICE))


def record(world: World, who: str, action: str, room: str = INVOICE, **fields: Any) -> None:
    """Record an item as a back end; it must succeed."""
    reply = publish(world, who, action, room, fields=fields)
    assert_equal(reply.status, 201, f"the status of {reply}")


def publish(
    world: World, who: str, action: str, room: str = INVOICE, *, fields: dict[str, Any] | None = None, **more: Any
) -> Answer:
    """Send a request to record an item as the company's back end."""
    body = {**body_of(world[who], action, room), **(fields or {})}
    reply = world.publish(world[who].tenant, "activity:record", body, **more)
    if reply.ok:
        world.back.activities.append(reply.body["activity"]["id"])
        world.back.activity_of[action] = reply.body["activity"]["id"]
    return reply


def body_of(person: Person, action: str, room: str) -> dict[str, Any]:
    """Return the request body of an item."""
    name = f"The {room.replace(':', ' ')}"
    who = {"user_id": person.user_id, "user_name": person.name}
    return {**who, "action": action, **entity(room), "entity_name": name}


# Hearing


@then('{people} hear(s) that {whom} did "{action}", once')
def hears(world: World, people: list[str], whom: str, action: str) -> None:
    hear_once(world, people, "activity", "action", action, user_id=world[whom].user_id)


@then("{people} hears of no activity")
def hear_none(world: World, people: list[str]) -> None:
    silence_of(world, people, "activity", "activity:feed")


# The feed


@when("{who} asks what happened")
@when("{who} asks what happened, with {payload_}")
def asks(world: World, who: str, payload_: str | None = None) -> None:
    act(world, who, "activity:feed", *([] if payload_ is None else [json.loads(payload_)]))


@then("{who} is shown nothing")
@then("{who} is shown {titles_}, and no more")
def shown_all(world: World, who: str, titles_: str = "") -> None:
    assert_equal(shown(world, who), (quoted(titles_), None), f"what {who} is shown")


@then("{who} is shown {titles_}, and there is more")
def shown_some(world: World, who: str, titles_: str) -> None:
    actions, following = shown(world, who)
    assert_equal((actions, following is not None), (quoted(titles_), True), f"what {who} is shown")


@then("{who} is shown {n} things, and there is more")
def shown_so_many(world: World, who: str, n: str) -> None:
    actions, following = shown(world, who)
    assert_equal((len(actions), following is not None), (int(n), True), f"what {who} is shown")


@then('since "{since}" {who} is shown {titles_}, and no more')
@then('before "{before}" {who} is shown {titles_}, and no more')
@then('between "{since}" and "{before}" {who} is shown {titles_}, and no more')
def shown_between(world: World, who: str, titles_: str, since: str | None = None, before: str | None = None) -> None:
    """Ask for a part of the feed over Socket.IO and REST, and assert the items."""
    named = {"since": since, "before": before}
    bounds = {name: world.back.activity_of[action] for name, action in named.items() if action is not None}
    world.set_marks()
    act(world, who, "activity:feed", bounds)
    assert_equal(shown(world, who), (quoted(titles_), None), f"what {who} is shown with {bounds}")
    finds(world, who, titles_, json.dumps(bounds))


@then('{n} at a time since "{action}", while more happens, {who} gets {titles_}')
def pages_since(world: World, n: str, action: str, who: str, titles_: str) -> None:
    tab = world[who].tab
    wanted: dict[str, Any] = {"limit": int(n), "since": world.back.activity_of[action]}
    found: list[str] = []
    for _ in range(MOST_PAGES):
        start = len(tab.journal)
        answer = assert_accepted(tab.call("activity:feed", wanted))
        page = tab.expect("activity:feed", since=start).payload
        assert_equal(answer["next"], page["next"], "next, in the ack and in the page")
        found += [item["action"] for item in page["items"]]
        record(world, who, "meanwhile")
        if page["next"] is None:
            break
        wanted["before"] = page["next"]
    else:
        raise UnmetError("an end of the pages", f"after {MOST_PAGES} pages of {n}, {found}")
    assert_equal(found, quoted(titles_), f"all that {who} gets")


@then("over REST {who} finds {titles_}")
@then("over REST {who} finds {titles_} with {object_}")
def finds(world: World, who: str, titles_: str, object_: str = "{}") -> None:
    body = world.ask(world[who], "activity:list", query=json.loads(object_)).body
    assert_equal([item["action"] for item in body["items"]], quoted(titles_), f"what {who} finds with {object_}")


@then('over REST {who} finds of "{room}" {titles_}')
def finds_of_entity(world: World, who: str, room: str, titles_: str) -> None:
    body = world.ask(world[who], "activity:entity", places=entity(room)).body
    assert_equal([item["action"] for item in body["items"]], quoted(titles_), f"what {who} finds of {room}")


@then("it is the same activity as before")
def same_as_before(world: World) -> None:
    reply, before = need_reply(world), world.back.activities[-2]
    assert_equal((reply.status, reply.body["activity"]["id"]), (200, before), "status and id")


def shown(world: World, who: str) -> tuple[list[str], str | None]:
    """Return the actions of the last page, which must equal the ack's, and where the next page begins."""
    assert_accepted(world.answer)
    page = world[who].tab.expect("activity:feed", where=lambda payload: payload["next"] == world.answer["next"]).payload
    return [item["action"] for item in page["items"]], page["next"]
