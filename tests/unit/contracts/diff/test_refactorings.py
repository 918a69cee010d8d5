"""The same said otherwise: no change on the wire, whatever the files look like."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from realtime_contracts.contract.schemas import Schemas
from realtime_contracts.diff.judging import judged
from realtime_contracts.diff.versions import Effect
from tests.unit.contracts.diff.editing import OLD, Edit, at, edited, listed, put, schema

ERROR = "shared/error.json#/$defs"


def _text(replacements: dict[str, str]) -> Edit:
    """An edit of all files as text."""

    def edit(files: dict[str, Any]) -> None:
        for name, content in files.items():
            text = json.dumps(content)
            for old, new in replacements.items():
                text = text.replace(old, new)
            files[name] = json.loads(text)

    return edit


def _inlined(files: dict[str, Any]) -> None:
    """Every reference to the user's id in place."""
    definition = files["shared/identifiers.json"]["$defs"]["user_id"]

    def inline(node: Any) -> Any:
        if isinstance(node, list):
            return [inline(part) for part in node]
        if not isinstance(node, dict):
            return node
        if str(node.get("$ref", "")).endswith("identifiers.json#/$defs/user_id"):
            return {**definition, **{key: part for key, part in node.items() if key != "$ref"}}
        return {key: inline(part) for key, part in node.items()}

    files.update({name: inline(content) for name, content in files.items()})


def _reversed(files: dict[str, Any]) -> None:
    """Everything whose order means nothing, the other way round."""

    def turn(node: Any) -> Any:
        if isinstance(node, list):
            return [turn(part) for part in reversed(node)]
        return {key: turn(part) for key, part in reversed(node.items())} if isinstance(node, dict) else node

    files.update({name: turn(content) for name, content in files.items()})


def _split(files: dict[str, Any]) -> None:
    """One alternative with many codes as one with one and one with the rest."""
    plain = at(files, f"{ERROR}/plain_error")
    first = copy.deepcopy(plain)
    first["properties"]["code"] = {"type": "string", "const": "forbidden"}
    plain["properties"]["code"]["enum"].remove("forbidden")
    at(files, ERROR)["forbidden_error"] = first
    at(files, f"{ERROR}/error/oneOf").append({"$ref": "#/$defs/forbidden_error"})


REFACTORINGS: dict[str, Edit] = {
    "references written in place": _inlined,
    "the other order": _reversed,
    "oneOf as anyOf": _text({'"oneOf"': '"anyOf"'}),
    "anyOf as oneOf": _text({'"anyOf"': '"oneOf"'}),
    "a definition renamed": _text({"entity_name": "entity_name", "#/$defs/user_name": "#/$defs/name_of_user"}),
    "an alternative in two": _split,
    "null as a second type": put(
        "server/presence.update.json#/properties/current_page",
        anyOf=None,
        _type=["string", "null"],
        minLength=1,
        maxLength=2048,
    ),
    "null as an alternative": put(
        "shared/notifications.json#/$defs/message",
        _type=None,
        minLength=None,
        maxLength=None,
        anyOf=[{"type": "null"}, {"type": "string", "minLength": 1, "maxLength": 4000}],
    ),
    "an absent bound that is none": put("shared/documents.json#/$defs/pointer", minLength=0),
    "a bound that the pattern has anyway": put("shared/identifiers.json#/$defs/room_id", minLength=None),
    "a pattern with another class": put("shared/cursors.json#/$defs/color", pattern="^#([0-9]|[a-f]){6}$"),
    "an enum as constants": put(
        "shared/presence.json#/$defs/status",
        enum=None,
        oneOf=[{"const": "busy"}, {"const": "away"}, {"const": "online"}],
    ),
    "a boolean as its values": put("client/heartbeat.json#/properties/active", _type=None, enum=[True, False]),
    "a constant as an enum of one": put("shared/rest.json#/$defs/success", const=None, enum=[True]),
    "an absent requirement that is none": put("client/heartbeat.json#", required=[]),
    "a number written with a point": put("client/doc.lock.json#/properties/ttl", minimum=5.0),
    "what both say said once": put("client/doc.lock.json#/properties/ttl", allOf=[{"minimum": 1}]),
    "a member that can have no value": schema("client/doc.lock.json#/properties/never", {"enum": []}),
    "a dependency of what is required anyway": put(
        "shared/cursors.json#/$defs/position", dependentRequired={"line": ["column"]}
    ),
}


#: Those after which the files are equal as data, or nearly.
SAME_DATA = {"the other order", "a number written with a point"}


@pytest.mark.parametrize("name", REFACTORINGS)
def test_a_refactoring_changes_nothing_on_the_wire(name: str) -> None:
    edit = REFACTORINGS[name]
    edits = [edit]
    if name == "a definition renamed":
        edits.append(_text({'"user_name": {"title"': '"name_of_user": {"title"'}))
    new = edited(*edits)

    forth, back = judged(OLD, new), judged(new, OLD)

    assert [(change.place, change.text) for change in (*forth.changes, *back.changes) if change.effect] == []
    if name in SAME_DATA:
        assert {change.effect for change in forth.changes} <= {Effect.NONE}
    else:
        assert {change.text for change in forth.changes} == {"written differently, no change on the wire"}
        assert forth.takes == "0.3.1"


def test_words_are_words() -> None:
    new = edited(
        put("client/doc.lock.json#", description="Another one."),
        put("shared/identifiers.json#/$defs/user_id", title="Id of a user"),
        put("shared/activity.json#/$defs/item", dollarcomment="x"),
    )

    verdict = judged(OLD, new)

    assert {change.text for change in verdict.changes} == {"other words only"}
    assert {change.effect for change in verdict.changes} == {Effect.NONE}
    assert [change.place for change in verdict.changes] == [
        "client/doc.lock.json",
        "shared/activity.json",
        "shared/identifiers.json",
    ]


def test_a_member_named_as_a_keyword_is_no_word() -> None:
    """`title` is a member of notifications."""
    new = edited(listed("request/notifications.create.json#/required", remove=("title",)))

    assert [change.text for change in judged(OLD, new).changes] == ["`title` may be missing"]


def test_the_same_is_no_change() -> None:
    verdict = judged(OLD, Schemas("0.3.0", json.loads(json.dumps(dict(OLD.files)))))

    assert (verdict.changes, verdict.effect, verdict.takes, verdict.enough) == ((), None, "0.3.0", True)
