"""Random changes of random schemas: what is called compatible is never contradicted by a payload."""

from __future__ import annotations

import copy
import random
from typing import Any

import jsonschema_rs
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime_contracts.contract.payloads.generator import nearly_valid, valid
from realtime_contracts.contract.schemas import Schemas
from realtime_contracts.diff.judging import FROM_CLIENTS, judged
from realtime_contracts.diff.reading import Reader
from realtime_contracts.diff.shapes import accepts, both, canonical, either, within
from realtime_contracts.diff.versions import Effect

PATTERNS = ["^[a-c]*$", "^[a-z]*$", "^(a|b)*$", "^a?b*$", "^[^a]*$"]
LENGTHS = st.integers(0, 3)
SCALARS = st.one_of(
    st.just({"type": "null"}),
    st.just({"type": "boolean"}),
    st.sampled_from([{"const": word} for word in ("a", "b", True, None, 1)]),
    st.lists(st.sampled_from(["a", "b", "c", "d", None, 1, True]), min_size=1, max_size=3, unique_by=canonical).map(
        lambda words: {"enum": words}
    ),
    st.builds(
        lambda low, more, pattern: {"type": "string", "minLength": low, "maxLength": low + more, "pattern": pattern},
        LENGTHS,
        LENGTHS,
        st.sampled_from(PATTERNS),
    ),
    st.builds(lambda low, more: {"type": "string", "minLength": low, "maxLength": low + more}, LENGTHS, LENGTHS),
    st.builds(
        lambda kind, low, more: {"type": kind, "minimum": low, "maximum": low + more},
        st.sampled_from(["integer", "number", ["integer", "null"]]),
        LENGTHS,
        LENGTHS,
    ),
)


def _objects(parts: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    def made(properties: dict[str, Any], required: list[str], needs: list[str], *, closed: bool) -> dict[str, Any]:
        names = list(properties)
        made = {"type": "object", "properties": properties, "required": [name for name in required if name in names]}
        if len(needs) > 1 and {*needs} <= {*names}:
            made["dependentRequired"] = {needs[0]: [needs[1]]}
        return {**made, "additionalProperties": not closed}

    names = st.sampled_from(["ok", "x", "y"])
    return st.builds(
        made,
        st.dictionaries(names, parts, max_size=3),
        st.lists(names, max_size=2, unique=True),
        st.lists(names, max_size=2, unique=True),
        closed=st.sampled_from([True, True, True, False]),
    )


SCHEMAS = st.recursive(
    SCALARS,
    lambda parts: st.one_of(
        _objects(parts),
        st.builds(
            lambda items, low, more: {"type": "array", "items": items, "minItems": low, "maxItems": low + more},
            parts,
            st.integers(0, 1),
            st.integers(0, 2),
        ),
        st.lists(parts, min_size=2, max_size=3).map(lambda options: {"anyOf": options}),
        st.lists(parts, min_size=2, max_size=2).map(lambda options: {"oneOf": options}),
    ),
    max_leaves=6,
)


@st.composite
def changed(draw: st.DrawFn) -> tuple[Any, Any]:
    """A schema and what became of it: another in one place, or another altogether."""
    old = draw(SCHEMAS)
    new = copy.deepcopy(old)
    places = list(_places(new))
    parent, key = draw(st.sampled_from(places)) if places else (None, None)
    if parent is None or draw(st.integers(0, 5)) == 0:
        return old, draw(SCHEMAS)
    if isinstance(parent[key], int) and not isinstance(parent[key], bool):
        parent[key] = max(0, parent[key] + draw(st.sampled_from([-1, 1])))
    elif key == "required":
        parent[key] = draw(st.lists(st.sampled_from(sorted(parent["properties"]) or ["x"]), unique=True))
    else:
        parent[key] = draw(SCHEMAS)
    return old, new


def _places(node: Any) -> Any:
    for key in ("minLength", "maxLength", "minimum", "maximum", "minItems", "maxItems", "required", "items"):
        if key in node:
            yield node, key
    for name in node.get("properties", {}):
        yield node["properties"], name
        yield from _places(node["properties"][name])
    for key in ("anyOf", "oneOf"):
        for index, part in enumerate(node.get(key, ())):
            yield node[key], index
            yield from _places(part)


def _payloads(schema: Any, count: int = 12) -> list[Any]:
    schemas = Schemas("1.0.0", {"client/a.json": schema})
    found = []
    for seed in range(count):
        for make in (valid, nearly_valid):
            try:
                found.append(make(schemas, "client", "a", random.Random(seed)))
            except ValueError:
                continue  # a pattern that no text of its length fits
    return found


@settings(max_examples=300, deadline=None)
@given(changed(), st.sampled_from(["client", "server"]))
def test_what_is_compatible_is_not_contradicted_by_a_payload(pair: tuple[Any, Any], direction: str) -> None:
    old, new = pair
    name = f"{direction}/a.json"

    verdict = judged(Schemas("1.0.0", {name: old}), Schemas("1.0.0", {name: new}))

    first, second = (jsonschema_rs.Draft202012Validator(schema) for schema in pair)
    payloads = [*_payloads(old), *_payloads(new)]
    lost = [payload for payload in payloads if first.is_valid(payload) and not second.is_valid(payload)]
    gained = [payload for payload in payloads if second.is_valid(payload) and not first.is_valid(payload)]
    breaking, other = (lost, gained) if direction in FROM_CLIENTS else (gained, lost)
    effect = verdict.effect or Effect.NONE
    if breaking:
        assert effect is Effect.BREAKING
    if other:
        assert effect >= Effect.COMPATIBLE
    for change in verdict.changes:
        if change.witness is not None:
            accepting, refusing = (first, second) if change.witness.accepted_by == "old" else (second, first)
            assert accepting.is_valid(change.witness.payload)
            assert not refusing.is_valid(change.witness.payload)


@settings(max_examples=300, deadline=None)
@given(SCHEMAS, SCHEMAS)
def test_shapes_accept_what_their_schemas_do(one: Any, other: Any) -> None:
    schemas = Schemas("1.0.0", {"client/one.json": one, "client/other.json": other})
    reader = Reader(schemas)
    mine, theirs = reader.message("client", "one"), reader.message("client", "other")
    judges = [jsonschema_rs.Draft202012Validator(schema) for schema in (one, other)]
    common, any_ = both(mine, theirs), either([mine, theirs])

    assert within(common, any_) or "oneOf" in str((one, other))
    for payload in [*_payloads(one), *_payloads(other)]:
        verdicts = [judge.is_valid(payload) for judge in judges]
        for shape, verdict in (
            (mine, verdicts[0]),
            (theirs, verdicts[1]),
            (common, all(verdicts)),
            (any_, any(verdicts)),
        ):
            if any(accepts(form, payload) for form in shape):
                assert verdict
            elif "oneOf" not in str((one, other)):
                assert not verdict
        assert not (verdicts[0] and not verdicts[1] and within(mine, theirs))
