"""The mock server as a process, as a front end meets it: over both transports, late, lossy, and by a scenario."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from realtime_contracts.conform import tab as conform
from realtime_contracts.conform.payloads import Payload
from realtime_contracts.contract.registry import Direction, registry
from realtime_contracts.wire import tokens
from realtime_contracts.wire.journal import Entry
from tests.node import installed
from tests.pages import examples, follow

COMMAND = [sys.executable, "-W", "error", "-m", "realtime_contracts.cli.mock"]
SECRET = "a-secret-of-thirty-two-bytes-or-more"
#: Seconds to wait for what should come at once.
PATIENCE = 10.0
JOIN = {"entity_type": "invoice", "entity_id": 42}
#: Where the page's example in JavaScript finds the official client.
JAVASCRIPT = Path(__file__).parents[1] / "e2e" / "javascript"

StartMock = Callable[..., str]


class Process:
    """A mock server that runs."""

    def __init__(self, *options: str, folder: Path | None = None) -> None:
        environment = {**os.environ, "PYTHONUNBUFFERED": "1", "REALTIME_DATA": "/nowhere"}
        environment.pop("JWT_SECRET_KEY", None)
        self._process = subprocess.Popen(
            [*COMMAND, "--port", "0", *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
            cwd=folder,
        )
        assert self._process.stdout is not None
        self.said = self._process.stdout.readline()
        if not self.said:
            pytest.fail(f"it did not start:\n{self._process.communicate()[1]}")
        self.url = self.said.split(" ")[0]

    def stop(self) -> None:
        """End it as an operator does; it has nothing to complain of."""
        self._process.terminate()
        _, complaints = self._process.communicate(timeout=PATIENCE)
        assert (self._process.returncode, complaints) == (0, "")


class Tab(conform.Tab):
    """A client that checks what it gets, as `realtime conform` does."""

    def __init__(self, url: str, name: str, transport: str = "websocket", token: str | None = None) -> None:
        super().__init__(name, url, [transport], time.monotonic(), name.lower())
        self.open({"token": token or tokens.mint(SECRET, name.lower(), "acme", name=name)})

    def emit(self, event: str, data: Any) -> Entry:
        return self.send(event, Payload((json.dumps(data),)), ack=False)

    def all(self, event: str) -> list[Any]:
        return [entry.payload for entry in self.journal.events(event)]

    def nth(self, number: int, event: str) -> Any:
        """The payload of the event that comes as the so-manieth of its kind."""
        self.wait_until(lambda: len(self.all(event)) >= number, f"{event} number {number}")
        return self.all(event)[number - 1]

    def close(self) -> None:
        self.cut()
        assert self.observed.lines() == []


@pytest.fixture
def start(tmp_path: Path) -> Iterator[StartMock]:
    """Start a mock server; what else there is in its scenario's file is `scenario`."""
    running: list[Process] = []

    def begin(*options: str, scenario: str = "") -> str:
        if scenario:
            (tmp_path / "scenario.yaml").write_text(scenario)
            options = (*options, "--scenario", str(tmp_path / "scenario.yaml"))
        running.append(Process("--examples", "", "--secret", SECRET, *options))
        return running[-1].url

    yield begin
    for process in running:
        process.stop()


@pytest.fixture
def tab() -> Iterator[Callable[..., Tab]]:
    """Open tabs, and close them in the end: nothing that they got was against the contract."""
    tabs: list[Tab] = []

    def opened(*words: Any, **options: Any) -> Tab:
        tabs.append(Tab(*words, **options))
        return tabs[-1]

    yield opened
    for one in tabs:
        one.close()


OpenTab = Callable[..., Tab]


