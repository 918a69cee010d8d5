"""A subscription to channels of one master of Redis, over one connection that comes back after each loss."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any, NoReturn

import gevent
import hiredis
import redis
import structlog
from redis import exceptions

from app.realtime.bus.route import Route
from app.realtime.libraries.redis import as_gevent_socket, error_of
from app.realtime.store.verdict import verdict

logger = structlog.get_logger(__name__)

#: Seconds between two tries to subscribe: the first, and the longest. Clients wait that long for a healed node.
_FIRST_RETRY_SECONDS, MAX_RETRY_SECONDS = 0.1, 2.0

#: Bytes that are read at once. What one read brings is delivered together.
_READ_BYTES = 128 * 1024

#: How commands and pushes are called: SUBSCRIBE, SSUBSCRIBE.
_PLAIN, _SHARDED = b"", b"s"


class Subscription:
    """Hears the channels of routes over one connection, so that their messages come in the order of Redis.

    `pool` says how to connect, None for not now. `received` gets the messages that one read has brought. `lose` is
    called with a tenant before its channels are subscribed again, and `gap` when they are heard again, because messages
    may have been missed. `doubt` is called when something speaks against this being the channels' master.
    """

    def __init__(
        self,
        pool: Callable[[], redis.ConnectionPool | None],
        received: Callable[[list[bytes]], None],
        lose: Callable[[str], None],
        gap: Callable[[], None],
        doubt: Callable[[], None],
        *,
        sharded: bool = False,
    ) -> None:
        self._pool = pool
        self._received = received
        self._lose = lose
        self._gap = gap
        self._doubt = doubt
        kind = _SHARDED if sharded else _PLAIN
        self._subscribe, self._unsubscribe = kind.upper() + b"SUBSCRIBE", kind.upper() + b"UNSUBSCRIBE"
        self._on_message, self._on_subscribed, self._on_unsubscribed = (
            kind + name for name in (b"message", b"subscribe", b"unsubscribe")
        )
        self._routes: dict[bytes, Route] = {}
        self._link: _Link | None = None
        self._stopped = False
        #: Whether channels may have been heard already, over another connection.
        self._heard_before = False
        #: Channels that have to be confirmed before this connection hears everything.
        self._opening = 0
        #: Whether a gap is to be reported.
        self._missed = False
        self._retry_seconds = _FIRST_RETRY_SECONDS
        #: Whether all routes are heard that there were when the connection was made.
        self.subscribed = False
        #: Why the last try to connect or to subscribe has failed, None if it has not.
        self.failure: Exception | None = None
        #: When the subscription was confirmed last, or has heard its own probe, by the monotonic clock.
        self.heard_at = 0.0

    @property
    def away(self) -> bool:
        """Whether the last try to connect or to subscribe has failed."""
        return self.failure is not None

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
        link, self._link = self._link, None
        if link is not None:
            link.close()

    def routes(self) -> list[Route]:
        """What is heard, or will be."""
        return list(dict.fromkeys(self._routes.values()))

    def __len__(self) -> int:
        """How many channels are heard, or will be."""
        return len(self._routes)

    def a_tenant(self) -> str | None:
        """Any tenant whose channels are heard, None if there is none."""
        return next((route.tenant_id for route in self._routes.values() if len(route.channels) > 1), None)

    def add(self, route: Route) -> None:
        """Hear a route's channels. It says itself when it is heard."""
        route.begin()
        if route.missed:
            self._lose(route.tenant_id)
        for channel in route.channels:
            self._routes[channel] = route
        if self._link is not None:
            self._link.send(self._subscribe, route.channels)

    def remove(self, route: Route) -> None:
        """Hear a route's channels no more."""
        self.forget(route)
        if self._link is not None:
            self._link.send(self._unsubscribe, route.channels)

    def forget(self, route: Route) -> None:
        """Leave a route to the subscription to another master. Redis ends it here by itself, and refuses to be told."""
        for channel in route.channels:
            self._routes.pop(channel, None)

    def _run(self) -> None:
        while not self._stopped:
            try:
                self._listen()
            except (exceptions.RedisError, OSError) as error:
                self._lost(error)
            except Exception as error:
                # Whatever it is, it must not leave the node deaf. The log has the traceback.
                logger.exception("bus_failed")
                self._lost(error)

    def _lost(self, error: Exception) -> None:
        self.failure = error
        self.again()
        if self._stopped:
            return
        self._doubt()
        seconds = self._retry_seconds
        self._retry_seconds = min(MAX_RETRY_SECONDS, seconds * 2)
        why = verdict(error)
        logger.warning(
            "bus_lost", cause=why.cause, what=why.text, error=type(error).__name__, retry_in=round(seconds, 2)
        )
        gevent.sleep(seconds * random.uniform(0.8, 1.0))  # noqa: S311 - not a secret

    def _listen(self) -> NoReturn:
        """Subscribe, and hand over what comes. Ends by an exception."""
        sock = self._connected()
        # With hiredis' own exceptions nobody here would try again. The stubs know no bytearray.
        reader: Any = hiredis.Reader(protocolError=exceptions.InvalidResponse, replyError=error_of)
        buffer, on_message = bytearray(_READ_BYTES), self._on_message
        while size := sock.recv_into(buffer):
            reader.feed(buffer, 0, size)
            messages = []
            while (reply := reader.gets()) is not False:
                if isinstance(reply, Exception):  # Redis is loading, or does not let us subscribe
                    raise reply
                if reply[0] == on_message:
                    messages.append(reply[2])
                elif reply[0] == self._on_subscribed:
                    self._heard(reply[1])
                elif reply[0] == self._on_unsubscribed and reply[1] in self._routes:
                    self._dropped(self._routes[reply[1]])
            if messages:
                self._received(messages)
            if self._missed and not self._opening:
                self._missed = False
                self._gap()
        raise ConnectionResetError("Redis has closed the connection")

    def _connected(self) -> Any:
        """The socket of a new connection that subscribes to everything, in one write."""
        pool = self._pool()
        if pool is None:
            raise ConnectionRefusedError("this master serves no tenant that is heard")
        connection = pool.connection_class(**pool.connection_kwargs)
        connection.connect()
        sock = as_gevent_socket(connection)
        link = self._link = _Link(sock)
        if self._stopped:
            link.close()
            raise ConnectionAbortedError("stopped while it connected")
        self._opening = len(self._routes)
        if self._heard_before:
            self._missed = True
            for tenant_id in {route.tenant_id for route in self._routes.values()}:
                self._lose(tenant_id)
        for route in self.routes():
            route.begin()
            link.send(self._subscribe, route.channels)
        if not self._opening:
            self._opened()
        return sock

    def _opened(self) -> None:
        self.subscribed = True
        self.failure = None
        self.heard_at = time.monotonic()
        self._retry_seconds = _FIRST_RETRY_SECONDS

    def _heard(self, channel: bytes) -> None:
        """Redis has confirmed a channel. Confirmations come in the order of the commands."""
        self._heard_before = True
        if self._opening:
            self._opening -= 1
            if not self._opening:
                self._opened()
        route = self._routes.get(channel)
        if route is not None and route.confirm():
            self._missed = True

    def _dropped(self, route: Route) -> None:
        """Redis has ended a subscription that is wanted: it moves the slot to another master, or has done so."""
        if route.heard:
            route.begin()
            route.missed = route.dropped = True
            self._lose(route.tenant_id)
            self._doubt()


class _Link:
    """An open connection. Commands of one turn are written together, and nobody waits for that."""

    def __init__(self, sock: Any) -> None:
        self._socket = sock
        self._unwritten: list[bytes] = []
        self._writing = False

    def send(self, name: bytes, channels: tuple[bytes, ...]) -> None:
        """Send a command."""
        command: Any = (name, *channels)  # the stubs know only the shortest
        self._unwritten.append(hiredis.pack_command(command))
        if not self._writing:
            self._writing = True
            gevent.spawn(self._write)

    def close(self) -> None:
        """Close it; who reads is told by an OSError."""
        self._socket.close()

    def _write(self) -> None:
        try:
            while self._unwritten:
                data = b"".join(self._unwritten)
                self._unwritten.clear()
                self._socket.sendall(data)
            self._writing = False
        except OSError:
            self.close()
