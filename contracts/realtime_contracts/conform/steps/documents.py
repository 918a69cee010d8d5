"""Editing a room's document: edits, versions, and reading all of it or the missed edits."""

from __future__ import annotations

import copy
import itertools
import json
import uuid
from typing import Any

from realtime_contracts.conform.document_view import Changes, patched, same
from realtime_contracts.conform.payloads import MIB, PATCHES, Payload
from realtime_contracts.conform.sentences import given, then, when
from realtime_contracts.conform.state import Edit
from realtime_contracts.conform.steps.common import (
    act,
    assert_accepted,
    assert_equal,
    assert_refused,
    present,
    together,
)
from realtime_contracts.conform.steps.errors import invalid_at
from realtime_contracts.conform.steps.hearing import assert_silent, silence_of, tabs_of
from realtime_contracts.conform.tab import Tab
from realtime_contracts.conform.world import World
from realtime_contracts.wire.journal import UnmetError

#: Seconds that hundreds of edits may take on a busy machine.
MANY_EDITS_SECONDS = 60.0
#: Edits sent before the first answer is awaited: a pong behind hundreds of them would be late.
UNDER_WAY = 25


# Opening a document


@given('{people} is/are editing "{room}"')
def are_editing(world: World, people: list[str], room: str) -> None:
    for who in people:
        open_document(world, present(world, who).tab, who, room)


@given('{who} is editing "{room}" in two tabs')
def editing_twice(world: World, who: str, room: str) -> None:
    for _ in range(2):
        open_document(world, world.connect(world[who]), who, room)


@given("the document is {object_}")
def document_is_given(world: World, object_: str) -> None:
    """Set the first content of the room's document, and wait until everybody has it."""
    content = json.loads(object_)
    everybody = world.members(world.home)
    changes: Changes = [{"op": "replace", "path": "", "value": content}]
    version = assert_accepted(send_edit(world, everybody[0], changes))["version"]
    world.documents.content, world.documents.version = content, version
    for tab in everybody:
        tab.wait_until(lambda tab=tab: tab.document(world.room).version == version, f"version {version}")  # type: ignore[misc]


@given("the document has {n} bytes less than 1 MiB")
def almost_full(world: World, n: str) -> None:
    """Half of the text takes two bytes a character, to detect a server that counts characters."""
    texts = {f"part{number}": "é" * 50_000 for number in range(5)} | {"rest": ""}
    size = len(json.dumps(texts, ensure_ascii=False, separators=(",", ":")).encode())
    texts["rest"] = "x" * (MIB - size - int(n))
    tab = world.members(world.home)[0]
    for name, text in texts.items():
        assert_accepted(send_edit(world, tab, [{"op": "add", "path": f"/{name}", "value": text}]))
    world.documents.content, world.documents.version = texts, len(texts)


def open_document(world: World, tab: Tab, who: str, room: str) -> None:
    """Join a room and ask for its document, as a front end does."""
    world.enter(tab, world[who], room)
    read_document(tab, room)


# Editing


@when("{who} edits {patch}")
@when("{who} edits {patch} on version {n}")
def edits(world: World, who: str, patch: str, n: str | None = None) -> None:
    edit(world, who, json.loads(patch), n)


@when("{who} edits with {what}")
def edits_with(world: World, who: str, what: str) -> None:
    edit(world, who, PATCHES[what])


@when('{tab} sets "{path}" to {value_}')
@when('{tab} sets "{path}" to {value_} on version {n}')
def sets(world: World, tab: str, path: str, value_: str, n: str | None = None) -> None:
    edit(world, tab, setting(path, value_), n)


@when('{who} sets "{path}" to {value_} under the same id')
def sets_under_the_same_id(world: World, who: str, path: str, value_: str) -> None:
    edit(world, who, setting(path, value_), edit_id=world.documents.last.payload["edit_id"])


@when("{who} is refused each of these edits, at its place:")
def each_refused(world: World, who: str, datatable: list[list[str]]) -> None:
    for patch, path in datatable[1:]:
        edit(world, who, json.loads(patch))
        assert_equal(invalid_at(world), path, f"where {patch} is wrong")


@when("{who} sends that edit again")
def sends_again(world: World, who: str) -> None:
    act(world, who, "doc:edit", world.documents.last.payload)


@when("{tab} sends the first edit again")
def sends_first_again(world: World, tab: str) -> None:
    first = world.documents.first
    world.documents.last = first
    act(world, tab, "doc:edit", first.payload)


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


