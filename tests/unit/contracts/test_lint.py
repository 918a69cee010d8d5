"""The linter names what does not belong, where it is."""

from __future__ import annotations

from typing import Any

import pytest

from realtime_contracts.contract.lint import BASE, DIALECT, Finding, lint

#: A schema without fault, to break in one place at a time.
WORDS = {"title": "A", "description": "An a."}
NUMBER = {**WORDS, "description": "Seconds to wait.", "type": "integer", "minimum": 0, "maximum": 9}
TEXT = {**WORDS, "description": "1 to 9 characters.", "type": "string", "maxLength": 9}
CLOSED = {**WORDS, "type": "object", "properties": {"a": NUMBER}, "additionalProperties": False}


def _file(**more: Any) -> dict[str, Any]:
    return {"$schema": DIALECT, "$id": BASE + "client/a.json", **CLOSED, **more}


def _lint(**more: Any) -> list[Finding]:
    return lint({"client/a.json": _file(**more)})


def test_a_good_schema_has_no_findings() -> None:
    assert _lint() == []


@pytest.mark.parametrize(
    ("part", "message"),
    [
        ({**WORDS, "type": "array", "prefixItems": []}, "prefixItems is not in the subset"),
        ({**WORDS, "type": "array"}, "array without items"),
        ({**CLOSED, "unevaluatedProperties": False}, "unevaluatedProperties is not in the subset"),
        ({**CLOSED, "patternProperties": {}}, "patternProperties is not in the subset"),
        ({**CLOSED, "allOf": []}, "allOf is not in the subset"),
        ({**TEXT, "format": "email"}, "format is not in the subset"),
        ({**NUMBER, "maxLength": 3}, "maxLength is not in the subset for type integer"),
        ({**CLOSED, "$id": "x"}, "$id is not in the subset"),
        ({**WORDS, "type": "object", "properties": {}}, "not closed"),
        ({**CLOSED, "additionalProperties": NUMBER}, "not closed"),
        ({**WORDS, "type": "object", "additionalProperties": True}, "open object without a $comment"),
        ({**WORDS, "type": "object", "additionalProperties": True, "$comment": ""}, "open object without a $comment"),
        ({**WORDS, "type": "object", "additionalProperties": False}, "object without properties"),
        ({**CLOSED, "required": ["b"]}, "requires b, which is not a property"),
        ({**CLOSED, "dependentRequired": {"a": ["c"]}}, "requires c, which is not a property"),
        ({**CLOSED, "dependentRequired": {"d": ["a"]}}, "requires d, which is not a property"),
        ({k: v for k, v in TEXT.items() if k != "title"}, "no title"),
        ({k: v for k, v in TEXT.items() if k != "description"}, "no description"),
        ({**TEXT, "title": " "}, "empty title"),
        ({**TEXT, "description": "1 to 9 characters"}, "full stop"),
        ({**NUMBER, "description": "How long."}, "names no unit"),
        ({**TEXT, "description": "A name."}, "names no unit"),
        ({**WORDS, "type": "number", "maximum": 1, "description": "Seconds."}, "number without minimum and maximum"),
        ({**WORDS, "type": "string"}, "string without maxLength, enum or const"),
        ({**TEXT, "pattern": "a"}, "not anchored"),
        ({**TEXT, "pattern": "^a\n"}, "not anchored"),
        ({**TEXT, "pattern": "^\\d$"}, "dialects read differently"),
        ({**TEXT, "pattern": "^\\p{L}$"}, "dialects read differently"),
        ({**TEXT, "pattern": "^(?!a)b$"}, "dialects read differently"),
        ({**TEXT, "pattern": "^(a)\\1$"}, "dialects read differently"),
        ({**TEXT, "pattern": "^é$"}, "dialects read differently"),
        (WORDS, "accepts anything"),
        ({**WORDS, "default": 1}, "accepts anything"),
        ({**WORDS, "$comment": " "}, "accepts anything"),
        ({**WORDS, "type": ["string", "boolean", "null"], "maxLength": 1}, "several types"),
        ({"$ref": "#/$defs/none"}, "leads nowhere"),
        ({"$ref": "../server/b.json"}, "leads nowhere"),
        ({"$ref": "https://elsewhere.example/b.json"}, "is not relative"),
        ({"$ref": "/server/b.json"}, "is not relative"),
    ],
    ids=lambda part: part if isinstance(part, str) else None,
)
@pytest.mark.parametrize("place", ["/properties/x", "/properties/x/items", "/properties/x/anyOf/0"])
def test_a_fault_is_found_wherever_it_is(part: dict[str, Any], message: str, place: str) -> None:
    around: dict[str, Any] = {
        "/properties/x": part,
        "/properties/x/items": {**WORDS, "type": "array", "items": part},
        "/properties/x/anyOf/0": {**WORDS, "anyOf": [part]},
    }
    findings = _lint(properties={"a": NUMBER, "x": around[place]})
    assert {finding.pointer for finding in findings} == {place}
    assert any(message in finding.message for finding in findings), findings


@pytest.mark.parametrize("keyword", ["$schema", "$id"])
def test_a_file_names_its_dialect_and_itself(keyword: str) -> None:
    [finding] = _lint(**{keyword: "https://elsewhere.example/"})
    assert str(finding).startswith(f"client/a.json#: {keyword} is not ")


def test_a_definition_that_nothing_uses_is_found() -> None:
    assert _lint(**{"$defs": {"a": NUMBER}}) == [
        Finding("client/a.json", "/$defs/a", "nothing refers to this definition")
    ]


def test_an_open_object_is_allowed_with_a_reason() -> None:
    reasoned = {**WORDS, "type": "object", "additionalProperties": True, "$comment": "Any JSON."}
    assert _lint(properties={"x": reasoned}) == []


def test_any_value_is_allowed_with_a_reason() -> None:
    assert _lint(properties={"x": {**WORDS, "$comment": "Any JSON."}}) == []


def test_a_reference_across_files_is_followed() -> None:
    shared = {"$schema": DIALECT, "$id": BASE + "shared/b.json", **WORDS, "$defs": {"n": NUMBER}}
    referring = _file(properties={"x": {"$ref": "../shared/b.json#/$defs/n"}})
    assert lint({"client/a.json": referring, "shared/b.json": shared}) == []
