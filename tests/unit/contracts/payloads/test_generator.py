"""Made payloads: what is to be valid is, what is to be nearly so mostly is not, and nothing is left out."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest

from realtime_contracts.contract.lint import KEYWORDS
from realtime_contracts.contract.payloads.generator import nearly_valid, valid
from realtime_contracts.contract.registry import Direction, registry
from realtime_contracts.contract.schemas import Schemas, read_folder

SCHEMAS = read_folder(registry().folder)
MESSAGES = SCHEMAS.messages()
SEEDS = range(50)
#: Keywords that refuse a value, as jsonschema-rs names them.
REFUSING = {keyword for words in KEYWORDS.values() for keyword in words} | {"type", "const", "enum", "oneOf", "anyOf"}


def _used(node: Any) -> set[str]:
    """The refusing keywords in a schema file."""
    if isinstance(node, list):
        return set().union(*map(_used, node))
    if not isinstance(node, dict):
        return set()
    own = REFUSING & node.keys()
    return own.union(*(_used(part) for part in node.values())) - {"properties", "items"}


def _errors(error: jsonschema_rs.ValidationError) -> Iterator[str]:
    """The keywords that refused, within alternatives too."""
    yield "dependentRequired" if error.schema_path[-1] == "dependentRequired" else error.kind.name
    for branch in getattr(error.kind, "context", None) or ():
        for inner in branch:
            yield from _errors(inner)


@pytest.mark.parametrize(("direction", "event"), MESSAGES, ids=map(":".join, MESSAGES))
def test_valid_payloads_are_valid(direction: str, event: str) -> None:
    for seed in SEEDS:
        payload = valid(SCHEMAS, direction, event, random.Random(seed))
        assert registry().check(Direction(direction), event, payload) is None, payload
        assert json.loads(json.dumps(payload)) == payload


def test_most_that_is_nearly_valid_is_refused_of_every_message() -> None:
    refused = Counter(
        (direction, event)
        for direction, event in MESSAGES
        for seed in SEEDS
        if registry().check(Direction(direction), event, nearly_valid(SCHEMAS, direction, event, random.Random(seed)))
    )
    assert refused.total() >= 0.6 * len(MESSAGES) * len(SEEDS)
    assert [message for message in MESSAGES if refused[message] < 0.4 * len(SEEDS)] == []


def test_every_keyword_of_the_contract_refuses_something_that_is_nearly_valid() -> None:
    known = jsonschema_rs.Registry([(schema["$id"], dict(schema)) for schema in SCHEMAS.files.values()])
    seen = Counter[str]()
    for direction, event in MESSAGES:
        judge = jsonschema_rs.Draft202012Validator(dict(SCHEMAS.message(direction, event)[1]), registry=known)
        for seed in SEEDS:
            payload = nearly_valid(SCHEMAS, direction, event, random.Random(seed))
            seen.update(keyword for error in judge.iter_errors(payload) for keyword in _errors(error))
    used = set().union(*map(_used, SCHEMAS.files.values()))

    assert used >= {"dependentRequired", "minItems", "maxItems", "pattern"}
    assert {keyword for keyword in used if not seen[keyword]} == set()


def test_every_alternative_and_every_member_of_every_message_is_made() -> None:
    for direction, event in MESSAGES:
        missing = list(_parts(*SCHEMAS.message(direction, event)))
        for seed in range(0, 2000, 50):
            payloads = [valid(SCHEMAS, direction, event, random.Random(seed + n)) for n in range(50)]
            missing = [(place, found) for place, found in missing if not found(payloads)]
            if not missing:
                break
        assert [place for place, _ in missing] == [], f"{direction} {event}"


def _parts(file: str, node: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Each alternative and each member of a message, with what finds it in payloads."""
    file, node = SCHEMAS.resolve(file, node)
    for option in (*node.get("oneOf", ()), *node.get("anyOf", ())):
        yield from _parts(file, option, path)
    if "const" in node or "enum" in node:
        for word in node.get("enum", [node.get("const")]):
            yield f"{'/'.join(path)} {word!r}", lambda payloads, word=word: word in _at(payloads, path)
    for name, part in node.get("properties", {}).items():
        yield "/".join((*path, name)), lambda payloads, name=name: bool(_at(payloads, (*path, name)))
        yield from _parts(file, part, (*path, name))
    if "items" in node:
        yield "/".join((*path, "*")), lambda payloads: bool(_at(payloads, (*path, "*")))
        yield from _parts(file, node["items"], (*path, "*"))


def _at(payloads: list[Any], path: tuple[str, ...]) -> list[Any]:
    for step in path:
        if step == "*":
            payloads = [item for value in payloads if isinstance(value, list) for item in value]
        else:
            payloads = [value[step] for value in payloads if isinstance(value, dict) and step in value]
    return payloads


def test_the_same_seed_makes_the_same_payloads_in_another_process() -> None:
    program = (
        "import json, random, sys; from realtime_contracts.contract.payloads.generator import nearly_valid;"
        "from realtime_contracts.contract.registry import registry;"
        "from realtime_contracts.contract.schemas import read_folder;"
        "s = read_folder(registry().folder); r = random.Random(7);"
        "print(json.dumps([nearly_valid(s, *m, r) for m in s.messages() for _ in range(5)]))"
    )
    made = [
        subprocess.run(
            [sys.executable, "-c", program], env={"PYTHONHASHSEED": seed}, capture_output=True, check=True, text=True
        ).stdout
        for seed in ("1", "2")
    ]
    assert made[0] == made[1]
    assert len(made[0]) > 1000


def test_a_schema_within_itself_comes_to_an_end() -> None:
    tree = {
        "type": "object",
        "properties": {"parts": {"type": "array", "items": {"$ref": "#"}}, "next": {"$ref": "#"}},
        "required": ["parts"],
        "additionalProperties": False,
    }
    schemas = Schemas("1.0.0", {"server/tree.json": tree})
    judge = jsonschema_rs.Draft202012Validator(tree)

    assert all(judge.is_valid(valid(schemas, "server", "tree", random.Random(seed))) for seed in SEEDS)


def test_a_text_that_no_pattern_allows_is_said_and_not_made() -> None:
    schemas = Schemas("1.0.0", {"server/a.json": {"type": "string", "maxLength": 2, "pattern": "^aaa$"}})

    with pytest.raises(ValueError, match="no text of 0 to 2 characters"):
        valid(schemas, "server", "a", random.Random(1))
