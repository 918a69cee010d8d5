"""A subscription to channels of Redis that comes back after each loss."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import gevent
import hiredis
import redis
import structlog
from redis import exceptions

from app.realtime.libraries.redis import as_gevent_socket, error_of

logger = structlog.get_logger(__name__)

#: Seconds between two tries to subscribe: the first, and the longest. Clients wait that long for a healed node.
_FIRST_RETRY_SECONDS, MAX_RETRY_SECONDS = 0.1, 2.0

#: Bytes that are read at once. What one read brings is delivered together.
_READ_BYTES = 128 * 1024


class Subscription:
    """Hears channels over one connection, so that their messages come in the order of Redis.

    `received` gets the messages that one read has brought. `gap` is called after each subscription but the first,
    because messages may have been missed.
    """

    def __init__(
        self,
        pool: redis.ConnectionPool,
        channels: Sequence[str],
        received: Callable[[list[bytes]], None],
        gap: Callable[[], None],
    ) -> None:
        self._pool = pool
        self._channels = channels
        self._received = received
        self._gap = gap
        self._socket: Any = None
        self._stopped = False
        self._times = 0
        self._retry_seconds = _FIRST_RETRY_SECONDS
        self.subscribed = False
        #: When the subscription was confirmed last, by the monotonic clock.
        self.subscribed_at = 0.0

    def start(self) -> None:
        """Begin to listen."""
        gevent.spawn(self._run)

    def stop(self) -> None:
        """End the subscription."""
        self._stopped = True
        self.again()

    def again(self) -> None:
        """Cut the connection: a new one is made, and then a gap is reported."""
        self.subscribed = False
        if self._socket is not None:
            self._socket.close()

    def _run(self) -> None:
        while not self._stopped:
            try:
                self._listen()
            except (exceptions.RedisError, OSError) as error:
                self.again()
                if not self._stopped:
                    self._pause(error)

    def _pause(self, error: Exception) -> None:
        seconds = self._retry_seconds
        self._retry_seconds = min(MAX_RETRY_SECONDS, seconds * 2)
        logger.warning("bus_lost", error=type(error).__name__, retry_in=round(seconds, 2))
        gevent.sleep(seconds * random.uniform(0.8, 1.0))  # noqa: S311 - not a secret

    def _listen(self) -> NoReturn:
        """Subscribe, and hand over what comes. Ends by a RedisError or an OSError."""
        connection = self._pool.connection_class(**self._pool.connection_kwargs)
        connection.connect()
        sock = self._socket = as_gevent_socket(connection)
        if self._stopped:
            raise ConnectionAbortedError("stopped while it connected")
        command: Any = ("SUBSCRIBE", *self._channels)  # the stubs know only the shortest
        sock.sendall(hiredis.pack_command(command))
        # With hiredis' own exceptions nobody here would try again. The stubs know no bytearray.
        reader: Any = hiredis.Reader(protocolError=exceptions.InvalidResponse, replyError=error_of)
        buffer = bytearray(_READ_BYTES)
        unconfirmed = len(self._channels)
        while size := sock.recv_into(buffer):
            reader.feed(buffer, 0, size)
            messages = []
            while (reply := reader.gets()) is not False:
                if isinstance(reply, Exception):  # Redis is loading, or does not let us subscribe
                    raise reply
                if reply[0] == b"message":
                    messages.append(reply[2])
                elif reply[0] == b"subscribe":
                    unconfirmed -= 1
                    if not unconfirmed:
                        self._confirmed()
            if messages:
                self._received(messages)
        raise ConnectionResetError("Redis has closed the connection")

    def _confirmed(self) -> None:
        self.subscribed = True
        self.subscribed_at = time.monotonic()
        self._times += 1
        self._retry_seconds = _FIRST_RETRY_SECONDS
        if self._times > 1:
            self._gap()
