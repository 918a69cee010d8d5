"""`realtime contract list`, `show`, `example` and `page`: for people and for scripts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from realtime_contracts import Direction
from realtime_contracts.cli.main import CONTRACT_COMMANDS, main
from realtime_contracts.contract.exchanges import exchanges
from realtime_contracts.contract.registry import registry

MESSAGES = [(direction.value, event) for direction, event in registry().messages()]


def run(*words: str, status: int = 0) -> Result:
    result = CliRunner().invoke(main, ["contract", *words])
    assert result.exit_code == status, result.output
    return result


def test_every_command_is_there_and_says_what_it_does() -> None:
    listed = run("--help").output
    for name in CONTRACT_COMMANDS:
        assert f"  {name} " in listed
        assert run(name, "--help").output.startswith("Usage: ")


def test_list_has_every_message_once() -> None:
    lines = [line.split("\t") for line in run("list").output.splitlines()]
    assert sorted((direction, event) for direction, event, _ in lines) == sorted(MESSAGES)
    assert all(description for *_, description in lines)


def test_list_of_one_direction_for_a_script() -> None:
    listed = json.loads(run("list", "--direction", "server", "--json").output)
    assert {entry["event"] for entry in listed} == registry().events(Direction.SERVER)
    assert {entry["direction"] for entry in listed} == {"server"}


@pytest.mark.parametrize(("direction", "event"), MESSAGES, ids=str)
def test_show_names_every_property_of_the_message(direction: str, event: str) -> None:
    shown = run("show", event, "--direction", direction).output
    for name in registry().schema(Direction(direction), event).get("properties", ()):
        assert name in shown


def test_show_says_what_can_go_wrong_and_what_follows() -> None:
    shown = run("show", "room:join").output
    for code in exchanges().by_event["room:join"].errors:
        assert code in shown
    for word in ("client → server", "ack", "room:user_joined", "1 to 64 characters"):
        assert word in shown
    assert "of the server's own accord" in run("show", "notification:count").output


def test_show_gives_a_script_the_schemas() -> None:
    shown = json.loads(run("show", "room:join", "--json").output)
    assert shown == {d: registry().schema(Direction(d), "room:join") for d in ("client", "ack")}


@pytest.mark.parametrize(("direction", "event"), MESSAGES, ids=str)
def test_example_conforms_and_the_invalid_one_does_not(direction: str, event: str) -> None:
    words = ("example", event, "--direction", direction)
    assert registry().check(Direction(direction), event, json.loads(run(*words).stdout)) is None
    refused = run(*words, "--invalid")
    violation = registry().check(Direction(direction), event, json.loads(refused.stdout))
    assert violation is not None
    assert violation.reason in refused.stderr


def test_example_prints_them_all_one_a_line() -> None:
    good = [e.data for e in registry().examples(Direction.CLIENT, "cursor:move") if e.valid]
    printed = [json.loads(line) for line in run("example", "cursor:move", "--all").stdout.splitlines()]
    assert len(printed) == len(good) > 1
    assert all(data in good for data in printed)


@pytest.mark.parametrize("command", ["show", "example"])
def test_an_event_that_is_not_there_is_a_usage_error_with_a_guess(command: str) -> None:
    assert "did you mean room:join" in run(command, "room:joined", status=2).output
    assert "realtime contract list" in run(command, "zzzz", status=2).output
    assert "it has: client, ack" in run(command, "room:join", "--direction", "server", status=2).output


def test_page_is_written_to_a_file(tmp_path: Path) -> None:
    file = tmp_path / "contract.html"
    run("page", "--output", str(file))
    assert file.read_text(encoding="utf-8").startswith("<!doctype html>")
