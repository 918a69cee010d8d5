"""Activity: a back end records what happened, over REST; who hears of it, and who finds it again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from realtime_contracts.conform.payloads import payload
from realtime_contracts.conform.person import Person
from realtime_contracts.conform.rest import Answer
from realtime_contracts.conform.sentences import given, then, when
from realtime_contracts.conform.steps.common import act, assert_accepted, assert_equal
from realtime_contracts.conform.steps.hearing import listeners, silence_of
from realtime_contracts.conform.steps.notifications import need_reply, quoted, tabs_of
from realtime_contracts.conform.tab import Tab
from realtime_contracts.conform.world import World
from realtime_contracts.wire.journal import UnmetError

#: What an item of a scenario is about unless it says so.
INVOICE = "invoice:42"
#: Pages after which there is no end to come: far more than a scenario has items.
MOST_PAGES = 30


# Recording


@given('{who} did "{action}"')
def did(world: World, who: str, action: str) -> None:
    did_to(world, who, action, INVOICE)


@given('{who} did "{action}" to "{room}"')
def did_to(world: World, who: str, action: str, room: str) -> None:
    with heard_in_company(world, world[who].tenant):
        record(world, world[who], action, room)


@given('{who} did "{action}" under the key "{key}"')
def did_under_key(world: World, who: str, action: str, key: str) -> None:
    with heard_in_company(world, world[who].tenant):
        does_under_key(world, who, action, key)


@given("{who} did something {n} times")
def did_often(world: World, who: str, n: str) -> None:
    for number in range(1, int(n) + 1):
        did(world, who, f"did {number}")


@when('{who} does "{action}"')
def does(world: World, who: str, action: str) -> None:
    record(world, world[who], action)


@when('{who} does "{action}" with {payload_}')
def does_with(world: World, who: str, action: str, payload_: str) -> None:
    record(world, world[who], action, **json.loads(payload(payload_).texts[0]))


@when('{who} does "{action}" under the key "{key}"')
def does_under_key(world: World, who: str, action: str, key: str) -> None:
    publish(world, world[who], action, headers={"Idempotency-Key": key})


@when("it is refused to record what {who} did, each at its place:")
def each_refused(world: World, who: str, datatable: list[list[str]]) -> None:
    for words, path in datatable[1:]:
        reply = publish(world, world[who], "paid", fields=json.loads(payload(words).texts[0]))
        assert_equal((reply.code, reply.path), ("invalid_payload", path), f"the answer to {words[:100]}")


@when("a back end records {what} of {who}")
def records_what(world: World, what: str, who: str) -> None:
    publish(world, world[who], "paid", fields=json.loads(payload(what).texts[0]))


@when('a back end tries to record that {who} did "{action}"')
def back_end_tries(world: World, who: str, action: str) -> None:
    publish(world, world[who], action)


@when("{who} tries to record what {whom} did")
def tries_to_record(world: World, who: str, whom: str) -> None:
    world.ask(world[who], "activity:record", body=body_of(world[whom], "paid", INVOICE))


# Hearing


@then('{people} hear that {whom} did "{action}", once')
@then('{people} hears that {whom} did "{action}", once')
def hear(world: World, people: list[str], whom: str, action: str) -> None:
    found = listeners(world, people)
    for tab in tabs_of(found):
        tab.expect("activity", action=action, user_id=world[whom].user_id)
    world.barrier(*sorted({person.tenant for person in found}))
    for tab in tabs_of(found):
        actions = [e.payload["action"] for e in world.heard(tab) if e.name == "activity"]
        assert_equal(actions.count(action), 1, f"how often {tab.label} heard of {action}")


@then("{people} hears of no activity")
def hear_none(world: World, people: list[str]) -> None:
    silence_of(world, people, "activity", "activity:feed")


@then("the activity that {who} hears has {object_}")
def heard_fields(world: World, who: str, object_: str) -> None:
    heard = world[who].tab.expect("activity").payload
    expected = json.loads(object_)
    assert_equal({name: heard[name] for name in expected}, expected, f"the activity that {who} heard")


# The feed


@when("{who} asks what happened")
def asks(world: World, who: str) -> None:
    act(world, who, world[who].tab, "activity:feed")


@when("{who} asks what happened, with {payload_}")
def asks_with(world: World, who: str, payload_: str) -> None:
    act(world, who, world[who].tab, "activity:feed", json.loads(payload_))


@then("{who} is shown nothing")
def shown_nothing(world: World, who: str) -> None:
    assert_equal(shown(world, world[who].tab), ([], None), f"what {who} is shown")


@then("{who} is shown {titles_}, and no more")
def shown_all(world: World, who: str, titles_: str) -> None:
    assert_equal(shown(world, world[who].tab), (quoted(titles_), None), f"what {who} is shown")


@then("{who} is shown {titles_}, and there is more")
def shown_some(world: World, who: str, titles_: str) -> None:
    actions, following = shown(world, world[who].tab)
    assert_equal((actions, following is not None), (quoted(titles_), True), f"what {who} is shown")


@then("{who} is shown {n} things, and there is more")
def shown_so_many(world: World, who: str, n: str) -> None:
    actions, following = shown(world, world[who].tab)
    assert_equal((len(actions), following is not None), (int(n), True), f"what {who} is shown")


@then('since "{action}" {who} is shown {titles_}, and no more')
def shown_since(world: World, action: str, who: str, titles_: str) -> None:
    bounded(world, who, quoted(titles_), since=id_of(world, action))


@then('before "{action}" {who} is shown {titles_}, and no more')
def shown_before(world: World, action: str, who: str, titles_: str) -> None:
    bounded(world, who, quoted(titles_), before=id_of(world, action))


@then('between "{action}" and "{other}" {who} is shown {titles_}, and no more')
def shown_between(world: World, action: str, other: str, who: str, titles_: str) -> None:
    bounded(world, who, quoted(titles_), since=id_of(world, action), before=id_of(world, other))


@then('{n} at a time since "{action}", while more happens, {who} gets {titles_}')
def pages_since(world: World, n: str, action: str, who: str, titles_: str) -> None:
    tab, person = world[who].tab, world[who]
    wanted: dict[str, Any] = {"limit": int(n), "since": id_of(world, action)}
    found: list[str] = []
    for _ in range(MOST_PAGES):
        start = len(tab.journal)
        answer = assert_accepted(tab.call("activity:feed", wanted))
        page = tab.expect("activity:feed", since=start).payload
        assert_equal(answer["next"], page["next"], "next, in the ack and in the page")
        found += [item["action"] for item in page["items"]]
        record(world, person, "meanwhile")
        if page["next"] is None:
            break
        wanted["before"] = page["next"]
    else:
        raise UnmetError("an end of the pages", f"after {MOST_PAGES} pages of {n}, {found}")
    assert_equal(found, quoted(titles_), f"all that {who} gets")


@then("over REST {who} finds {titles_}")
def found_over_rest(world: World, who: str, titles_: str) -> None:
    body = world.ask(world[who], "activity:list").body
    assert_equal([item["action"] for item in body["items"]], quoted(titles_), f"what {who} finds")


@then('over REST {who} finds of "{room}" {titles_}')
def found_of_entity(world: World, who: str, room: str, titles_: str) -> None:
    kind, id_ = room.split(":")
    body = world.ask(world[who], "activity:entity", places={"entity_type": kind, "entity_id": id_}).body
    assert_equal([item["action"] for item in body["items"]], quoted(titles_), f"what {who} finds of {room}")


@then("over REST {who} finds {titles_} with {object_}")
def found_with(world: World, who: str, titles_: str, object_: str) -> None:
    body = world.ask(world[who], "activity:list", query=json.loads(object_)).body
    assert_equal([item["action"] for item in body["items"]], quoted(titles_), f"what {who} finds with {object_}")


@then("it is the same activity as before")
def same_as_before(world: World) -> None:
    reply = need_reply(world)
    assert_equal((reply.status, reply.body["activity"]["id"]), (200, world.notes["recorded"][-2]), "status and id")


@contextmanager
def heard_in_company(world: World, tenant: str) -> Iterator[None]:
    """What is done in the context is over when every open tab of a company has heard of it."""
    marks = [(tab, len(tab.journal)) for tab in world.company(tenant)]
    yield
    for tab, mark in marks:
        tab.expect("activity", since=mark)


def record(world: World, person: Person, action: str, room: str = INVOICE, **fields: Any) -> Answer:
    """A back end records what somebody did, which must succeed."""
    reply = publish(world, person, action, room, fields=fields)
    assert_equal(reply.status, 201, f"the status of {reply}")
    return reply


def publish(
    world: World, person: Person, action: str, room: str = INVOICE, *, fields: dict[str, Any] | None = None, **more: Any
) -> Answer:
    """A back end of somebody's company asks to record what they did."""
    body = {**body_of(person, action, room), **(fields or {})}
    reply = world.publish(person.tenant, "activity:record", body, **more)
    if reply.ok:
        world.notes.setdefault("recorded", []).append(reply.body["activity"]["id"])
        world.notes["id of", action] = reply.body["activity"]["id"]
    return reply


