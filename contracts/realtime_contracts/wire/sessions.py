"""Sessions for HTTP that end when they are told to: whatever is answered, or not."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import Any
from weakref import WeakSet

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

from realtime_contracts.wire.timeouts import patience

#: Bytes of an answer that are read where only its beginning is looked at.
MOST_BYTES = 1 << 20


class CuttableSession(requests.Session):
    """A session for HTTP whose sockets can be closed under a request."""

    def __init__(self) -> None:
        super().__init__()
        self.trust_env = False  # no proxies: the server is named by its URL
        self._adapter = _CuttableAdapter()
        self.mount("http://", self._adapter)
        self.mount("https://", self._adapter)

    def cut(self) -> None:
        """Close all its sockets, and those that are still to be opened."""
        self._adapter.dead = True
        for connection in list(self._adapter.connections):
            if connection.sock is not None:
                shut(connection.sock)


class NoEnd(requests.Timeout):
    """An answer has begun, and comes to no end."""


class BoundedSession(CuttableSession):
    """A session for one request, which ends in time whatever answers: a byte a second, or bytes without end."""

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        """Send it, and read the beginning of its answer. Raises NoEnd besides what requests does."""
        seconds = 2 * patience()  # beside a wait of `patience` for each of its bytes
        clock = threading.Timer(seconds, self.cut)
        clock.start()
        try:
            answer = super().send(request, **{**options, "stream": True})
            answer._content = next(answer.iter_content(MOST_BYTES), b"")  # noqa: SLF001 - no public way
        except requests.RequestException as error:
            if not self._adapter.dead or isinstance(error, requests.Timeout):
                raise
            raise NoEnd(f"the answer has no end within {seconds:g} s", request=request) from error
        finally:
            clock.cancel()
            clock.join()
        if self._adapter.dead:  # the end of its sockets was taken for the end of the answer
            raise NoEnd(f"the answer has no end within {seconds:g} s", request=request)
        return answer


class _CuttableAdapter(HTTPAdapter):
    def __init__(self) -> None:
        self.connections: WeakSet[HTTPConnection] = WeakSet()
        self.dead = False
        super().__init__(pool_maxsize=4)

    def opened(self, connection: HTTPConnection) -> None:
        """Note a new connection, or close it again if there should be none any more."""
        self.connections.add(connection)
        if self.dead and connection.sock is not None:
            shut(connection.sock)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        opened = self.opened

        class Http(HTTPConnection):
            def connect(self) -> None:
                super().connect()
                opened(self)

        class Https(HTTPSConnection):
            def connect(self) -> None:
                super().connect()
                opened(self)

        class HttpPool(HTTPConnectionPool):
            ConnectionCls = Http

        class HttpsPool(HTTPSConnectionPool):
            ConnectionCls = Https

        self.poolmanager.pool_classes_by_scheme = {"http": HttpPool, "https": HttpsPool}


def shut(sock: socket.socket) -> None:
    """End a connection under whoever reads from it or writes to it."""
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)
