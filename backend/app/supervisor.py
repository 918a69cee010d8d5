"""The parent of `realtime serve --workers N`: starts the workers, starts again what ends, and passes the end on.

It has no greenlets and serves nobody, so there is little in it that could fail. Each worker is a fresh process in a
session of its own: Ctrl-C in a terminal reaches the parent only, which lets the workers drain. Each listens on the
port by itself (SO_REUSEPORT), so the kernel deals the connections out, and none to a worker that has died. The parent
holds the port without listening.

A worker writes a sign of life to its pipe each second. The pipe's end is the worker's; and a worker that finds
nobody to read it stops.
"""

from __future__ import annotations

import os
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from types import FrameType

import structlog

from app.logs import configure_logging
from app.place import BEAT_SECONDS, FAILED, Place
from app.settings import Settings, SettingsError

logger = structlog.get_logger(__name__)

#: Seconds until a worker that has ended is started again: doubled at each end, until one has served for STEADY_SECONDS.
FIRST_DELAY_SECONDS, LONGEST_DELAY_SECONDS, STEADY_SECONDS = 0.1, 10.0, 30.0

#: Seconds without a sign of life after which a worker is killed: an event that takes so long is a defect. One that
#: starts has more: on a machine that is busy with many of them, each waits for a core.
SILENT_SECONDS, START_SECONDS = 30.0, 120.0

#: Seconds for the workers to drain. They need two at most; on a busy machine more.
DRAIN_SECONDS = 8.0


@dataclass
class Worker:
    """A worker's place, and its process while it runs."""

    number: int
    process: subprocess.Popen[bytes] | None = None
    pipe: int = -1
    serving: bool = False
    started: float = 0.0
    #: Seconds of this parent's own life since the last sign of life.
    silent: float = 0.0
    delay: float = FIRST_DELAY_SECONDS
    start_at: float = 0.0
    #: What it said when it could not start.
    said: bytes = b""


class Supervisor:
    """The workers of one command. `environment`: settings that the workers get besides their parent's."""

    def __init__(
        self, host: str, port: int, count: int, folder: str, environment: Mapping[str, str], *, dev: bool
    ) -> None:
        self._host, self._port, self._folder, self._dev = host, port, folder, dev
        self._environment = {**os.environ, **environment}
        self._workers = [Worker(number) for number in range(1, count + 1)]
        self._selector = selectors.DefaultSelector()
        self._stop_at: float | None = None
        self._announced = False

    def run(self, signals: int, announce: Callable[[], None]) -> None:
        """Run until a signal comes and the workers have drained. `signals`: a descriptor that yields their numbers.

        Raises SettingsError if a worker cannot serve with these settings, SystemExit at a second signal.
        """
        self._selector.register(signals, selectors.EVENT_READ, None)
        try:
            looked = time.monotonic()
            while self._stop_at is None or any(worker.process for worker in self._workers):
                self._start_what_is_due()
                for key, _ in self._selector.select(self._patience()):
                    if key.data is None:
                        self._told_to_stop(os.read(signals, 1)[0])
                    else:
                        self._hear(key.data)
                now = time.monotonic()
                self._judge(min(now - looked, 2 * BEAT_SECONDS))
                looked = now
                if not self._announced and all(worker.serving for worker in self._workers):
                    self._announced = True
                    announce()
        finally:
            for worker in self._workers:
                if worker.process is not None:
                    worker.process.kill()
                    worker.process.wait()
                    os.close(worker.pipe)
            self._selector.close()

    def _start_what_is_due(self) -> None:
        now = time.monotonic()
        for worker in self._workers:
            if worker.process is None and self._stop_at is None and worker.start_at <= now:
                self._start(worker)

    def _patience(self) -> float:
        """Seconds until there is something to do."""
        waits = [worker.start_at - time.monotonic() for worker in self._workers if worker.process is None]
        return max(0.0, min([BEAT_SECONDS, *waits])) if self._stop_at is None else 0.1

    def _start(self, worker: Worker) -> None:
        pipe, theirs = os.pipe()
        place = Place(worker.number, len(self._workers), self._host, self._port, self._folder, theirs, self._dev)
        worker.process = subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-m", "app.worker", place.to_text()],
            env=self._environment,
            stdin=subprocess.DEVNULL,
            pass_fds=[theirs],
            start_new_session=True,
        )
        os.close(theirs)
        worker.pipe, worker.serving, worker.said, worker.silent = pipe, False, b"", 0.0
        worker.started = time.monotonic()
        self._selector.register(pipe, selectors.EVENT_READ, worker)
        logger.info("worker_started", worker=worker.number, pid=worker.process.pid)

    def _hear(self, worker: Worker) -> None:
        data = os.read(worker.pipe, 4096)
        if not data:
            self._ended(worker)
        elif worker.said or data.startswith(FAILED):
            worker.said += data
        else:
            worker.serving, worker.silent = True, 0.0

    def _ended(self, worker: Worker) -> None:
        assert worker.process is not None  # noqa: S101 - its pipe was open
        self._selector.unregister(worker.pipe)
        os.close(worker.pipe)
        status = worker.process.wait()
        worker.process = None
        if worker.said and not self._announced:
            raise SettingsError(worker.said.removeprefix(FAILED).decode())
        if self._stop_at is not None:
            return
        if time.monotonic() - worker.started >= STEADY_SECONDS:
            worker.delay = FIRST_DELAY_SECONDS
        worker.start_at = time.monotonic() + worker.delay
        cause = worker.said.removeprefix(FAILED).decode() or cause_of(status)
        logger.error("worker_ended", worker=worker.number, cause=cause, starts_in_seconds=worker.delay)
        worker.serving = False
        worker.delay = min(2 * worker.delay, LONGEST_DELAY_SECONDS)

    def _judge(self, seconds: float) -> None:
        """Kill what is silent, or does not drain. `seconds`: since the last time, as far as this process ran."""
        late = self._stop_at is not None and time.monotonic() > self._stop_at
        for worker in self._workers:
            if worker.process is None:
                continue
            worker.silent += seconds
            if late or worker.silent > (SILENT_SECONDS if worker.serving else START_SECONDS):
                logger.error("worker_killed", worker=worker.number, why="it does not stop" if late else "it is silent")
                worker.process.kill()
                worker.silent = 0.0

    def _told_to_stop(self, number: int) -> None:
        if self._stop_at is not None:
            raise SystemExit(128 + number)
        self._stop_at = time.monotonic() + DRAIN_SECONDS
        logger.info("stopping", signal=signal.Signals(number).name)
        for worker in self._workers:
            if worker.process is not None:
                worker.process.terminate()


