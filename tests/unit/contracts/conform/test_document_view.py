"""The view that judges every version of a document: what it folds, and what it complains of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from realtime_contracts.conform.document_view import DocumentView, same

ROOM = "invoice:42"


def setting(path: str, value: Any) -> list[dict[str, Any]]:
    return [{"op": "add", "path": path, "value": value}]


def edit(version: int, path: str = "/n", user: str = "ben", edit_id: str = "") -> dict[str, Any]:
    changes = setting(path, version)
    by = {"user_id": user, "user_name": user.title()}
    return {"room_id": ROOM, "version": version, **by, "changes": changes, "edit_id": edit_id or f"{user}-{version}"}


def whole(version: int, content: dict[str, Any]) -> dict[str, Any]:
    return {"room_id": ROOM, "version": version, "content": content, "changes": [], "locks": []}


def missed(version: int, *edits: dict[str, Any]) -> dict[str, Any]:
    return {"room_id": ROOM, "version": version, "content": None, "changes": list(edits), "locks": []}


@pytest.fixture
def view() -> DocumentView:
    made = DocumentView("ana")
    made.take_sync(whole(10, {"n": 10, "list": [1]}))
    return made


def test_edits_change_what_the_sync_said(view: DocumentView) -> None:
    view.take_edit(edit(11))
    view.take_edit(edit(12, "/list/-"))
    assert (view.version, view.content, view.complaints) == (12, {"n": 11, "list": [1, 12]}, [])


def test_own_edits_count_with_their_acks(view: DocumentView) -> None:
    view.take_sent("mine", setting("/n", "mine"))
    view.take_edit(edit(11))
    view.take_ack("mine", 12)
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


def test_a_document_that_nobody_has_edited_is_empty_before_its_first_edit() -> None:
    view = DocumentView("ana")
    view.take_edit(edit(1))
    assert (view.version, view.content, view.complaints) == (1, {"n": 1}, [])


def test_without_a_sync_versions_are_counted_and_nothing_is_known_of_the_content() -> None:
    view = DocumentView("ana")
    view.take_edit(edit(7))
    view.take_edit(edit(8))
    assert (view.version, view.content, view.complaints) == (8, None, [])
    view.take_sync(whole(8, {"n": 8}))
    assert (view.content, view.complaints) == ({"n": 8}, [])


def test_a_sync_says_the_same_again(view: DocumentView) -> None:
    view.take_edit(edit(11))
    view.take_sync(whole(11, {"list": [1.0], "n": 11}))
    assert view.complaints == []


def test_missed_edits_that_are_known_already_change_nothing(view: DocumentView) -> None:
    view.take_edit(edit(11, "/list/-"))
    view.take_sync(missed(11, edit(10), edit(11, "/list/-")))
    assert (view.content, view.complaints) == ({"n": 10, "list": [1, 11]}, [])


def test_of_missed_edits_alone_the_content_is_not_known() -> None:
    view = DocumentView("ana")
    view.take_sync(missed(11, edit(10), edit(11)))
    assert (view.version, view.content, view.complaints) == (11, None, [])
    view.take_edit(edit(12))
    assert view.complaints == []


@pytest.mark.parametrize("mine", ["mine", "MINE"])
def test_an_edit_sent_again_is_answered_as_the_first_time(view: DocumentView, mine: str) -> None:
    view.take_sent("mine", setting("/n", "mine"))
    view.take_ack("mine", 11)
    view.take_edit(edit(12))
    view.take_sent(mine, setting("/n", "mine"))
    view.take_ack(mine, 11)
    assert (view.version, view.content, view.complaints) == (12, {"n": 12, "list": [1]}, [])


def test_an_edit_of_a_lost_connection_may_be_in_the_sync(view: DocumentView) -> None:
    view.take_sent("lost", setting("/n", "lost"))
    view.take_ack("lost", 9)
    assert (view.version, view.content, view.complaints) == (10, {"n": 10, "list": [1]}, [])


def test_an_edit_of_another_tab_may_be_sent_again(view: DocumentView) -> None:
    view.take_edit(edit(11, user="ana", edit_id="tab"))
    view.take_edit(edit(12))
    view.take_sent("tab", setting("/n", 11))
    view.take_ack("tab", 11)
    assert (view.version, view.complaints) == (12, [])


@pytest.mark.parametrize("newest", [4, 5, 9])
def test_the_answer_to_an_edit_of_a_lost_connection_says_nothing_of_the_newest_version(newest: int) -> None:
    view = DocumentView("ana")
    view.take_sent("lost", setting("/n", "lost"))
    view.take_ack("lost", 4)
    view.take_sync(whole(newest, {}))
    view.take_edit(edit(newest + 1))
    assert (view.content, view.complaints) == ({"n": newest + 1}, [])


def test_nor_does_it_of_the_edit_that_comes_next() -> None:
    view = DocumentView("ana")
    view.take_sent("lost", setting("/n", "lost"))
    view.take_ack("lost", 1)
    assert view.content == {"n": "lost"}
    view.take_edit(edit(9))
    assert (view.version, view.content, view.complaints) == (9, None, [])


def test_two_users_may_choose_one_id(view: DocumentView) -> None:
    view.take_sent("id", setting("/n", "mine"))
    view.take_ack("id", 11)
    view.take_edit(edit(12, edit_id="id"))
    assert view.complaints == []


def ack(edit_id: str, version: int) -> Callable[[DocumentView], None]:
    def take(view: DocumentView) -> None:
        view.take_sent(edit_id, setting("/n", version))
        view.take_ack(edit_id, version)

    return take


def heard(payload: dict[str, Any]) -> Callable[[DocumentView], None]:
    return lambda view: view.take_edit(payload)


def synced(payload: dict[str, Any]) -> Callable[[DocumentView], None]:
    return lambda view: view.take_sync(payload)


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
