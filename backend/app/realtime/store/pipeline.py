"""The server's client of Redis: one connection for all greenlets of a process, made anew when it is lost.

A command costs 3 microseconds of processor with 60 in flight, where redis-py's pool takes 100.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any, Protocol, cast
from weakref import WeakSet

import gevent
import hiredis
import redis
import structlog
from gevent.event import AsyncResult
from gevent.hub import Waiter
from redis import exceptions

from app.realtime.libraries.redis import as_gevent_socket
from app.realtime.store.greeting import Greet, WrongServerError
from app.realtime.store.link import Link, again
from app.realtime.store.verdict import verdict

logger = structlog.get_logger(__name__)

#: Bytes of commands that may wait to be written.
_UNWRITTEN_BYTES = 64 * 1024 * 1024

#: Seconds between two tries to connect, while Redis is away. Commands fail at once meanwhile.
_PAUSE_SECONDS = 0.1

Command = Sequence[Any]


class Commands(Protocol):
    """What runs the commands of a node, in one thread."""

    max_in_flight: int

    @property
    def connects(self) -> int:
        """How often a connection was made."""

    @property
    def problem(self) -> str | None:
        """Why nothing can be reached, in a line for the operator; None while nothing is known to be wrong."""

    @property
    def wrong_server(self) -> str | None:
        """What is wrong with REDIS_URL, if it names a server of another kind."""

    def __len__(self) -> int:
        """How many commands are in flight."""

    def execute(self, command: Command) -> Any:
        """The reply to a command. Raises redis-py's exceptions."""

    def execute_all(self, commands: Sequence[Command]) -> list[Any]:
        """The replies to commands that run in their order. Raises the first error."""

    def replies(self, commands: Sequence[Command]) -> list[Any]:
        """The replies to independent commands; the error of one stands in its place."""

    def close(self) -> None:
        """Give the connections up; the next command makes others."""


