"""A conversation with a scenario: what is late, lost, refused and emitted, and what stays in order."""

from __future__ import annotations

from typing import Any

from realtime_contracts.mock.access import User
from realtime_contracts.mock.packets import UNREADABLE
from realtime_contracts.mock.scenario import parse
from realtime_contracts.mock.talk import Talk
from tests.unit.contracts.mock.faking import BEGAN, TENANT, Office

JOIN = {"entity_type": "invoice", "entity_id": 42}


class Line:
    """Notes the acks, and how the connection was ended."""

    def __init__(self) -> None:
        self.acks: list[tuple[int, dict[str, Any]]] = []
        self.ended: list[bool] = []

    def acknowledge(self, ack_id: int, ack: dict[str, Any]) -> None:
        self.acks.append((ack_id, ack))

    def end(self, *, transport: bool = False) -> None:
        self.ended.append(transport)


class Scene:
    """Ana's conversation while a scenario is played; Ben listens."""

    def __init__(self, scenario: str = "", expires_at: float | None = None) -> None:
        self.office = Office()
        self.line = Line()
        self.ben = self.office.connect("Ben")
        self.ana = self.office.company.connect("ana-sid", User("ana", TENANT, "Ana", expires_at=expires_at))
        self.talk = Talk(self.office.company, self.ana, self.line, parse(scenario) if scenario else ())
        self.office.heard.clear()
        self.talk.begin()

    def say(self, event: Any, *payloads: Any, ack_id: int | None = 1) -> None:
        self.talk.hear(event, payloads, ack_id)

    def heard(self) -> list[str]:
        return self.office.events(self.ana)


def test_a_packet_that_cannot_be_read_is_answered_without_an_event() -> None:
    scene = Scene()
    scene.say(UNREADABLE, "why")
    error = scene.line.acks[0][1]["error"]
    assert (error["event"], error["details"]) == (None, {"path": "", "reason": "why"})


def test_what_comes_after_a_time_comes_once_for_this_connection() -> None:
    scene = Scene("- {after: 2s, emit: 'notification:count'}")
    scene.office.clock.advance(1.9)
    assert scene.heard() == []
    scene.office.clock.advance(10)
    assert scene.heard() == ["notification:count"]
    assert scene.office.events(scene.ben) == []


def test_what_comes_every_so_often_stops_after_its_times_or_with_the_connection() -> None:
    scene = Scene("- {every: 1s, emit: 'notification:count', times: 2}\n- {every: 1s, emit: heartbeat_ack}")
    scene.office.clock.advance(3.5)
    assert scene.heard().count("notification:count") == 2
    assert scene.heard().count("heartbeat_ack") == 3
    scene.talk.over(goodbye=True)
    scene.office.clock.advance(10)
    assert scene.heard().count("heartbeat_ack") == 3


def test_a_failure_has_no_effect_and_the_next_one_of_its_times_has() -> None:
    scene = Scene("- {on: 'room:join', fail: forbidden, times: 1}")
    scene.say("room:join", JOIN)
    scene.say("room:join", JOIN, ack_id=2)
    (_, first), (_, second) = scene.line.acks
    assert (first["error"]["code"], first["error"]["event"]) == ("forbidden", "room:join")
    assert second["ok"]
    assert scene.heard() == ["error", "room:users"]


def test_a_delayed_event_is_taken_up_later_and_all_after_it_waits() -> None:
    scene = Scene("- {on: 'room:join', delay: 3s}")
    scene.say("room:join", JOIN)
    scene.say("heartbeat", ack_id=2)
    scene.office.clock.advance(2.9)
    assert scene.line.acks == []
    scene.office.clock.advance(0.2)
    assert [ack_id for ack_id, _ in scene.line.acks] == [1, 2]
    assert scene.heard() == ["room:users", "heartbeat_ack"]
    scene.say("heartbeat", ack_id=3)
    assert scene.line.acks[-1][0] == 3


def test_what_waits_is_forgotten_with_the_connection() -> None:
    scene = Scene("- {on: 'room:join', delay: 3s}")
    scene.say("room:join", JOIN)
    scene.talk.over(goodbye=True)
    scene.office.clock.advance(10)
    assert scene.line.acks == []
    assert scene.office.company.room("invoice:42").users()["users"] == []


def test_a_lost_ack_was_done_and_a_lost_event_was_not() -> None:
    scene = Scene("- {on: 'room:join', drop: ack}\n- {on: 'presence:update', drop: event}")
    scene.say("room:join", JOIN)
    scene.say("presence:update", {"status": "busy"}, ack_id=2)
    assert scene.line.acks == []
    assert scene.heard() == ["room:users"]


def test_what_follows_an_event_follows_its_answer() -> None:
    scene = Scene("- {on: heartbeat, emit: 'notification:count'}\n- {on: heartbeat, disconnect: transport}")
    scene.say("heartbeat")
    assert scene.heard() == ["heartbeat_ack", "notification:count"]
    assert scene.line.ended == [True]


def test_a_notification_of_the_scenario_can_be_counted_and_read() -> None:
    scene = Scene("- {every: 1s, emit: notification, times: 2}")
    scene.office.clock.advance(5)
    assert scene.heard() == ["notification", "notification:count"] * 2
    number = scene.office.last(scene.ana, "notification")["id"]
    scene.say("notification:read", {"notification_id": number})
    assert scene.line.acks == [(1, {"ok": True, "count": 1})]


def test_activity_of_the_scenario_is_the_companys_and_in_the_feed() -> None:
    scene = Scene("- {after: 1s, emit: activity}")
    scene.office.clock.advance(1)
    assert scene.office.events(scene.ben) == ["activity"]
    scene.say("activity:feed")
    assert scene.office.last(scene.ana, "activity:feed")["items"] == [scene.office.last(scene.ben, "activity")]


def test_people_of_the_scenario_come_change_and_go_for_all_and_are_counted() -> None:
    dora = "user_id: dora, user_name: Dora"
    place = "current_page: /x, current_entity_type: null, current_entity_id: null"
    scene = Scene(
        f"- {{after: 1s, emit: 'presence:user_joined', data: {{{dora}, status: online}}}}\n"
        f"- {{after: 2s, emit: 'presence:update', data: {{{dora}, status: busy, {place}}}}}\n"
        f"- {{after: 3s, emit: 'presence:user_left', data: {{{dora}}}}}\n"
        "- {after: 4s, emit: 'presence:user_left', data: {user_id: ben, user_name: Ben}}\n"
    )
    before = scene.office.company.presence.seq
    scene.office.clock.advance(2)
    scene.say("presence:list")
    listed = scene.office.last(scene.ana, "presence:list")["users"]
    assert [(user["user_name"], user["status"]) for user in listed][-1] == ("Dora", "busy")
    scene.office.clock.advance(5)
    told = [data for _, data in scene.office.heard[scene.ben.sid]]
    assert [(data["user_id"], data["seq"]) for data in told] == [("dora", before + n) for n in (1, 2, 3)]


def test_a_connection_ends_with_its_token() -> None:
    scene = Scene(expires_at=BEGAN + 60)
    scene.office.clock.advance(59)
    assert scene.line.ended == []
    scene.office.clock.advance(2)
    error = scene.office.last(scene.ana, "error")
    assert (error["code"], error["event"]) == ("token_expired", None)
    assert scene.line.ended == [False]