def edit(world: World, who: str, changes: Changes, base: str | None = None, edit_id: str | None = None) -> None:
    """Send an edit on the tab's version; keep it and its answer."""
    person, tab = world.tab_of(who)
    payload = edit_payload(world, tab, changes, None if base is None else int(base), edit_id)
    world.documents.last = Edit(person, tab, payload)
    if not hasattr(world.documents, "first"):
        world.documents.first = world.documents.last
    act(world, who, "doc:edit", payload)


def send_edit(world: World, tab: Tab, changes: Changes) -> dict[str, Any]:
    """Send an edit that is not the scenario's subject. Returns the answer."""
    return tab.call("doc:edit", edit_payload(world, tab, changes))


def edit_payload(
    world: World, tab: Tab, changes: Changes, base: int | None = None, edit_id: str | None = None
) -> dict[str, Any]:
    """Return an edit of the scenario's room. By default the base is the tab's version and the id is new."""
    known = tab.document(world.room).version or 0
    return {
        "room_id": world.room,
        "base_version": known if base is None else base,
        **of_epoch(known_epoch(world, tab)),
        "changes": changes,
        "edit_id": edit_id or str(uuid.uuid4()),
    }


def known_epoch(world: World, tab: Tab) -> str | None:
    """Return the epoch of the document that a tab has, or that a tab of the same user had before; None if none had."""
    earlier = [other for other in reversed(world.tabs) if other.user_id == tab.user_id]
    epochs = [other.document(world.room).epoch for other in (tab, *earlier)]
    return next((epoch for epoch in epochs if epoch is not None), None)


def of_epoch(epoch: str | None) -> dict[str, str]:
    """Return the member that names an epoch, if there is one."""
    return {} if epoch is None else {"epoch": epoch}


def setting(path: str, value: str) -> Changes:
    """Return the changes that set a member to a JSON value."""
    return [{"op": "add", "path": path, "value": json.loads(value)}]


# Results of an edit


@then("that edit is version {n}")
def is_version(world: World, n: str) -> None:
    last = world.documents.last
    epoch = last.tab.document(last.payload["room_id"]).epoch
    assert_equal(world.answer, {"ok": True, "version": int(n), "epoch": epoch}, "the answer to the edit")


@then("{people} get(s) that edit as version {n}")
def get_edit(world: World, people: list[str], n: str) -> None:
    for tab in tabs_of(world, people):
        gets_edit(world, tab, int(n))


@then("the other tab of {who} gets that edit as version {n}")
def other_gets_edit(world: World, who: str, n: str) -> None:
    [other] = [tab for tab in world[who].tabs if tab is not world.documents.last.tab]
    gets_edit(world, other, int(n))


def gets_edit(world: World, tab: Tab, version: int) -> None:
    """Assert that a tab receives the edit as it was sent, with its author and version."""
    sent = world.documents.last
    heard = tab.expect("doc:edit", version=version).payload
    expected = {
        "room_id": sent.payload["room_id"],
        "version": version,
        "epoch": sent.payload.get("epoch", heard["epoch"]),
        "user_id": sent.editor.user_id,
        "user_name": sent.editor.name,
        "changes": sent.payload["changes"],
        "edit_id": sent.payload["edit_id"],
    }
    assert_equal((heard, same(heard, expected)), (expected, True), f"what {tab.label} hears of the edit")


@then("{people} hear(s) of no edit")
def no_edit(world: World, people: list[str]) -> None:
    silence_of(world, people, "doc:edit")


@then("{who} hears of no change of {whom}'s status")
def no_change_of_status(world: World, who: str, whom: str) -> None:
    """A user wrongly back from away becomes away again when idle, so check that nobody received their return."""
    about = world[whom].user_id
    world.barrier(world[who].tenant)
    for tab in world[who].tabs:
        heard = world.heard(tab, name="presence:update")
        assert_silent(tab, [e for e in heard if e.payload["user_id"] == about])


@then("{who} is told that the document is at version {n}, and of the edits from {m} on")
def told_of_conflict(world: World, who: str, n: str, m: str) -> None:
    tab = world[who].tab
    tab.expect("doc:edit", since=0, version=int(n))
    heard = [e.payload for e in tab.journal.events("doc:edit") if int(m) <= e.payload["version"] <= int(n)]
    assert_equal(len(heard), int(n) - int(m) + 1, f"the edits that {who} has heard of")
    details = {"version": int(n), "epoch": tab.document(world.room).epoch, "changes": heard}
    assert_equal(world.answer["error"]["details"], details, "the details")


@then("{who} is told that the document is at version {n}, and of no edit")
def told_of_version(world: World, who: str, n: str) -> None:
    epoch = world[who].tab.document(world.room).epoch or read_document(world[who].tab, world.room)["epoch"]
    details = {"version": int(n), "epoch": epoch, "changes": None}
    assert_equal(world.answer["error"]["details"], details, "the details")


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


