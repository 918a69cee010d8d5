"""Reading a room's document: whole, or what was missed, and that it is the same for everybody."""

from __future__ import annotations

import copy
import json
from typing import Any

from realtime_contracts.conform.document_view import patched, same
from realtime_contracts.conform.sentences import then, when
from realtime_contracts.conform.steps.common import act, assert_accepted, assert_equal, home
from realtime_contracts.conform.tab import Tab
from realtime_contracts.conform.world import World


@when("{who} asks for the document")
def ask_document(world: World, who: str) -> None:
    act(world, who, world[who].tab, "doc:sync", {"room_id": world.room})


@when("{who} asks for what has changed since version {n}")
def ask_changes(world: World, who: str, n: str) -> None:
    act(world, who, world[who].tab, "doc:sync", {"room_id": world.room, "since_version": int(n)})


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
    """What the user's lost tab had, and on top of it what the new one was told it has missed."""
    person = world[who]
    lost = next(tab for tab in reversed(world.tabs) if tab.user_id == person.user_id and not tab.connected)
    content = copy.deepcopy(lost.document(world.room).content)
    if content is None:
        raise AssertionError(f"{lost.label} never had the document")
    for edit in person.tab.expect("doc:sync", room_id=world.room).payload["changes"]:
        content = patched(content, edit["changes"])
    assert_content(content, json.loads(object_), f"the document that {who} has")


@then("the document is {object_} at version {n}")
def document_is(world: World, object_: str, n: str) -> None:
    everybody_has(world, json.loads(object_), int(n))


@then("the document is as it was")
def document_is_as_it_was(world: World) -> None:
    everybody_has(world, *world.notes["document"])


def everybody_has(world: World, content: dict[str, Any], version: int) -> None:
    """Whoever is in the room has folded this from what they heard, and is told the same when they ask."""
    tabs = world.members(home(world))
    assert_equal(tabs != [], True, "somebody is in the room")
    for tab in tabs:
        view = tab.document(world.room)
        if view.version is not None:
            tab.wait_until(lambda view=view: view.version >= version, f"version {version}")  # type: ignore[misc]
        if view.content is not None:
            assert_content(view.content, content, f"the document that {tab.label} has")
        payload = ask(tab, world.room)
        assert_equal(payload["version"], version, f"the version that {tab.label} gets")
        assert_content(payload["content"], content, f"the document that {tab.label} gets")


def ask(tab: Tab, room: str) -> dict[str, Any]:
    """Ask for the whole document. Returns what comes."""
    start = len(tab.journal)
    assert_accepted(tab.call("doc:sync", {"room_id": room}))
    payload: dict[str, Any] = tab.expect("doc:sync", since=start, room_id=room).payload
    return payload


def answer_to(world: World, who: str) -> dict[str, Any]:
    """The `doc:sync` that somebody has got, with which the answer must agree."""
    tab = world[who].acting or world[who].tab
    payload: dict[str, Any] = tab.expect("doc:sync", room_id=world.room).payload
    answer = {"ok": True, "room_id": world.room, "version": payload["version"]}
    assert_equal(world.answer, answer, "the answer")
    return payload


def assert_content(actual: Any, expected: Any, what: str) -> None:
    """The same JSON; `true` is not 1."""
    if not same(actual, expected):
        raise AssertionError(f"{what}: expected {str(expected)[:1000]}, got {str(actual)[:1000]}")
