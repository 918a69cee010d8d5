"""The view that judges every version of a document: what it folds, and what it complains of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from realtime_contracts.conform.document_view import DocumentView, same

ROOM = "invoice:42"


def setting(path: str, value: Any) -> list[dict[str, Any]]:
    return [{"op": "add", "path": path, "value": value}]


def edit(version: int, path: str = "/n", user: str = "ben", edit_id: str = "", epoch: str = "a") -> dict[str, Any]:
    changes = setting(path, version)
    by = {"epoch": epoch, "user_id": user, "user_name": user.title()}
    return {"room_id": ROOM, "version": version, **by, "changes": changes, "edit_id": edit_id or f"{user}-{version}"}


def whole(version: int, content: dict[str, Any], epoch: str = "a") -> dict[str, Any]:
    return {"room_id": ROOM, "version": version, "epoch": epoch, "content": content, "changes": [], "locks": []}


def missed(version: int, *edits: dict[str, Any], epoch: str = "a") -> dict[str, Any]:
    return {"room_id": ROOM, "version": version, "epoch": epoch, "content": None, "changes": list(edits), "locks": []}


@pytest.fixture
def view() -> DocumentView:
    made = DocumentView("ana")
    made.take_sync(whole(10, {"n": 10, "list": [1]}))
    return made


def ack(edit_id: str, version: int, epoch: str = "a") -> Callable[[DocumentView], None]:
    def take(view: DocumentView) -> None:
        view.take_sent(edit_id, setting("/n", version))
        view.take_ack(edit_id, version, epoch)

    return take


def heard(payload: dict[str, Any]) -> Callable[[DocumentView], None]:
    return lambda view: view.take_edit(payload)


def synced(payload: dict[str, Any]) -> Callable[[DocumentView], None]:
    return lambda view: view.take_sync(payload)


LOST = ack("lost", 4)
#: What happens to who has seen version 10 of the document, and what is known then.
AFTER_A_SYNC: dict[str, tuple[list[Callable[[DocumentView], None]], int, dict[str, Any]]] = {
    "edits": ([heard(edit(11)), heard(edit(12, "/list/-"))], 12, {"n": 11, "list": [1, 12]}),
    "a sync that says the same": (
        [heard(edit(11)), synced(whole(11, {"list": [1.0], "n": 11}))],
        11,
        {"n": 11, "list": [1]},
    ),
    "missed edits that are known": (
        [heard(edit(11, "/list/-")), synced(missed(11, edit(10), edit(11, "/list/-")))],
        11,
        {"n": 10, "list": [1, 11]},
    ),
    "the same edit again": ([ack("mine", 11), heard(edit(12)), ack("mine", 11)], 12, {"n": 12, "list": [1]}),
    "its id in capitals": ([ack("mine", 11), heard(edit(12)), ack("MINE", 11)], 12, {"n": 12, "list": [1]}),
    "an edit of a lost connection": ([ack("lost", 9)], 10, {"n": 10, "list": [1]}),
    "an edit of another tab, again": (
        [heard(edit(11, user="ana", edit_id="tab")), heard(edit(12)), ack("tab", 11)],
        12,
        {"n": 12, "list": [1]},
    ),
    "an id that two users chose": (
        [ack("id", 11), heard(edit(12, edit_id="id"))],
        12,
        {"n": 12, "list": [1]},
    ),
    "another epoch": ([synced(whole(2, {"n": 2}, "b")), heard(edit(3, epoch="b"))], 3, {"n": 3}),
    "another epoch of the same version": ([synced(whole(10, {}, "b"))], 10, {}),
    "an edit again that another epoch knows": (
        [ack("mine", 11), synced(whole(3, {"n": 3}, "b")), ack("mine", 2, "b")],
        3,
        {"n": 3},
    ),
}
#: The same for who has seen nothing yet. What the answer to an edit of a lost connection says is of no newest version.
WITHOUT_A_SYNC: dict[str, tuple[list[Callable[[DocumentView], None]], int, dict[str, Any] | None]] = {
    "the first edit of all": ([heard(edit(1))], 1, {"n": 1}),
    "edits": ([heard(edit(7)), heard(edit(8))], 8, None),
    "edits, then a sync": ([heard(edit(7)), heard(edit(8)), synced(whole(8, {"n": 8}))], 8, {"n": 8}),
    "missed edits": ([synced(missed(11, edit(10), edit(11)))], 11, None),
    "missed edits, then another": ([synced(missed(11, edit(10), edit(11))), heard(edit(12))], 12, None),
    "lost, at the newest": ([LOST, synced(whole(4, {})), heard(edit(5))], 5, {"n": 5}),
    "lost, one before": ([LOST, synced(whole(5, {})), heard(edit(6))], 6, {"n": 6}),
    "lost, long before": ([LOST, synced(whole(9, {})), heard(edit(10))], 10, {"n": 10}),
    "lost, the first of all": ([ack("lost", 1)], 1, {"n": 1}),
    "lost, then another": ([ack("lost", 1), heard(edit(9))], 9, None),
}


@pytest.mark.parametrize("name", AFTER_A_SYNC)
def test_what_is_known_after_a_sync(view: DocumentView, name: str) -> None:
    happenings, version, content = AFTER_A_SYNC[name]
    for happens in happenings:
        happens(view)
    assert (view.version, view.content, view.complaints) == (version, content, [])


@pytest.mark.parametrize("name", WITHOUT_A_SYNC)
def test_what_is_known_without_one(name: str) -> None:
    happenings, version, content = WITHOUT_A_SYNC[name]
    view = DocumentView("ana")
    for happens in happenings:
        happens(view)
    assert (view.version, view.content, view.complaints) == (version, content, [])


def test_own_edits_count_with_their_acks(view: DocumentView) -> None:
    view.take_sent("mine", setting("/n", "mine"))
    view.take_edit(edit(11))
    view.take_ack("mine", 12, "a")
    view.take_edit(edit(13, "/other"))
    assert (view.version, view.content) == (13, {"n": "mine", "list": [1], "other": 13})
    assert view.complaints == []


def test_what_was_received_is_left_as_it_was(view: DocumentView) -> None:
    payload, first = whole(11, {"list": []}), edit(12, "/list/-")
    other = DocumentView()
    other.take_sync(payload)
    other.take_edit({**first, "changes": setting("/a", {"deep": []})})
    other.take_edit(edit(13, "/a/deep/-"))
    assert payload == whole(11, {"list": []})
    assert first == edit(12, "/list/-")


@pytest.mark.parametrize(
    ("happenings", "complaint"),
    [
        ([heard(edit(12))], "edit 12 came after 10: a gap"),
        ([heard(edit(11)), heard(edit(11))], "edit 11 came after 11"),
        ([heard(edit(11)), heard(edit(12, edit_id="x")), heard(edit(10))], "edit 10 came after 12"),
        ([ack("mine", 12)], "ack 12 came after 10: a gap"),
        ([heard(edit(11)), heard(edit(12)), ack("mine", 11)], "ack 11 came after 12"),
        ([ack("mine", 11), ack("mine", 12)], "ack 12 was version 11 before"),
        ([heard(edit(11, edit_id="x")), heard(edit(12, edit_id="X"))], "edit 12 was version 11 before"),
        ([ack("mine", 11), heard(edit(12, user="ana", edit_id="mine"))], "edit 12 is its own"),
        ([heard(edit(11, "/gone/deeper"))], "edit 11 cannot be applied"),
        ([heard(edit(11)), synced(whole(10, {"n": 10, "list": [1]}))], "sync 10 is older than 11"),
        ([synced(whole(11, {}))], "sync 11 is newer, over a gap, than 10"),
        ([synced(whole(10, {"n": 9, "list": [1]}))], "sync 10 says"),
        ([synced(whole(10, {"n": 10, "list": [True]}))], "sync 10 says"),
        ([synced(missed(10, edit(8), edit(10)))], "sync 10 has the versions [8, 10]"),
        ([synced({**whole(10, {"n": 10, "list": [1]}), "changes": [edit(10)]})], "has changes too"),
        ([synced(missed(11, edit(11)))], "sync 11 is newer"),
        ([heard(edit(11, epoch="b"))], "edit 11 is of another epoch"),
        ([ack("mine", 11, "b")], "ack 11 is of another epoch"),
        ([synced(missed(11, edit(11, epoch="b"), epoch="b"))], "sync 11 is of another epoch"),
    ],
    ids=[
        "gap",
        "twice",
        "late",
        "ack over a gap",
        "late ack",
        "two answers",
        "an edit twice",
        "its own edit",
        "no place",
        "old sync",
        "new sync",
        "other content",
        "true for 1",
        "missed with a gap",
        "whole with changes",
        "missed over a gap",
        "edit of another epoch",
        "ack of another epoch",
        "missed in another epoch",
    ],
)
def test_it_complains(view: DocumentView, happenings: list[Callable[[DocumentView], None]], complaint: str) -> None:
    for happens in happenings:
        assert not view.complaints
        happens(view)
    assert complaint in view.complaints[0]


def test_after_a_gap_the_content_is_not_known_until_the_next_sync(view: DocumentView) -> None:
    view.take_edit(edit(12))
    assert view.content is None
    view.take_sync(whole(12, {"n": 12}))
    assert view.content == {"n": 12}
    assert len(view.complaints) == 1


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (1, 1.0, True),
        (1, True, False),
        (0, False, False),
        (None, False, False),
        ({"a": [1, {"b": None}]}, {"a": [1, {"b": None}]}, True),
        ({"a": [True]}, {"a": [1]}, False),
        ({"a": 1}, {"a": 1, "b": 1}, False),
        ([1, 2], [1], False),
        ("1", 1, False),
        ([], {}, False),
    ],
)
def test_two_values_are_the_same_json(one: Any, other: Any, *, expected: bool) -> None:
    assert same(one, other) is expected
    assert same(other, one) is expected
