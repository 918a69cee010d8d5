"""A host: `realtime serve --workers 2`, and connections to a worker of one's choice."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path
from typing import Any

from tests.e2e.cluster import START_SECONDS, Cluster
from tests.e2e.transport.wire import PATIENCE, TARGET, Http, Polling, WebSocket, eventually, request, upgrade_fields

#: Characters of a session's id before its worker's number.
CHANCE = 20
#: Tries to get a connection to one of two workers, which the kernel chooses.
TRIES = 200
#: Seconds for a fresh process to serve, on a busy machine.
RESTART_SECONDS = 30.0


class Host(Cluster):
    """One command with two workers."""

    options = ("--workers", "2")

    def __init__(self, redis_url: str, secret: str, folder: Path, **settings: str) -> None:
        super().__init__(redis_url, secret, folder, nodes=1, **settings)

    @property
    def url(self) -> str:
        return self.urls[0]

    def wait_ready(self) -> None:
        """Wait until both workers serve."""
        super().wait_ready()
        eventually(lambda: bool(self.lines("serving")), "both workers serve", START_SECONDS)

    def lines(self, event: str) -> list[dict[str, Any]]:
        """What the parent and the workers have logged under this name."""
        text = self.nodes[0].log.read_text(errors="replace")
        lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
        return [line for line in lines if line["event"] == event]

    def worker(self, number: int) -> int:
        """The process of a worker."""
        pids: list[int] = [line["pid"] for line in self.lines("worker_started") if line["worker"] == number]
        return pids[-1]

    def signal(self, number: int, how: signal.Signals) -> int:
        """Send a worker a signal. Returns its process."""
        pid = self.worker(number)
        os.kill(pid, how)
        return pid


def worker_of(sid: str) -> int:
    return int(sid[CHANCE:])


class Connection(WebSocket):
    """A connection that begins with HTTP, and may become a WebSocket. Its worker is known."""

    ask = Http.ask
    begin = Http.begin

    def __init__(self, url: str) -> None:
        super(WebSocket, self).__init__(url)
        answer = self.ask(f"{TARGET}polling")
        assert answer.status == 200, answer
        self.worker = worker_of(json.loads(answer.body[1:])["sid"])

    def upgrade(self, sid: str) -> None:
        self.send(request(f"{TARGET}websocket&sid={sid}", "GET", upgrade_fields()))
        assert self.answer().status == 101


def connection_to(url: str, worker: int) -> Connection:
    """A TCP connection that this worker has accepted."""
    for _ in range(TRIES):
        made = Connection(url)
        if made.worker == worker:
            return made
        made.close()
    raise AssertionError(f"none of {TRIES} connections came to worker {worker}")


def session_of(url: str, worker: int, token: str | None = None) -> Polling:
    """A session over polling that this worker has."""
    for _ in range(TRIES):
        made = Polling(url)
        if worker_of(made.sid) == worker:
            if token is not None:
                made.connect(token)
            return made
    raise AssertionError(f"none of {TRIES} sessions came to worker {worker}")


def serving(url: str, worker: int, within: float = RESTART_SECONDS) -> None:
    """Wait until a worker takes connections."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        try:
            with Connection(url) as made:
                if made.worker == worker:
                    return
        except OSError:
            continue
    raise AssertionError(f"worker {worker} does not serve after {within} s")


def is_gone(pid: int, within: float = PATIENCE) -> None:
    """Wait until a process has ended."""
    eventually(lambda: not Path(f"/proc/{pid}").exists(), f"process {pid} has ended", within)
