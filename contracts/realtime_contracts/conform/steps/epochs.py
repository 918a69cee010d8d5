"""The epoch of a document: whose versions count, and what is told to those who have others."""

from __future__ import annotations

import json

from realtime_contracts.conform.sentences import then, when
from realtime_contracts.conform.state import Edit
from realtime_contracts.conform.steps.common import act, assert_equal
from realtime_contracts.conform.steps.documents import (
    assert_content,
    edit_payload,
    known_epoch,
    of_epoch,
    read_document,
    setting,
)
from realtime_contracts.conform.steps.hearing import tabs_of
from realtime_contracts.conform.tab import Tab
from realtime_contracts.conform.world import World

#: An epoch that no server has.
ANOTHER = "another"


@when("{who} asks for what has changed since version {n} {epoch_}")
def asks_since(world: World, who: str, n: str, epoch_: str) -> None:
    since = {"since_version": int(n), **of_epoch(named(world, world[who].tab, epoch_))}
    act(world, who, "doc:sync", {"room_id": world.room, **since})


@when('{who} sets "{path}" to {value_} on version {n} {epoch_}')
def sets_on(world: World, who: str, path: str, value_: str, n: str, epoch_: str) -> None:
    person, tab = world.tab_of(who)
    payload = edit_payload(world, tab, setting(path, value_), int(n))
    payload.pop("epoch", None)
    payload |= of_epoch(named(world, tab, epoch_))
    world.documents.last = Edit(person, tab, payload)
    act(world, who, "doc:edit", payload)


@then("{people} know the document by the same epoch")
def same_epoch(world: World, people: list[str]) -> None:
    tabs = tabs_of(world, people)
    expected = known_epoch(world, tabs[0])
    for tab in tabs:
        told = (tab.document(world.room).epoch, read_document(tab, world.room)["epoch"])
        assert_equal(told, (expected, expected), f"the epoch that {tab.label} knows, and gets")


@then("{who} and {whom} know their documents by two epochs")
def two_epochs(world: World, who: str, whom: str) -> None:
    epochs = [next(iter(payloads(tab)))["epoch"] for tab in tabs_of(world, [who, whom])]
    assert_equal(epochs[0] == epochs[1], False, f"that {epochs[0]!r} and {epochs[1]!r} are the same epoch")


@then("{people} are told of another epoch, which begins with {object_} at version {n}")
def told_of_epoch(world: World, people: list[str], object_: str, n: str) -> None:
    for tab in tabs_of(world, people):
        before, view = tab.mark, tab.document(world.room)
        tab.wait_until(lambda view=view: view.epoch_before is not None, "another epoch")  # type: ignore[misc]
        told = next(one for one in payloads(tab, before) if one["epoch"] == view.epoch)
        assert_equal(
            (told["version"], told["changes"]), (int(n), []), f"the version and the changes that {tab.label} gets"
        )
        assert_content(told["content"], json.loads(object_), f"the document that {tab.label} gets")


def payloads(tab: Tab, since: int = 0) -> list[dict[str, object]]:
    """Return what a tab was sent as `doc:sync`."""
    return [entry.payload for entry in tab.journal.events("doc:sync", since=since)]


def named(world: World, tab: Tab, epoch_: str) -> str | None:
    """Return the epoch that a step speaks of; None for none."""
    if epoch_ == "without an epoch":
        return None
    return ANOTHER if epoch_ == "of another epoch" else tab.document(world.room).epoch_before
