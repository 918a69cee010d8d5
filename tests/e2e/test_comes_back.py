"""Clients that lose their node, or meet one that is not ready, are back by themselves: the official Python client."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
import socketio

from realtime_contracts.wire.tokens import Mint
from tests.e2e.cluster import Cluster
from tests.e2e.transport.wire import eventually
from tests.redis_server import RedisServer, running_redis

#: The client forgets the HTTP session of its last connection without closing it.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

#: Seconds within which a client is back, on the slowest machine. Its own pauses are short here.
SOON = 20.0


class Page:
    """A page with an official client, which tries again by itself."""

    def __init__(self, token: str, transport: str) -> None:
        self._token, self._transport = token, transport
        self.client = socketio.Client(reconnection_delay=0.1, reconnection_delay_max=0.2, randomization_factor=0)
        self.connected, self.lost = threading.Semaphore(0), threading.Semaphore(0)
        self.refusals: list[object] = []
        self.client.on("connect", self.connected.release)
        self.client.on("disconnect", lambda *_: self.lost.release())
        self.client.on("connect_error", self.refusals.append)

    def open(self, url: str) -> None:
        """Connect, or try again until it works. `connected` says when: `wait` may last longer than the test."""
        self.client.connect(url, auth={"token": self._token}, transports=[self._transport], wait=False, retry=True)

    def is_back(self) -> bool:
        return self.connected.acquire(timeout=SOON)

    def was_refused(self) -> bool:
        """Whether Socket.IO refused it, after which it would not have tried again."""
        return any(isinstance(refusal, dict) and "data" in refusal for refusal in self.refusals)

    def close(self) -> None:
        self.client.shutdown()
        if self.client.eio.http is not None:
            self.client.eio.http.close()


@pytest.fixture
def server(redis_kind: str) -> Iterator[RedisServer]:
    with running_redis(redis_kind) as made:
        yield made


@pytest.fixture
def cluster(server: RedisServer, secret: str, tmp_path: Path) -> Iterator[Cluster]:
    made = Cluster(server.url, secret, tmp_path, nodes=1)
    try:
        made.start()
        yield made
    finally:
        made.close(check=False)


@pytest.fixture(params=["websocket", "polling"])
def page(request: pytest.FixtureRequest, mint: Mint) -> Iterator[Page]:
    made = Page(mint("ana", "acme"), request.param)
    yield made
    made.close()
    del made
    gc.collect()  # What the client has forgotten is warned of here, and not in a later test.


def test_who_was_on_a_node_that_stopped_is_back_when_there_is_a_node(cluster: Cluster, page: Page) -> None:
    page.open(cluster.urls[0])
    assert page.is_back()
    cluster.stop(1)
    assert page.lost.acquire(timeout=SOON)
    cluster.start()
    assert page.is_back()
    assert not page.was_refused()


def test_who_connects_while_redis_is_away_gets_in_when_it_is_back(
    cluster: Cluster, server: RedisServer, page: Page
) -> None:
    server.stop()
    # A connection that ends before the client's `connect` has returned is one that this client takes for open for ever.
    eventually(lambda: not cluster.nodes[0].ready(), "the node has noticed")
    opening = threading.Thread(target=page.open, args=(cluster.urls[0],), daemon=True)
    opening.start()
    assert not page.connected.acquire(timeout=2.0)
    server.start()
    assert page.is_back()
    assert not page.was_refused()
    opening.join(SOON)
    assert not opening.is_alive()


def test_a_node_that_is_not_ready_says_when_to_try_again(cluster: Cluster, server: RedisServer) -> None:
    server.stop()
    url = f"{cluster.urls[0]}/socket.io/?EIO=4&transport=polling"
    while (answer := requests.get(url, timeout=SOON)).status_code == 200:
        pass  # It has not noticed yet.
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
