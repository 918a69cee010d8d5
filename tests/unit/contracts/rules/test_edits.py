"""Edits: what they do and touch, which can be merged, and which never get into a document."""

from __future__ import annotations

import copy
from typing import Any

import orjson
import pytest
from hypothesis import event, given
from hypothesis import strategies as st
from jsonpatch import path_join

from realtime_contracts.rules import places
from realtime_contracts.rules.edits import Changes, Touched, apply, conflict, dump, named
from realtime_contracts.rules.errors import InvalidPayload, TooLarge
from realtime_contracts.rules.limits import MAX_DOCUMENT_BYTES
from realtime_contracts.rules.places import MAX_DEPTH, Places, place_of

DOCUMENT: dict[str, Any] = {
    "notes": "text",
    "lines": [{"sku": "a", "qty": 1}, {"sku": "b", "qty": 2}],
    "by_id": {"7": {"x": 1}, "-": 2},
    "deep": {"a": {"b": {"c": 0}}},
}


def applied(changes: Changes, document: dict[str, Any] = DOCUMENT) -> tuple[dict[str, Any], Touched]:
    return apply(copy.deepcopy(document), changes)


def touched(*places: str, reads: tuple[str, ...] = ()) -> Touched:
    return Touched(frozenset(reads), frozenset(places))


def op(name: str, path: str, *value: Any, **members: Any) -> dict[str, Any]:
    return {"op": name, "path": path, **({"value": value[0]} if value else {}), **members}


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        (op("add", "/new", 1), touched("/new")),
        (op("replace", "/notes", 1), touched("/notes")),
        (op("remove", "/notes"), touched("/notes")),
        (op("replace", "/lines/0/qty", 5), touched("/lines/0/qty")),
        (op("replace", "/lines/0", {}), touched("/lines/0")),
        (op("add", "/lines/0", {}), touched("/lines")),
        (op("add", "/lines/-", {}), touched("/lines")),
        (op("remove", "/lines/1"), touched("/lines")),
        (op("add", "/by_id/8", 1), touched("/by_id/8")),
        (op("remove", "/by_id/-"), touched("/by_id/-")),
        (op("test", "/notes", "text"), touched(reads=("/notes",))),
        (op("copy", "/notes2", **{"from": "/notes"}), touched("/notes2", reads=("/notes",))),
        (op("move", "/lines/-", **{"from": "/lines/0"}), touched("/lines")),
        (op("move", "/by_id/9", **{"from": "/lines/0"}), touched("/lines", "/by_id/9")),
        (op("replace", "", {}), touched("")),
    ],
    ids=lambda part: "" if isinstance(part, Touched) else str(part),
)
def test_what_an_operation_touches(operation: dict[str, Any], expected: Touched) -> None:
    assert applied([operation])[1] == expected


@pytest.mark.parametrize(
    ("one", "other", "overlap"),
    [
        ("/a", "/a", True),
        ("/a", "/a/b", True),
        ("/a/b/c", "/a", True),
        ("", "/a", True),
        ("/a", "", True),
        ("/a", "/ab", False),
        ("/a/b", "/a/c", False),
        ("/a/", "/a", True),
        ("/a~1b", "/a", False),
        ("/lines/1", "/lines/10", False),
    ],
)
def test_places_overlap_if_one_is_above_the_other(one: str, other: str, *, overlap: bool) -> None:
    assert Places([one]).overlap(other) is places.overlap(one, other) is overlap
    assert Places([other]).overlap(one) is places.overlap(other, one) is overlap


@given(
    several=st.lists(st.from_regex(r"(/[ab]?){0,4}", fullmatch=True), max_size=4),
    one=st.from_regex(r"(/[ab]?){0,4}", fullmatch=True),
)
def test_a_set_of_places_overlaps_where_one_of_them_does(several: list[str], one: str) -> None:
    assert Places(several).overlap(one) is any(places.overlap(place, one) for place in several)