def supervise(
    settings: Settings,
    host: str,
    port: int,
    count: int,
    environment: Mapping[str, str],
    announce: Callable[[str], None],
    *,
    dev: bool,
) -> None:
    """Serve by `count` workers until SIGINT or SIGTERM; `announce` gets the URL once all of them listen.

    Raises SettingsError if the address cannot be had, or a worker cannot serve with these settings.
    """
    configure_logging(settings)
    with ExitStack() as stack:
        port = stack.enter_context(_hold(host, port)).getsockname()[1]
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="realtime-", ignore_cleanup_errors=True))
        signals = stack.enter_context(_signals())

        def ready() -> None:
            announce(f"http://{host}:{port}")
            logger.info("serving", host=host, port=port, workers=count)

        Supervisor(host, port, count, folder, environment, dev=dev).run(signals, ready)
    logger.info("stopped")


def cause_of(status: int) -> str:
    """Say how a process has ended, by its status as `subprocess` gives it."""
    if status >= 0:
        return f"exit status {status}"
    with suppress(ValueError):
        return f"killed by {signal.Signals(-status).name}"
    return f"killed by signal {-status}"


def _hold(host: str, port: int) -> socket.socket:
    """Hold a port for the workers, 0 for a free one. Raises SettingsError if another program has it."""
    try:
        found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, _, _, _, address = found[0]
        held = socket.socket(family, socket.SOCK_STREAM)
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            for sock in (probe, held):
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)  # Without SO_REUSEPORT: it fails if anybody listens there.
            held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            held.bind(probe.getsockname())
    except OSError as error:
        raise SettingsError(f"cannot listen on {host}:{port}: {error.strerror}") from None
    return held


@contextmanager
def _signals() -> Iterator[int]:
    """Yield a descriptor from which the number of each SIGINT and SIGTERM can be read."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        """The number is in the pipe."""

    before = {number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
    signal.set_wakeup_fd(writer)
    try:
        yield reader
    finally:
        signal.set_wakeup_fd(-1)
        for number, handler in before.items():
            signal.signal(number, handler)
        os.close(reader)
        os.close(writer)
