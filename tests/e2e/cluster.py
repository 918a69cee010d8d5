"""Real server processes on one Redis, for scenarios that know them by their URLs only.

A node is `python -m app.cli serve`, as an operator would start it. Its log is kept: a failing test shows
what the nodes have written in its time, and the end of a cluster fails if a node has written a traceback
or a token, or has not ended when told to.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from realtime_contracts.wire import tokens
from realtime_contracts.wire.timeouts import Timeouts
from tests.ports import free_port
from tests.redis_server import RedisServer

#: Seconds a node may take to be ready, or to be gone after SIGTERM. Generous: two cores run everything.
START_SECONDS = 60.0
STOP_SECONDS = 15.0
#: Seconds between two questions whether a node is ready.
POLL_SECONDS = 0.05

#: Short enough to wait for, long enough that a busy machine does not make them true by itself.
TIMEOUTS = Timeouts(away=3.0, offline=1.5, lease=3.0, ping_interval=1.0, ping_timeout=3.0, cursor=5.0, typing=3.0)

#: How our tokens begin: {"alg":
TOKEN_START = "eyJhbGciOi"


class Arena(NamedTuple):
    """Which transport the clients use, and over how many nodes they are spread."""

    transport: str
    nodes: int


#: Tenants of three masters that share the slots evenly.
PROBES = ("probe-0", "probe-1", "probe-2")

#: Both transports, one node and two, and each with the other only where a requirement is about nodes.
ARENAS = (Arena("websocket", 2), Arena("polling", 1))
MULTI_NODE_ARENAS = (Arena("websocket", 2), Arena("polling", 2))

#: The transport that changes from polling to WebSocket while messages are under way; the features that are tried on it,
#: because they are about order and nodes; and what their examples may not need, because it takes the client away.
UPGRADE = "upgrade"
UPGRADED_FEATURES = ("multi_node", "documents", "typing")
NOT_UPGRADED = {"fault", "slow"}


def arenas(feature: str, needs: Collection[str]) -> tuple[Arena, ...]:
    """Where an example of a feature with these needs is tried."""
    found = MULTI_NODE_ARENAS if "multi_node" in needs else ARENAS
    if feature in UPGRADED_FEATURES and not NOT_UPGRADED.intersection(needs):
        return (*found, Arena(UPGRADE, 2))
    return found


@dataclass
class Node:
    """One server process."""

    port: int
    log: Path
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ready(self) -> bool:
        return self._is_good("/readyz")

    def serves(self, token: str) -> bool:
        """Whether it reaches the Redis of the token's tenant."""
        return self._is_good("/api/v1/presence", Authorization=f"Bearer {token}")

    def _is_good(self, path: str, **headers: str) -> bool:
        try:
            with urllib.request.urlopen(urllib.request.Request(self.url + path, headers=headers), timeout=2) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False


