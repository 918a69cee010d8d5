"""How somebody is and where, and who sees it."""

from __future__ import annotations

import json
from typing import Any

from realtime_contracts.conform.sentences import given, then, when
from realtime_contracts.conform.steps.common import (
    act,
    assert_equal,
    given_update,
    present,
    see_page,
    see_status,
    status_in,
)
from realtime_contracts.conform.steps.hearing import hear, listeners
from realtime_contracts.conform.world import World
from realtime_contracts.wire.timeouts import patience


@given("{who} is {status}")
def given_status(world: World, who: str, status: str) -> None:
    person = present(world, who)
    if person.tab.view.users[person.user_id].status != status:
        person.tab.call("presence:update", {"status": status})
        world.settle(person.tenant)


@given("{who} is away by choice")
def away_by_choice(world: World, who: str) -> None:
    present(world, who).tab.call("presence:update", {"status": "away"})
    world.settle(world[who].tenant)


@given('{who} is on page "{page}"')
def given_page(world: World, who: str, page: str) -> None:
    given_update(world, who, {"current_page": page})


@given('{who} is viewing "{entity}"')
def given_viewing(world: World, who: str, entity: str) -> None:
    entity_type, entity_id = entity.split(":")
    given_update(world, who, {"entity_type": entity_type, "entity_id": entity_id})


@when("{who} sets herself {status}")
def set_status(world: World, who: str, status: str) -> None:
    update(world, who, {"status": status})


@when('{who} sets herself {status} on page "{page}" viewing "{entity}"')
def set_everything(world: World, who: str, status: str, page: str, entity: str) -> None:
    entity_type, entity_id = entity.split(":")
    update(world, who, {"status": status, "current_page": page, "entity_type": entity_type, "entity_id": entity_id})


@when('{who} moves to page "{page}"')
def move(world: World, who: str, page: str) -> None:
    update(world, who, {"current_page": page})


@when("{who} updates her presence without a payload")
def update_nothing(world: World, who: str) -> None:
    update(world, who, None)


@when("{who} updates her presence with {payload}")
def update_with(world: World, who: str, payload: str) -> None:
    update(world, who, json.loads(payload))


def update(world: World, who: str, payload: dict[str, Any] | None) -> None:
    """`presence:update`, the answer kept for the scenario."""
    payloads = [] if payload is None else [payload]
    act(world, who, world[who].tab, "presence:update", *payloads)


@then("{people} are told that {whom} is {status}")
@then("{people} is told that {whom} is {status}")
def told(world: World, people: list[str], whom: str, status: str) -> None:
    for listener in listeners(world, people):
        hear(world, listener, "presence:update", world[whom], status=status, user_name=whom)


@then("{who} is told that {whom} is {status} on page {page_} viewing {entity_}")
def told_location(world: World, who: str, whom: str, status: str, page_: str, entity_: str) -> None:
    page = None if page_ == "nothing" else page_.strip('"')
    entity_type, entity_id = (None, None) if entity_ == "nothing" else entity_.strip('"').split(":")
    hear(
        world,
        world[who],
        "presence:update",
        world[whom],
        status=status,
        current_page=page,
        current_entity_type=entity_type,
        current_entity_id=entity_id,
    )


@then("both tabs of {who} are told")
def both_told(world: World, who: str) -> None:
    assert_equal(len(world[who].tabs), 2, f"the tabs of {who}")
    hear(world, world[who], "presence:update", world[who])


@then("{who} sees {whom} as {status}")
def sees(world: World, who: str, whom: str, status: str) -> None:
    tab, user_id = world[who].tab, world[whom].user_id
    tab.wait_until(lambda: status_in(tab, user_id) == status, f"{whom} as {status}")


@then("everybody sees {whom} as {status}")
def everybody_sees(world: World, whom: str, status: str) -> None:
    world.barrier(world[whom].tenant)
    see_status(world, world[whom], status, patience())
    for tab in world.company(world[whom].tenant):
        tab.ask_list()
        assert_equal(status_in(tab, world[whom].user_id), status, f"the status of {whom} in the list")


@then('everybody sees that {whom} is called "{name}"')
def everybody_sees_name(world: World, whom: str, name: str) -> None:
    world.barrier(world[whom].tenant)
    for tab in world.company(world[whom].tenant):
        assert_equal(tab.view.users[world[whom].user_id].name, name, f"the name of {whom} in {tab.label}")


@then('everybody sees {whom} on page "{page}"')
def everybody_sees_page(world: World, whom: str, page: str) -> None:
    see_page(world, world[whom], page)


@then("everybody sees {whom} on no page")
def everybody_sees_no_page(world: World, whom: str) -> None:
    see_page(world, world[whom], None)


@then("{who}'s change of status was announced only if there was one, or if she asked")
def announced_rightly(world: World, who: str) -> None:
    person = world[who]
    world.barrier(person.tenant)
    for tab in world.company(person.tenant):
        if tab in person.tabs[1:]:
            continue  # a tab that has just come
        updates = [e for e in tab.journal.events("presence:update") if e.payload["user_id"] == person.user_id]
        heard = [e for e in updates if e in tab.journal.since(tab.mark)]
        before = [e.payload["status"] for e in updates if e not in heard]
        was = before[-1] if before else "online"
        expected = 1 if world.notes.get("event") == "presence:update" or was != status_in(tab, person.user_id) else 0
        assert_equal(len(heard), expected, f"how often {tab.label} heard of {who}'s status")


@then("the answer is the presence of {who} as it now is")
def answer_is_presence(world: World, who: str) -> None:
    message = world[who].tab.expect("presence:update", user_id=world[who].user_id)
    assert_equal(world.answer, {"ok": True, **message.payload}, "the answer")


@then("the answer has the number that {who} hears")
def answer_number(world: World, who: str) -> None:
    assert_equal(world.answer["seq"], world[who].tab.expect("presence:update").payload["seq"], "the number")
