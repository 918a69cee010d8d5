"""Nodes for raw clients, which mostly answer no pings.

They begin after `shared_cluster` and so end before it, because that looks whether Redis is empty then.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from realtime_contracts.wire.tokens import Mint
from tests.e2e.cluster import Cluster
from tests.e2e.transport.nodes import CALM, QUICK, UNLIMITED, started
from tests.e2e.transport.wire import Client, hang_up, new_tenant


@pytest.fixture(scope="session")
def node(
    shared_cluster: Cluster,
    redis_url: str,
    secret: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Cluster]:
    """Yield a node that does not ping while a test runs."""
    yield from started(Cluster(redis_url, secret, tmp_path_factory.mktemp("calm"), nodes=1, **CALM))


@pytest.fixture(scope="session")
def hurried(
    shared_cluster: Cluster,
    redis_url: str,
    secret: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Cluster]:
    """Yield a node whose clients may send as fast as they can."""
    yield from started(Cluster(redis_url, secret, tmp_path_factory.mktemp("hurried"), nodes=1, **CALM, **UNLIMITED))


@pytest.fixture(scope="session")
def quick(
    shared_cluster: Cluster,
    redis_url: str,
    secret: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[str]:
    """Yield the URL of a node that pings after 0.3 s and waits 0.2 s."""
    for cluster in started(Cluster(redis_url, secret, tmp_path_factory.mktemp("quick"), nodes=1, **QUICK)):
        yield cluster.urls[0]


@pytest.fixture(autouse=True)
def _no_connection_left() -> Iterator[None]:
    yield
    hang_up()


@pytest.fixture
def url(node: Cluster) -> str:
    return node.urls[0]


@pytest.fixture
def tenant() -> str:
    return new_tenant()


@pytest.fixture
def token(mint: Mint, tenant: str) -> str:
    """Return Ana's token."""
    return mint("ana", tenant)


@pytest.fixture
def ben(url: str, mint: Mint, tenant: str) -> Iterator[Client]:
    """Yield a colleague of Ana's, who is connected all the time."""
    with Client(url, mint("ben", tenant)) as client:
        yield client