@pytest.mark.parametrize(
    ("edit", "since", "expected"),
    [
        (touched("/a"), touched("/b"), False),
        (touched("/a"), touched("/a/b"), True),
        (touched("/a"), touched("/b", reads=("/a",)), True),
        (touched("/a", reads=("/b",)), touched("/b"), True),
        (touched("/a", reads=("/c",)), touched("/b", reads=("/c",)), False),
        (touched("/a"), touched(), False),
    ],
)
def test_two_edits_conflict_if_one_writes_what_the_other_touches(
    edit: Touched, since: Touched, *, expected: bool
) -> None:
    assert conflict(edit, [touched("/z").as_json(), since.as_json()]) is expected


def test_what_lies_below_another_place_that_is_written_need_not_be_kept() -> None:
    assert touched("/a", "/a/b", "/a/b/c", "/ab").as_json() == {"reads": [], "writes": ["/a", "/ab"]}
    assert touched("", "/a").as_json() == {"reads": [], "writes": [""]}


@pytest.mark.parametrize(
    ("operation", "path"),
    [
        (op("add", "/notes/0", 1), "/path"),
        (op("add", "/notes/x", 1), "/path"),
        (op("test", "/notes/0", "t"), "/value"),
        (op("add", "/nowhere/x", 1), "/path"),
        (op("add", "/lines/3", 1), "/path"),
        (op("add", "/lines/01", 1), "/path"),
        (op("add", "/lines/-1", 1), "/path"),
        (op("add", "/lines/x", 1), "/path"),
        (op("add", "/lines/1e0", 1), "/path"),
        (op("add", "/lines/" + "9" * 1000, 1), "/path"),
        (op("replace", "/lines/2", 1), "/path"),
        (op("replace", "/lines/-", 1), "/path"),
        (op("replace", "/nothing", 1), "/path"),
        (op("remove", "/nothing"), "/path"),
        (op("remove", "/lines/-"), "/path"),
        (op("remove", "/lines/2"), "/path"),
        (op("remove", ""), "/path"),
        (op("replace", "", []), "/path"),
        (op("add", "", "text"), "/path"),
        (op("replace", "", None), "/path"),
        (op("copy", "", **{"from": "/lines"}), "/path"),
        (op("test", "/lines/0/qty", True), "/value"),
        (op("test", "/lines/0/qty", "1"), "/value"),
        (op("test", "/nothing", None), "/value"),
        (op("move", "/deep/a/b/x", **{"from": "/deep/a"}), "/path"),
        (op("move", "/lines/0/x", **{"from": "/lines/0"}), "/path"),
        (op("move", "/x", **{"from": ""}), "/path"),
        (op("move", "/x", **{"from": "/nothing"}), "/from"),
        (op("copy", "/x", **{"from": "/lines/2"}), "/from"),
        (op("copy", "/x", **{"from": "/notes/0"}), "/from"),
        (op("copy", "/x", **{"from": "/lines/-"}), "/from"),
        (op("move", "/x", **{"from": "/lines/-"}), "/from"),
        (op("copy", "/nowhere/x", **{"from": "/notes"}), "/path"),
        (op("add", "/__proto__", {}), "/path"),
        (op("add", "/deep/__proto__/x", 1), "/path"),
        (op("move", "/x", **{"from": "/__proto__"}), "/from"),
        (op("add", "/x", {"a": [{"__proto__": 1}]}), "/value"),
    ],
    ids=str,
)
def test_an_edit_that_does_not_fit_is_refused_where_it_does_not(operation: dict[str, Any], path: str) -> None:
    with pytest.raises(InvalidPayload) as refused:
        applied([op("test", "/notes", "text"), operation])
    assert refused.value.details is not None
    assert refused.value.details["path"] == f"/changes/1{path}"


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        (op("test", "/lines/0/qty", 1.0), DOCUMENT),
        (op("move", "/notes", **{"from": "/notes"}), DOCUMENT),
        (op("add", "/lines/2", 3), {**DOCUMENT, "lines": [*DOCUMENT["lines"], 3]}),
        (op("add", "/by_id/-", 3), {**DOCUMENT, "by_id": {**DOCUMENT["by_id"], "-": 3}}),
        (op("add", "/constructor", {"prototype": 1}), {**DOCUMENT, "constructor": {"prototype": 1}}),
        (op("replace", "", {}), {}),
    ],
    ids=str,
)
def test_an_edit_that_fits(operation: dict[str, Any], expected: dict[str, Any]) -> None:
    assert applied([operation])[0] == expected


