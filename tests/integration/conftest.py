"""A tenant and managers for each test, and guards that see whether it left anything behind."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import redis

from app.realtime.store import topology
from tests.e2e.cluster import Cluster
from tests.integration.backend import SECRET, Backend, Tape, keys_of, timeless
from tests.redis_server import RedisServer

#: Makes another node on the same Redis; settings by their field names.
MakeBackend = Callable[..., Backend]

#: Starts servers on this test's own Redis; settings by their variables.
MakeCluster = Callable[..., Cluster]

#: Seconds a user without connection stays with these servers.
GRACE_SECONDS = 1.5

#: Nothing happens by inactivity or ping, so what a client gets is the outage's doing.
QUIET = {
    "AWAY_TIMEOUT_SECONDS": "600",
    "OFFLINE_TIMEOUT_SECONDS": str(GRACE_SECONDS),
    "PING_INTERVAL": "60",
    "PING_TIMEOUT": "60",
}


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    """Fail a test that leaves a thread behind."""
    before = set(threading.enumerate())
    yield
    left = [thread.name for thread in threading.enumerate() if thread not in before]
    assert left == [], f"threads that this test has left: {left}"


@pytest.fixture
def tenant() -> str:
    """Return a company of this test's own."""
    return f"tenant-{uuid4().hex[:12]}"


@pytest.fixture
def make_backend(redis_url: str, tenant: str) -> Iterator[MakeBackend]:
    """Make nodes. At the end everybody says goodbye, and then no key of the tenant may be left but what has its end."""
    made: list[Backend] = []

    def make(**settings: Any) -> Backend:
        made.append(Backend(redis_url, **settings))
        return made[-1]

    yield make
    for backend in made:
        backend.everybody_leaves(tenant)
        backend.rooms.forget_due(tenant)
    left = timeless(made[0].redis, tenant) if made else []
    if made and (keys := keys_of(made[0].redis, tenant)):
        made[0].redis.delete(*keys)
    for backend in made:
        backend.close()
    assert left == [], f"keys that everybody's goodbye has left: {left}"


@pytest.fixture
def backend(make_backend: MakeBackend) -> Backend:
    """Return the managers of one node."""
    return make_backend()


@pytest.fixture
def tape(redis_url: str) -> Iterator[Tape]:
    """Record what is published from now on."""
    with topology.of_url(redis_url).client() as client:
        recording = Tape(client)
        yield recording
        recording.close()


@pytest.fixture
def make_cluster(own_redis: RedisServer, tmp_path: Path) -> Iterator[MakeCluster]:
    """Start so many nodes on this test's Redis. At the end none may have logged a traceback or a token."""
    made: list[Cluster] = []

    def make(nodes: int, **settings: str) -> Cluster:
        made.append(Cluster(own_redis.url, SECRET, tmp_path, nodes=nodes, **QUIET, **settings))
        made[-1].start()
        return made[-1]

    yield make
    for cluster in made:
        cluster.close()


@pytest.fixture
def direct(own_redis: RedisServer) -> Iterator[redis.Redis]:
    """Return a client of the same Redis, for the operator's commands."""
    with topology.of_url(own_redis.url).client() as connected:
        yield connected
