"""What a scenario notes of a server beside its sentences, and what a process learns over many scenarios."""

from __future__ import annotations

import pytest

from realtime_contracts import Direction
from realtime_contracts.conform.observed import MISSED, SHORT, Behaviour, Observed, describe
from realtime_contracts.conform.results import Breach
from realtime_contracts.contract.registry import registry
from realtime_contracts.wire.timeouts import set_patience

LEFT = {"user_id": "ana", "user_name": "Ana", "seq": 7}


@pytest.fixture
def observed() -> Observed:
    return Observed()


@pytest.fixture
def patient() -> float:
    """A patience that is not the default."""
    set_patience(3.0)
    return 3.0


def test_a_right_message_is_counted_and_no_breach(observed: Observed) -> None:
    assert observed.judge("Ana's tab", Direction.SERVER, "presence:user_left", LEFT)
    assert observed.judge("Ana's tab", Direction.SERVER, "presence:user_left", {**LEFT, "seq": 8})
    assert observed.came == {("server", "presence:user_left"): 2}
    assert observed.breaches == []


def test_a_wrong_message_is_counted_and_a_breach_with_its_place(observed: Observed) -> None:
    wrong = {**LEFT, "seq": "seven"}
    assert not observed.judge("Ana's tab", Direction.SERVER, "presence:user_left", wrong)
    assert observed.came == {("server", "presence:user_left"): 1}
    violation = registry().check(Direction.SERVER, "presence:user_left", wrong)
    assert violation is not None
    assert observed.breaches == [("Ana's tab", Breach("presence:user_left", "server", "/seq", violation.reason, wrong))]
    assert observed.lines()[0].startswith("Ana's tab: server presence:user_left at '/seq': ")


def test_what_was_sent_is_kept_with_its_code(observed: Observed) -> None:
    observed.answered(Direction.CLIENT, "presence:update", {"status": "busy"}, None)
    observed.answered(Direction.REQUEST, "presence:list", {}, "forbidden")
    assert observed.sent == [
        ("client", "presence:update", {"status": "busy"}, None),
        ("request", "presence:list", {}, "forbidden"),
    ]


def test_failures_are_counted_and_an_internal_one_is_a_breach(observed: Observed) -> None:
    observed.failed("room:join", "rate_limited")
    assert observed.breaches == []
    observed.failed("room:join", "internal")
    assert observed.errors == {("room:join", "rate_limited"): 1, ("room:join", "internal"): 1}
    assert [(breach.message, breach.path) for _, breach in observed.breaches] == [("error", "/code")]


def test_a_breach_without_place_and_payload_is_a_short_sentence() -> None:
    assert describe("REST", Breach("documents", "order", "", "a gap")) == "REST: order documents: a gap"
    told = describe("REST", Breach("error", "response", "/code", "wrong", {"code": 1}))
    assert told == "REST: response error at '/code': wrong, in {'code': 1}"


def test_what_was_missed_often_and_never_seen_is_not_waited_for_long(patient: float) -> None:
    behaviour = Behaviour()
    for _ in range(MISSED):
        assert behaviour.within("ack doc:edit", None) == patient
        assert not behaviour.never("ack doc:edit")
        behaviour.missed("ack doc:edit")
    assert behaviour.never("ack doc:edit")
    assert behaviour.within("ack doc:edit", None) == SHORT
    assert behaviour.within("ack doc:edit", 60.0) == SHORT
    assert behaviour.within("ack doc:edit", SHORT / 2) == SHORT / 2
    assert behaviour.within("ack doc:sync", None) == patient
    assert behaviour.within("ack doc:sync", 60.0) == 60.0


def test_what_was_seen_once_is_waited_for_ever_after(patient: float) -> None:
    behaviour = Behaviour()
    for _ in range(MISSED):
        behaviour.missed("ack doc:edit")
    behaviour.seen("ack doc:edit")
    for _ in range(MISSED):
        behaviour.missed("ack doc:edit")
    assert behaviour.within("ack doc:edit", None) == patient
