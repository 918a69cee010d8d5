"""Workers that die, stop or stand still, and the end of the parent."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
import socketio

from app.realtime.store.keys import TenantKeys
from realtime_contracts.wire.tokens import Mint
from tests.e2e.cluster import STOP_SECONDS, TIMEOUTS
from tests.e2e.conftest import keys_left
from tests.e2e.transport.wire import PATIENCE, Tcp, ask, eventually, metrics, new_tenant
from tests.e2e.workers.host import Host, is_gone, serving, session_of, worker_of
from tests.node import installed
from tests.ports import free_port

#: The client forgets the HTTP session of its last connection without closing it.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

#: Seconds within which the clients of a worker that was killed must be back. Issue 15 says so.
BACK_SECONDS = 5.0
#: Clients of the two workers together.
CLIENTS = 12


class Page:
    """An official client over long-polling, which comes back by itself."""

    def __init__(self, url: str, token: str) -> None:
        self.client = socketio.Client(reconnection_delay=0.1, reconnection_delay_max=0.2)
        self.connected_at = 0.0
        self.sids: list[str] = []
        self.client.on("connect", self._connected)
        self.client.connect(url, auth={"token": token}, transports=["polling"], wait_timeout=30)

    def _connected(self) -> None:
        self.sids.append(self.client.eio.sid)
        self.connected_at = time.monotonic()

    def online(self) -> list[str]:
        """Who is online, as this client is told."""
        heard: list[list[str]] = []
        self.client.on("presence:list", lambda data: heard.append([user["user_id"] for user in data["users"]]))
        assert self.client.call("presence:list", timeout=PATIENCE)["ok"]
        eventually(lambda: bool(heard), "a list")
        return heard[-1]

    def close(self) -> None:
        self.client.shutdown()
        if self.client.eio.http is not None:
            self.client.eio.http.close()


@pytest.fixture
def tenant() -> str:
    return new_tenant()


@pytest.fixture
def pages(own_host: Host, mint: Mint, tenant: str) -> Iterator[list[Page]]:
    """Yield clients of one tenant, on both workers."""
    pages = [Page(own_host.url, mint(f"user-{number}", tenant)) for number in range(CLIENTS)]
    yield pages
    for page in pages:
        page.close()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_the_clients_of_a_worker_that_ends_are_back_and_nobody_is_there_twice(
    own_host: Host, pages: list[Page], tenant: str, how: signal.Signals, redis_url: str
) -> None:
    victim = worker_of(pages[0].sids[0])
    lost = [page for page in pages if worker_of(page.sids[-1]) == victim]
    others = [page for page in pages if page not in lost]
    began = time.monotonic()
    pid = own_host.signal(victim, how)
    eventually(lambda: all(len(page.sids) == 2 for page in lost), "all are back", 30.0)
    # The suite itself fills the machine: where four wait for a core, each takes four times as long.
    waiting = max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
    assert max(page.connected_at for page in lost) - began < BACK_SECONDS * waiting
    assert all(len(page.sids) == 1 for page in others)

    [line] = [line for line in own_host.lines("worker_ended") if line["worker"] == victim]
    assert line["cause"] == ("killed by SIGKILL" if how == signal.SIGKILL else "exit status 0")
    serving(own_host.url, victim)
    assert own_host.worker(victim) != pid
    everybody = sorted(f"user-{number}" for number in range(CLIENTS))
    assert sorted(pages[-1].online()) == everybody
    with redis.Redis.from_url(redis_url, decode_responses=True) as client:
        known = TenantKeys(tenant).connections
        eventually(lambda: client.scard(known) == CLIENTS, "nobody is there twice", TIMEOUTS.lease * 3 + 30.0)
    eventually(lambda: connections(own_host.url) == CLIENTS, "each is connected once", 30.0)


def connections(url: str) -> float:
    return sum(value for name, value in metrics(url).items() if name.startswith("realtime_connections{"))


def test_the_sessions_of_a_worker_that_was_killed_are_unknown(own_host: Host) -> None:
    session, other = session_of(own_host.url, 1), session_of(own_host.url, 2)
    own_host.signal(1, signal.SIGKILL)
    eventually(lambda: bool(own_host.lines("worker_ended")), "the parent has noticed")
    assert session.poll().status == 400
    assert other.alive()
    serving(own_host.url, 1)
    assert session.poll().status == 400  # Its successor does not know them either.
    assert other.alive()


def test_a_worker_that_dies_again_and_again_is_started_ever_later(own_host: Host) -> None:
    delays = []
    for number in range(1, 4):
        own_host.signal(2, signal.SIGKILL)
        eventually(lambda number=number: len(own_host.lines("worker_ended")) == number, "the parent has noticed")
        delays.append(own_host.lines("worker_ended")[-1]["starts_in_seconds"])
        eventually(lambda number=number: len(own_host.lines("worker_started")) == 2 + number, "it is started again")
    assert delays == [0.1, 0.2, 0.4]
    assert ask(own_host.url, "/readyz").status == 200  # The other one serves.


def folder_of(host: Host) -> Path:
    command = Path(f"/proc/{host.worker(1)}/cmdline").read_text()
    found = re.search('"folder": "([^"]+)"', command)
    assert found
    return Path(found[1])


def test_the_folder_of_the_sockets_is_its_owners_and_goes_with_the_parent(own_host: Host) -> None:
    folder = folder_of(own_host)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert sorted(path.name for path in folder.iterdir()) == ["1", "2"]
    own_host.stop(1)
    eventually(lambda: not folder.exists(), "the folder is gone", STOP_SECONDS)


def test_workers_whose_parent_was_killed_drain_and_tidy_up(own_host: Host) -> None:
    folder, pids = folder_of(own_host), [own_host.worker(number) for number in (1, 2)]
    own_host.kill(1)
    for pid in pids:
        is_gone(pid, STOP_SECONDS)
    assert not folder.exists()
    assert len(own_host.lines("stopped")) == 2
    ids = {line["node"] for line in own_host.lines("node_in_touch")}
    with redis.Redis.from_url(own_host.redis_url, decode_responses=True) as client:
        assert ids.isdisjoint(client.zrange("ws:nodes", 0, -1))


def test_workers_that_are_told_to_stop_close_their_sessions_and_the_port(
    only_host: Host, mint: Mint, tenant: str
) -> None:
    for number in (1, 2):
        session_of(only_host.url, number, mint(f"user-{number}", tenant))
    process = only_host.nodes[0].process
    assert process is not None
    process.terminate()
    assert process.wait(STOP_SECONDS) == 0
    only_host.nodes[0].process = None
    with pytest.raises(ConnectionRefusedError):
        Tcp(only_host.url)
    assert [line.get("worker", 0) for line in only_host.lines("stopped")][-1] == 0
    assert len(only_host.lines("stopped")) == 3
    assert keys_left(only_host.redis_url, f"*{tenant}*") == []


def test_a_second_signal_ends_all_at_once(own_host: Host) -> None:
    pids = [own_host.worker(number) for number in (1, 2)]
    own_host.signal(1, signal.SIGSTOP)  # It will not drain.
    process = own_host.nodes[0].process
    assert process is not None
    process.send_signal(signal.SIGINT)
    eventually(lambda: bool(own_host.lines("stopping")), "the first signal is heard")
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE) == 128 + signal.SIGTERM
    own_host.nodes[0].process = None
    for pid in pids:
        is_gone(pid)


def test_a_worker_that_does_not_drain_is_killed(own_host: Host) -> None:
    pid = own_host.signal(1, signal.SIGSTOP)
    process = own_host.nodes[0].process
    assert process is not None
    process.terminate()
    assert process.wait(STOP_SECONDS * 2) == 0
    own_host.nodes[0].process = None
    is_gone(pid)
    assert [line["why"] for line in own_host.lines("worker_killed")] == ["it does not stop"]


def test_a_port_that_is_taken_is_said_by_several_workers_too(own_host: Host, secret: str) -> None:
    for options in (["--workers", "2"], []):
        port = str(own_host.nodes[0].port)
        done = subprocess.run(
            [*own_host.program, "serve", "--port", port, "--redis-url", own_host.redis_url, *options],
            env={**os.environ, "JWT_SECRET_KEY": secret},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert (done.returncode, done.stdout) == (2, "")
        assert f"realtime serve: cannot listen on 127.0.0.1:{port}: Address already in use" in done.stderr


def test_a_setting_that_only_a_worker_finds_wrong_is_said_once(own_host: Host, secret: str) -> None:
    done = subprocess.run(
        [*own_host.program, "serve", "--port", str(free_port()), "--workers", "2", "--redis-url", own_host.redis_url],
        env={**os.environ, "JWT_SECRET_KEY": secret, "ROOM_POLICY": "nowhere:at_all"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    said = [line for line in done.stderr.splitlines() if line.startswith("realtime serve: ")]
    assert len(said) == 1
    assert said[0].startswith("realtime serve: ROOM_POLICY: ")


@pytest.fixture(params=["polling", "upgrade"])
def browser(request: pytest.FixtureRequest, own_host: Host, mint: Mint) -> Iterator[subprocess.Popen[str]]:
    """Yield an official JavaScript client that is left alone."""
    program = installed(Path(__file__).parents[1] / "javascript")
    process = subprocess.Popen(
        ["node", "stay.mjs", request.param], cwd=program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    process.stdin.write(json.dumps({"url": own_host.url, "token": mint("ana", new_tenant())}) + "\n")
    process.stdin.flush()
    yield process
    process.kill()
    process.communicate()


def test_an_official_javascript_client_is_back_after_each_worker_was_killed(
    own_host: Host, browser: subprocess.Popen[str]
) -> None:

    assert browser.stdout is not None

    def hears(event: str) -> dict[str, object]:
        assert browser.stdout is not None
        for line in browser.stdout:
            told: dict[str, object] = json.loads(line)
            assert told["event"] != "silence"
            if told["event"] == event:
                return told
        raise AssertionError(f"it has ended without {event}")

    assert hears("connect")["ok"]
    for _ in range(2):
        owner = 1 if metrics(own_host.url).get('realtime_connections{worker="1"}') else 2
        own_host.signal(owner, signal.SIGKILL)
        assert hears("disconnect")["active"]
        assert hears("connect")["ok"]
        serving(own_host.url, owner)
