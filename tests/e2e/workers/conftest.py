"""One command with two workers, for all tests that do not break it. It ends before `shared_cluster`: see transport/."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest

from realtime_contracts.wire.tokens import Mint
from tests.e2e.cluster import Cluster
from tests.e2e.transport.nodes import CALM, started
from tests.e2e.transport.wire import hang_up, new_tenant
from tests.e2e.workers.host import Host
from tests.redis_server import running_redis


@pytest.fixture(scope="session")
def host(
    shared_cluster: Cluster,
    redis_url: str,
    secret: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Host]:
    """Yield two workers that do not ping while a test runs."""
    host = Host(redis_url, secret, tmp_path_factory.mktemp("host"), **CALM)
    for _ in started(host):
        yield host


@pytest.fixture
def own_host(redis_url: str, secret: str, tmp_path: Path) -> Iterator[Host]:
    """Yield two workers that the test may break."""
    host = Host(redis_url, secret, tmp_path, **CALM)
    for _ in started(host):
        yield host


@pytest.fixture
def only_host(redis_kind: str, secret: str, tmp_path: Path) -> Iterator[Host]:
    """Yield two workers on a Redis of their own: no other node lives."""
    with running_redis(redis_kind) as server:
        host = Host(server.url, secret, tmp_path, **CALM)
        for _ in started(host):
            yield host


@pytest.fixture(autouse=True)
def _no_connection_left() -> Iterator[None]:
    yield
    hang_up()
    gc.collect()  # Sockets that official clients have forgotten are warned of here, and not in a later test.


@pytest.fixture
def url(host: Host) -> str:
    return host.url


@pytest.fixture
def token(mint: Mint) -> str:
    """Return Ana's token, in a tenant of the test's own."""
    return mint("ana", new_tenant())
