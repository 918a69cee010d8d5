"""A server that is started for the run: `--exec 'cmd {port}'`, and ended with it."""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

#: Seconds a server may take until it lets somebody in, and to end after SIGTERM.
START_SECONDS = 30.0
STOP_SECONDS = 10.0
#: Seconds that what it has started may outlive it.
REST_SECONDS = 1.0
#: Lines of its output, and bytes, that are shown if it does not start, or ends.
SHOWN_LINES = 15
SHOWN_BYTES = 8000
#: No signal: it asks whether anybody is there.
_NOTHING = 0


class NotStarted(Exception):
    """The server did not come up; the message has the end of what it wrote."""


@dataclass
class Launched:
    """The nodes of a server that were started for the run."""

    commands: list[str]
    urls: list[str]
    processes: list[subprocess.Popen[bytes]]
    output: int
    #: Where in its output the lines begin that it has written since it was last started.
    since: int = 0

    def last_words(self) -> str:
        """How those have ended that have, and the last lines that they wrote: "it ended with 1:", and these below."""
        ended = [str(process.returncode) for process in self.processes if process.poll() is not None]
        how = f"it ended with {', '.join(ended)}" if ended else "it has not ended"
        return f"{how}{_tail(self.output, self.since)}"

    def revive(self) -> None:
        """Start those again that have ended. Raises NotStarted."""
        for number, process in enumerate(self.processes):
            if process.poll() is not None:
                self.since = os.fstat(self.output).st_size
                _signal(process, signal.SIGKILL)  # what it has started may have its port
                self.processes[number] = _start(self.commands[number], self.output)


@contextlib.contextmanager
def started(command: str, count: int, problem_with: Callable[[str], str]) -> Iterator[Launched]:
    """Start a command for each node, with a free port for `{port}`. Raises NotStarted."""
    if "{port}" not in command:
        raise NotStarted("the command has to say where the port goes: --exec 'my-server --port {port}'")
    ports = [_free_port() for _ in range(count)]
    commands = [command.replace("{port}", str(port)) for port in ports]
    urls = [f"http://127.0.0.1:{port}" for port in ports]
    with tempfile.TemporaryFile() as output:
        server = Launched(commands, urls, [], output.fileno())
        try:
            for each in commands:
                server.processes.append(_start(each, output.fileno()))
            for url, process in zip(urls, server.processes, strict=True):
                _wait(url, process, problem_with, output.fileno())
            yield server
        finally:
            _end(server.processes)


def _start(command: str, output: int) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(  # noqa: S603 - it is the caller's own command
            shlex.split(command),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        raise NotStarted(f"`{command}` cannot be started: {error}") from error


def _wait(url: str, process: subprocess.Popen[bytes], problem_with: Callable[[str], str], output: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while problem := problem_with(url):
        if process.poll() is not None:
            raise NotStarted(f"the server ended with {process.returncode}, before it let anybody in{_tail(output)}")
        if time.monotonic() > deadline:
            raise NotStarted(f"after {START_SECONDS:g} s, {problem}{_tail(output)}")
        time.sleep(0.1)


def _tail(output: int, since: int = 0) -> str:
    start = max(since, os.fstat(output).st_size - SHOWN_BYTES)
    text = os.pread(output, SHOWN_BYTES, start).decode(errors="replace").strip()
    return ":\n" + "\n".join(text.splitlines()[-SHOWN_LINES:]) if text else "; it wrote nothing"


def _end(processes: list[subprocess.Popen[bytes]]) -> None:
    """Each with all that it has started: a shell does not hand on a signal."""
    for process in processes:
        _signal(process, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    for process in processes:
        try:
            process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            _signal(process, signal.SIGKILL)
            process.wait()
    deadline = time.monotonic() + REST_SECONDS
    while time.monotonic() < deadline and any(_signal(process, _NOTHING) for process in processes):
        time.sleep(0.05)
    for process in processes:
        _signal(process, signal.SIGKILL)


def _signal(process: subprocess.Popen[bytes], how: int) -> bool:
    """Send a signal to a process and all that it has started; whether anybody is there."""
    try:
        os.killpg(process.pid, how)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
