"""Cucumber Messages: every result is a test case of its pickle, and its steps say what it is worth."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from realtime_contracts.conform.reports.messages import messages
from realtime_contracts.conform.results import Failure, Result, Run, Step, Verdict
from tests.unit.contracts.conform.reports import making

Case = dict[str, Any]


@pytest.fixture
def features(tmp_path: Path) -> Path:
    return making.write_features(tmp_path / "features")


def stream(made: Run, features: Path, patterns: Sequence[tuple[str, str]] = making.PATTERNS) -> list[dict[str, Any]]:
    return [json.loads(line) for line in messages(made, features, patterns)]


def of(lines: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [line[kind] for line in lines if kind in line]


def cases(lines: list[dict[str, Any]]) -> list[Case]:
    """Of each test case: its pickle's name, its statuses, the messages and attachments of its steps."""
    pickles = {pickle["id"]: pickle["name"] for pickle in of(lines, "pickle")}
    started = {case["testCaseId"]: case["id"] for case in of(lines, "testCaseStarted")}
    made = []
    for case in of(lines, "testCase"):
        steps = [s for s in of(lines, "testStepFinished") if s["testCaseStartedId"] == started[case["id"]]]
        attached = [a for a in of(lines, "attachment") if a["testCaseStartedId"] == started[case["id"]]]
        made.append(
            {
                "name": pickles[case["pickleId"]],
                "statuses": [step["testStepResult"]["status"] for step in steps],
                "said": [step["testStepResult"].get("message", "") for step in steps],
                "attached": attached,
                "steps": case["testSteps"],
            }
        )
    return made


def test_what_stands_where(features: Path) -> None:
    kinds = [next(iter(line)) for line in stream(making.run(), features)]
    assert kinds[:2] == ["meta", "source"]
    assert kinds[-1] == "testRunFinished"
    order = ["source", "gherkinDocument", "pickle", "stepDefinition", "hook", "testRunStarted", "testCase"]
    assert [kind for kind in dict.fromkeys(kinds) if kind in order] == order
    assert kinds.count("source") == 2, "a feature in which nothing was run is left out"


def test_a_step_for_each_pattern(features: Path) -> None:
    definitions = of(stream(making.run(), features), "stepDefinition")
    sources = [definition["pattern"]["source"] for definition in definitions]
    assert sources == list(dict.fromkeys(source for _, source in making.PATTERNS))
    assert len(sources) < len(making.PATTERNS)


def test_every_result_is_a_case_of_its_pickle(features: Path) -> None:
    told = cases(stream(making.run(), features))
    assert [case["name"] for case in told] == [
        "The first connection is announced",
        "The first connection is announced",
        "Another tab is not announced",
        "Ana is online",
        "Ana is busy",
        "Ana is away",
        "Ana joins",
        "Two nodes",
        "Known",
        "Silent to the end",
    ]
    assert [case["statuses"] for case in told] == [
        ["PASSED"] * 4,
        ["PASSED"] * 4,
        ["PASSED", "PASSED", "PASSED", "FAILED"],
        ["PASSED"] * 3,
        ["PASSED", "PASSED", "FAILED"],
        ["PASSED"] * 3,
        ["UNKNOWN", "UNKNOWN"],
        ["SKIPPED", "SKIPPED"],
        ["PASSED", "PENDING"],
        ["PASSED", "PASSED", "FAILED"],
    ]


def test_a_step_has_its_definition_and_what_stands_in_its_places(features: Path) -> None:
    lines = stream(making.run(), features)
    sources = {d["id"]: d["pattern"]["source"] for d in of(lines, "stepDefinition")}
    step = cases(lines)[0]["steps"][0]
    assert [sources[id_] for id_ in step["stepDefinitionIds"]] == [making.PATTERNS[0][1]]
    [arguments] = step["stepMatchArgumentsLists"]
    groups = [argument["group"] for argument in arguments["stepMatchArguments"]]
    assert [(group["start"], group["value"]) for group in groups] == [(0, "Ana and Ben"), (21, "acme")]


def test_a_sentence_of_another_kind_is_another_step(features: Path) -> None:
    lines = stream(making.run(), features, (("given", r"(?P<who>Ana) connects"), ("when", r"Ana .*")))
    sources = {d["id"]: d["pattern"]["source"] for d in of(lines, "stepDefinition")}
    ana_connects = cases(lines)[0]["steps"][2]
    assert [sources[id_] for id_ in ana_connects["stepDefinitionIds"]] == ["Ana .*"]
    assert cases(lines)[0]["steps"][0]["stepDefinitionIds"] == [], "a sentence that fits nothing"


