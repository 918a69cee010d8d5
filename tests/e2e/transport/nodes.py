"""Nodes for these tests, and a door before several of them."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from urllib.parse import urlsplit

from tests.e2e.cluster import Cluster
from tests.e2e.transport.wire import CHUNK

#: Pings that no test waits for, and users who are not away.
CALM = {"PING_INTERVAL": "60", "PING_TIMEOUT": "60", "AWAY_TIMEOUT_SECONDS": "300"}
#: Clients that may send as fast as they can.
UNLIMITED = dict.fromkeys(("EVENT_RATE_LIMIT", "EVENT_BURST", "CURSOR_RATE_LIMIT", "CURSOR_BURST"), "1000000")
#: Pings of the reference's own test suite, in seconds.
QUICK = {"PING_INTERVAL": "0.3", "PING_TIMEOUT": "0.2", "AWAY_TIMEOUT_SECONDS": "300"}


def started(cluster: Cluster) -> Iterator[Cluster]:
    """Run a cluster; its end fails if a node has logged what it must not."""
    cluster.start()
    try:
        yield cluster
    except BaseException:
        cluster.close(check=False)
        raise
    cluster.close()


class Door:
    """A TCP forwarder to the first node that accepts, as a load balancer is one."""

    def __init__(self, urls: list[str]) -> None:
        self._nodes = [(urlsplit(url).hostname, urlsplit(url).port) for url in urls]
        self._pairs: set[tuple[socket.socket, socket.socket]] = set()
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._begin(self._accept)

    def cut(self) -> None:
        """End all connections, as a load balancer does that is restarted."""
        for pair in list(self._pairs):
            for one in pair:
                with contextlib.suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close the door."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()
        for thread in self._threads:
            thread.join()

    def _begin(self, work: object, *args: object) -> None:
        thread = threading.Thread(target=work, args=args)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            for address in self._nodes:
                try:
                    node = socket.create_connection(address)  # type: ignore[arg-type]
                    break
                except OSError:
                    continue
            else:
                client.close()
                continue
            self._pairs.add((client, node))
            ways = threading.Barrier(2, action=lambda pair=(client, node): self._hang_up(pair))
            self._begin(_carry, client, node, ways)
            self._begin(_carry, node, client, ways)

    def _hang_up(self, pair: tuple[socket.socket, socket.socket]) -> None:
        self._pairs.discard(pair)
        for one in pair:
            one.close()


def _carry(source: socket.socket, target: socket.socket, both_done: threading.Barrier) -> None:
    """Pass on all bytes, and the end, one way."""
    with contextlib.suppress(OSError):
        while data := source.recv(CHUNK):
            target.sendall(data)
    for one in (source, target):
        with contextlib.suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
    both_done.wait()
