"""What a slow network does is no fault of the server: answers that overtake each other, messages that come late."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from realtime_contracts.conform.steps.hearing import unexpected
from realtime_contracts.conform.steps.presence import right_again
from realtime_contracts.conform.tab import NO_ANSWER, Tab
from realtime_contracts.conform.world import World
from realtime_contracts.wire.timeouts import Timeouts, set_patience
from realtime_contracts.wire.view import PresenceView

AWAY = {"status": "away", "current_page": None, "current_entity_type": None, "current_entity_id": None}


@pytest.fixture
def world() -> World:
    return World(["http://127.0.0.1:1"], "websocket", lambda *_, **__: "", Timeouts(away=3.0))


@pytest.fixture
def ana(world: World) -> Tab:
    return connected(world, "Ana")


def connected(world: World, name: str) -> Tab:
    """A tab of somebody, as if it were connected."""
    person = world.add_person(name, "acme")
    tab = world.tab(person)
    tab.connected = True
    person.tabs.append(tab)
    return tab


def answering(tab: Tab, answer: Callable[[list[tuple[str, Any]]], list[str]]) -> None:
    """Let each eighth packet be answered, and those before it: `answer` makes packets of ids and payloads."""
    waiting: list[tuple[str, Any]] = []

    def send(packet: str) -> None:
        digits, _, rest = packet.partition("[")
        waiting.append((digits[1:], json.loads(f"[{rest}")[1]))
        if len(waiting) == 8:
            for text in answer(waiting):
                tab.client._handle_eio_message(text)

    tab.client.send_text = send  # type: ignore[method-assign,assignment]


def refusal(id_: str, path: str) -> str:
    error = {
        "message": "Invalid payload",
        "code": "invalid_payload",
        "event": "heartbeat",
        "details": {"path": path, "reason": "no"},
    }
    return f"3{id_}{json.dumps([{'ok': False, 'error': error}])}"


def test_answers_that_overtake_each_other_are_told_apart(ana: Tab) -> None:
    answering(ana, lambda sent: [refusal(id_, f"/{payload}") for id_, payload in reversed(sent)])
    answers = list(ana.ask_together("heartbeat", range(8)))
    assert [answer["error"]["details"]["path"] for answer in answers] == [f"/{n}" for n in range(8)]
    assert ana.observed.breaches == []


def test_an_answer_that_is_missing_is_no_other_events_answer(ana: Tab) -> None:
    set_patience(0.1)
    answering(ana, lambda sent: [refusal(id_, f"/{payload}") for id_, payload in sent if payload != 3])
    answers = list(ana.ask_together("heartbeat", range(8)))
    assert [n for n, answer in enumerate(answers) if answer == NO_ANSWER] == [3]
    assert [breach.reason for _, breach in ana.observed.breaches] == [
        "no ack: Ana's tab 1 (node 1) gets an ack within 0.1 s"
    ]


@pytest.mark.parametrize(
    ("seconds", "status", "surprising"),
    [(2.9, "away", ["presence:update"]), (3.1, "away", []), (10.0, "away", []), (10.0, "busy", ["presence:update"])],
)
def test_who_did_nothing_for_so_long_is_away_and_that_is_no_surprise(
    world: World, ana: Tab, monkeypatch: pytest.MonkeyPatch, seconds: float, status: str, surprising: list[str]
) -> None:
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now)
    ana.journal.write("sent", "connect")
    ana.journal.write("connected", "connect")
    refused = world.tab(world.people["Ana"])
    now += seconds
    ana.journal.write("sent", "presence:list")
    nonsense = ana.journal.write("sent", "heartbeat")
    ana.journal.write("ack", "heartbeat", {"ok": False}, of=nonsense)
    refused.journal.write("sent", "connect")
    ana.journal.write("event", "presence:update", {"user_id": ana.user_id, "seq": 1, **AWAY, "status": status})
    assert [entry.name for entry in unexpected(world, ana)] == surprising


def test_what_another_sees_is_compared_once_they_have_heard_it(world: World) -> None:
    ben, cy = connected(world, "Ben"), connected(world, "Cy")
    user = {"user_id": "ana", "user_name": "Ana", "status": "online", "current_page": None}
    change = {"user_id": "ana", "user_name": "Ana", "seq": 2, **AWAY}
    cy.view.take_list({"users": [user], "seq": 1})
    ben.view.take_list({"users": [{**user, "status": "away"}], "seq": 2})
    ben.known_seq = 2
    ben.ask_list = lambda *_: {"users": [{**user, "status": "away"}], "seq": 2}  # type: ignore[method-assign]
    world.presence.view = PresenceView()
    late = threading.Timer(0.1, cy._on_event, ("presence:update", change))
    late.start()
    right_again(world, "Ben", "Cy")
    late.join()
