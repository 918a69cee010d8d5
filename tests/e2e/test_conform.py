"""`realtime conform` as its users run it: the command, another process, a real cluster, and its reports."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from realtime_contracts.conform.requirements import suite
from realtime_contracts.conform.rulings import RULINGS
from tests.e2e.cluster import TIMEOUTS
from tests.e2e.slow_network import slow_network
from tests.ports import free_port

if TYPE_CHECKING:
    from tests.e2e.cluster import Cluster

COMMAND = [sys.executable, "-m", "realtime_contracts.cli.main", "conform"]
#: Every code of the contract.
ERRORS = json.loads((Path(__file__).parents[2] / "contracts" / "errors.json").read_text("utf-8"))["codes"]
CLOCKS = ",".join(f"{name}={seconds}" for name, seconds in vars(TIMEOUTS).items())
#: Codes that no scenario over URLs can bring about, and why.
UNREACHABLE_CODES = {
    "unavailable": "needs Redis to be cut: the @fault scenarios do that, where somebody owns the cluster",
    "internal": "is a defect of the server",
    "method_not_allowed": "is of no operation: a scenario asks for those that the contract has",
}
#: Keywords that no server has to refuse, and why.
LENIENT = {("client", "connect", "/additionalProperties"): "a client may bring more than a token, as libraries do"}


def conform(*arguments: str, secret: str, folder: Path, timeout: float = 300) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments],
        env={"PATH": "/usr/bin:/bin", "JWT_SECRET_KEY": secret, "HOME": str(folder)},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


@pytest.mark.timeout(400)
def test_our_server_meets_every_requirement_and_the_features_exercise_the_whole_contract(
    shared_cluster: Cluster, secret: str, tmp_path: Path
) -> None:
    done = conform(
        *shared_cluster.urls,
        *("--timeouts", CLOCKS, "--jobs", "2", "--json", "run.json", "--html", "run.html"),
        *("--junit", "run.xml", "--messages", "run.ndjson"),
        secret=secret,
        folder=tmp_path,
    )
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr
    run = json.loads((tmp_path / "run.json").read_text("utf-8"))

    faults = [example.id for example in suite().examples if "fault" in example.needs]
    assert [result["requirement"] for result in run["results"] if result["verdict"] == "skip"] == [
        id_.partition("#")[0] for id_ in faults
    ]
    assert len(run["results"]) == len(suite().examples)
    assert {ruling["key"]: ruling["verdict"] for ruling in run["rulings"]} == dict.fromkeys(RULINGS, "pass")
    # The ack of an event that nobody knows is judged as an error is.
    assert {check["id"] for check in run["contract_checks"] if check["verdict"] != "pass"} == {
        "contract/ack/unknown_event"
    }

    traffic = {(row["direction"], row["message"]): row for row in run["traffic"]}
    silent = {key for key, row in traffic.items() if not row["count"]}
    assert silent == set()
    assert {key for key, row in traffic.items() if key[0] == "client" and not row["acks"]} == {("client", "connect")}
    codes = {code for row in run["traffic"] for code, _ in row["errors"]}
    assert codes >= set(ERRORS) - set(UNREACHABLE_CODES)
    cells = {(cell["direction"], cell["message"], cell["keyword"]): cell for cell in run["keywords"]}
    assert {key for key, cell in cells.items() if not cell["refused"]} == set(LENIENT)
    for report in ("run.html", "run.xml", "run.ndjson"):
        assert (tmp_path / report).stat().st_size > 10_000
        assert secret not in (tmp_path / report).read_text("utf-8")
        assert "eyJhbGciOi" not in (tmp_path / report).read_text("utf-8")


def test_a_network_on_which_some_connections_are_slow_is_no_fault_of_the_server(
    shared_cluster: Cluster, secret: str, tmp_path: Path
) -> None:
    """Those in which somebody comes and goes, sees what another sees, or does a lot in the time of a status."""
    words = ["presence/1", "presence/8", "connection/4", "cursors/1", "typing/6", "errors/7.1", "multi_node/1"]
    selected = [argument for word in words for argument in ("--select", word)]
    with slow_network(shared_cluster.urls, seconds=0.15, seed=6) as urls:
        done = conform(*urls, *selected, "--timeouts", CLOCKS, "--jobs", "4", secret=secret, folder=tmp_path)
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr
    assert " PASS" in done.stdout


def test_one_requirement_can_be_run_again_by_its_id(shared_cluster: Cluster, secret: str, tmp_path: Path) -> None:
    done = conform(shared_cluster.urls[0], "--select", "presence/4.4#3", secret=secret, folder=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 PASS" in done.stdout


def test_a_server_that_is_not_there_is_no_failure_of_a_server(secret: str, tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    done = conform(url, "--select", "presence/1", secret=secret, folder=tmp_path)
    assert done.returncode == 4
    assert "nobody listens at" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_what_is_known_to_fail_and_passes_is_a_failure(shared_cluster: Cluster, secret: str, tmp_path: Path) -> None:
    (tmp_path / "known").write_text("presence/1.1  # has been mended since\n")
    arguments = [shared_cluster.urls[0], "--select", "presence/1", "--known-failing", "known"]
    done = conform(*arguments, secret=secret, folder=tmp_path)
    assert done.returncode == 1
    assert "presence/1.1 is known to fail, and has begun to pass" in done.stdout


def test_a_server_with_another_secret_is_told_from_a_wrong_one(shared_cluster: Cluster, tmp_path: Path) -> None:
    done = conform(shared_cluster.urls[0], "--select", "presence/1", secret="x" * 40, folder=tmp_path)
    assert done.returncode == 4
    assert "refuses a token made by the secret" in done.stdout


def test_a_server_that_is_started_for_the_run_is_ended_with_it(secret: str, tmp_path: Path) -> None:
    mock = f"{sys.executable} -m realtime_contracts.cli.main mock --port {{port}}"
    done = conform("--exec", mock, "--select", "@single", secret=secret, folder=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "PASS" in done.stdout
