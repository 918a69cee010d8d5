"""The status table of the specification, row by row."""

from __future__ import annotations

import pytest

from app.realtime.utils.message_types import PresenceStatus
from realtime_contracts.rules.presence import PRESENCE_TABLE, PresenceState, Trigger, choice, moves

ONLINE, AUTO, AWAY, BUSY = "online", "auto_away", "away", "busy"

#: now → what activity, an update without status, inactivity, and no activity make of it. As the contract has it.
ROWS = {
    ONLINE: (ONLINE, ONLINE, AUTO, ONLINE),
    AUTO: (ONLINE, ONLINE, AUTO, AUTO),
    AWAY: (AWAY, ONLINE, AWAY, AWAY),
    BUSY: (BUSY, BUSY, BUSY, BUSY),
}
COLUMNS = (Trigger.ACTIVITY, Trigger.UPDATE, Trigger.IDLE, Trigger.NONE)

CHOSEN = {
    PresenceStatus.ONLINE: (Trigger.CHOOSE_ONLINE, ONLINE),
    PresenceStatus.AWAY: (Trigger.CHOOSE_AWAY, AWAY),
    PresenceStatus.BUSY: (Trigger.CHOOSE_BUSY, BUSY),
}


@pytest.mark.parametrize(
    ("before", "trigger", "after"),
    [(before, trigger, after) for before, row in ROWS.items() for trigger, after in zip(COLUMNS, row, strict=True)],
)
def test_what_happens_to_a_user_ends_a_status_as_the_table_says(before: str, trigger: Trigger, after: str) -> None:
    assert moves(trigger)[before] == after


@pytest.mark.parametrize("before", ROWS)
@pytest.mark.parametrize("status", CHOSEN)
def test_a_user_who_chooses_a_status_has_it_whatever_was_before(status: PresenceStatus, before: str) -> None:
    trigger, after = CHOSEN[status]
    assert choice(status) is trigger
    assert moves(trigger)[before] == after


def test_an_update_without_status_is_an_update() -> None:
    assert choice(None) is Trigger.UPDATE


def test_nobody_can_choose_to_be_offline() -> None:
    with pytest.raises(KeyError):
        choice(PresenceStatus.OFFLINE)


@pytest.mark.parametrize("trigger", Trigger)
def test_a_row_leads_from_every_state_to_a_state(trigger: Trigger) -> None:
    states = {state.value for state in PresenceState}
    assert moves(trigger).keys() == states
    assert set(moves(trigger).values()) <= states


def test_the_table_has_a_row_for_every_trigger() -> None:
    assert set(PRESENCE_TABLE) == set(Trigger)


@pytest.mark.parametrize("trigger", Trigger)
def test_what_happens_twice_changes_nothing_the_second_time(trigger: Trigger) -> None:
    row = moves(trigger)
    assert all(row[row[before]] == row[before] for before in row)


@pytest.mark.parametrize("trigger", [trigger for trigger in Trigger if trigger is not Trigger.IDLE])
def test_only_the_server_makes_an_automatic_away(trigger: Trigger) -> None:
    assert AUTO not in {after for before, after in moves(trigger).items() if before != AUTO}


@pytest.mark.parametrize(
    ("state", "status"), list(zip(PresenceState, ["online", "away", "away", "busy"], strict=True)), ids=str
)
def test_others_see_a_status_and_not_who_chose_it(state: PresenceState, status: str) -> None:
    assert state.status == PresenceStatus(status)


def test_a_row_is_a_scripts_to_take() -> None:
    row = moves(Trigger.ACTIVITY)
    assert {type(word) for pair in row.items() for word in pair} == {str}
