"""The command: what it refuses, in one line."""

from __future__ import annotations

import dataclasses
import importlib.util
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from realtime_contracts.cli import mock as cli
from realtime_contracts.mock import scenario, server
from realtime_contracts.mock.server import Config
from realtime_contracts.wire.timeouts import NodeTimeouts


def run(*words: str) -> Result:
    return CliRunner().invoke(cli.mock, words, catch_exceptions=False)


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Config]:
    """Serve nothing, and return what was asked for; there is no secret in the environment or the folder."""
    asked: list[Config] = []

    async def serve(config: Config, host: str, port: int, started: Any) -> None:
        asked.append(config)
        started(f"http://{host}:{port}")

    monkeypatch.setattr(server, "serve", serve)
    monkeypatch.delenv("JWT_SECRET_KEY", raising=False)
    monkeypatch.setenv("REALTIME_DATA", str(tmp_path))
    return asked


def test_the_url_is_printed_and_which_tokens_are_accepted(served: list[Config], tmp_path: Path) -> None:
    assert run().output == "http://127.0.0.1:8001 - no secret (none in .realtime/ either): signatures are not checked\n"
    assert run("--any-token").output.endswith("any token is accepted, and clients without one\n")
    (tmp_path / "dev-secret").write_text("secret")
    assert run().output.endswith("signatures are checked\n")
    assert [config.access.secret for config in served] == [None, None, "secret"]


def test_what_is_asked_for_is_what_is_served(served: list[Config], tmp_path: Path) -> None:
    (tmp_path / "s.yaml").write_text("- {after: 1s, emit: activity}")
    options = ("--latency", "50-200", "--drop", "0.25", "--timeouts", "away=3, offline=1.5", "--colleagues", "2")
    assert run(*options, "--examples", "", "--scenario", str(tmp_path / "s.yaml")).exit_code == 0
    (config,) = served
    assert (config.faults.latency, config.faults.drop) == ((0.05, 0.2), 0.25)
    assert (config.timeouts.away, config.timeouts.offline, config.timeouts.typing) == (3.0, 1.5, 6.0)
    assert (config.colleagues, tuple(config.with_examples), len(config.steps)) == (2, ("",), 1)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--latency", "soon"], "expected milliseconds, such as 100 or 50-200, got 'soon'"),
        (["--latency", "200-50"], "expected milliseconds, such as 100 or 50-200, got '200-50'"),
        (["--drop", "2"], "2.0 is not in the range 0<=x<=1"),
        (
            ["--timeouts", "lunch=3"],
            "expected one of away, offline, typing, cursor, lock, ping_interval, ping_timeout, got 'lunch'",
        ),
        (["--timeouts", "away=0"], "away: expected seconds above 0, got '0'"),
        (["--timeouts", "away"], "away: expected seconds above 0, got ''"),
        (["--scenario", "none.yaml"], "none.yaml: No such file or directory"),
    ],
)
def test_what_cannot_be_is_refused_with_status_2(served: list[Config], words: list[str], said: str) -> None:
    result = run(*words)
    assert (result.exit_code, said in result.output) == (2, True), result.output
    assert served == []


def test_the_page_has_every_option_timeout_trigger_and_action() -> None:
    page = (Path(__file__).parents[4] / "docs" / "mock.md").read_text("utf-8")
    options = [f"`{name}`" for option in cli.mock.params for name in option.opts]
    defaults = ",".join(f"{field.name}={field.default:g}" for field in dataclasses.fields(NodeTimeouts))
    words = [f"`{word}: " for word in (*scenario.TRIGGERS, *scenario.ACTIONS)]
    assert [said for said in (*options, defaults, *words) if said not in page] == []


def test_without_what_it_needs_the_command_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    result = run()
    assert (result.exit_code, result.output) == (
        1,
        "Error: `realtime mock` needs aiohttp: pip install 'logiaccounting-realtime[mock]'\n",
    )
