"""Who is online, who is in a room, and what ends with time: the rules of the contract, without a wire."""

from __future__ import annotations

import pytest

from realtime_contracts.mock.presence import TABLE, State, Trigger
from realtime_contracts.mock.refusals import Refused
from realtime_contracts.mock.timeouts import Timeouts
from tests.unit.contracts.mock.faking import Office

#: docs/specification.md: what ends what. Rows: now; columns: activity, an update without status, each choice.
SPECIFIED = {
    State.ONLINE: ("online", "online", "online", "away", "busy"),
    State.AUTO_AWAY: ("online", "online", "online", "away", "busy"),
    State.AWAY: ("away", "online", "online", "away", "busy"),
    State.BUSY: ("busy", "busy", "online", "away", "busy"),
}
TRIGGERS = (Trigger.ACTIVITY, Trigger.UPDATE, Trigger.CHOOSE_ONLINE, Trigger.CHOOSE_AWAY, Trigger.CHOOSE_BUSY)


def test_the_table_is_the_specifications() -> None:
    assert {state: tuple(TABLE[trigger][state].status for trigger in TRIGGERS) for state in State} == SPECIFIED


def test_the_newcomer_gets_the_list_and_the_others_hear_who_came() -> None:
    office = Office()
    ana = office.connect("Ana")
    ben = office.connect("Ben")
    assert office.events(ana) == ["presence:list", "presence:user_joined"]
    assert office.events(ben) == ["presence:list"]
    assert [user["user_name"] for user in office.last(ben, "presence:list")["users"]] == ["Ana", "Ben"]


def test_presence_messages_are_counted_without_a_gap() -> None:
    office = Office()
    ana = office.connect("Ana")
    first = office.last(ana, "presence:list")["seq"]
    ben = office.connect("Ben")
    assert office.ask(ben, "presence:update", {"status": "busy"})["seq"] == first + 2
    office.ask(ben, "heartbeat")
    office.company.disconnect(ben, goodbye=True)
    numbers = [data["seq"] for _, data in office.heard[ana.sid]]
    assert numbers == [first, first + 1, first + 2, first + 3]


def test_a_lost_transport_keeps_its_user_for_the_grace() -> None:
    office = Office(timeouts=Timeouts(offline=60))
    ana, ben = office.connect("Ana"), office.connect("Ben")
    office.company.disconnect(ben, goodbye=False)
    office.clock.advance(59)
    assert "presence:user_left" not in office.events(ana)
    office.clock.advance(2)
    assert office.events(ana).count("presence:user_left") == 1


def test_who_is_back_within_the_grace_has_never_been_away() -> None:
    office = Office(timeouts=Timeouts(offline=60))
    ana, ben = office.connect("Ana"), office.connect("Ben")
    office.heard.clear()
    office.company.disconnect(ben, goodbye=False)
    office.clock.advance(59)
    office.connect("Ben")
    office.clock.advance(120)
    assert office.events(ana) == []


def test_the_inactive_become_away_and_come_back_with_a_heartbeat() -> None:
    office = Office(timeouts=Timeouts(away=300))
    ana, ben = office.connect("Ana"), office.connect("Ben")
    office.ask(ben, "presence:update", {"status": "busy"})
    office.heard.clear()
    office.clock.advance(301)
    assert [(d["user_id"], d["status"]) for _, d in office.heard[ben.sid]] == [("ana", "away")]
    office.ask(ana, "heartbeat")
    assert office.last(ben, "presence:update")["status"] == "online"


def test_one_more_than_twenty_tabs_is_refused() -> None:
    office = Office()
    for _ in range(20):
        office.connect("Ana")
    with pytest.raises(Refused, match="20 connections") as refused:
        office.connect("Ana")
    assert (refused.value.code, refused.value.details) == ("limit_exceeded", {"limit": 20})


