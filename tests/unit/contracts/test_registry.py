"""The registry: what it knows, where it reads it, and what it says of an event that it does not know."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from realtime_contracts import Direction, Registry, UnknownEvent
from realtime_contracts.contract.registry import registry
from realtime_contracts.contract.schemas import Unreadable

if TYPE_CHECKING:
    from pathlib import Path


def test_the_default_registry_is_loaded_once() -> None:
    assert registry() is registry()


def test_events_are_asked_for_by_direction() -> None:
    assert "room:join" in registry().events(Direction.CLIENT)
    assert "room:join" not in registry().events(Direction.SERVER)
    assert "room:join" in registry().events(Direction.ACK)
    assert registry().messages(Direction.ACK) == [("ack", event) for event in sorted(registry().events(Direction.ACK))]
    assert len(registry().messages()) == sum(len(registry().events(direction)) for direction in Direction)


def test_a_schema_is_the_content_of_its_file() -> None:
    text = (registry().folder / "schemas/client/room.join.json").read_text(encoding="utf-8")
    assert registry().schema(Direction.CLIENT, "room:join") == json.loads(text)


def test_the_version_is_that_of_the_file() -> None:
    assert registry().version == (registry().folder / "VERSION").read_text(encoding="utf-8").strip()


def check_nothing(known: Registry, direction: Direction, event: str) -> object:
    return known.check(direction, event, {})


@pytest.mark.parametrize("ask", [Registry.schema, Registry.examples, check_nothing])
def test_an_event_nobody_knows_is_named_in_the_error(ask: Any) -> None:
    with pytest.raises(UnknownEvent, match=r"no event 'room:paint' in direction 'client'"):
        ask(registry(), Direction.CLIENT, "room:paint")


@pytest.mark.parametrize("name", ["../client/heartbeat", "room.join", "", "notification.read", "notification:paint"])
def test_an_event_is_no_path(name: str) -> None:
    with pytest.raises(UnknownEvent):
        registry().check(Direction.CLIENT, name, {})


def test_a_folder_elsewhere_can_be_loaded(tmp_path: Path) -> None:
    copy = shutil.copytree(registry().folder / "schemas", tmp_path / "schemas").parent
    (tmp_path / "VERSION").write_text("9.9.9\n")
    (copy / "schemas/client/room.paint.json").write_text(
        json.dumps({"$id": "https://elsewhere.example/", "type": "object"})
    )
    loaded = Registry.load(tmp_path)
    assert loaded.version == "9.9.9"
    assert loaded.check(Direction.CLIENT, "room:paint", {}) is None


def test_a_folder_without_schemas_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="holds no contract"):
        Registry.load(tmp_path)


def test_a_reference_that_leaves_the_folder_is_refused_without_a_network(tmp_path: Path) -> None:
    (tmp_path / "schemas/client").mkdir(parents=True)
    (tmp_path / "VERSION").write_text("1\n")
    schema = {"$id": "https://elsewhere.example/a.json", "$ref": "https://elsewhere.example/b.json"}
    (tmp_path / "schemas/client/a.json").write_text(json.dumps(schema))
    with pytest.raises(ValueError, match=r"b\.json"):
        Registry.load(tmp_path)