def test_an_edit_shares_nothing_with_its_message() -> None:
    changes = [op("add", "/x", {"a": 1}), op("add", "/x/b", 2)]
    assert applied(changes)[0]["x"] == {"a": 1, "b": 2}
    assert changes[0]["value"] == {"a": 1}


def test_copies_of_copies_are_stopped_before_they_fill_the_memory() -> None:
    double = [op("add", "/a", {"x": "y" * 1000}), *[op("copy", f"/a/{n}", **{"from": "/a"}) for n in range(60)]]
    with pytest.raises((TooLarge, InvalidPayload)):
        applied(double)
    wide = [op("add", "/a", ["y" * 1000]), *[op("copy", f"/{n}", **{"from": "/a"}) for n in range(999)]]
    document, _ = applied(wide)
    assert len(dump(document)) < MAX_DOCUMENT_BYTES
    flat = [op("add", "/a", []), *[op("add", "/a/-", "y" * 1000), op("copy", "/b", **{"from": "/a"})] * 30]
    assert len(dump(applied(flat)[0])) < MAX_DOCUMENT_BYTES
    with pytest.raises(TooLarge):
        applied([op("add", "/a", "y" * 1000), *[op("copy", f"/a{n}", **{"from": ""}) for n in range(50)]])


def test_moving_much_to_and_fro_is_stopped_as_well() -> None:
    there, back = op("move", "/b", **{"from": "/a"}), op("move", "/a", **{"from": "/b"})
    applied([op("add", "/a", ["y" * 1000] * 20), *[there, back] * 99])
    with pytest.raises(TooLarge):
        applied([op("add", "/a", ["y" * 1000] * 500), *[there, back] * 99])


