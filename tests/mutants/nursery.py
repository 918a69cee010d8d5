"""Where wrong servers come from in a hurry: one process that has imported the server, and forks a copy for each.

`python tests/mutants/nursery.py` reads a line of JSON for each server (`mutant`, `arguments`, `environment`, `log`) and
answers with the copy's process id. A copy is what `serve.py` would be, without the two seconds of imports. It ends with
its standard input, and so do they.
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


class Nursery:
    """The nursery as seen from the tests."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.mutants.nursery"],
            cwd=Path(__file__).parents[2],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def fork(self, **wanted: Any) -> Child:
        """A server of its own."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(wanted) + "\n")
        self._process.stdin.flush()
        return Child(int(self._process.stdout.readline()))

    def close(self) -> None:
        """No more servers, and none that is left."""
        self._process.communicate()
        assert self._process.returncode == 0


class Child:
    """A forked server, as far as a cluster has to do with its process. Its exit code is the nursery's to know."""

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
    """A cluster of one mutant, forked in the nursery."""

    def __init__(self, nursery: Nursery, mutant: str, redis_url: str, secret: str, folder: Path, nodes: int) -> None:
        super().__init__(redis_url, secret, folder, nodes)
        self._nursery = nursery
        self._mutant = mutant

    def _spawn(self, node: Node) -> None:
        where = ["--host", "127.0.0.1", "--port", str(node.port), "--redis-url", self.redis_url]
        child = self._nursery.fork(
            mutant=self._mutant, arguments=["serve", *where], environment=dict(self._environment), log=str(node.log)
        )
        node.process = child  # type: ignore[assignment]  # all that a cluster asks of a process


def tend() -> None:
    """Fork a server for each line."""
    from tests.mutants import serve  # noqa: F401 - the server, imported once for all

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the children: they are gone when they have ended
    children = []
    for line in sys.stdin:
        children.append(fork(json.loads(line)))
        sys.stdout.write(f"{children[-1]}\n")
        sys.stdout.flush()
    for child in children:
        Child(child).kill()


def fork(wanted: dict[str, Any]) -> int:
    """The process id of a copy of this process that serves what is wanted."""
    import gevent.os

    from tests.mutants.serve import main

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
        main([wanted["mutant"], *wanted["arguments"]])
        status = 0
    except SystemExit as end:
        status = int(end.code or 0)
    finally:
        sys.stdout.flush()
        os._exit(status)


if __name__ == "__main__":
    tend()
