"""The REST API of a running node is what contracts/openapi.yaml says, whatever is asked of it.

Schemathesis makes the requests, right ones and wrong ones, the same in every run, and checks each answer: status,
headers and body are in the document, what is right is accepted, what is wrong is refused, nothing is a defect.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests
import socketio
import yaml

from tests.e2e.cluster import Cluster

if TYPE_CHECKING:
    from realtime_contracts.wire.tokens import Mint
    from tests.redis_server import RedisServer

OPENAPI = Path(__file__).parents[2] / "contracts" / "openapi.yaml"
SETUP = Path(__file__).parent / "schemathesis"

#: The company in which all this happens.
TENANT = "schemathesis"

#: Seconds that a run may take; it takes about ten.
RUN_SECONDS = 100

#: Requests that a run makes at least: with fewer, something was not tried.
LEAST_REQUESTS = 1000


@pytest.fixture
def node(own_redis: RedisServer, secret: str, tmp_path: Path) -> Iterator[Cluster]:
    """Yield a node of this test's own, which lets everybody ask as often as they like."""
    rates = {"REST_RATE_LIMIT": "1000000", "SERVICE_RATE_LIMIT": "1000000"}
    cluster = Cluster(own_redis.url, secret, tmp_path, nodes=1, **rates)
    cluster.start()
    yield cluster
    cluster.close()


@pytest.mark.parametrize(("user_id", "role"), [("ana", "user"), ("billing", "service")])
def test_the_api_is_what_the_document_says(node: Cluster, mint: Mint, user_id: str, role: str, tmp_path: Path) -> None:
    token = mint(user_id, TENANT, role=role)
    furnish(node.urls[0], mint("billing", TENANT, role="service"), user_id)
    client = socketio.Client()
    client.connect(node.urls[0], auth={"token": token}, transports=["websocket"])
    try:
        output, report = run(node.urls[0], token, tmp_path)
    finally:
        client.disconnect()
    assert report["exit_code"] == 0, output
    assert report["failures"] == [], output
    assert report["errors"] == [], output
    assert report["complete"], output
    assert report["operations"]["tested"] == report["operations"]["total"] == len(operations()), output
    assert report["test_cases"]["generated"] > LEAST_REQUESTS, output


def furnish(url: str, token: str, user_id: str) -> None:
    """Let there be something to list."""
    notification = {"user_id": user_id, "type": "welcome", "title": "Something to read"}
    done = {"user_id": user_id, "user_name": user_id, "action": "approved", "entity_name": "Invoice 42"}
    activity = {**done, "entity_type": "invoice", "entity_id": 42, "details": {"amount": 120.5}}
    for path, body in (("notifications", notification), ("activity", activity)):
        for _ in range(3):
            headers = {"Authorization": f"Bearer {token}"}
            assert requests.post(f"{url}/api/v1/{path}", json=body, headers=headers, timeout=10).status_code == 201


def run(url: str, token: str, folder: Path) -> tuple[str, dict[str, Any]]:
    """Run Schemathesis; returns what it has printed, and its report."""
    report = folder / "report.json"
    ran = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli"),
            *("--config-file", SETUP / "schemathesis.toml"),
            *("run", OPENAPI, "--url", url, "--no-color", "--report", "json", "--report-json-path", report),
        ],
        cwd=folder,
        env={**os.environ, "TOKEN": token, "PYTHONPATH": str(SETUP), "NO_PROXY": "*"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=RUN_SECONDS,
        check=False,
    )
    output = ran.stdout + ran.stderr
    assert report.exists(), output
    return output, json.loads(report.read_text("utf-8"))


def operations() -> list[str]:
    """The operations of the document."""
    paths = yaml.safe_load(OPENAPI.read_text("utf-8"))["paths"]
    return [operation["operationId"] for path in paths.values() for operation in path.values()]
