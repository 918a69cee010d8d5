"""A connection with a scenario: what is late, lost, refused and emitted, and what stays in order."""

from __future__ import annotations

import time
from typing import Any

from realtime_contracts.mock.handling import Handler
from realtime_contracts.mock.scenario import parse
from realtime_contracts.rules.claims import Identity
from realtime_contracts.rules.packets import UNREADABLE
from realtime_contracts.wire.tokens import mint
from tests.unit.contracts.mock.recorded import TENANT, RecordedTenant

JOIN = {"entity_type": "invoice", "entity_id": 42}


class Connected:
    """Ana's connection while a scenario is played for it; Ben listens. Notes the acks, and how it was ended."""

    def __init__(self, scenario: str = "") -> None:
        self.acks: list[tuple[int, dict[str, Any]]] = []
        self.ended: list[bool] = []
        self.tenant = RecordedTenant()
        self.ben = self.tenant.connect("Ben")
        self.ana = self.tenant.add("ana-sid", Identity("ana", TENANT, "Ana"))
        self.handler = Handler(self.tenant.tenant, self.ana, self, parse(scenario) if scenario else ())
        self.tenant.got.clear()
        self.handler.start()

    def acknowledge(self, ack_id: int, ack: dict[str, Any]) -> None:
        self.acks.append((ack_id, ack))

    def disconnect(self, *, transport: bool = False) -> None:
        self.ended.append(transport)

    def send(self, event: str, *payloads: Any, ack_id: int | None = 1) -> None:
        self.handler.receive(event, payloads, ack_id)

    def got(self) -> list[str]:
        return self.tenant.events(self.ana)


def test_a_packet_that_cannot_be_read_is_answered_without_an_event() -> None:
    ana = Connected()
    ana.send(UNREADABLE, "why")
    error = ana.acks[0][1]["error"]
    assert (error["event"], error["details"]) == (None, {"path": "", "reason": "why"})


def test_what_comes_after_a_time_comes_once_for_this_connection() -> None:
    ana = Connected("- {after: 2s, emit: 'notification:count'}")
    ana.tenant.clock.advance(1.9)
    assert ana.got() == []
    ana.tenant.clock.advance(10)
    assert ana.got() == ["notification:count"]
    assert ana.tenant.events(ana.ben) == []


def test_what_comes_every_so_often_stops_after_its_times_or_with_the_connection() -> None:
    ana = Connected("- {every: 1s, emit: 'notification:count', times: 2}\n- {every: 1s, emit: heartbeat_ack}")
    ana.tenant.clock.advance(3.5)
    assert ana.got().count("notification:count") == 2
    assert ana.got().count("heartbeat_ack") == 3
    ana.handler.stop(goodbye=True)
    ana.tenant.clock.advance(10)
    assert ana.got().count("heartbeat_ack") == 3


def test_a_failure_has_no_effect_and_the_next_one_of_its_times_has() -> None:
    ana = Connected("- {on: 'room:join', fail: forbidden, times: 1}")
    ana.send("room:join", JOIN)
    ana.send("room:join", JOIN, ack_id=2)
    (_, first), (_, second) = ana.acks
    assert (first["error"]["code"], first["error"]["event"]) == ("forbidden", "room:join")
    assert second["ok"]
    assert ana.got() == ["error", "room:users"]


def test_a_delayed_event_is_taken_up_later_and_all_after_it_waits() -> None:
    ana = Connected("- {on: 'room:join', delay: 3s}")
    ana.send("room:join", JOIN)
    ana.send("heartbeat", ack_id=2)
    ana.tenant.clock.advance(2.9)
    assert ana.acks == []
    ana.tenant.clock.advance(0.2)
    assert [ack_id for ack_id, _ in ana.acks] == [1, 2]
    assert ana.got() == ["room:users", "heartbeat_ack"]
    ana.send("heartbeat", ack_id=3)
    assert ana.acks[-1][0] == 3


def test_what_waits_is_forgotten_with_the_connection() -> None:
    ana = Connected("- {on: 'room:join', delay: 3s}")
    ana.send("room:join", JOIN)
    ana.handler.stop(goodbye=True)
    ana.tenant.clock.advance(10)
    assert ana.acks == []
    assert ana.tenant.tenant.room("invoice:42").users()["users"] == []


def test_a_lost_ack_was_done_and_a_lost_event_was_not() -> None:
    ana = Connected("- {on: 'room:join', drop: ack}\n- {on: 'presence:update', drop: event}")
    ana.send("room:join", JOIN)
    ana.send("presence:update", {"status": "busy"}, ack_id=2)
    assert ana.acks == []
    assert ana.got() == ["room:users"]


def test_what_follows_an_event_follows_its_answer() -> None:
    ana = Connected("- {on: heartbeat, emit: 'notification:count'}\n- {on: heartbeat, disconnect: transport}")
    ana.send("heartbeat")
    assert ana.got() == ["heartbeat_ack", "notification:count"]
    assert ana.ended == [True]