@pytest.mark.parametrize("transport", ["websocket", "polling"])
def test_two_people_meet_edit_and_part(start: StartMock, tab: OpenTab, transport: str) -> None:
    url = start()
    ana = tab(url, "Ana", transport)
    assert [user["user_name"] for user in ana.nth(1, "presence:list")["users"]] == ["Ana"]
    assert ana.journal.events()[0].name == "presence:list"
    ben = tab(url, "Ben", transport)
    assert [user["user_name"] for user in ben.nth(1, "presence:list")["users"]] == ["Ana", "Ben"]
    for one in (ana, ben):
        assert one.call("room:join", JOIN)["room_id"] == "invoice:42"
    edit = {
        "room_id": "invoice:42",
        "base_version": 0,
        "changes": [{"op": "add", "path": "/total", "value": 5}],
        "edit_id": "6f1c1d2e-0000-4000-8000-000000000001",
    }
    answer = ana.call("doc:edit", edit)
    assert answer == {"ok": True, "version": 1, "epoch": answer["epoch"]}
    assert (ben.nth(1, "doc:edit")["changes"], ben.nth(1, "doc:edit")["epoch"]) == (edit["changes"], answer["epoch"])
    assert ben.call("doc:sync", {"room_id": "invoice:42"}) == {**answer, "room_id": "invoice:42"}
    ben.goodbye()
    assert ana.nth(1, "presence:user_left")["user_id"] == "ben"
    assert [entry.name for entry in ana.journal.events()][-2:] == ["room:user_left", "presence:user_left"]


def test_who_has_no_good_token_is_refused_with_a_code(start: StartMock, tab: OpenTab) -> None:
    url = start()
    for token, code in (
        (tokens.mint("another-secret-of-thirty-two-bytes-or-more", "ana", "acme"), "unauthenticated"),
        (tokens.mint(SECRET, "ana", "acme", ttl=-60), "token_expired"),
    ):
        knocking = tab(url, "Ana", token=token)
        assert knocking.refusal["data"] == {"code": code}


@pytest.mark.parametrize("transport", ["websocket", "polling"])
def test_what_cannot_be_read_is_answered_and_the_connection_lives_on(
    start: StartMock, tab: OpenTab, transport: str
) -> None:
    ana = tab(start(), "Ana", transport)
    ana.nth(1, "presence:list")
    for number, frame in enumerate(("x", "42[", '42["heartbeat"]é'), start=1):
        ana.client.send_frame(frame)
        assert ana.nth(number, "error")["code"] == "invalid_payload"
    assert ana.call("heartbeat", {})["ok"]


def test_a_connection_ends_with_its_token(start: StartMock, tab: OpenTab) -> None:
    ana = tab(start(), "Ana", token=tokens.mint(SECRET, "ana", "acme", ttl=2))
    assert ana.nth(1, "error")["code"] == "token_expired"
    ana.expect_end()


@pytest.mark.parametrize("transport", ["websocket", "polling"])
def test_messages_are_late_and_in_order(start: StartMock, tab: OpenTab, transport: str) -> None:
    ana = tab(start("--latency", "30-120", "--seed", "7"), "Ana", transport)
    ana.nth(1, "presence:list")
    pages = [f"/{n}" for n in range(40)]
    sent = [ana.emit("presence:update", {"current_page": page}) for page in pages]
    ana.nth(len(pages), "presence:update")
    assert [data["current_page"] for data in ana.all("presence:update")] == pages
    got = ana.journal.events("presence:update")
    assert all(update.at - asked.at >= 0.03 for asked, update in zip(sent, got, strict=True))


def test_what_is_lost_on_the_way_out_has_happened(start: StartMock, tab: OpenTab) -> None:
    """The end of the connection is never lost, and all else would have come before it."""
    scenario = "- {on: 'presence:update', disconnect: true}"
    url = start("--drop", "1", scenario=scenario)
    ana = tab(url, "Ana")
    ana.emit("presence:update", {"status": "busy", "current_page": "/x"})
    ana.expect_end()
    assert ana.journal.events() == []
    bearer = {"Authorization": f"Bearer {tokens.mint(SECRET, 'ben', 'acme')}"}
    presence = requests.get(f"{url}/api/v1/presence/ana", headers=bearer, timeout=PATIENCE).json()["presence"]
    assert (presence["status"], presence["current_page"]) == ("busy", "/x")


def test_a_seed_loses_the_same_messages_every_time(start: StartMock, tab: OpenTab) -> None:
    scenario = "- {on: 'room:leave', disconnect: true}"
    got = []
    for _ in range(2):
        ana = tab(start("--drop", "0.5", "--seed", "7", scenario=scenario), "Ana")
        for n in range(30):
            ana.emit("room:users", {"room_id": f"invoice:{n}"})
        ana.emit("room:leave", {"room_id": "invoice:42"})
        ana.expect_end()
        got.append([data["room_id"] for data in ana.all("room:users")])
    assert got[0] == got[1]
    assert 5 < len(got[0]) < 25