class Cluster:
    """Nodes that share a Redis. Satisfies `realtime_contracts.conform.steps.nodes.Faults` but for Redis."""

    #: What `serve` is the command of.
    program: Sequence[str] = (sys.executable, "-m", "app.cli")
    #: Further options of `serve`.
    options: Sequence[str] = ()

    def __init__(self, redis_url: str, secret: str, folder: Path, nodes: int = 2, **settings: str) -> None:
        self._environment = {
            **os.environ,
            "PYTHONUNBUFFERED": "1",
            "JWT_SECRET_KEY": secret,
            "AWAY_TIMEOUT_SECONDS": str(TIMEOUTS.away),
            "OFFLINE_TIMEOUT_SECONDS": str(TIMEOUTS.offline),
            "NODE_LEASE_SECONDS": str(TIMEOUTS.lease),
            "CURSOR_TIMEOUT_SECONDS": str(TIMEOUTS.cursor),
            "TYPING_TIMEOUT_SECONDS": str(TIMEOUTS.typing),
            "PING_INTERVAL": str(TIMEOUTS.ping_interval),
            "PING_TIMEOUT": str(TIMEOUTS.ping_timeout),
            "REDIS_TIMEOUT": "1",
            # A back end of a scenario is in a hurry, and is not who is limited here.
            "REST_RATE_LIMIT": "100",
            "SERVICE_RATE_LIMIT": "100000",
            **settings,
        }
        self.redis_url = redis_url
        self.nodes = [Node(free_port(), folder / f"node-{number}.log") for number in range(1, nodes + 1)]
        #: Nodes that have stopped, and whose processes may not have ended.
        self._stopped: list[Node] = []

    @property
    def urls(self) -> list[str]:
        return [node.url for node in self.nodes]

    def start(self) -> None:
        """Start the nodes that do not run, and wait until all are ready."""
        try:
            while self._stopped:
                self._wait(self._stopped.pop(), signal.SIGTERM)
            for node in self.nodes:
                if node.process is None:
                    self._spawn(node)
            self.wait_ready()
        except BaseException:  # also an interrupt: no process may be left
            self.close(check=False)
            raise

    def wait_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        for node in self.nodes:
            while not node.ready():
                assert node.process is not None
                if node.process.poll() is not None or time.monotonic() > deadline:
                    raise AssertionError(f"a node did not become ready in {START_SECONDS} s:\n{self.logs()}")
                time.sleep(POLL_SECONDS)

    def kill(self, node: int) -> None:
        """End a process as a power failure does."""
        self._signal(self.nodes[node - 1], signal.SIGKILL)
        self._wait(self.nodes[node - 1], signal.SIGKILL)

    def stop(self, node: int) -> None:
        """Stop a node in good order. Its process ends later: on a busy machine that takes longer than the grace."""
        stopping = self.nodes[node - 1]
        logged = stopping.log.stat().st_size
        self._signal(stopping, signal.SIGTERM)
        assert stopping.process is not None
        deadline = time.monotonic() + STOP_SECONDS
        while b'"event": "stopped"' not in stopping.log.read_bytes()[logged:]:
            if stopping.process.poll() is not None or time.monotonic() > deadline:
                break  # the end of the process tells
            time.sleep(POLL_SECONDS)
        self._stopped.append(stopping)

    def close(self, *, check: bool = True) -> None:
        """End all processes. With `check`, fail if one did not end by itself, or has logged what it must not."""
        wrong = []
        running = [node for node in self.nodes if node.process is not None]
        for node in running:
            if node not in self._stopped:  # a second signal would kill a process that is ending
                self._signal(node, signal.SIGTERM)
        self._stopped.clear()
        for node in running:
            try:
                self._wait(node, signal.SIGTERM)
            except AssertionError as error:
                wrong.append(str(error))
        if check:
            wrong += [complaint for node in self.nodes for complaint in complaints(node)]
            assert not wrong, "\n".join(wrong)

    def log_sizes(self) -> list[int]:
        return [node.log.stat().st_size if node.log.exists() else 0 for node in self.nodes]

    def logs(self, since: list[int] | None = None) -> str:
        """What the nodes have written, each from its offset on."""
        parts = []
        for node, offset in zip(self.nodes, since or [0] * len(self.nodes), strict=True):
            if node.log.exists():
                text = node.log.read_bytes()[offset:].decode(errors="replace")
                parts.append(f"--- {node.log.stem} ({node.url})\n{text}")
        return "\n".join(parts)

    def _spawn(self, node: Node) -> None:
        command = [*self.program, "serve", "--host", "127.0.0.1", "--port", str(node.port)]
        with node.log.open("ab") as log:
            node.process = subprocess.Popen(
                [*command, "--redis-url", self.redis_url, *self.options],
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def _signal(self, node: Node, how: signal.Signals) -> None:
        assert node.process is not None, "this node does not run"
        node.process.send_signal(how)

    def _wait(self, node: Node, how: signal.Signals) -> None:
        process = node.process
        assert process is not None, "this node does not run"
        node.process = None
        try:
            code = process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            msg = f"{node.url} had not ended {STOP_SECONDS} s after {how.name}"
            raise AssertionError(msg) from None
        assert how is signal.SIGKILL or code == 0, f"{node.url} ended with {code} after {how.name}"


class FragileCluster(Cluster):
    """A cluster that a test may break, Redis included."""

    def __init__(self, server: RedisServer, secret: str, folder: Path) -> None:
        super().__init__(server.url, secret, folder)
        self._redis = server
        self._state = "running"

    def cut_redis(self) -> None:
        self._redis.stop()
        self._state = "stopped"

    def hang_redis(self) -> None:
        self._redis.pause()
        self._state = "paused"

    def save_redis(self) -> None:
        self._redis.save()

    def wait_ready(self) -> None:
        """Wait until all nodes are ready, and reach the Redis of every tenant: a master of a cluster may come later."""
        super().wait_ready()
        secret = self._environment["JWT_SECRET_KEY"]
        deadline = time.monotonic() + START_SECONDS
        for node in self.nodes:
            for tenant in PROBES:
                while not node.serves(tokens.mint(secret, "probe", tenant)):
                    assert time.monotonic() < deadline, f"a node did not serve {tenant}:\n{self.logs()}"
                    time.sleep(POLL_SECONDS)

    def rewind_redis(self) -> None:
        self._redis.crash()
        self.wait_ready()

    def restore_redis(self) -> None:
        if self._state == "stopped":
            self._redis.start()
        elif self._state == "paused":
            self._redis.resume()
        self._state = "running"
        self.wait_ready()

    def mend(self) -> None:
        """Make everything run again, for the next scenario."""
        if self._state != "running":
            self.restore_redis()
        self.start()


def complaints(node: Node) -> list[str]:
    """What a node has logged and must not."""
    if not node.log.exists():
        return []
    text = node.log.read_text(errors="replace")
    found = [what for what in ("Traceback", TOKEN_START) if what in text]
    return [f"{node.log.stem} has logged {what!r}:\n{around(text, what)}" for what in found]


def around(text: str, what: str, length: int = 3000) -> str:
    """The text around the first place where `what` stands."""
    place = text.index(what)
    return text[max(0, place - 500) : place + length]
