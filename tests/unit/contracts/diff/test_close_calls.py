"""Changes that look like none, and none that looks like a change: pairs of schemas of one member, written by hand."""

from __future__ import annotations

from typing import Any

import pytest

from realtime_contracts.diff.judging import Verdict, judged
from realtime_contracts.diff.versions import Effect
from tests.unit.contracts.diff.editing import edited, put, schema

PLACE = "client/doc.lock.json#/properties/n"
FEED = "client/activity.feed.json#"


def of_a_client(old: Any, new: Any) -> Verdict:
    """The verdict on a member that clients send."""
    return judged(edited(schema(PLACE, old)), edited(schema(PLACE, new)))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(
            {"type": "integer", "minimum": 1, "maximum": 3}, {"enum": [1, 2, 3]}, id="an integer and its three values"
        ),
        pytest.param({"type": "integer", "minimum": 5, "maximum": 5}, {"const": 5}, id="an integer and its one value"),
        pytest.param(
            {"type": "string", "pattern": "^(on|a.y|)$".replace(".", "wa")},
            {"type": "string", "enum": ["", "on", "away"]},
            id="a pattern and the texts that it allows",
        ),
        pytest.param(
            {"type": "object", "required": ["a", "b"]},
            {"type": "object", "required": ["a"], "dependentRequired": {"a": ["b"]}},
            id="required, and needed by what is required",
        ),
    ],
)
@pytest.mark.parametrize("turned", [False, True], ids=["", "turned round"])
def test_the_same_said_otherwise_is_no_change(old: Any, new: Any, *, turned: bool) -> None:
    assert of_a_client(*((new, old) if turned else (old, new))).effect is Effect.NONE


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param({"const": True}, {"const": 1}, id="true and 1, which Python takes for equal"),
        pytest.param(
            {"type": "array", "uniqueItems": True, "enum": [[1, 2], [2, 3]]},
            {"type": "array", "uniqueItems": True, "enum": [[1, 2]]},
            id="a list of different items as a value",
        ),
        pytest.param(
            {"type": "string", "pattern": "^(?=a).*$", "enum": ["a", "ab"]},
            {"type": "string", "pattern": "^(?=a).*$", "enum": ["a"]},
            id="a value beside a pattern that is not read",
        ),
        pytest.param(
            {"anyOf": [{"type": "object", "properties": {"title": {"not": {"const": 1}}}}]},
            {"anyOf": [{"type": "object", "properties": {"title": {"not": {"const": 2}}}}]},
            id="what is not read, in a member",
        ),
        pytest.param(
            {"oneOf": [{"properties": {"title": {"maxLength": 10}}}, {"required": ["z"]}]},
            {"oneOf": [{"properties": {"title": {"maxLength": 9}}}, {"required": ["z"]}]},
            id="a member whose name is a word, where alternatives overlap",
        ),
        pytest.param(
            {"not": {"const": {"title": 1}}},
            {"not": {"const": {"title": 2}}},
            id="a value with a member whose name is a word",
        ),
    ],
)
def test_what_looks_the_same_breaks_clients(old: Any, new: Any) -> None:
    assert of_a_client(old, new).effect is Effect.BREAKING


@pytest.mark.parametrize("description", ["Other.", "Words."])
def test_words_within_what_is_not_read_are_words(description: str) -> None:
    old = {"not": {"properties": {"title": {"description": "One.", "maxLength": 9}}}}
    new = {"not": {"properties": {"title": {"description": description, "maxLength": 9}}}}

    assert of_a_client(old, new).effect is Effect.NONE


def test_what_is_needed_beside_what_must_be_there_must_be_there() -> None:
    whole = put(FEED, required=["entity_id", "entity_type"])

    assert judged(edited(whole), edited(put(FEED, required=["entity_id"]))).effect is Effect.NONE
