"""The scenario's file: what it may say, and where a mistake is."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from realtime_contracts.contract.exchanges import CONNECT, exchanges
from realtime_contracts.contract.registry import Direction, registry
from realtime_contracts.mock.scenario import ScenarioError, parse, read

EMITTED = sorted(registry().events(Direction.SERVER) - {"connect_error"})
FAILURES = [(event, code) for event, said in exchanges().by_event.items() if event != CONNECT for code in said.errors]


def test_each_trigger_and_action_is_understood() -> None:
    steps = parse(
        dedent("""\
            - after: 2s
              emit: notification
            - every: 500ms
              emit: activity
              times: 3
            - {on: doc:edit, fail: version_conflict, times: 1}
            - {on: room:join, delay: 1.5m}
            - {on: doc:lock, drop: ack}
            - {after: 10s, disconnect: true}
            - {on: heartbeat, disconnect: transport}
            """)
    )
    assert [step.after for step in steps if step.after is not None] == [2.0, 10.0]
    assert (steps[1].every, steps[1].times) == (0.5, 3)
    assert steps[2].fail is not None
    assert (steps[2].on, steps[2].fail.code) == ("doc:edit", "version_conflict")
    assert (steps[3].delay, steps[4].drop) == (90.0, "ack")
    assert [step.disconnect for step in steps[5:]] == ["server", "transport"]


@pytest.mark.parametrize("event", EMITTED)
def test_whatever_the_server_says_can_be_emitted_as_the_contract_has_it(event: str) -> None:
    (step,) = parse(f"- {{after: 1s, emit: '{event}'}}")
    assert step.emit is not None
    assert registry().check(Direction.SERVER, *step.emit) is None


@pytest.mark.parametrize(("event", "code"), FAILURES)
def test_an_event_can_fail_in_every_way_that_the_contract_knows(event: str, code: str) -> None:
    (step,) = parse(f"- {{on: '{event}', fail: {code}}}")
    assert step.fail is not None
    ack = {"ok": False, "error": step.fail.to_dict(event)}
    assert registry().check(Direction.ACK, event, ack) is None


def test_what_the_server_counts_itself_need_not_be_given() -> None:
    (step,) = parse(
        "- {after: 1s, emit: 'presence:user_joined', data: {user_id: dora, user_name: Dora, status: online}}"
    )
    assert step.emit is not None
    assert step.emit[1]["user_name"] == "Dora"


def test_a_time_in_the_data_stays_text() -> None:
    (step,) = parse("- {after: 1s, emit: heartbeat_ack, data: {timestamp: 2026-01-31T09:30:00.125Z}}")
    assert step.emit is not None
    assert step.emit[1] == {"timestamp": "2026-01-31T09:30:00.125Z"}


def test_the_words_of_an_error_may_be_ones_own() -> None:
    (step,) = parse("- {on: 'room:join', fail: limit_exceeded, message: Too many, details: {limit: 3}}")
    assert step.fail is not None
    assert (step.fail.message, step.fail.details) == ("Too many", {"limit": 3})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "f.yaml:1: expected a list of steps"),
        ("[]", "f.yaml:1: expected a list of steps"),
        ("after: 1s", "f.yaml:1: expected a list of steps"),
        ("- after: [", "f.yaml:1: "),
        ("- a: &b [*b]\n", "f.yaml:1: "),
        ("- hello", "f.yaml:1: expected a step such as"),
        ("- 7: 1s", "f.yaml:1: a step has no 7"),
        ("# first\n\n- after: 1s\n  emitt: activity", "f.yaml:3: a step has no 'emitt'; did you mean emit?"),
        ("- after: 1s", "f.yaml:1: expected one of emit, fail, delay, drop, disconnect, got none"),
        ("- emit: activity", "f.yaml:1: expected one of after, every, on, got none"),
        (
            "- {after: 1s, on: heartbeat, emit: activity}",
            "f.yaml:1: expected one of after, every, on, got after and on",
        ),
        ("- {after: 1s, fail: locked}", "f.yaml:1: after cannot fail; it can emit or disconnect"),
        ("- {every: 1s, disconnect: true}", "f.yaml:1: every cannot disconnect; it can emit"),
        ("- {after: 1s, emit: activity, times: 2}", "f.yaml:1: times belongs to every or on"),
        ("- {on: heartbeat, drop: ack, data: {}}", "f.yaml:1: data belongs to emit"),
        ("- {after: 2, emit: activity}", "f.yaml:1: after: expected a time such as 2s, 500ms or 1m, got 2"),
        ("- {after: soon, emit: activity}", "f.yaml:1: after: expected a time such as"),
        ("- {every: 0s, emit: activity}", "f.yaml:1: every: expected more than 0s"),
        ("- {every: 1s, emit: activity, times: 0}", "f.yaml:1: times: expected 1 or more, got 0"),
        ("- {every: 1s, emit: activity, times: true}", "f.yaml:1: times: expected 1 or more, got True"),
        ("- {on: 'doc:edti', drop: ack}", "the contract has no event 'doc:edti' of the client; did you mean doc:edit"),
        ("- {on: connect, drop: ack}", "the contract has no event 'connect' of the client"),
        ("- {after: 1s, emit: 'room:join'}", "the contract has no event 'room:join' of the server"),
        ("- {after: 1s, emit: [activity]}", "the contract has no event ['activity'] of the server"),
        ("- {after: 1s, emit: 'notification:count', data: {count: -1}}", "data: at /count: "),
        ("- {after: 1s, emit: notification, data: []}", "data: at /: "),
        ("- {on: heartbeat, fail: locked}", "fail: heartbeat cannot fail with 'locked'; it can with "),
        ("- {on: heartbeat, fail: rate_limited, details: {}}", "fail: the error would be wrong at /details: "),
        ("- {on: heartbeat, fail: rate_limited, details: [1]}", "fail: the error would be wrong at /details: "),
        ("- {on: heartbeat, fail: internal, message: 7}", "fail: the error would be wrong at /message: "),
        ("- {on: heartbeat, fail: [internal]}", "fail: heartbeat cannot fail with ['internal']"),
        ("- {on: heartbeat, drop: all}", "drop: expected ack or event, got 'all'"),
        ("- {after: 1s, disconnect: yes}", "disconnect: expected true or transport, got 'yes'"),
    ],
)
def test_a_mistake_is_one_line_with_its_place(text: str, said: str) -> None:
    with pytest.raises(ScenarioError) as error:
        parse(text, "f.yaml")
    assert said in str(error.value)
    assert str(error.value).startswith("f.yaml:")
    assert "\n" not in str(error.value)


def test_a_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r"none\.yaml: No such file"):
        read(tmp_path / "none.yaml")
    (tmp_path / "latin.yaml").write_bytes(b"- \xe9")
    with pytest.raises(ScenarioError, match=r"latin\.yaml: not UTF-8"):
        read(tmp_path / "latin.yaml")
