"""The view that judges every presence message: what it folds, and what it complains of."""

from __future__ import annotations

from typing import Any

import pytest

from realtime_contracts.wire.view import PresenceView, Seen

ANA = {"user_id": "ana", "user_name": "Ana"}
BEN = {"user_id": "ben", "user_name": "Ben"}


def entry(user: dict[str, str], status: str = "online", page: str | None = None) -> dict[str, Any]:
    return {**user, "status": status, "current_page": page, "last_active_at": "2024-05-18T10:00:00.000Z"}


def listed(seq: int, *entries: dict[str, Any]) -> dict[str, Any]:
    return {"users": list(entries), "seq": seq}


def joined(seq: int, user: dict[str, str]) -> tuple[str, dict[str, Any]]:
    return "presence:user_joined", {**user, "status": "online", "seq": seq}


def left(seq: int, user: dict[str, str]) -> tuple[str, dict[str, Any]]:
    return "presence:user_left", {**user, "seq": seq}


def update(seq: int, user: dict[str, str], status: str, page: str | None = None) -> tuple[str, dict[str, Any]]:
    where = {"current_page": page, "current_entity_type": None, "current_entity_id": None}
    return "presence:update", {**user, "status": status, **where, "seq": seq}


@pytest.fixture
def view() -> PresenceView:
    made = PresenceView()
    made.take_list(listed(10, entry(ANA)))
    return made


def test_messages_change_what_the_list_said(view: PresenceView) -> None:
    view.take_message(*joined(11, BEN))
    view.take_message(*update(12, BEN, "busy", "/x"))
    view.take_message(*left(13, ANA))
    assert view.users == {"ben": Seen("Ben", "busy", "/x")}
    assert (view.seq, view.gap, view.complaints) == (13, False, [])


def test_a_message_that_is_in_the_list_already_changes_nothing(view: PresenceView) -> None:
    view.take_message(*left(10, ANA))
    assert view.users == {"ana": Seen("Ana", "online")}
    assert view.complaints == []


def test_what_comes_before_the_first_list_is_in_it() -> None:
    view = PresenceView()
    view.take_message(*joined(9, BEN))
    view.take_list(listed(9, entry(BEN)))
    assert (view.seq, view.complaints) == (9, [])


def test_a_list_mends_a_gap_but_the_gap_is_remembered(view: PresenceView) -> None:
    view.take_message(*update(13, ANA, "busy"))
    assert view.gap
    view.take_list(listed(14, entry(ANA, "away")))
    assert not view.gap
    assert view.users == {"ana": Seen("Ana", "away")}
    assert view.complaints == ["presence:update 13 came after 10: a gap"]


def test_a_filtered_list_tells_nothing_of_the_others(view: PresenceView) -> None:
    view.take_list(listed(10), filtered=True)
    assert view.users == {"ana": Seen("Ana", "online")}
    assert view.complaints == []


@pytest.mark.parametrize(
    ("messages", "complaint"),
    [
        ([update(11, ANA, "busy"), update(11, ANA, "busy")], "came after 11"),
        ([update(11, ANA, "busy"), update(12, ANA, "busy"), update(11, ANA, "busy")], "came after 12"),
        ([joined(11, ANA)], "joined, but was online already"),
        ([left(11, BEN)], "left, but was not online"),
        ([left(11, ANA), left(12, ANA)], "left, but was not online"),
        ([update(11, BEN, "busy")], "changed, but was not online"),
    ],
    ids=["twice", "late", "joined twice", "left a stranger", "left twice", "changed a stranger"],
)
def test_it_complains(view: PresenceView, messages: list[tuple[str, dict[str, Any]]], complaint: str) -> None:
    for event, payload in messages:
        view.take_message(event, payload)
    assert len(view.complaints) == 1
    assert complaint in view.complaints[0]


def test_it_complains_of_a_list_older_than_a_message(view: PresenceView) -> None:
    view.take_message(*joined(11, BEN))
    view.take_list(listed(10, entry(ANA)))
    assert "list 10 came after message 11" in view.complaints[0]


def test_it_complains_of_a_list_that_contradicts_the_messages(view: PresenceView) -> None:
    view.take_list(listed(10, entry(ANA, "busy")))
    assert "list 10 says" in view.complaints[0]


def test_it_complains_of_a_user_who_is_listed_twice(view: PresenceView) -> None:
    view.take_list(listed(11, entry(ANA), entry(ANA)))
    assert "has a user twice" in view.complaints[0]
