"""A back end notifies people, over REST."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from realtime_contracts.conform.payloads import payload
from realtime_contracts.conform.person import Person
from realtime_contracts.conform.rest import Answer
from realtime_contracts.conform.sentences import given, when
from realtime_contracts.conform.steps.common import assert_equal
from realtime_contracts.conform.world import World

#: Requests that a hurried back end makes at the same time.
HURRIED = 8


@given('{who} was notified of "{title}"')
def was_notified(world: World, who: str, title: str) -> None:
    with heard_by(world[who], "notification", "notification:count"):
        make(world, world[who], title=title)


@given('{who} was notified of "{title}" under the key "{key}"')
def was_notified_under_key(world: World, who: str, title: str, key: str) -> None:
    with heard_by(world[who], "notification", "notification:count"):
        notified_under_key(world, who, title, key)


@given('{who} was notified of "{title}", for {n} second')
def was_notified_for(world: World, who: str, title: str, n: str) -> None:
    make(world, world[who], title=title, expires_in=int(n))


@given("{who} was notified {n} times")
def was_notified_often(world: World, who: str, n: str) -> None:
    for number in range(1, int(n) + 1):
        was_notified(world, who, f"No {number}")


@when("{who} is notified {n} times in a hurry")
def notified_in_a_hurry(world: World, who: str, n: str) -> None:
    with ThreadPoolExecutor(HURRIED) as pool:
        list(pool.map(lambda number: make(world, world[who], title=f"No {number}"), range(1, int(n) + 1)))


@when('{who} is notified of "{title}"')
def is_notified(world: World, who: str, title: str) -> None:
    make(world, world[who], title=title)


@when('{who} is notified of "{title}" with {payload_}')
def is_notified_with(world: World, who: str, title: str, payload_: str) -> None:
    make(world, world[who], title=title, **json.loads(payload(payload_).texts[0]))


@when('{who} is notified of "{title}" under the key "{key}"')
def notified_under_key(world: World, who: str, title: str, key: str) -> None:
    publish(world, world[who], {"title": title}, headers={"Idempotency-Key": key})


@when("it is refused to notify {who}, each at its place:")
def each_refused(world: World, who: str, datatable: list[list[str]]) -> None:
    for words, path in datatable[1:]:
        reply = publish(world, world[who], json.loads(payload(words).texts[0]))
        assert_equal((reply.code, reply.path), ("invalid_payload", path), f"the answer to {words[:100]}")


@when('a back end tries to notify {who} of "{title}"')
def back_end_tries(world: World, who: str, title: str) -> None:
    publish(world, world[who], {"title": title})


@when("{who} tries to notify {whom}")
def tries_to_notify(world: World, who: str, whom: str) -> None:
    body = {"user_id": world[whom].user_id, "type": "note", "title": "Hello"}
    world.ask(world[who], "notifications:create", body=body)


@contextmanager
def heard_by(person: Person, *events: str) -> Iterator[None]:
    """What is done in the context is over when every tab of somebody has heard these events."""
    marks = [(tab, len(tab.journal)) for tab in person.tabs]
    yield
    for tab, mark in marks:
        for event in events:
            tab.expect(event, since=mark)


def make(world: World, person: Person, **fields: Any) -> Answer:
    """A back end notifies somebody, which must succeed."""
    reply = publish(world, person, fields)
    assert_equal(reply.status, 201, f"the status of {reply}")
    return reply


def publish(world: World, person: Person, fields: dict[str, Any], **options: Any) -> Answer:
    """A back end of somebody's company asks to notify them."""
    body = {"user_id": person.user_id, "type": "note", "title": "Hello", **fields}
    reply = world.publish(person.tenant, "notifications:create", body, **options)
    if reply.ok:
        world.notes.setdefault("made", []).append(reply.body["notification"]["id"])
    return reply