def test_a_notification_of_the_scenario_can_be_counted_and_read() -> None:
    ana = Connected("- {every: 1s, emit: notification, times: 2}")
    ana.tenant.clock.advance(5)
    assert ana.got() == ["notification", "notification:count"] * 2
    number = ana.tenant.last(ana.ana, "notification")["id"]
    ana.send("notification:read", {"notification_id": number})
    assert ana.acks == [(1, {"ok": True, "count": 1})]


def test_activity_of_the_scenario_is_the_tenants_and_in_the_feed() -> None:
    ana = Connected("- {after: 1s, emit: activity}")
    ana.tenant.clock.advance(1)
    assert ana.tenant.events(ana.ben) == ["activity"]
    ana.send("activity:feed")
    assert ana.tenant.last(ana.ana, "activity:feed")["items"] == [ana.tenant.last(ana.ben, "activity")]


def test_people_of_the_scenario_come_change_and_go_for_all_and_are_counted() -> None:
    dora = "user_id: dora, user_name: Dora"
    place = "current_page: /x, current_entity_type: null, current_entity_id: null"
    ana = Connected(
        f"- {{after: 1s, emit: 'presence:user_joined', data: {{{dora}, status: online}}}}\n"
        f"- {{after: 2s, emit: 'presence:update', data: {{{dora}, status: busy, {place}}}}}\n"
        f"- {{after: 3s, emit: 'presence:user_left', data: {{{dora}}}}}\n"
        "- {after: 4s, emit: 'presence:user_left', data: {user_id: ben, user_name: Ben}}\n"
    )
    before = ana.tenant.tenant.presence.seq
    ana.tenant.clock.advance(2)
    ana.send("presence:list")
    listed = ana.tenant.last(ana.ana, "presence:list")["users"]
    assert [(user["user_name"], user["status"]) for user in listed][-1] == ("Dora", "busy")
    ana.tenant.clock.advance(5)
    told = [data for _, data in ana.tenant.got[ana.ben.sid]]
    assert [(data["user_id"], data["seq"]) for data in told] == [("dora", before + n) for n in (1, 2, 3)]


def test_too_many_events_are_refused_and_told_once() -> None:
    ana = Connected()
    for number in range(300):
        ana.send("heartbeat", ack_id=number)
    assert [number for number, ack in ana.acks if ack["ok"]] == list(range(200))
    assert {ack["error"]["code"] for _, ack in ana.acks[200:]} == {"rate_limited"}
    assert ana.got().count("error") == 1
    ana.tenant.clock.advance(1.001)
    ana.acks.clear()
    ana.send("heartbeat")
    assert ana.acks[0][1]["ok"]


def test_who_goes_on_is_ended_and_heard_no_more() -> None:
    ana = Connected()
    while not ana.ended:
        ana.send("heartbeat", ack_id=None)
        ana.tenant.clock.advance(0.001)
    assert ana.ended == [False], "by a DISCONNECT"
    errors = [data for event, data in ana.tenant.got["ana-sid"] if event == "error"]
    assert [error["event"] for error in errors] == ["heartbeat", None]
    ana.acks.clear()
    ana.send("heartbeat")
    assert ana.acks == []


def test_a_connection_of_the_same_user_goes_on_where_the_last_one_ended() -> None:
    ana = Connected()
    for _ in range(201):
        ana.send("heartbeat", ack_id=None)
    ana.handler.stop(goodbye=False)
    again = Connected.__new__(Connected)
    again.acks, again.ended, again.tenant = [], [], ana.tenant
    again.handler = Handler(ana.tenant.tenant, ana.tenant.add("again", Identity("ana", TENANT, "Ana")), again)
    again.send("heartbeat")
    assert again.acks[0][1]["error"]["code"] == "rate_limited"


#: Seconds that a token lives.
SECONDS = 120.0


def token_of(user: str, ttl: float = SECONDS) -> str:
    return mint("any-secret-that-has-thirty-two-bytes", user, TENANT, ttl=ttl)


def test_the_end_of_a_token_is_announced_a_minute_before_and_a_newer_one_moves_it() -> None:
    ana = Connected()
    ana.tenant.clock.advance(time.time() - ana.tenant.clock.now())
    ana.send("auth:refresh", {"token": token_of("ana")})
    assert ana.acks[-1][1]["ok"]
    ana.tenant.clock.advance(SECONDS - 65)
    ana.tenant.got.clear()
    ana.tenant.clock.advance(6)
    assert ana.got() == ["auth:expiring"]
    ana.send("auth:refresh", {"token": token_of("ana", ttl=3600)})
    ana.tenant.clock.advance(120)
    assert (ana.got().count("auth:expiring"), ana.ended) == (1, [])
    ana.tenant.clock.advance(3600)
    assert (ana.got().count("auth:expiring"), ana.got()[-1], ana.ended) == (2, "error", [False])


def test_the_token_of_another_user_is_forbidden() -> None:
    ana = Connected()
    ana.send("auth:refresh", {"token": token_of("ben")})
    assert ana.acks[-1][1]["error"]["code"] == "forbidden"
    ana.send("auth:refresh", {"token": "garbage"})
    assert ana.acks[-1][1]["error"]["code"] == "unauthenticated"
