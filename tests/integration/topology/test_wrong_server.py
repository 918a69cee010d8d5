"""REDIS_URL names a server of another kind: each command says in one line what to write instead."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.doctor import examine
from app.realtime.store.verdict import AWAY
from tests.integration.backend import PATIENCE, SECRET, eventually
from tests.ports import free_port
from tests.redis_processes import Process, wait_until

CLUSTER_LINES = ("cluster-enabled yes", 'save ""')


@pytest.fixture
def node() -> Iterator[Process]:
    """Yield the only node of a Redis Cluster."""
    process = Process(*CLUSTER_LINES)
    process.start()
    try:
        process.ask("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
        wait_until(lambda: "cluster_state:ok" in process.ask("CLUSTER", "INFO"), "the cluster's state is ok")
        yield process
    finally:
        process.stop()


@pytest.fixture
def sentinel() -> Iterator[Process]:
    """Yield a Sentinel that watches nothing."""
    process = Process(sentinel=True)
    process.start()
    try:
        yield process
    finally:
        process.stop()


def serve(url: str, port: int = 0) -> list[str]:
    """The command that runs a node."""
    return [sys.executable, "-m", "app.cli", "serve", "--port", str(port), "--redis-url", url]


def environment() -> dict[str, str]:
    return {**os.environ, "JWT_SECRET_KEY": SECRET}


def instead(process: Process, scheme: str, rest: str = "") -> str:
    """What is to be written."""
    return f"write REDIS_URL as {scheme}://127.0.0.1:{process.port}{rest}"


def test_serve_ends_with_a_line_at_a_node_of_a_cluster(node: Process) -> None:
    done = subprocess.run(
        serve(f"redis://{node.place}/0"), env=environment(), capture_output=True, text=True, timeout=60, check=False
    )
    line = done.stderr.splitlines()[-1]
    assert (done.returncode, instead(node, "redis+cluster") in line) == (2, True), done


def test_serve_ends_with_a_line_at_a_sentinel(sentinel: Process) -> None:
    done = subprocess.run(
        serve(f"redis://{sentinel.place}"), env=environment(), capture_output=True, text=True, timeout=60, check=False
    )
    line = done.stderr.splitlines()[-1]
    assert (done.returncode, instead(sentinel, "redis+sentinel", "/SERVICE/0") in line) == (2, True), done


def test_doctor_says_it(node: Process, sentinel: Process) -> None:
    for process, text in (
        (node, instead(node, "redis+cluster")),
        (sentinel, instead(sentinel, "redis+sentinel", "/SERVICE/0")),
    ):
        found = {finding.what: finding for finding in examine(f"redis://{process.place}/0")}
        assert (found["redis"].verdict, text in found["redis"].text) == ("bad", True), found["redis"]


def test_readyz_says_it_of_a_redis_that_came_later(tmp_path: Path) -> None:
    """Redis was away when the node started, so it did not end."""
    process, port = Process(*CLUSTER_LINES), free_port()
    log = tmp_path / "log"
    with log.open("wb") as written:
        server = subprocess.Popen(serve(f"redis://{process.place}/0", port), env=environment(), stderr=written)
    try:
        eventually(lambda: '"serving"' in log.read_text(), "the node serves", within=60)
        assert readyz(port) == AWAY.text
        process.start()
        process.ask("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
        eventually(lambda: instead(process, "redis+cluster") in str(readyz(port)), "/readyz says it")
    finally:
        server.terminate()
        server.wait(timeout=PATIENCE)
        process.stop()


def readyz(port: int) -> Any:
    """What a node says of itself, None if it is ready or not there."""
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2)
    except urllib.error.HTTPError as error:
        return json.loads(error.read())["error"]
    except OSError:
        return None
    return None
