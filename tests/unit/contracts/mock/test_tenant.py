"""A tenant: who is online, who is in a room, and what ends with time."""

from __future__ import annotations

import pytest

from realtime_contracts.rules.errors import Conflict, LimitExceeded
from tests.unit.contracts.mock.recorded import RecordedTenant


def test_the_newcomer_gets_the_list_and_the_others_hear_who_came(tenant: RecordedTenant) -> None:
    ana = tenant.connect("Ana")
    ben = tenant.connect("Ben")
    assert tenant.events(ana) == ["presence:list", "presence:user_joined"]
    assert tenant.events(ben) == ["presence:list"]
    assert [user["user_name"] for user in tenant.last(ben, "presence:list")["users"]] == ["Ana", "Ben"]


def test_presence_messages_are_counted_without_a_gap(tenant: RecordedTenant) -> None:
    ana = tenant.connect("Ana")
    first = tenant.last(ana, "presence:list")["seq"]
    ben = tenant.connect("Ben")
    assert tenant.ask(ben, "presence:update", {"status": "busy"})["seq"] == first + 2
    tenant.ask(ben, "heartbeat")
    tenant.tenant.disconnect(ben, goodbye=True)
    numbers = [data["seq"] for _, data in tenant.got[ana.sid]]
    assert numbers == [first, first + 1, first + 2, first + 3]


def test_a_lost_transport_keeps_its_user_for_the_grace(tenant: RecordedTenant) -> None:
    ana, ben = tenant.connect("Ana"), tenant.connect("Ben")
    tenant.tenant.disconnect(ben, goodbye=False)
    tenant.clock.advance(59)
    assert "presence:user_left" not in tenant.events(ana)
    tenant.clock.advance(2)
    assert tenant.events(ana).count("presence:user_left") == 1


def test_who_is_back_within_the_grace_has_never_been_away(tenant: RecordedTenant) -> None:
    ana, ben = tenant.connect("Ana"), tenant.connect("Ben")
    tenant.got.clear()
    tenant.tenant.disconnect(ben, goodbye=False)
    tenant.clock.advance(59)
    tenant.connect("Ben")
    tenant.clock.advance(120)
    assert tenant.events(ana) == []


def test_the_inactive_become_away_and_come_back_with_a_heartbeat(tenant: RecordedTenant) -> None:
    ana, ben = tenant.connect("Ana"), tenant.connect("Ben")
    tenant.ask(ben, "presence:update", {"status": "busy"})
    tenant.got.clear()
    tenant.clock.advance(301)
    assert [(d["user_id"], d["status"]) for _, d in tenant.got[ben.sid]] == [("ana", "away")]
    tenant.ask(ana, "heartbeat")
    assert tenant.last(ben, "presence:update")["status"] == "online"


def test_one_more_than_twenty_tabs_is_refused(tenant: RecordedTenant) -> None:
    for _ in range(20):
        tenant.connect("Ana")
    with pytest.raises(LimitExceeded, match="20 connections") as refused:
        tenant.tenant.check_limit("ana")
    assert refused.value.details == {"limit": 20}


def test_what_a_user_had_in_a_room_ends_before_they_are_gone_from_it(tenant: RecordedTenant) -> None:
    ana, ben = tenant.enter("Ana", "Ben")
    tenant.ask(ana, "cursor:move", {"room_id": "invoice:42", "line": 1, "column": 1})
    tenant.ask(ana, "typing:start", {"room_id": "invoice:42", "field": "notes"})
    tenant.ask(ana, "doc:lock", {"room_id": "invoice:42", "path": "/notes"})
    tenant.got.clear()
    tenant.tenant.disconnect(ana, goodbye=True)
    assert tenant.events(ben) == [
        "cursor:remove",
        "typing:users",
        "doc:lock_status",
        "room:user_left",
        "presence:user_left",
    ]


def test_the_locks_of_a_lost_user_wait_for_them_until_their_time_is_over(tenant: RecordedTenant) -> None:
    ana, ben = tenant.enter("Ana", "Ben")
    tenant.ask(ana, "doc:lock", {"room_id": "invoice:42", "path": "/a", "ttl": 30})
    tenant.tenant.disconnect(ana, goodbye=False)
    answer = tenant.ask(ben, "doc:lock", {"room_id": "invoice:42", "path": "/a/b"})
    assert answer["error"]["code"] == "locked"
    assert answer["error"]["details"]["user_id"] == "ana"
    tenant.clock.advance(31)
    assert tenant.last(ben, "doc:lock_status")["locks"] == []


def test_typing_ends_with_its_time_and_starts_anew_with_every_start(tenant: RecordedTenant) -> None:
    ana, ben = tenant.enter("Ana", "Ben")
    for _ in range(3):
        tenant.ask(ana, "typing:start", {"room_id": "invoice:42"})
        tenant.clock.advance(5)
    assert tenant.events(ben) == ["typing:users"]
    tenant.clock.advance(2)
    assert tenant.last(ben, "typing:users")["users"] == []


def test_a_fast_cursor_is_told_thirty_times_a_second_and_its_last_place_always(tenant: RecordedTenant) -> None:
    ana, ben = tenant.enter("Ana", "Ben")
    for line in range(100):
        tenant.ask(ana, "cursor:move", {"room_id": "invoice:42", "line": line, "column": 0})
        tenant.clock.advance(0.01)
    tenant.clock.advance(1)
    assert tenant.events(ben).count("cursor:move") <= 31
    assert tenant.last(ben, "cursor:move")["line"] == 99
    tenant.clock.advance(300)
    assert tenant.events(ben)[-1] in {"cursor:remove", "presence:update"}
    assert "cursor:remove" in tenant.events(ben)


def test_a_tenant_with_examples_has_notifications_and_activity_for_whoever_comes() -> None:
    tenant = RecordedTenant(with_examples=("acme",))
    ana = tenant.connect("Ana")
    assert tenant.ask(ana, "notification:count")["count"] > 0
    tenant.ask(ana, "activity:feed")
    assert tenant.last(ana, "activity:feed")["items"]


def test_colleagues_are_online_and_stay_so() -> None:
    tenant = RecordedTenant(colleagues=14)
    ana = tenant.connect("Ana")
    tenant.clock.advance(1000)
    tenant.ask(ana, "presence:list")
    listed = tenant.last(ana, "presence:list")["users"]
    assert len({user["user_id"] for user in listed}) == 15
    assert {user["status"] for user in listed if user["user_id"] != "ana"} == {"online"}


def test_without_examples_and_colleagues_there_is_nobody_and_nothing(tenant: RecordedTenant) -> None:
    ana = tenant.connect("Ana")
    assert [user["user_id"] for user in tenant.last(ana, "presence:list")["users"]] == ["ana"]
    assert tenant.ask(ana, "notification:count")["count"] == 0


def test_a_notification_is_heard_counted_and_ends(tenant: RecordedTenant) -> None:
    ana = tenant.connect("Ana")
    asked = {"type": "note", "title": "Hello", "expires_in": 60}
    made, new = tenant.tenant.notifications.create("ana", asked, "key")
    assert new
    assert tenant.tenant.notifications.create("ana", asked, "key") == (made, False)
    with pytest.raises(Conflict, match="idempotency key"):
        tenant.tenant.notifications.create("ana", {**asked, "title": "Other"}, "key")
    assert tenant.ask(ana, "notification:read", {"notification_id": made["id"]}) == {"ok": True, "count": 0}
    tenant.clock.advance(61)
    assert tenant.ask(ana, "notification:read", {"notification_id": made["id"]})["error"]["code"] == "not_found"