def test_the_reason_is_at_the_step(features: Path) -> None:
    by_name = {case["name"]: case for case in cases(stream(making.run(), features))}
    said = by_name["Ana is busy"]["said"]
    assert said[:2] == ["", ""]
    assert "Expected:    the list shows Ana as busy" in said[2]
    assert "--transport websocket --select presence/2.1#2" in said[2]
    assert "Skipped:     needs two nodes" in by_name["Two nodes"]["said"][0]
    assert "no message breaks the contract" in by_name["Silent to the end"]["said"][2]
    assert "it was expected to fail, and did" in by_name["Known"]["said"][1]


def test_the_wire_log_is_attached_to_the_last_step_that_ran(features: Path) -> None:
    by_name = {case["name"]: case for case in cases(stream(making.run(), features))}
    [log] = by_name["Ana is busy"]["attached"]
    assert log["fileName"] == "presence-2.1-2-websocket.txt"
    assert log["mediaType"] == "text/plain"
    assert '→ presence:update {"status":"busy"}' in log["body"]
    assert log["testStepId"] == by_name["Ana is busy"]["steps"][-1]["id"]
    inconclusive = by_name["Ana joins"]
    assert {a["testStepId"] for a in inconclusive["attached"]} == {inconclusive["steps"][0]["id"]}
    assert by_name["Two nodes"]["attached"] == []


def test_of_two_transports_the_worse_comes_first(features: Path) -> None:
    passed, other = making.results()[:2]
    failed = replace(
        other,
        verdict=Verdict.FAIL,
        steps=(*other.steps[:-1], replace(other.steps[-1], status="failed")),
        failure=Failure("a", "b"),
    )
    lines = stream(making.run(results=(passed, failed)), features)
    assert [case["statuses"][-1] for case in cases(lines)] == ["FAILED", "PASSED"]
    assert len({case["pickleId"] for case in of(lines, "testCase")}) == 1
    assert {started["attempt"] for started in of(lines, "testCaseStarted")} == {0}


@pytest.mark.parametrize(
    ("verdict", "success"), [(Verdict.PASS, True), (Verdict.WARN, False), (Verdict.FAIL, False), (Verdict.SKIP, False)]
)
def test_the_run_succeeds_if_its_exit_status_is_0(features: Path, verdict: Verdict, *, success: bool) -> None:
    [finished] = of(stream(making.run(verdict=verdict, complaints=("it ended early",)), features), "testRunFinished")
    assert finished["success"] is success
    assert finished["message"].splitlines() == [
        "it ended early",
        'fail contract/server/presence:list: /users/0/status: expected one of …, got "afk"',
        "warn contract/secrecy/tokens: No token is shown",
    ]


def test_time_goes_on_from_step_to_step(features: Path) -> None:
    lines = stream(making.run(), features)
    moments = [
        (body["timestamp"]["seconds"], body["timestamp"]["nanos"])
        for line in lines
        for kind, body in line.items()
        if kind.startswith("testStep") and body["testCaseStartedId"] == of(lines, "testCaseStarted")[0]["id"]
    ]
    assert moments == sorted(moments)
    assert moments[0][0] == int(making.STARTED) + 1
    assert moments[0] < moments[-1]


@pytest.mark.parametrize(
    "lost",
    [
        making.result("presence/9.9"),
        making.result("presence/2.1", row=4),
        replace(making.results()[0], steps=(Step("Given", "something else", "passed"),)),
    ],
    ids=["no such scenario", "no such row", "other steps"],
)
def test_a_result_that_is_not_in_the_features_is_not_left_out_in_silence(lost: Result, features: Path) -> None:
    with pytest.raises(ValueError, match="were they others when this was run"):
        stream(making.run(results=(lost,)), features)


def test_a_feature_that_cannot_be_parsed_is_said(features: Path) -> None:
    (features / "rooms.feature").write_text("Feature: Rooms\n  Nonsense:\n  Rule\n  Given\n    Example", "utf-8")
    (features / "presence.feature").write_text("Nonsense", "utf-8")
    with pytest.raises(ValueError, match=r"presence\.feature: .*expected"):
        stream(making.run(), features)


def test_a_line_is_a_line_to_every_reader(features: Path) -> None:
    for line in messages(making.hostile_run(), features, making.PATTERNS):
        assert line.splitlines(keepends=True) == [line]
        assert line.endswith("}\n")


def test_a_pattern_of_no_kind_is_refused(features: Path) -> None:
    with pytest.raises(ValueError, match="given, when, then, and not 'Ana connects'"):
        stream(making.run(), features, [("Ana connects", "Ana connects")])