def body_of(person: Person, action: str, room: str) -> dict[str, Any]:
    """What a back end says of somebody's deed."""
    kind, id_ = room.split(":")
    return {
        "user_id": person.user_id,
        "user_name": person.name,
        "action": action,
        "entity_type": kind,
        "entity_id": id_,
        "entity_name": f"The {kind} {id_}",
    }


def shown(world: World, tab: Tab) -> tuple[list[str], str | None]:
    """The actions of the page that came last, which the ack must agree with, and where the next one begins."""
    assert_accepted(world.answer)
    page = tab.expect("activity:feed", where=lambda payload: payload["next"] == world.answer["next"]).payload
    return [item["action"] for item in page["items"]], page["next"]


def bounded(world: World, who: str, actions: list[str], **bounds: str) -> None:
    """Somebody asks for a part of what happened, on the socket and over REST, and is shown these."""
    world.set_marks()
    act(world, who, world[who].tab, "activity:feed", bounds)
    assert_equal(shown(world, world[who].tab), (actions, None), f"what {who} is shown with {bounds}")
    body = world.ask(world[who], "activity:list", query=bounds).body
    assert_equal([item["action"] for item in body["items"]], actions, f"what {who} finds over REST with {bounds}")


def id_of(world: World, action: str) -> str:
    """The id of the last item of that action."""
    return str(world.notes["id of", action])
