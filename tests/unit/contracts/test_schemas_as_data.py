"""A set of schemas: its messages, its references, and where it can be read from."""

from __future__ import annotations

from pathlib import Path

import pytest

from realtime_contracts.contract.registry import Direction, registry
from realtime_contracts.contract.schemas import (
    Schemas,
    Unreadable,
    bundle,
    event_of,
    file_of,
    own_schemas,
    read_bundle,
    read_folder,
    target,
)

SHARED = {"$defs": {"name": {"title": "Name", "type": "string"}, "alias": {"$ref": "#/$defs/name", "title": "Alias"}}}
SCHEMAS = Schemas(
    "1.0.0", {"client/room.join.json": {"$ref": "../shared/a.json#/$defs/alias"}, "shared/a.json": SHARED}
)


def test_the_messages_are_all_files_but_shared_ones() -> None:
    assert SCHEMAS.messages() == [("client", "room:join")]
    known = {(direction.value, event) for direction in Direction for event in registry().events(direction)}
    assert set(own_schemas().messages()) == known


def test_a_file_is_named_as_its_event() -> None:
    assert file_of("ack", "room:join") == "ack/room.join.json"
    assert event_of("request/activity.list.json") == "activity:list"


@pytest.mark.parametrize(
    ("file", "reference", "expected"),
    [
        ("client/a.json", "#/$defs/b", ("client/a.json", "/$defs/b")),
        ("client/a.json", "../shared/b.json#/$defs/c", ("shared/b.json", "/$defs/c")),
        ("shared/a.json", "b.json", ("shared/b.json", "")),
    ],
)
def test_where_a_reference_leads(file: str, reference: str, expected: tuple[str, str]) -> None:
    assert target(file, reference) == expected


@pytest.mark.parametrize("pointer", ["#", "#/$defs/a"])
def test_a_reference_in_a_circle_leads_nowhere(pointer: str) -> None:
    schema = {"$ref": pointer, "$defs": {"a": {"$ref": "#/$defs/a"}}}

    with pytest.raises(KeyError):
        Schemas("1.0.0", {"client/a.json": schema}).resolve("client/a.json", schema)


def test_a_resolved_schema_has_the_words_of_its_use() -> None:
    file, schema = SCHEMAS.message("client", "room:join")

    assert SCHEMAS.resolve(file, {**schema, "description": "Here."}) == (
        "shared/a.json",
        {"title": "Alias", "type": "string", "description": "Here."},
    )
    assert SCHEMAS.resolve(file, schema)[1]["title"] == "Alias"


def test_what_is_not_there_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        SCHEMAS.message("client", "room:leave")
    with pytest.raises(KeyError):
        SCHEMAS.resolve("client/room.join.json", {"$ref": "../shared/none.json"})


def test_a_bundle_is_the_folder_again_and_the_same_text_each_time(tmp_path: Path) -> None:
    schemas = own_schemas()
    file = tmp_path / "bundle.json"
    file.write_text(bundle(schemas), encoding="utf-8")

    assert read_bundle(file) == Schemas(schemas.version, dict(schemas.files))
    assert bundle(read_bundle(file)) == bundle(Schemas(schemas.version, dict(reversed(schemas.files.items()))))


def test_a_folder_without_a_contract_is_unreadable(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="holds no contract"):
        read_folder(tmp_path)
