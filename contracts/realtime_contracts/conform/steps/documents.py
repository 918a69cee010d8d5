"""Editing a room's document together: edits, the versions they make, and what is answered if they cannot be made."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from typing import Any

from realtime_contracts.conform.document_view import Changes, same
from realtime_contracts.conform.payloads import MIB, Payload, long_patch
from realtime_contracts.conform.person import Person
from realtime_contracts.conform.sentences import given, then, when
from realtime_contracts.conform.steps.common import (
    act,
    assert_accepted,
    assert_equal,
    assert_refused,
    home,
    present,
)
from realtime_contracts.conform.steps.errors import invalid_at
from realtime_contracts.conform.steps.hearing import assert_silent, listeners, silence_of
from realtime_contracts.conform.steps.nodes import together
from realtime_contracts.conform.tab import Tab
from realtime_contracts.conform.world import World

#: Seconds that hundreds of edits may take on a machine with better things to do.
MANY_EDITS_SECONDS = 60.0

#: Edits that are sent before the answers are waited for: a pong behind hundreds of them would come too late.
UNDER_WAY = 25


@dataclass(frozen=True)
class Edit:
    """An edit as it was sent: who sent it in which tab, and its payload."""

    editor: Person
    tab: Tab
    payload: dict[str, Any]


# Having it open


@given('{people} are editing "{room}"')
@given('{people} is editing "{room}"')
def are_editing(world: World, people: list[str], room: str) -> None:
    for who in people:
        open_document(world, present(world, who).tab, world[who], room)


@given('{who} is editing "{room}" in two tabs')
def editing_twice(world: World, who: str, room: str) -> None:
    for _ in range(2):
        open_document(world, world.connect(world[who]), world[who], room)


@given("the document is {object_}")
def document_is_given(world: World, object_: str) -> None:
    write_document(world, json.loads(object_))


@given("the document has {n} bytes less than 1 MiB")
def almost_full(world: World, n: str) -> None:
    """Half of the text has two bytes a character, so that whoever counts those is found out."""
    texts = {f"part{number}": "é" * 50_000 for number in range(5)} | {"rest": ""}
    size = len(json.dumps(texts, ensure_ascii=False, separators=(",", ":")).encode())
    texts["rest"] = "x" * (MIB - size - int(n))
    tab = world.members(home(world))[0]
    for name, text in texts.items():
        assert_accepted(send_edit(world, tab, [{"op": "add", "path": f"/{name}", "value": text}]))
    world.notes["document"] = (texts, len(texts))


def open_document(world: World, tab: Tab, person: Person, room: str) -> None:
    """Enter a room and ask for its document, as a front end does."""
    world.enter(tab, person, room)
    start = len(tab.journal)
    assert_accepted(tab.call("doc:sync", {"room_id": room}))
    tab.expect("doc:sync", since=start, room_id=room)


def write_document(world: World, content: dict[str, Any]) -> None:
    """The first one in the room replaces the whole document; everybody has it when this returns."""
    everybody = world.members(home(world))
    changes: Changes = [{"op": "replace", "path": "", "value": content}]
    version = assert_accepted(send_edit(world, everybody[0], changes))["version"]
    world.notes["document"] = (content, version)
    for tab in everybody:
        tab.wait_until(lambda tab=tab: tab.document(world.room).version == version, f"version {version}")  # type: ignore[misc]


# Editing


@when("{who} edits {patch}")
def edits(world: World, who: str, patch: str) -> None:
    edit(world, who, world[who].tab, json.loads(patch))


@when("{who} edits {patch} on version {n}")
def edits_on(world: World, who: str, patch: str, n: str) -> None:
    edit(world, who, world[who].tab, json.loads(patch), base=int(n))


@when("{who} edits with {what}")
def edits_with(world: World, who: str, what: str) -> None:
    edit(world, who, world[who].tab, long_patch(what))


@when('{who} sets "{path}" to {value_}')
def sets(world: World, who: str, path: str, value_: str) -> None:
    edit(world, who, world[who].tab, setting(path, value_))


@when('{who} sets "{path}" to {value_} on version {n}')
def sets_on(world: World, who: str, path: str, value_: str, n: str) -> None:
    edit(world, who, world[who].tab, setting(path, value_), base=int(n))


@when('the second tab of {who} sets "{path}" to {value_}')
def sets_second(world: World, who: str, path: str, value_: str) -> None:
    edit(world, who, world[who].tabs[1], setting(path, value_))


@when("{who} is refused each of these edits, at its place:")
def each_refused(world: World, who: str, datatable: list[list[str]]) -> None:
    for patch, path in datatable[1:]:
        edit(world, who, world[who].tab, json.loads(patch))
        assert_equal(invalid_at(world), path, f"where {patch} is wrong")


@when("{who} sends that edit again")
def again(world: World, who: str) -> None:
    act(world, who, world[who].tab, "doc:edit", last_edit(world).payload)


@when("{who} sends the first edit again")
def first_again(world: World, who: str) -> None:
    world.notes["edit"] = world.notes["first edit"]
    again(world, who)


@when("the second tab of {who} sends the first edit again")
def first_again_second(world: World, who: str) -> None:
    act(world, who, world[who].tabs[1], "doc:edit", world.notes["first edit"].payload)


@when('{who} sets "{path}" to {value_} under the same id')
def under_the_same_id(world: World, who: str, path: str, value_: str) -> None:
    edit(world, who, world[who].tab, setting(path, value_), edit_id=last_edit(world).payload["edit_id"])


@given("{who} has edited {n} times")
def has_edited_often(world: World, who: str, n: str) -> None:
    tab = world[who].tab
    view, times = tab.document(world.room), int(n)
    for base in range(times):
        payload = edit_payload(world, tab, setting("/n", str(base + 1)), base)
        tab.send("doc:edit", Payload((json.dumps(payload),)))
        if base % UNDER_WAY == 0 or base + 1 == times:
            made = base + 1
            tab.wait_until(lambda made=made: view.version == made, f"version {made}", within=MANY_EDITS_SECONDS)  # type: ignore[misc]


@when("{people} edit {n} times each at the same time")
def edit_at_once(world: World, people: list[str], n: str) -> None:
    def run(who: str) -> None:
        for value in range(1, int(n) + 1):
            assert_accepted(send_edit(world, world[who].tab, setting(f"/{who}", str(value))))

    together([lambda who=who: run(who) for who in people])  # type: ignore[misc]


def edit(
    world: World, who: str, tab: Tab, changes: Changes, base: int | None = None, edit_id: str | None = None
) -> None:
    """Send an edit, made on what the tab knows, and keep it and its answer."""
    payload = edit_payload(world, tab, changes, base, edit_id)
    world.notes["edit"] = Edit(world[who], tab, payload)
    world.notes.setdefault("first edit", world.notes["edit"])
    act(world, who, tab, "doc:edit", payload)


def send_edit(world: World, tab: Tab, changes: Changes) -> dict[str, Any]:
    """Send an edit that is not what the scenario is about. Returns the answer."""
    return tab.call("doc:edit", edit_payload(world, tab, changes))


def edit_payload(
    world: World, tab: Tab, changes: Changes, base: int | None = None, edit_id: str | None = None
) -> dict[str, Any]:
    """An edit of the scenario's room; the base is what the tab knows, the id is a new one, if none is given."""
    known = tab.document(world.room).version or 0
    return {
        "room_id": world.room,
        "base_version": known if base is None else base,
        "changes": changes,
        "edit_id": edit_id or str(uuid.uuid4()),
    }