# Reading it


@when("{who} asks for the document")
@when("{who} asks for what has changed since version {n}")
def asks_document(world: World, who: str, n: str | None = None) -> None:
    since = {} if n is None else {"since_version": int(n), **of_epoch(known_epoch(world, world[who].tab))}
    act(world, who, "doc:sync", {"room_id": world.room, **since})


@then("{who} gets the whole document {object_} at version {n}")
def gets_whole(world: World, who: str, object_: str, n: str) -> None:
    payload = answer_to(world, who)
    assert_equal((payload["version"], payload["changes"]), (int(n), []), "the version and the changes")
    assert_content(payload["content"], json.loads(object_), f"the document that {who} gets")


@then("{who} gets the edits from {n} to {m}")
def gets_edits(world: World, who: str, n: str, m: str) -> None:
    payload = answer_to(world, who)
    assert_equal((payload["version"], payload["content"]), (int(m), None), "the version and the content")
    versions = [edit["version"] for edit in payload["changes"]]
    assert_equal(versions, list(range(int(n), int(m) + 1)), "the versions of the edits")
    heard = {e.payload["version"]: e.payload for tab in world.tabs for e in tab.journal.events("doc:edit")}
    for edit in payload["changes"]:
        assert_equal(edit, heard.get(edit["version"], edit), f"edit {edit['version']}, as the others heard it")


@then("{who} gets no edits at version {n}")
def gets_no_edits(world: World, who: str, n: str) -> None:
    payload = answer_to(world, who)
    assert_equal((payload["version"], payload["content"], payload["changes"]), (int(n), None, []), "what was missed")


@then("with them {who} has the document {object_}")
def has_document(world: World, who: str, object_: str) -> None:
    """Assert the content: the lost tab's document, plus the edits that the new tab was sent."""
    person = world[who]
    lost = next(tab for tab in reversed(world.tabs) if tab.user_id == person.user_id and not tab.connected)
    content = copy.deepcopy(lost.document(world.room).content)
    if content is None:
        raise UnmetError(f"{lost.label} had the document", "it never had it")
    for edit in person.tab.expect("doc:sync", room_id=world.room).payload["changes"]:
        content = patched(content, edit["changes"])
    assert_content(content, json.loads(object_), f"the document that {who} has")


@then("the document is {object_} at version {n}")
def document_is(world: World, object_: str, n: str) -> None:
    everybody_has(world, json.loads(object_), int(n))


@then("the document is as it was")
def document_is_as_it_was(world: World) -> None:
    everybody_has(world, world.documents.content, world.documents.version)


def everybody_has(world: World, content: dict[str, Any], version: int) -> None:
    """Assert that everybody in the room has folded this content, and is sent the same on request."""
    tabs = world.members(world.home)
    assert_equal(tabs != [], True, "somebody is in the room")
    for tab in tabs:
        view = tab.document(world.room)
        if view.version is not None:
            tab.wait_until(lambda view=view: view.version >= version, f"version {version}")  # type: ignore[misc]
        if view.content is not None:
            assert_content(view.content, content, f"the document that {tab.label} has")
        payload = read_document(tab, world.room)
        assert_equal(payload["version"], version, f"the version that {tab.label} gets")
        assert_content(payload["content"], content, f"the document that {tab.label} gets")


def read_document(tab: Tab, room: str) -> dict[str, Any]:
    """Request the whole document. Returns the message."""
    start = len(tab.journal)
    assert_accepted(tab.call("doc:sync", {"room_id": room}))
    payload: dict[str, Any] = tab.expect("doc:sync", since=start, room_id=room).payload
    return payload


def answer_to(world: World, who: str) -> dict[str, Any]:
    """Return the `doc:sync` that answers a user's request; the ack must agree with it.

    It is the last before the ack: a server that has just missed something may send one unasked.
    """
    tab = world[who].acting or world[who].tab
    payload: dict[str, Any] = tab.expect("doc:sync", room_id=world.room).payload
    for entry in itertools.takewhile(lambda entry: entry.kind != "ack", tab.journal.since(tab.mark)):
        if entry.kind == "event" and entry.name == "doc:sync" and entry.payload["room_id"] == world.room:
            payload = entry.payload
    answer = {"ok": True, "room_id": world.room, "version": payload["version"], "epoch": payload["epoch"]}
    assert_equal(world.answer, answer, "the answer")
    return payload


def assert_content(actual: Any, expected: Any, what: str) -> None:
    """Assert equal JSON; `true` is not 1."""
    if not same(actual, expected):
        raise UnmetError(f"{what} is {str(expected)[:1000]}", str(actual)[:1000])
