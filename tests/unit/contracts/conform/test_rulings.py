"""Which rows of the table of rulings a breach of the contract shows to be broken."""

from __future__ import annotations

from typing import Any

import pytest

from realtime_contracts import Direction
from realtime_contracts.conform.results import Breach
from realtime_contracts.conform.rulings import RULINGS, rulings_of
from realtime_contracts.contract.registry import registry

MEMBER = {"user_id": "ana", "user_name": "Ana", "joined_at": "2024-05-18T10:00:00.000Z"}


def of(message: str, path: str, payload: Any = None, reason: str = "wrong") -> set[str]:
    return set(rulings_of(Breach(message, "server", path, reason, payload)))


@pytest.mark.parametrize(
    ("message", "path", "payload", "rows"),
    [
        ("heartbeat_ack", "/timestamp", {"timestamp": "sid"}, {"heartbeat_timestamp"}),
        ("presence:list", "/users/0/last_active_at", {"users": [{"last_active_at": "now"}]}, {"times_and_null"}),
        ("error", "/timestamp", {"timestamp": 1}, {"times_and_null"}),
        ("presence:update", "/current_page", {"current_page": ""}, {"times_and_null"}),
        ("presence:list", "/users/1/a~1b", {"users": [{}, {"a/b": ""}]}, {"times_and_null"}),
        ("presence:update", "/status", {"status": "afk"}, set()),
        ("presence:update", "", {"status": "busy"}, set()),
        ("presence:update", "/current_page", {"current_page": " "}, set()),
        ("presence:list", "/users/7/page", {"users": []}, set()),
        ("presence:list", "/users/x", {"users": [{}]}, set()),
        ("presence:list", "/users/0/page/deeper", {"users": [{"page": ""}]}, set()),
        ("presence", "", None, set()),
        ("presence:update", "", "", set()),
    ],
    ids=[
        *(
            "a heartbeat",
            "a time in a list",
            "a timestamp",
            "an empty text",
            "an escaped name",
            "a wrong word",
            "the whole",
        ),
        *("a blank", "past the end", "no number", "below a text", "without payload", "an empty body"),
    ],
)
def test_a_breach_shows_its_rows(message: str, path: str, payload: Any, rows: set[str]) -> None:
    assert of(message, path, payload) == rows


def test_a_connection_id_in_a_room_is_a_row_of_its_own() -> None:
    listed = {"room_id": "invoice:42", "users": [{**MEMBER, "sid": "abc"}]}
    violation = registry().check(Direction.SERVER, "room:users", listed)
    assert violation is not None
    assert of("room:users", violation.path, listed, violation.reason) == {"no_sid"}
    assert of("room:users", "/users/0/sid", listed) == {"no_sid"}
    assert of("presence:list", violation.path, listed, violation.reason) == set()
    assert of("room:users", "/users/0", {"users": [{**MEMBER, "inside": 1}]}) == set()


def test_a_breach_shows_what_else_is_wrong_in_its_message() -> None:
    update = {**MEMBER, "status": "afk", "current_page": ""}
    assert of("presence:update", "/status", update) == {"times_and_null"}
    assert of("no:such", "/status", update) == set()


def test_what_a_breach_shows_is_always_a_row_of_the_table() -> None:
    shown = {"heartbeat_timestamp", "times_and_null", "no_sid"}
    assert shown <= set(RULINGS)
    assert all(seed and ruling for seed, ruling in RULINGS.values())