def setting(path: str, value: str) -> Changes:
    """The changes that set a member to a value, given as JSON."""
    return [{"op": "add", "path": path, "value": json.loads(value)}]


def last_edit(world: World) -> Edit:
    """What "that edit" is."""
    made: Edit = world.notes["edit"]
    return made


# What comes of it


@then("that edit is version {n}")
def is_version(world: World, n: str) -> None:
    assert_equal(world.answer, {"ok": True, "version": int(n)}, "the answer to the edit")


@then("{people} get that edit as version {n}")
@then("{people} gets that edit as version {n}")
def get_edit(world: World, people: list[str], n: str) -> None:
    for listener in listeners(world, people):
        for tab in listener.tabs:
            gets_edit(world, tab, int(n))


@then("the other tab of {who} gets that edit as version {n}")
def other_gets_edit(world: World, who: str, n: str) -> None:
    [other] = [tab for tab in world[who].tabs if tab is not last_edit(world).tab]
    gets_edit(world, other, int(n))


@then("{people} hear of no edit")
@then("{people} hears of no edit")
def no_edit(world: World, people: list[str]) -> None:
    silence_of(world, people, "doc:edit")


@then("{who} hears of no change of {whom}'s status")
def no_change_of_status(world: World, who: str, whom: str) -> None:
    """Who has wrongly come back from being away is away again when idle; that they came back has been heard."""
    about = world[whom].user_id
    world.barrier(world[who].tenant)
    for tab in world[who].tabs:
        heard = [e for e in world.heard(tab) if e.name == "presence:update"]
        assert_silent(tab, [e for e in heard if e.payload["user_id"] == about])


@then("{who} is told that the document is at version {n}, and of the edits from {m} on")
def told_of_conflict(world: World, who: str, n: str, m: str) -> None:
    tab = world[who].tab
    tab.expect("doc:edit", since=0, version=int(n))
    heard = [e.payload for e in tab.journal.events("doc:edit") if int(m) <= e.payload["version"] <= int(n)]
    assert_equal(len(heard), int(n) - int(m) + 1, f"the edits that {who} has heard of")
    assert_equal(world.answer["error"]["details"], {"version": int(n), "changes": heard}, "the details")


@then("{who} is told that the document is at version {n}, and of no edit")
def told_of_version(world: World, who: str, n: str) -> None:
    assert_equal(world.answer["error"]["details"], {"version": int(n), "changes": None}, "the details")


@then("no details are given")
def no_details(world: World) -> None:
    assert_equal(world.answer["error"]["details"], None, "the details")


@then('{who} may not read, edit or lock the document of "{room}"')
def may_not(world: World, who: str, room: str) -> None:
    tab = world[who].tabs[-1]
    editing = {"base_version": 0, "changes": setting("/a", "1"), "edit_id": str(uuid.uuid4())}
    attempts = {"doc:sync": {}, "doc:edit": editing, "doc:lock": {}, "doc:unlock": {}, "doc:lock_status": {}}
    for event, fields in attempts.items():
        assert_refused(tab.call(event, {"room_id": room, **fields}), "not_in_room", event)


def gets_edit(world: World, tab: Tab, version: int) -> None:
    """A tab hears the edit as it was sent, with who made it and the version it has made."""
    sent = last_edit(world)
    heard = tab.expect("doc:edit", version=version).payload
    expected = {
        "room_id": sent.payload["room_id"],
        "version": version,
        "user_id": sent.editor.user_id,
        "user_name": sent.editor.name,
        "changes": sent.payload["changes"],
        "edit_id": sent.payload["edit_id"],
    }
    assert_equal((heard, same(heard, expected)), (expected, True), f"what {tab.label} hears of the edit")
