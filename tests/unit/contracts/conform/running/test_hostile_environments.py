"""Commands, files, signals and readers that are not as they should be."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from realtime_contracts.cli.conform import conform_command
from realtime_contracts.conform.requirements import suite
from realtime_contracts.conform.results import EXIT_STATUS, Breach, Failure, Verdict
from realtime_contracts.conform.running import minting, server
from realtime_contracts.conform.running.minting import NoToken, TokenSource
from realtime_contracts.conform.running.run import unsure
from realtime_contracts.conform.running.selection import read_known
from realtime_contracts.conform.running.server import NotStarted, started
from realtime_contracts.wire.timeouts import patience, set_patience
from tests.unit.contracts.conform.playing import SECRET, example, nobody_at, outcome, requirement

INCONCLUSIVE = EXIT_STATUS[Verdict.INCONCLUSIVE]
#: Starts a child that is deaf to SIGTERM, says who that is, and goes on.
DEAF_CHILD = """\
import os, signal, sys, time
if not (child := os.fork()):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    time.sleep(600)
open(sys.argv[1], "w").write(str(child))
"""


@pytest.fixture(autouse=True)
def short() -> Iterator[None]:
    before = patience()
    yield
    set_patience(before)


@pytest.fixture
def url() -> Iterator[str]:
    with nobody_at() as port:
        yield f"http://127.0.0.1:{port}"


def conform(*words: str) -> Result:
    return CliRunner().invoke(conform_command, (*words, "--jwt-secret", SECRET, "--select", "presence/1.1"))


def gone(pid: int) -> bool:
    """Whether a process has ended, be it that nobody has asked for its status."""
    for _ in range(100):
        status = Path(f"/proc/{pid}/stat")
        if not status.exists() or status.read_text().rpartition(")")[2].split()[0] == "Z":
            return True
        time.sleep(0.02)
    return False


# Options


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--patience", "nan"), "Invalid value for '--patience': expected seconds"),
        (("--select", "contract/nosuch"), "there is no check 'contract/nosuch'; one is contract/server/activity"),
        (("--select", "contract/ack/nosuch"), "there is no check 'contract/ack/nosuch'; one is "),
        (("--html", "nosuch/x.html"), "nosuch/x.html cannot be written: there is no folder nosuch"),
    ],
)
def test_what_is_refused_before_the_run(url: str, words: tuple[str, ...], told: str) -> None:
    result = conform(url, *words)
    assert result.exit_code == 2
    assert told in result.stderr
    assert result.stdout == ""


def test_a_file_that_must_not_be_written(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write anywhere
    assert "that is not allowed here" in conform(url, "--json", str(tmp_path / "x.json")).stderr


def test_a_report_that_cannot_be_written_keeps_no_other_from_it(url: str, tmp_path: Path) -> None:
    result = conform(url, "--html", "/dev/full", "--json", str(tmp_path / "x.json"))
    assert result.exit_code == 2
    assert "/dev/full cannot be written: No space left on device" in result.stderr
    assert json.loads((tmp_path / "x.json").read_text())["verdict"] == "inconclusive"


def test_a_report_that_is_printed_is_printed_alone(url: str) -> None:
    result = conform(url, "--json", "-")
    assert result.exit_code == INCONCLUSIVE
    assert json.loads(result.stdout)["verdict"] == "inconclusive"
    assert "nobody listens" in result.stderr


def test_an_event_that_only_this_server_has_may_be_known_to_fail(tmp_path: Path) -> None:
    file = tmp_path / "known.txt"
    file.write_text("contract/server/their:own\n")
    assert read_known(file, suite(), []) == {"contract/server/their:own"}


# Tokens


@pytest.mark.parametrize("printed", ["a b", "a\nb", "a\rb", "ä", "a\tb"], ids=repr)
def test_what_no_header_can_carry_is_no_token(printed: str) -> None:
    code = f"print({printed!r})"
    with pytest.raises(NoToken, match="which is no token"):
        TokenSource(command=shlex.join([sys.executable, "-c", code])).check()


def test_a_command_that_takes_too_long_is_ended_with_what_it_has_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(minting, "PATIENCE", 2.0)
    script = tmp_path / "mint.py"
    script.write_text(DEAF_CHILD + "time.sleep(600)\n")
    with pytest.raises(NoToken, match="timed out after 2 seconds"):
        TokenSource(command=f"{sys.executable} {script} {tmp_path / 'pid'}").check()
    assert gone(int((tmp_path / "pid").read_text()))


# Servers that are started


def test_what_outlives_a_server_that_ends_in_order_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "REST_SECONDS", 0.2)
    script = tmp_path / "server.py"
    script.write_text(DEAF_CHILD + "time.sleep(600)\n")
    there = lambda _: "" if (tmp_path / "pid").exists() else "not yet"  # noqa: E731
    with started(f"{sys.executable} {script} {tmp_path / 'pid'} {{port}}", 1, there):
        child = int((tmp_path / "pid").read_text() or 0)
    assert gone(child)


def test_one_that_ends_without_a_word() -> None:
    with pytest.raises(NotStarted, match=r"^the server ended with 1, before it let anybody in; it wrote nothing$"):
        started("false {port}", 1, lambda _: "nobody").__enter__()


def test_what_was_not_met_while_a_server_went_for_good_is_not_its_fault() -> None:
    breach = Breach("room:join", "ack", "", "no ack")
    made = unsure(outcome(example(requirement("presence/1.1")), Verdict.FAIL, breach))
    assert (made.result.verdict, made.breaches) == (Verdict.INCONCLUSIVE, ())
    assert made.result.failure == Failure("something", "nothing", "The server has gone meanwhile: that may be why.")


# Signals and readers


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "realtime_contracts.cli.main", "conform", *words, "--jwt-secret", SECRET]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
def test_a_signal_ends_what_was_started_and_nothing_can_be_said(tmp_path: Path, number: signal.Signals) -> None:
    script = tmp_path / "server.py"
    script.write_text("import os, sys, time\nopen(sys.argv[1], 'w').write(str(os.getpid()))\ntime.sleep(600)\n")
    command_ = f"{sys.executable} {script} {tmp_path / 'pid'} {{port}}"
    # Whoever starts the tests in the background has SIGINT ignored in all that they start.
    attentive = ["env", "--default-signal=INT"]
    with subprocess.Popen(
        [*attentive, *command("--exec", command_)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as run:
        while not ((tmp_path / "pid").exists() and (tmp_path / "pid").read_text()):
            assert run.poll() is None
            time.sleep(0.05)
        run.send_signal(number)
        told = run.communicate(timeout=30)[1].decode()
    assert (run.returncode, told) == (INCONCLUSIVE, "INCONCLUSIVE: the run was interrupted, and no report is written\n")
    assert gone(int((tmp_path / "pid").read_text()))


def test_nothing_can_be_said_on_a_full_disk(url: str) -> None:
    with Path("/dev/full").open("wb") as full:
        run = subprocess.run(command(url), stdout=full, stderr=subprocess.PIPE, timeout=60, check=False)
    assert run.returncode == INCONCLUSIVE
    assert run.stderr == b"INCONCLUSIVE: nobody can read what was found: No space left on device\n"


def test_nothing_can_be_said_where_nobody_reads_on(url: str) -> None:
    ours, theirs = os.pipe()
    os.close(ours)
    try:
        run = subprocess.run(command(url), stdout=theirs, stderr=subprocess.PIPE, timeout=60, check=False)
    finally:
        os.close(theirs)
    assert (run.returncode, b"Traceback" in run.stderr) == (INCONCLUSIVE, False)
