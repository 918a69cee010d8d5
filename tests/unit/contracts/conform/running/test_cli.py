"""The command: what it lists, what it refuses and in which words, and what its exit status says."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from realtime_contracts.cli import conform as cli
from realtime_contracts.cli.conform import TimeoutsOption, conform_command
from realtime_contracts.conform import requirements
from realtime_contracts.conform.requirements import BrokenFeatures, suite
from realtime_contracts.conform.results import EXIT_STATUS, Verdict
from realtime_contracts.wire.timeouts import Timeouts
from tests.unit.contracts.conform.playing import SECRET, gone, listening, nobody_at, polling_server

URL = "http://127.0.0.1:1"
OF_SECRET = ("--jwt-secret", SECRET)
RUN = (*OF_SECRET, "--select", "presence/1.1")
INCONCLUSIVE = EXIT_STATUS[Verdict.INCONCLUSIVE]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder without a development server, and no secret in the environment."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("JWT_SECRET_KEY", raising=False)
    monkeypatch.delenv("REALTIME_DATA", raising=False)
    monkeypatch.setattr(sys, "path", [*sys.path])
    return tmp_path


def conform(*words: str, status: int = 0) -> Result:
    """Call the command; whatever it does, it does not end in a traceback."""
    result = CliRunner().invoke(conform_command, words, prog_name="realtime conform")
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    assert result.exit_code == status, result.output
    assert "Traceback" not in result.output
    return result


def refusal(*words: str) -> str:
    """What a wrong command line is answered with, in one line, before anything is run."""
    result = conform(*words, status=2)
    assert result.stdout == ""
    return " ".join(result.stderr.partition("Error: ")[2].split())


def listed(*words: str) -> list[str]:
    return re.findall(r"^    ([a-z_]+/\d+\.\d+) ", conform("--list", *words).stdout, re.MULTILINE)


# The list


def test_the_list_has_every_requirement_once_in_the_order_of_the_features() -> None:
    assert listed() == [requirement.id for requirement in suite().requirements]


def test_the_list_has_what_was_selected_and_needs_no_server_and_no_secret() -> None:
    assert listed("--select", "presence/1.1") == ["presence/1.1"]
    musts = listed("--select", "@rooms and not @slow", "--level", "must")
    expected = [
        r.id for r in suite().requirements if r.family == "rooms" and r.level == "must" and "slow" not in r.needs
    ]
    assert musts == expected


def test_the_list_says_level_rule_rows_and_what_is_proved() -> None:
    outline = next(each.requirement for each in suite().examples if each.row == 2)
    rows = sum(each.requirement == outline for each in suite().examples)
    text = conform("--list", "--select", outline.id).stdout
    assert outline.feature in text
    assert f"  {outline.rule}\n" in text
    assert f"{outline.level.upper():<7} {outline.name}  ({rows} rows)\n" in text
    assert f"“{outline.sentence}” (" in text


# What is refused


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "give the URL of a server, or --exec to start one"),
        ((URL, "--exec", "server {port}"), "give the URL of a server, or --exec to start one"),
        ((URL,), "no tokens: give --jwt-secret, --token-command or --token-hook"),
        ((URL, "--jwt-secret", ""), "no tokens: give --jwt-secret, --token-command or --token-hook"),
        ((URL, "--token-command", "a", "--token-hook", "b:c"), "--token-command or --token-hook, not both"),
        ((URL, "--token-hook", "my_module"), "--token-hook my_module: expected module:function"),
        ((URL, "--token-hook", "no_such_module:f"), "no_such_module:f gives no token: ModuleNotFoundError: No module"),
        ((URL, "--token-command", "/no/such/command"), "`/no/such/command` gives no token: [Errno 2] No such file"),
        ((URL, "--token-command", "false"), "`false` ended with 1: it said nothing"),
        ((URL, *OF_SECRET, "--select", "presence/99"), "'presence/99' selects nothing: ids are family/rule.scenario"),
        ((URL, *OF_SECRET, "--select", "@nobody"), "'@nobody' selects nothing: no scenario has such tags"),
        ((URL, *OF_SECRET, "--select", "@a and"), "'@a and' is neither an id nor a tag expression: "),
        ((URL, *OF_SECRET, "--timeouts", "aways=3"), "expected one of away, offline, typing,"),
        ((URL, *OF_SECRET, "--timeouts", "away"), "away: expected seconds above 0, got ''"),
        ((URL, *OF_SECRET, "--timeouts", "away=soon"), "away: expected seconds above 0, got 'soon'"),
        ((URL, *OF_SECRET, "--timeouts", "away=2,offline=0"), "offline: expected seconds above 0, got '0'"),
        ((URL, *OF_SECRET, "--timeouts", "away=nan"), "away: expected seconds above 0, got 'nan'"),
        ((URL, *OF_SECRET, "--timeouts", "away=inf"), "away: expected seconds above 0, got 'inf'"),
        ((URL, *OF_SECRET, "--timeouts", ""), "expected one of away, offline, typing,"),
        ((URL, *OF_SECRET, "--known-failing", "/no/such/list"), "File '/no/such/list' does not exist"),
        ((URL, *OF_SECRET, "--compare", "/no/such/report"), "File '/no/such/report' does not exist"),
        ((URL, *OF_SECRET, "--level", "musts"), "'musts' is not one of 'must', 'should', 'may'"),
        ((URL, *OF_SECRET, "--patience", "nan"), "Invalid value for '--patience': expected seconds"),
        (
            (URL, *OF_SECRET, "--select", "contract/nosuch"),
            "there is no check 'contract/nosuch'; one is contract/server/activity",
        ),
        ((URL, *OF_SECRET, "--select", "contract/ack/nosuch"), "there is no check 'contract/ack/nosuch'; one is "),
        ((URL, *OF_SECRET, "--html", "nosuch/x.html"), "nosuch/x.html cannot be written: there is no folder nosuch"),
        ((URL, *OF_SECRET, "--jobs", "0"), "0 is not in the range 1<=x<=32"),
        ((URL, *OF_SECRET, "--no-such-option"), "o such option"),
    ],
    ids=lambda value: (
        " ".join(value).replace(SECRET, "*").replace("/", "|") or "nothing" if isinstance(value, tuple) else ""
    ),
)
def test_a_wrong_command_line_is_told_in_words(words: tuple[str, ...], told: str) -> None:
    assert told in refusal(*words)


def test_a_list_with_an_id_that_is_not_there_is_told_with_its_line(elsewhere: Path) -> None:
    (elsewhere / "known.txt").write_text("presence/1.1\npresence/99.1\n", encoding="utf-8")
    assert (
        refusal(URL, *OF_SECRET, "--known-failing", "known.txt")
        == "known.txt:2: there is no requirement 'presence/99.1'"
    )
    (elsewhere / "known.txt").write_bytes(b"\xff\xfe")
    assert refusal(URL, *OF_SECRET, "--known-failing", "known.txt").startswith("known.txt is no text: ")


@pytest.mark.parametrize("text", ["", "[]", "{}", "\x00"], ids=["empty", "a list", "an object", "a zero"])
def test_what_cannot_be_compared_is_told_before_the_run(elsewhere: Path, text: str) -> None:
    (elsewhere / "other.json").write_text(text, encoding="utf-8")
    assert refusal(URL, *OF_SECRET, "--html", "x.html", "--compare", "other.json").startswith("--compare other.json: ")


def test_features_that_cannot_be_run_are_nothing_to_hold_against_a_server(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> requirements.Suite:
        raise BrokenFeatures("presence/1.1 is there 2 times")

    monkeypatch.setattr(cli, "suite", broken)
    told = conform("--list", status=INCONCLUSIVE)
    assert told.stderr == "INCONCLUSIVE: the features cannot be run:\npresence/1.1 is there 2 times\n"


def test_a_secret_is_taken_from_the_environment_or_from_where_the_development_server_keeps_it(elsewhere: Path) -> None:
    source = {"token_command": None, "token_hook": None, "jwt_secret": None}
    (elsewhere / ".realtime").mkdir()
    (elsewhere / ".realtime" / "dev-secret").write_text(f"{SECRET}\n", encoding="utf-8")
    assert cli._source(source).secret == SECRET
    assert cli._source({**source, "jwt_secret": "another-secret-of-thirty-two-bytes-or-more"}).secret != SECRET
    assert cli._source({**source, "token_command": f"echo {SECRET}"}).secret == ""


def test_a_function_is_found_beside_which_the_command_was_called(elsewhere: Path) -> None:
    (elsewhere / "hook_of_a_cli_test.py").write_text("def make(claims):\n    return 'a.b.c'\n", encoding="utf-8")
    hooked = {"token_command": None, "token_hook": "hook_of_a_cli_test:make", "jwt_secret": None}
    assert cli._source(hooked).mint("ana", "acme") == "a.b.c"
    sys.modules.pop("hook_of_a_cli_test")


# What is passed on


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("contract", Timeouts()),
        ("away=2", Timeouts(away=2)),
        ("away=2, offline=.5", Timeouts(away=2, offline=0.5)),
        ("ping_interval=1,ping_timeout=1e1", Timeouts(ping_interval=1, ping_timeout=10)),
    ],
)
def test_timeouts_are_the_contracts_but_for_those_that_are_given(words: str, expected: Timeouts) -> None:
    assert TimeoutsOption().convert(words, None, None) == expected
    assert TimeoutsOption().convert(expected, None, None) is expected


def test_the_options_that_belong_to_a_server_are_kept_as_they_would_be_typed() -> None:
    options = {"nodes": 2, "token_command": "sign 'it'", "token_hook": None, "timeouts": Timeouts(away=2, offline=0.5)}
    kept = cli._again(options, "my server --port {port}")
    assert shlex.split(" ".join(kept)) == [
        *("--exec", "my server --port {port}", "--nodes", "2", "--token-command", "sign 'it'"),
        *("--timeouts", "away=2,offline=0.5"),
    ]
    assert cli._again({**options, "token_command": None, "timeouts": Timeouts()}, None) == ("--timeouts", "contract")
    assert cli._again({**options, "token_command": None, "timeouts": None}, None) == ()


# Runs without a server


@pytest.fixture
def url() -> Iterator[str]:
    with nobody_at() as port:
        yield f"http://127.0.0.1:{port}"


def test_where_nobody_listens_nothing_is_said_of_a_server_in_any_report(elsewhere: Path, url: str) -> None:
    reports = [word for name in ("html", "junit", "json", "messages") for word in (f"--{name}", f"report.{name}")]
    text = conform(url + "/", *OF_SECRET, "--select", "presence/1", *reports, status=4).stdout
    head, _, why, _, counts, _ = text.splitlines()
    assert head.startswith(f"Conformance of {url}: ")
    assert why == f"nobody listens at {url.removeprefix('http://')}: is the server running, and is that its port?"
    assert " INCONCLUSIVE, contract: 0 messages right, 0 wrong" in counts
    assert text.splitlines()[-1].startswith("INCONCLUSIVE: ")
    assert text.splitlines()[-1].endswith("(exit status 4)")
    report = json.loads((elsewhere / "report.json").read_bytes())
    assert report["verdict"] == "inconclusive"
    assert {result["verdict"] for result in report["results"]} <= {"inconclusive", "skip"}
    files = [(elsewhere / name).read_text("utf-8") for name in reports[1::2]]
    assert all("presence/1.1" in file for file in files)
    assert not any(SECRET in file for file in [text, *files])


def test_every_node_of_a_cluster_has_to_be_there(url: str) -> None:
    assert "nobody listens at " in conform(url, "http://[::1", *RUN, status=4).stdout
    told = conform("127.0.0.1:5000", url, *RUN, status=4).stdout
    assert "127.0.0.1:5000 is no URL of a server: it should look like http://127.0.0.1:5000" in told


def test_a_run_of_which_everything_is_left_out_has_tried_nothing_and_is_not_green() -> None:
    slow = next(each for each in suite().examples if each.needs == ("slow",))
    with listening(polling_server('40{"sid":"def"}')) as port:
        url = f"http://127.0.0.1:{port}"
        made = conform(url, *OF_SECRET, "--transport", "polling", "--select", slow.id, status=5)
    assert "takes as long as the server's timeouts" in made.stdout
    assert made.stdout.splitlines()[-1] == "SKIP: nothing was tried (exit status 5)"


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("my-server", "the command has to say where the port goes"),
        ("/no/such/server {port}", "`/no/such/server "),
        ("false {port}", "the server ended with 1, before it let anybody in; it wrote nothing"),
    ],
    ids=["no port", "nothing there", "it ends"],
)
def test_a_server_that_does_not_start_is_told_and_nothing_else(command: str, told: str) -> None:
    made = conform("--exec", command, *RUN, status=4)
    assert made.stderr.startswith(f"INCONCLUSIVE: {told}")
    assert made.stdout == ""


# Files, signals and readers that are not as they should be


def test_a_file_that_must_not_be_written(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write anywhere
    assert "that is not allowed here" in refusal(url, *RUN, "--json", "x.json")


def test_a_report_that_cannot_be_written_keeps_no_other_from_it(url: str, elsewhere: Path) -> None:
    told = conform(url, *RUN, "--html", "/dev/full", "--json", "x.json", status=2).stderr
    assert "/dev/full cannot be written: No space left on device" in told
    assert json.loads((elsewhere / "x.json").read_text())["verdict"] == "inconclusive"


def test_a_report_that_is_printed_is_printed_alone(url: str) -> None:
    result = conform(url, *RUN, "--json", "-", status=INCONCLUSIVE)
    assert json.loads(result.stdout)["verdict"] == "inconclusive"
    assert "nobody listens" in result.stderr


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
    assert run.stderr == b"INCONCLUSIVE: standard output cannot be written: No space left on device\n"


def test_nothing_can_be_said_where_nobody_reads_on(url: str) -> None:
    ours, theirs = os.pipe()
    os.close(ours)
    try:
        run = subprocess.run(command(url), stdout=theirs, stderr=subprocess.PIPE, timeout=60, check=False)
    finally:
        os.close(theirs)
    assert (run.returncode, b"Traceback" in run.stderr) == (INCONCLUSIVE, False)
