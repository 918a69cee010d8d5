"""The real contract, changed at random in one place: what is called compatible is never contradicted by a payload."""

from __future__ import annotations

import copy
import random
from typing import Any

import pytest

from realtime_contracts.contract.payloads.generator import nearly_valid, valid
from realtime_contracts.contract.schemas import Schemas
from realtime_contracts.diff.judging import FROM_CLIENTS, Judge, examples, judged
from realtime_contracts.diff.versions import Effect
from tests.unit.contracts.diff.editing import OLD


def _nodes(node: Any) -> Any:
    if isinstance(node, list):
        for part in node:
            yield from _nodes(part)
    elif isinstance(node, dict):
        yield node
        for part in node.values():
            yield from _nodes(part)


def _edited(rng: random.Random) -> dict[str, Any]:
    """The files after one edit of a bound, a list or a member, whether or not a person would make it."""
    files: dict[str, Any] = copy.deepcopy({name: dict(schema) for name, schema in OLD.files.items()})
    bounds = ("minLength", "maxLength", "minimum", "maximum", "minItems", "maxItems", "additionalProperties")
    while True:
        node = rng.choice(list(_nodes(files[rng.choice(sorted(files))])))
        keyword = rng.choice((*bounds, "required", "enum", "properties", "oneOf", "anyOf", "pattern", "type"))
        part = node.get(keyword)
        if isinstance(part, bool):
            node[keyword] = not part
        elif isinstance(part, int):
            node[keyword] = max(0, part + rng.choice((-1, 1, 7)))
        elif isinstance(part, list) and part and (keyword != "required" or isinstance(part[0], str)):
            part.remove(rng.choice(part)) if len(part) > 1 else part.clear()
            if not part and keyword != "required":
                continue
        elif keyword == "properties" and isinstance(part, dict) and part and "$ref" not in part:
            name = rng.choice(sorted(part))
            part["another"] = part[name]
            if rng.random() < 0.5 and name not in node.get("required", ()):
                del part[name]
        elif keyword == "pattern" and isinstance(part, str):
            node[keyword] = part.replace("-", "", 1) if rng.random() < 0.5 else "^[a-z0-9_-]*$"
        else:
            continue
        return files


@pytest.mark.parametrize("seed", range(40))
def test_what_is_compatible_is_not_contradicted_by_a_payload(seed: int) -> None:
    new = Schemas("0.3.1", _edited(random.Random(seed)))

    verdict = judged(OLD, new)

    judges = Judge("old", OLD), Judge("new", new)
    worst: dict[tuple[str, str], Effect] = {}
    for change in verdict.changes:
        for message, _ in change.messages:
            worst[message] = max(change.effect, worst.get(message, Effect.NONE))
    for message in OLD.messages():
        accepting, refusing = judges if message[0] in FROM_CLIENTS else judges[::-1]
        payloads = examples(message)
        for n in range(3):
            for schemas in (OLD, new):
                for make in (valid, nearly_valid):
                    try:
                        payloads.append(make(schemas, *message, random.Random(n)))
                    except ValueError:
                        continue  # bounds that a random edit has crossed
        breaks = [p for p in payloads if accepting.accepts(message, p) and not refusing.accepts(message, p)]
        widens = [p for p in payloads if refusing.accepts(message, p) and not accepting.accepts(message, p)]
        assert not breaks or worst.get(message) is Effect.BREAKING, (message, breaks[0], verdict.changes)
        assert not widens or worst.get(message, Effect.NONE) >= Effect.COMPATIBLE, (message, widens[0], verdict.changes)