def test_what_a_user_had_in_a_room_ends_before_they_are_gone_from_it() -> None:
    office = Office()
    ana, ben = office.enter("Ana", "Ben")
    office.ask(ana, "cursor:move", {"room_id": "invoice:42", "line": 1, "column": 1})
    office.ask(ana, "typing:start", {"room_id": "invoice:42", "field": "notes"})
    office.ask(ana, "doc:lock", {"room_id": "invoice:42", "path": "/notes"})
    office.heard.clear()
    office.company.disconnect(ana, goodbye=True)
    assert office.events(ben) == [
        "cursor:remove",
        "typing:users",
        "doc:lock_status",
        "room:user_left",
        "presence:user_left",
    ]


def test_the_locks_of_a_lost_user_wait_for_them_until_their_time_is_over() -> None:
    office = Office()
    ana, ben = office.enter("Ana", "Ben")
    office.ask(ana, "doc:lock", {"room_id": "invoice:42", "path": "/a", "ttl": 30})
    office.company.disconnect(ana, goodbye=False)
    answer = office.ask(ben, "doc:lock", {"room_id": "invoice:42", "path": "/a/b"})
    assert answer["error"]["code"] == "locked"
    assert answer["error"]["details"]["user_id"] == "ana"
    office.clock.advance(31)
    assert office.last(ben, "doc:lock_status")["locks"] == []


def test_typing_ends_with_its_time_and_starts_anew_with_every_start() -> None:
    office = Office(timeouts=Timeouts(typing=6))
    ana, ben = office.enter("Ana", "Ben")
    for _ in range(3):
        office.ask(ana, "typing:start", {"room_id": "invoice:42"})
        office.clock.advance(5)
    assert office.events(ben) == ["typing:users"]
    office.clock.advance(2)
    assert office.last(ben, "typing:users")["users"] == []


def test_a_fast_cursor_is_told_thirty_times_a_second_and_its_last_place_always() -> None:
    office = Office()
    ana, ben = office.enter("Ana", "Ben")
    for line in range(100):
        office.ask(ana, "cursor:move", {"room_id": "invoice:42", "line": line, "column": 0})
        office.clock.advance(0.01)
    office.clock.advance(1)
    assert office.events(ben).count("cursor:move") <= 31
    assert office.last(ben, "cursor:move")["line"] == 99
    office.clock.advance(300)
    assert office.events(ben)[-1] in {"cursor:remove", "presence:update"}
    assert "cursor:remove" in office.events(ben)


def test_a_company_with_examples_has_notifications_and_activity_for_whoever_comes() -> None:
    office = Office(with_examples=("acme",))
    ana = office.connect("Ana")
    assert office.ask(ana, "notification:count")["count"] > 0
    office.ask(ana, "activity:feed")
    assert office.last(ana, "activity:feed")["items"]


def test_colleagues_are_online_and_stay_so() -> None:
    office = Office(colleagues=14)
    ana = office.connect("Ana")
    office.clock.advance(1000)
    office.ask(ana, "presence:list")
    listed = office.last(ana, "presence:list")["users"]
    assert len({user["user_id"] for user in listed}) == 15
    assert {user["status"] for user in listed if user["user_id"] != "ana"} == {"online"}


def test_without_examples_and_colleagues_there_is_nobody_and_nothing() -> None:
    office = Office()
    ana = office.connect("Ana")
    assert [user["user_id"] for user in office.last(ana, "presence:list")["users"]] == ["ana"]
    assert office.ask(ana, "notification:count")["count"] == 0


def test_a_notification_is_heard_counted_and_ends() -> None:
    office = Office()
    ana = office.connect("Ana")
    asked = {"type": "note", "title": "Hello", "expires_in": 60}
    made, new = office.company.notifications.create("ana", asked, "key")
    assert new
    assert office.company.notifications.create("ana", asked, "key") == (made, False)
    with pytest.raises(Refused, match="idempotency key"):
        office.company.notifications.create("ana", {**asked, "title": "Other"}, "key")
    assert office.ask(ana, "notification:read", {"notification_id": made["id"]}) == {"ok": True, "count": 0}
    office.clock.advance(61)
    assert office.ask(ana, "notification:read", {"notification_id": made["id"]})["error"]["code"] == "not_found"