def test_a_scenario_notifies_delays_refuses_and_loses(start: StartMock, tab: OpenTab) -> None:
    scenario = """
- {after: 100ms, emit: notification}
- {every: 200ms, emit: activity, times: 2}
- {on: room:join, delay: 500ms}
- {on: doc:lock, fail: locked, times: 1}
- {on: doc:unlock, drop: ack}
"""
    ana = tab(start(scenario=scenario), "Ana")
    number = ana.nth(1, "notification")["id"]
    assert ana.nth(1, "notification:count") == {"count": 1}
    assert ana.call("notification:read", {"notification_id": number})["count"] == 0
    ana.nth(2, "activity")
    began = time.monotonic()
    ana.call("room:join", JOIN)
    assert time.monotonic() - began >= 0.5
    lock = {"room_id": "invoice:42", "path": "/a"}
    assert ana.call("doc:lock", lock)["error"]["code"] == "locked"
    assert ana.call("doc:lock", lock)["lock"]["user_id"] == "ana"
    ana.emit("doc:unlock", lock)
    assert ana.nth(2, "doc:lock_status")["locks"] == []


def test_a_transport_that_breaks_is_no_goodbye(start: StartMock, tab: OpenTab) -> None:
    url = start(scenario="- {on: heartbeat, disconnect: transport}")
    ben = tab(url, "Ben")
    ben.nth(1, "presence:list")
    ana = tab(url, "Ana")
    ana.nth(1, "presence:list")
    ana.emit("heartbeat", {})
    ana.expect_end()
    assert ana.all("heartbeat_ack")
    ben.call("presence:list", {})
    assert [user["user_id"] for user in ben.nth(2, "presence:list")["users"]] == ["ana", "ben"]


def test_rest_sees_the_same_company_and_lets_pages_of_other_origins_read(start: StartMock, tab: OpenTab) -> None:
    url = start("--colleagues", "1")
    ana = tab(url, "Ana")
    ana.nth(1, "presence:list")
    service = {"Authorization": f"Bearer {tokens.mint(SECRET, 'billing', 'acme', role='service')}"}
    with requests.Session() as session:
        session.trust_env = False
        assert session.get(f"{url}/healthz").json() == {"success": True, "status": "alive"}
        listed = session.get(f"{url}/api/v1/presence", headers=service)
        assert [user["user_id"] for user in listed.json()["users"]] == ["ana", "ben"]
        assert listed.headers["Access-Control-Allow-Origin"] == "*"
        asked = session.options(f"{url}/api/v1/notifications", headers={"Origin": "http://localhost:5173"})
        assert (asked.status_code, "Authorization" in asked.headers["Access-Control-Allow-Headers"]) == (204, True)
        body = {"user_id": "ana", "type": "note", "title": "Hello"}
        made = session.post(f"{url}/api/v1/notifications", json=body, headers=service)
        assert (made.status_code, registry().check(Direction.RESPONSE, "notifications:create", made.json())) == (
            201,
            None,
        )
        refused = session.get(f"{url}/api/v1/notifications?limit=0", headers=service)
        assert (refused.status_code, refused.json()["details"]["path"]) == (422, "/limit")
        assert session.get(f"{url}/api/v1/presence").status_code == 401
    assert ana.nth(1, "notification")["title"] == "Hello"


def test_a_port_that_is_taken_is_said_in_one_line(start: StartMock) -> None:
    port = start().rpartition(":")[2]
    done = subprocess.run([*COMMAND, "--port", port], capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 1
    assert re.fullmatch(rf"Error: 127\.0\.0\.1:{port}: .+\n", done.stderr)


def test_the_page_of_the_mock_server_does_what_it_says(tmp_path: Path) -> None:
    """What is `shell` on the page runs in a terminal of its own, on any port."""
    (tmp_path / "node_modules").symlink_to(installed(JAVASCRIPT) / "node_modules")
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    beside: list[Process] = []
    try:
        for example in examples("mock.md"):
            if example.language != "shell":
                follow(example, tmp_path, environment)
                continue
            words = shlex.split(example.code)
            assert words[:2] == ["realtime", "mock"]
            beside.append(Process(*words[2:], folder=tmp_path))
            environment["REALTIME_URL"] = beside[-1].url
            assert example.printed is not None
            assert re.fullmatch(".*".join(map(re.escape, example.printed.split("…"))), beside[-1].said)
    finally:
        for process in beside:
            process.stop()
    assert beside
