"""Which keywords of the contract a scenario has exercised, and on which side."""

from __future__ import annotations

from typing import Any

import pytest

from realtime_contracts import Direction
from realtime_contracts.conform.coverage import ASKED, Coverage, keywords, measure
from realtime_contracts.conform.observed import Observed
from realtime_contracts.contract.schemas import own_schemas

UPDATE = ("client", "presence:update")
JOIN = ("client", "room:join")


def covered(message: tuple[str, str], payload: Any, code: str | None = None) -> Coverage:
    observed = Observed()
    observed.goes(Direction(message[0]), message[1])
    observed.answered(Direction(message[0]), message[1], payload, code)
    return measure(observed)


def places(counts: Any, message: tuple[str, str]) -> set[str]:
    return {place for direction, name, place in counts if (direction, name) == message}


def test_what_is_taken_has_exercised_the_accepted_side_of_what_it_touches() -> None:
    made = covered(UPDATE, {"status": "busy"})
    assert places(made.accepted, UPDATE) == {
        "/type",
        "/additionalProperties",
        "/properties/status/type",
        "/properties/status/enum",
    }
    assert not made.refused
    assert made.sent == {UPDATE: 1}


def test_what_is_refused_has_exercised_the_refused_side_of_what_it_breaks_and_nothing_else() -> None:
    made = covered(UPDATE, {"status": "afk"}, "invalid_payload")
    assert places(made.refused, UPDATE) == {"/properties/status/enum"}
    assert not made.accepted
    made = covered(UPDATE, {"state": "busy"}, "invalid_payload")
    assert places(made.refused, UPDATE) == {"/additionalProperties"}
    made = covered(JOIN, {}, "invalid_payload")
    assert places(made.refused, JOIN) == {"/required"}
    made = covered(JOIN, [], "invalid_payload")
    assert places(made.refused, JOIN) == {"/type"}


def test_a_refusal_for_another_reason_is_no_refusal_of_the_payload() -> None:
    made = covered(UPDATE, {"status": "busy"}, "rate_limited")
    assert "/properties/status/enum" in places(made.accepted, UPDATE)
    made = covered(UPDATE, {"status": "afk"}, "rate_limited")
    assert "/properties/status/enum" not in places(made.accepted + made.refused, UPDATE)


def test_what_should_have_been_refused_and_was_taken_exercises_neither_side() -> None:
    made = covered(UPDATE, {"status": "afk"})
    assert "/properties/status/enum" not in places(made.accepted + made.refused, UPDATE)


def test_of_alternatives_the_one_that_fits_is_accepted() -> None:
    null = places(covered(UPDATE, {"current_page": None}).accepted, UPDATE)
    text = places(covered(UPDATE, {"current_page": "/invoices"}).accepted, UPDATE)
    first, second = "/properties/current_page/anyOf/0", "/properties/current_page/anyOf/1"
    assert f"{second}/type" in null
    assert not any(place.startswith(first) for place in null)
    assert f"{first}/type" in text
    assert not any(place.startswith(second) for place in text)


def test_where_no_alternative_fits_all_have_refused_what_they_refuse() -> None:
    refused = places(covered(UPDATE, {"current_page": 7}, "invalid_payload").refused, UPDATE)
    assert {"/properties/current_page/anyOf/0/type", "/properties/current_page/anyOf/1/type"} <= refused


def test_items_of_a_list_are_looked_at() -> None:
    edit = ("client", "doc:edit")
    good = {"op": "add", "path": "/lines", "value": 1}
    payload = {"room_id": "invoice:42", "base_version": 0, "edit_id": "a", "changes": [good, {**good, "op": "spell"}]}
    made = covered(edit, payload, "invalid_payload")
    assert any(place.startswith("/properties/changes/items") for place in places(made.refused, edit))
    assert not any(place.startswith("/properties/changes/items") for place in places(made.accepted, edit))


@pytest.mark.parametrize(
    "payload",
    [
        {"status": float("nan")},
        {"status": 10**400},
        {"status": "a\ud800"},
        {"status": b"\x00"},
        b"\x00",
        {1: 2},
        None,
        object(),
    ],
    ids=["NaN", "a huge number", "half a character", "bytes", "only bytes", "a number as key", "nothing", "an object"],
)
def test_what_is_no_json_is_met_by_nothing_and_breaks_nothing(payload: Any) -> None:
    made = covered(UPDATE, payload, "invalid_payload")
    assert places(made.refused, UPDATE)
    assert made.sent == {UPDATE: 1}


def test_what_is_nested_without_end_is_measured_all_the_same() -> None:
    deep: Any = {}
    for _ in range(100_000):
        deep = [deep]
    assert covered(UPDATE, {"status": deep}, "invalid_payload").refused


def test_what_the_contract_does_not_know_is_not_measured() -> None:
    made = covered(("client", "no:such"), {"status": "busy"})
    assert (made.sent, made.accepted, made.refused) == ({}, {}, {})
    assert covered(("server", "presence:update"), {"status": "busy"}).sent == {}


def test_failures_are_kept_by_event_and_code() -> None:
    observed = Observed()
    observed.failed("room:join", "forbidden")
    assert measure(observed).errors == {("room:join", "forbidden"): 1}


def test_scenarios_add_up() -> None:
    whole = Coverage()
    whole.add(covered(UPDATE, {"status": "busy"}))
    whole.add(covered(UPDATE, {"status": "away"}))
    whole.add(covered(UPDATE, {"status": "afk"}, "invalid_payload"))
    observed = Observed()
    observed.failed("presence:update", "invalid_payload")
    whole.add(measure(observed))
    place = (*UPDATE, "/properties/status/enum")
    assert (whole.accepted[place], whole.refused[place], whole.sent[UPDATE]) == (2, 1, 3)
    assert whole.errors == {("presence:update", "invalid_payload"): 1}


def test_every_message_that_clients_send_has_keywords_and_no_other() -> None:
    messages = {message for message in own_schemas().messages() if message[0] in ASKED}
    assert {(direction, message) for direction, message, _ in keywords()} == messages
    assert len(set(keywords())) == len(keywords())


def test_every_keyword_that_an_example_of_the_contract_touches_is_one_that_is_counted() -> None:
    touched = covered(UPDATE, {"status": "busy", "current_page": "/x", "entity_type": None, "entity_id": "42"})
    assert touched.accepted
    assert set(touched.accepted) <= set(keywords())
