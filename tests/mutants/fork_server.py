"""A process that has imported the server once and forks a wrong server from itself when asked.

`python -m tests.mutants.fork_server` reads a line of JSON for each server (`mutant`, `arguments`, `environment`, `log`)
and answers with the process id of the fork, which is what `serve.py` would be without two seconds of imports. It ends
when its standard input ends, and its forks with it.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tests.e2e.cluster import Cluster, Node


class ForkServer:
    """The process, as the tests use it."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.mutants.fork_server"],
            cwd=Path(__file__).parents[2],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def fork(self, **wanted: Any) -> Fork:
        """Start a server."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(wanted) + "\n")
        self._process.stdin.flush()
        return Fork(int(self._process.stdout.readline()))

    def close(self) -> None:
        """End the process and its forks."""
        self._process.communicate()
        assert self._process.returncode == 0


class Fork:
    """What a cluster asks of the process of a node. Its exit code is known to the fork server only, so here it is 0."""

    def __init__(self, pid: int) -> None:
        self.pid = pid

    def poll(self) -> int | None:
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return 0
        return None

    def send_signal(self, how: signal.Signals) -> None:
        if self.poll() is None:
            os.kill(self.pid, how)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def wait(self, timeout: float | None = None) -> int:
        deadline = None if timeout is None else time.monotonic() + timeout
        while self.poll() is None:
            if deadline is not None and time.monotonic() > deadline:
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0.0)
            time.sleep(0.01)
        return 0


class MutantCluster(Cluster):
    """A cluster of one mutant."""

    def __init__(self, forks: ForkServer, mutant: str, redis_url: str, secret: str, folder: Path, nodes: int) -> None:
        super().__init__(redis_url, secret, folder, nodes)
        self._forks = forks
        self._mutant = mutant

    def _spawn(self, node: Node) -> None:
        where = ["--host", "127.0.0.1", "--port", str(node.port), "--redis-url", self.redis_url]
        child = self._forks.fork(
            mutant=self._mutant, arguments=["serve", *where], environment=dict(self._environment), log=str(node.log)
        )
        node.process = child  # type: ignore[assignment]  # all that a cluster asks of a process


def main() -> None:
    """Fork a server for each line of standard input."""
    from tests.mutants import serve  # noqa: F401 - the server, imported once for all

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the children: they are gone when they have ended
    children = []
    for line in sys.stdin:
        children.append(fork(json.loads(line)))
        sys.stdout.write(f"{children[-1]}\n")
        sys.stdout.flush()
    for child in children:
        Fork(child).kill()


def fork(wanted: dict[str, Any]) -> int:
    """The process id of a copy of this process that serves what is wanted."""
    import gevent.os

    from tests.mutants.serve import main as serve

    pid: int = gevent.os.fork_gevent()
    if pid:
        return pid
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    log = os.open(wanted["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, stream in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(source, stream)
    os.environ.clear()
    os.environ.update(wanted["environment"])
    status = 1
    try:
        serve([wanted["mutant"], *wanted["arguments"]])
        status = 0
    except SystemExit as end:
        status = int(end.code or 0)
    finally:
        sys.stdout.flush()
        os._exit(status)


if __name__ == "__main__":
    main()