def test_a_document_is_as_large_as_it_may_be_and_not_a_byte_more() -> None:
    empty = len(dump({"a": ""}))
    assert len(dump({"a": "x" * (MAX_DOCUMENT_BYTES - empty)})) == MAX_DOCUMENT_BYTES
    with pytest.raises(TooLarge):
        dump({"a": "x" * (MAX_DOCUMENT_BYTES - empty + 1)})
    with pytest.raises(TooLarge):
        dump({"a": "é" * (MAX_DOCUMENT_BYTES // 2)})


def nested(levels: int) -> Any:
    value: Any = 0
    for _ in range(levels):
        value = [value]
    return value


def test_a_document_is_as_deep_as_it_may_be_and_not_a_level_more() -> None:
    document, _ = applied([op("add", "/x", nested(MAX_DEPTH - 1))])
    assert orjson.loads(dump(document)) == document
    for changes in (
        [op("add", "/x", nested(MAX_DEPTH))],
        [op("add", "/x", nested(60)), op("add", "/y", {}), op("copy", "/x" + "/0" * 60, **{"from": "/x"})],
        [
            op("add", "/x", nested(60)),
            op("add", "/y", nested(60)),
            op("move", "/x" + "/0" * 59 + "/-", **{"from": "/y"}),
        ],
    ):
        with pytest.raises(InvalidPayload, match="Invalid payload"):
            applied(changes)


@pytest.mark.parametrize(
    ("field", "place"), [(None, ""), ("notes", "/notes"), ("/lines/0", "/lines/0"), ("a/b~c", "/a~1b~0c"), ("/", "/")]
)
def test_the_place_of_a_field(field: str | None, place: str) -> None:
    assert place_of(field) == place


def test_what_an_edit_names_is_at_least_what_it_touches() -> None:
    for operation in (op("add", "/lines/0", 1), op("remove", "/lines/0"), op("move", "/x", **{"from": "/lines/1"})):
        assert named([operation]).writes >= applied([operation])[1].writes
    assert named([op("test", "/a/0", 1)]) == touched(reads=("/a/0",))
    assert named([op("replace", "/a/0", 1)]) == touched("/a/0")


# Any two edits of any document.

NAMES = st.sampled_from(["a", "b", "0", "-", "", "~", "/"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(["", "x"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)
DOCUMENTS = st.dictionaries(NAMES, VALUES, min_size=1, max_size=4)


def places_in(value: Any, path: tuple[str, ...] = ()) -> list[str]:
    """Every place that there is, and one after the end of each array."""
    found = [path_join(path)]
    if isinstance(value, dict):
        for name, part in value.items():
            found += places_in(part, (*path, name))
    elif isinstance(value, list):
        for index, part in enumerate(value):
            found += places_in(part, (*path, str(index)))
        found.append(path_join((*path, "-")))
    return found


@st.composite
def operations(draw: st.DrawFn, document: dict[str, Any]) -> dict[str, Any]:
    """One operation at a place that there is, or just below one."""
    there = st.sampled_from(places_in(document))
    path = draw(st.one_of(there, there, st.builds(lambda place, name: place + path_join([name]), there, NAMES)))
    name = draw(st.sampled_from(["add", "replace", "test", "remove", "move", "copy"]))
    if name in ("move", "copy"):
        return op(name, path, **{"from": draw(there)})
    return op(name, path) if name == "remove" else op(name, path, draw(VALUES))


@st.composite
def edits(draw: st.DrawFn, document: dict[str, Any]) -> Changes:
    """An edit that fits the document, of three operations at most."""
    changes: Changes = []
    for _ in range(draw(st.integers(1, 6))):
        operation = draw(operations(document))
        try:
            document, _ = applied([operation], document)
        except (InvalidPayload, TooLarge):
            continue
        changes.append(operation)
    return changes[:3] or [op("add", "/c", draw(VALUES))]


@given(data=st.data(), document=DOCUMENTS)
def test_two_edits_that_can_be_merged_give_one_document_in_either_order(
    data: st.DataObject, document: dict[str, Any]
) -> None:
    one, other = data.draw(edits(document)), data.draw(edits(document))
    first, touched_by_one = applied(one, document)
    second, touched_by_other = applied(other, document)
    merged = not conflict(touched_by_other, [touched_by_one.as_json()])
    assert merged is not conflict(touched_by_one, [touched_by_other.as_json()])
    event("merged" if merged else "in conflict")
    if merged:
        there, touched_again = applied(other, first)
        back, _ = applied(one, second)
        assert there == back
        assert touched_again == touched_by_other


@given(data=st.data(), document=DOCUMENTS)
def test_an_edit_that_another_one_has_made_unfit_is_known_to_conflict_with_it(
    data: st.DataObject, document: dict[str, Any]
) -> None:
    one, other = data.draw(edits(document)), data.draw(edits(document))
    first, touched_by_one = applied(one, document)
    try:
        applied(other, first)
    except InvalidPayload:
        event("unfit")
        assert conflict(named(other), [touched_by_one.as_json()])


@given(data=st.data(), document=DOCUMENTS)
def test_an_edit_changes_nothing_outside_what_it_writes(data: st.DataObject, document: dict[str, Any]) -> None:
    after, touched_by_it = applied(data.draw(edits(document)), document)
    written = Places(touched_by_it.writes)
    for name in document.keys() | after.keys():
        if not written.overlap(path_join([name])):
            assert document[name] == after[name]