class Pipeline:
    """Connects when there is something to send, and again after the connection was lost.

    `pool` makes the connections; `timeout` in seconds is for connecting, and for the answer to a command;
    `max_in_flight` bounds the commands that wait for their answers; `greet` looks at each new connection.
    `on_trouble` is called when a connection was lost or could not be made.
    """

    def __init__(
        self,
        pool: redis.ConnectionPool,
        timeout: float,
        max_in_flight: int,
        greet: Greet,
        on_trouble: Callable[[], None] = lambda: None,
    ) -> None:
        self._pool = pool
        self._on_trouble = on_trouble
        self._greet = greet
        self._timeout = timeout
        self.max_in_flight = max_in_flight
        self._link: Link | None = None
        #: What all wait for while one greenlet connects. That greenlet ends when another takes its place.
        self._connecting: AsyncResult[Link] | None = None
        #: Why the last try to connect has failed.
        self._failure: Exception | None = None
        #: The loop of the thread that uses it.
        self._hub: Any = None
        #: How often a connection was made.
        self.connects = 0
        forgets_after_fork(self)

    def __len__(self) -> int:
        """How many commands are in flight."""
        return len(self._link) if self._link is not None else 0

    @property
    def problem(self) -> str | None:
        """Why there is no connection, in a line for the operator; None while nothing is known to be wrong."""
        return None if self._failure is None else verdict(self._failure).text

    @property
    def wrong_server(self) -> str | None:
        """What is wrong with REDIS_URL, if it names a server of another kind."""
        return str(self._failure) if isinstance(self._failure, WrongServerError) else None

    def execute(self, command: Command) -> Any:
        """The reply to a command. Raises redis-py's exceptions.

        After a ConnectionError or TimeoutError the command may have run.
        """
        waiter: Waiter[Any] = Waiter()
        packed = hiredis.pack_command(tuple(command))
        self._ready(1).send(packed, waiter.switch)
        reply: Any = waiter.get()
        if isinstance(reply, Exception):
            raise reply
        return reply

    def execute_all(self, commands: Sequence[Command]) -> list[Any]:
        """The replies to many commands, in one write. Raises the first error, when all replies are there."""
        return succeeded(self.replies(commands))

    def replies(self, commands: Sequence[Command]) -> list[Any]:
        """As `execute_all`, but the error of a command stands in its place."""
        if not commands:
            return []
        replies: list[Any] = []
        waiter: Waiter[None] = Waiter()

        def take(reply: Any) -> None:
            replies.append(reply)
            if len(replies) == len(commands):
                waiter.switch(None)

        packed = [hiredis.pack_command(tuple(command)) for command in commands]
        link = self._ready(len(commands))
        for one in packed:
            link.send(one, take)
        waiter.get()
        return replies

    def close(self) -> None:
        """Give the connection up, also one that is being made; the next command makes another."""
        closed = exceptions.ConnectionError("closed")
        connecting, self._connecting, self._failure = self._connecting, None, None
        if connecting is not None and not connecting.ready():
            connecting.set_exception(closed)
        if self._link is not None:
            self._link.fail(closed)

    def forget(self) -> None:
        """Leave the connection to the process that made it: this one is its child."""
        if self._link is not None:
            self._link.forget()
        self._link = self._connecting = self._hub = None
        self._failure = None

    def _ready(self, commands: int) -> Link:
        if self._hub is not gevent.get_hub():
            self._enter_thread()
        link = self._link
        if link is None:
            link = self._connected()
        if len(link) + commands > self.max_in_flight or link.unwritten_bytes > _UNWRITTEN_BYTES:
            raise exceptions.MaxConnectionsError("too many commands wait for Redis")
        return link

    def _enter_thread(self) -> None:
        if self._hub is not None:
            raise RuntimeError("the server's client of Redis belongs to one thread")
        self._hub = gevent.get_hub()

    def _connected(self) -> Link:
        """A new connection; one greenlet makes it, and all others wait for that one."""
        if self._failure is not None:
            gevent.sleep(0)  # where nothing else lets the loop run, nobody would try to connect
        if self._failure is not None:
            raise again(self._failure)
        if self._link is not None:
            return self._link
        connecting = self._connecting
        if connecting is None:
            connecting = self._connecting = AsyncResult()
            gevent.spawn(self._connect, connecting)
        return cast("Link", connecting.get())

    def _connect(self, result: AsyncResult[Link]) -> None:
        """Try until it is done, whatever fails, or until `result` is not what is waited for any more."""
        while self._connecting is result:
            try:
                sock = self._open()
            except Exception as error:  # noqa: BLE001 - nobody else would try again
                if self._connecting is result:
                    self._not_connected(error, result)
                gevent.sleep(_PAUSE_SECONDS)
            else:
                self._connected_to(sock, result)

    def _open(self) -> Any:
        connection = self._pool.connection_class(**self._pool.connection_kwargs)
        try:
            connection.connect()
            self._greet(connection)
            return as_gevent_socket(connection)
        except BaseException:
            connection.disconnect()
            raise

    def _not_connected(self, error: Exception, result: AsyncResult[Link]) -> None:
        self._failure = error
        self._on_trouble()
        if not result.ready():
            found = verdict(error)
            logger.warning("redis_not_reached", cause=found.cause, what=found.text, error=type(error).__name__)
            result.set_exception(again(error))

    def _connected_to(self, sock: Any, result: AsyncResult[Link]) -> None:
        if self._connecting is not result:
            sock.close()  # it was given up meanwhile
            return
        self._link = Link(sock, self._timeout, self._lost)
        self._connecting = self._failure = None
        self.connects += 1
        if not result.ready():
            result.set(self._link)

    def _lost(self, link: Link) -> None:
        if self._link is link:
            self._link = None
            self._on_trouble()


def succeeded(replies: list[Any]) -> list[Any]:
    """Replies, if all are good. Raises the first error."""
    for reply in replies:
        if isinstance(reply, Exception):
            raise reply
    return replies


class Forgetful(Protocol):
    """What a child process must not use as it is."""

    def forget(self) -> None:
        """This process is the child of the one that made it."""


_forgetful: WeakSet[Any] = WeakSet()


def forgets_after_fork(one: Forgetful) -> None:
    """Let it forget in each child process."""
    _forgetful.add(one)


def _after_fork() -> None:
    for one in _forgetful:
        one.forget()


os.register_at_fork(after_in_child=_after_fork)


class PipelinedRedis(redis.Redis):
    """redis-py's client whose commands share a connection to each master. Its own pool is for subscriptions only."""

    def __init__(self, pool: redis.ConnectionPool, link: Commands) -> None:
        super().__init__(connection_pool=pool)
        self.link = link

    def execute_command(self, *args: Any, **options: Any) -> Any:
        """The reply to a command, as redis-py shows it."""
        name: str = args[0]  # "CLIENT ID" is two words for Redis
        reply = self.link.execute((*name.split(), *args[1:]))
        options.pop("keys", None)  # for a cache of redis-py's
        callbacks: dict[str, Any] = self.response_callbacks
        shown = callbacks.get(name)
        return reply if shown is None else shown(reply, **options)
