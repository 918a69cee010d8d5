"""What every suite shares: a real Redis, a database of it per worker, and the markers of the features."""

from __future__ import annotations

import gc
import os
import re
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.redis_server import DATABASES, NoRedisError, RedisServer, available_kind, new_redis, running_redis

if TYPE_CHECKING:
    from collections.abc import Iterator

FEATURES = Path(__file__).parent.parent / "features"

#: A scenario's source: a section of the seed or of the specification. The other tags are declared in conform/tags.py.
SOURCE_TAG = re.compile(r"@((?:seed_\d+(?:_\d+)*)|spec_[a-z]+|ruling_[a-z_]+)\b")

#: The suites that ask for no Redis, so that they run where there is no Docker.
WITHOUT_REDIS = ("tests/unit", "tests/packaging")


class RunRedis:
    """The Redis of a run, started when first asked for. Lives in the controlling process only."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._servers: dict[str, RedisServer] = {}
        self.kind = ""

    def url(self, worker: str) -> str:
        """Return the URL for a worker: a database of the one server. A Redis Cluster has none, so each has its own."""
        number = 0 if worker == "master" else int(worker.removeprefix("gw"))
        assert number < DATABASES, f"more workers than databases ({DATABASES})"
        if os.environ.get("REDIS") == "cluster":
            return self._server(worker).url
        return f"{self._server('all').url}/{number}"

    def _server(self, name: str) -> RedisServer:
        if name not in self._servers:
            try:
                kind, line = available_kind()
                if not self.kind:
                    self._say(line)
                self.kind = kind
                server = new_redis(self.kind)
                server.start()
            except NoRedisError as error:
                pytest.exit(str(error), returncode=pytest.ExitCode.USAGE_ERROR)
            self._servers[name] = server
        return self._servers[name]

    def stop(self) -> None:
        while self._servers:
            self._servers.popitem()[1].stop()

    def _say(self, line: str) -> None:
        reporter = self._config.pluginmanager.get_plugin("terminalreporter")
        capture = self._config.pluginmanager.get_plugin("capturemanager")
        with capture.global_and_fixture_disabled():
            reporter.write_line(line)


RUN_REDIS = pytest.StashKey[RunRedis]()


def pytest_configure(config: pytest.Config) -> None:
    tags = {tag for feature in FEATURES.glob("*.feature") for tag in SOURCE_TAG.findall(feature.read_text("utf-8"))}
    for tag in sorted(tags):
        source, _, section = tag.partition("_")
        config.addinivalue_line("markers", f"{tag}: asked for in the {source}, {section.replace('_', '.')}")
    # Node is in the folder of this Python if `.ci/setup` had to bring it.
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    if hasattr(config, "workerinput"):
        return
    config.stash[RUN_REDIS] = RunRedis(config)
    if threading.current_thread() is threading.main_thread():
        # Whoever ends the run with SIGTERM gets the same tidying as with Ctrl-C.
        signal.signal(signal.SIGTERM, signal.default_int_handler)


def pytest_collection_finish() -> None:
    """Take what was collected out of the garbage collector's sight.

    To look through 270,000 objects stops all threads of this process. On a busy machine that takes seconds, in which
    clients answer no ping.
    """
    gc.collect()
    gc.freeze()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: pytest.Item) -> None:
    """Give an xdist worker the Redis that the controller has started, unless its suites ask for none."""
    if all(arg.startswith(WITHOUT_REDIS) for arg in node.config.args):
        return
    run_redis = node.config.stash[RUN_REDIS]
    node.workerinput["redis_url"] = run_redis.url(node.workerinput["workerid"])
    node.workerinput["redis_kind"] = run_redis.kind


def pytest_unconfigure(config: pytest.Config) -> None:
    if RUN_REDIS in config.stash:
        config.stash[RUN_REDIS].stop()


@pytest.fixture(scope="session")
def redis_url(request: pytest.FixtureRequest, worker_id: str) -> str:
    """Return the URL of a real Redis, with a logical database that only this worker uses.

    Tests share it: take a tenant of your own, never FLUSHALL. Channels know no databases: another
    worker's messages pass on the same bus, for tenants that are not yours.
    """
    config = request.config
    given = config.workerinput["redis_url"] if hasattr(config, "workerinput") else None
    url: str = given or config.stash[RUN_REDIS].url(worker_id)
    return url


@pytest.fixture(scope="session")
def redis_kind(request: pytest.FixtureRequest, redis_url: str) -> str:
    """Return what `new_redis` makes another server from, of the kind that this run uses."""
    config = request.config
    kind: str = config.workerinput["redis_kind"] if hasattr(config, "workerinput") else config.stash[RUN_REDIS].kind
    return kind


@pytest.fixture
def durable_redis(redis_kind: str) -> Iterator[RedisServer]:
    """Yield a Redis of this test's own, which may crash and then has what it has answered."""
    with running_redis(redis_kind, durable=True) as server:
        yield server


@pytest.fixture
def own_redis(redis_kind: str) -> Iterator[RedisServer]:
    """Yield a Redis of this test's own, which it may stop, start again, pause and resume."""
    with running_redis(redis_kind) as server:
        yield server
