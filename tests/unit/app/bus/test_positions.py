"""Which announcements reach a connection live, and which it is told after a gap."""

from __future__ import annotations

import pytest

from app.realtime.bus.positions import Positions

TENANT, USER = "tenant:{acme}", "user:{acme}:ana"


@pytest.fixture
def positions() -> Positions:
    """Return what a node knows where a connection has come before the first item, and has heard the one at 10."""
    made = Positions()
    made.entered("a", [TENANT, USER], [0, 7])
    assert not made.heard(TENANT, 10)
    return made


def test_what_is_heard_live_is_for_nobody_who_is_behind(positions: Positions) -> None:
    positions.lose(TENANT, ["a"])
    assert list(positions.heard(TENANT, 12)) == ["a"]
    assert positions.groups(TENANT) == {10}
    assert positions.missed(TENANT, 10, 12, more=False) == ["a"]
    assert not positions.heard(TENANT, 13)
    assert positions.rooms_behind() == []


def test_rooms_have_places_of_their_own(positions: Positions) -> None:
    positions.lose(USER, ["a"])
    assert not positions.heard(TENANT, 11)
    assert positions.groups(USER) == {7}


def test_the_next_gap_begins_where_the_last_one_was_caught_up(positions: Positions) -> None:
    positions.lose(TENANT, ["a"])
    positions.missed(TENANT, 10, 20, more=False)
    positions.lose(TENANT, ["a"])
    assert positions.groups(TENANT) == {20}


def test_a_recovery_that_is_cut_goes_on_where_it_got_to(positions: Positions) -> None:
    positions.lose(TENANT, ["a"])
    assert positions.missed(TENANT, 10, 15, more=True) == ["a"]
    assert list(positions.heard(TENANT, 30)) == ["a"]
    positions.lose(TENANT, ["a"])
    assert positions.groups(TENANT) == {15}
    assert positions.missed(TENANT, 10, 15, more=True) == []
    assert positions.missed(TENANT, 15, 30, more=False) == ["a"]


def test_who_enters_meanwhile_hears_what_is_live_and_nothing_of_the_gap(positions: Positions) -> None:
    positions.lose(TENANT, ["a"])
    positions.entered("b", [TENANT, USER], [15, 7])
    assert list(positions.heard(TENANT, 16)) == ["a"]
    assert positions.missed(TENANT, 10, 16, more=False) == ["a"]


def test_who_enters_meanwhile_and_is_cut_off_is_told_what_came_since(positions: Positions) -> None:
    positions.lose(TENANT, ["a"])
    positions.entered("b", [TENANT, USER], [15, 7])
    positions.lose(TENANT, ["a", "b"])
    assert positions.groups(TENANT) == {10, 15}
    assert positions.missed(TENANT, 15, 20, more=False) == ["b"]
    assert positions.missed(TENANT, 10, 20, more=False) == ["a"]


def test_who_was_put_in_without_a_place_begins_with_the_recovery(positions: Positions) -> None:
    positions.begin("b", TENANT)
    assert list(positions.heard(TENANT, 11)) == ["b"]
    assert positions.groups(TENANT) == {None}
    assert positions.missed(TENANT, None, 11, more=False) == ["b"]
    assert not positions.heard(TENANT, 12)


def test_who_was_put_in_without_a_place_begins_where_its_own_message_says(positions: Positions) -> None:
    positions.begin("b", TENANT)
    positions.entered("b", [TENANT, USER], [10, 7])
    assert not positions.heard(TENANT, 11)
    assert positions.missed(TENANT, None, 11, more=False) == []


def test_who_has_left_is_not_waited_for(positions: Positions) -> None:
    positions.lose(TENANT, ["a", "b"])
    positions.keep(TENANT, {"b": object()})
    assert list(positions.heard(TENANT, 11)) == ["b"]
    positions.keep(TENANT, {})
    assert positions.rooms_behind() == []


def test_an_empty_room_is_forgotten_with_its_place(positions: Positions) -> None:
    positions.lose(TENANT, ["a"])
    positions.forget(TENANT)
    assert positions.rooms_behind() == []
    positions.lose(TENANT, ["b"])
    assert positions.groups(TENANT) == {None}
