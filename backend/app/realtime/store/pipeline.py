"""One connection to Redis for all greenlets of a process.

The commands of one turn of the loop are written together, and replies are handed back in order: a command costs 4
microseconds of processor, where redis-py's pool takes 100. redis-py connects (TLS, authentication, database);
hiredis packs and parses.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any
from weakref import WeakSet

import gevent
import hiredis
import redis
from gevent.event import AsyncResult
from gevent.hub import Waiter
from redis import exceptions

from app.realtime.libraries.redis import as_gevent_socket, error_of

#: Bytes that are read at once.
_READ_BYTES = 256 * 1024

#: Bytes of commands that may wait to be written.
_UNWRITTEN_BYTES = 64 * 1024 * 1024

#: Seconds between two tries to connect, while Redis is away. Commands fail at once meanwhile.
_PAUSE_SECONDS = 0.1

#: Looks at the oldest command in this many parts of the time-out.
_LOOKS_PER_TIMEOUT = 8

#: Replies that say something about this connection only: it is given up, and the next one may be to another Redis.
_OF_THE_CONNECTION = (
    exceptions.ReadOnlyError,
    exceptions.BusyLoadingError,
    exceptions.MasterDownError,
    exceptions.AuthenticationError,
)

Command = Sequence[Any]
Taker = Callable[[Any], None]


class Link:
    """One open connection. `lost` is called once, when it is of no use any more."""

    def __init__(self, sock: Any, timeout: float, lost: Callable[[Link], None]) -> None:
        self._socket = sock
        self._timeout = timeout
        self._lost = lost
        self._loop = gevent.get_hub().loop
        self._reader = hiredis.Reader(encoding="utf-8", replyError=error_of)
        self._unwritten: list[bytes] = []
        self.unwritten_bytes = 0
        #: Who waits for a reply, in the order of the commands, and since when.
        self._waiting: deque[tuple[Taker, float]] = deque()
        self._error: Exception | None = None
        self._to_write = gevent.event.Event()
        self._tasks = [gevent.spawn(self._read), gevent.spawn(self._write), gevent.spawn(self._watch)]

    def __len__(self) -> int:
        """How many commands are in flight."""
        return len(self._waiting)

    def send(self, packed: bytes, take: Taker) -> None:
        """Send a command; `take` gets its reply, or the exception that stands for it."""
        if self._error is not None:
            self._loop.run_callback(take, _again(self._error))
            return
        if not self._unwritten:
            self._to_write.set()
        self._unwritten.append(packed)
        self.unwritten_bytes += len(packed)
        self._waiting.append((take, self._loop.now()))

    def fail(self, error: Exception) -> None:
        """Give the connection up; whoever waits gets the error."""
        if self._error is not None:
            return
        self._error = error
        self._lost(self)
        while self._waiting:
            take, _ = self._waiting.popleft()
            self._loop.run_callback(take, _again(error))
        gevent.spawn(self._close)

    def _close(self) -> None:
        gevent.killall(self._tasks)
        self._socket.close()

    def _write(self) -> None:
        while True:
            self._to_write.wait()
            self._to_write.clear()
            data = b"".join(self._unwritten)
            self._unwritten.clear()
            self.unwritten_bytes = 0
            try:
                self._socket.sendall(data)
            except OSError as error:
                self.fail(exceptions.ConnectionError(str(error)))
                return

    def _read(self) -> None:
        buffer = bytearray(_READ_BYTES)
        hand_over = self._loop.run_callback
        reader: Any = self._reader  # the stubs know no bytearray
        while True:
            try:
                size = self._socket.recv_into(buffer)
            except OSError as error:
                self.fail(exceptions.ConnectionError(str(error)))
                return
            if not size:
                self.fail(exceptions.ConnectionError("Redis has closed the connection"))
                return
            reader.feed(buffer, 0, size)
            while (reply := reader.gets()) is not False:
                take, _ = self._waiting.popleft()
                hand_over(take, reply)
                if isinstance(reply, _OF_THE_CONNECTION):
                    self.fail(exceptions.ConnectionError("this Redis does not serve"))
                    return

    def _watch(self) -> None:
        while True:
            gevent.sleep(self._timeout / _LOOKS_PER_TIMEOUT)
            if self._waiting and self._loop.now() - self._waiting[0][1] > self._timeout:
                self.fail(exceptions.TimeoutError("Redis does not answer"))
                return


class Pipeline:
    """Connects when there is something to send, and again after the connection was lost.

    `pool` makes the connections; `timeout` in seconds is for connecting, and for the answer to a command;
    `max_in_flight` bounds the commands that wait for their answers.
    """

    def __init__(self, pool: redis.ConnectionPool, timeout: float, max_in_flight: int) -> None:
        self._pool = pool
        self._timeout = timeout
        self._max_in_flight = max_in_flight
        self._link: Link | None = None
        #: What all wait for while one greenlet connects.
        self._connecting: Any = None
        #: Whether the last try to connect has failed.
        self.away = False
        #: The loop of the thread that uses it.
        self._hub: Any = None
        #: How often a connection was made.
        self.connects = 0
        _pipelines.add(self)

    def __len__(self) -> int:
        """How many commands are in flight."""
        return len(self._link) if self._link is not None else 0

    def execute(self, command: Command) -> Any:
        """The reply to a command. Raises redis-py's exceptions.

        After a ConnectionError or TimeoutError the command may have run.
        """
        waiter: Waiter[Any] = Waiter()
        self._ready(1).send(hiredis.pack_command(tuple(command)), waiter.switch)
        reply: Any = waiter.get()
        if isinstance(reply, Exception):
            raise reply
        return reply

    def execute_all(self, commands: Sequence[Command]) -> list[Any]:
        """The replies to many commands, in one write. Raises the first error, when all replies are there."""
        if not commands:
            return []
        replies: list[Any] = []
        waiter: Waiter[None] = Waiter()

        def take(reply: Any) -> None:
            replies.append(reply)
            if len(replies) == len(commands):
                waiter.switch(None)

        link = self._ready(len(commands))
        for command in commands:
            link.send(hiredis.pack_command(tuple(command)), take)
        waiter.get()
        for reply in replies:
            if isinstance(reply, Exception):
                raise reply
        return replies

    def close(self) -> None:
        """Give the connection up; the next command makes another."""
        self.away = False
        if self._link is not None:
            self._link.fail(exceptions.ConnectionError("closed"))

    def forget(self) -> None:
        """Leave the connection to the process that made it: this one is its child."""
        self._link = self._connecting = self._hub = None
        self.away = False

    def _ready(self, commands: int) -> Link:
        if self._hub is not gevent.get_hub():
            self._enter_thread()
        link = self._link
        if link is None:
            link = self._connected()
        if len(link) + commands > self._max_in_flight or link.unwritten_bytes > _UNWRITTEN_BYTES:
            raise exceptions.MaxConnectionsError("too many commands wait for Redis")
        return link

    def _enter_thread(self) -> None:
        if self._hub is not None:
            raise RuntimeError("the server's client of Redis belongs to one thread")
        self._hub = gevent.get_hub()

    def _connected(self) -> Link:
        """A new connection; one greenlet makes it, and all others wait for that one."""
        if self.away:
            raise exceptions.ConnectionError("Redis is away")
        if self._connecting is None:
            self._connecting = AsyncResult()
            gevent.spawn(self._connect, self._connecting)
        made: Link = self._connecting.get()
        return made

    def _connect(self, result: AsyncResult[Link]) -> None:
        try:
            result.set(self._open())
        except (exceptions.RedisError, OSError) as error:
            self.away = True
            result.set_exception(_again(error))
        finally:
            self._connecting = None
        while self.away:
            gevent.sleep(_PAUSE_SECONDS)
            with suppress(exceptions.RedisError, OSError):
                self._open()
                self.away = False

    def _open(self) -> Link:
        connection = self._pool.connection_class(**self._pool.connection_kwargs)
        connection.connect()
        self._link = Link(as_gevent_socket(connection), self._timeout, self._lost)
        self.connects += 1
        return self._link

    def _lost(self, link: Link) -> None:
        if self._link is link:
            self._link = None


def _again(error: Exception) -> Exception:
    """An exception of the same kind for each who waits: one that is raised in many places mixes their traces."""
    kind = type(error) if isinstance(error, exceptions.RedisError) else exceptions.ConnectionError
    return kind(str(error))


_pipelines: WeakSet[Pipeline] = WeakSet()


def _after_fork() -> None:
    for pipeline in _pipelines:
        pipeline.forget()


os.register_at_fork(after_in_child=_after_fork)


class PipelinedRedis(redis.Redis):
    """redis-py's client whose commands share one connection. Its own pool is used for subscriptions only."""

    def __init__(self, pool: redis.ConnectionPool, timeout: float, max_in_flight: int) -> None:
        super().__init__(connection_pool=pool)
        self.link = Pipeline(pool, timeout, max_in_flight)

    def execute_command(self, *args: Any, **options: Any) -> Any:
        """The reply to a command, as redis-py shows it."""
        name: str = args[0]  # "CLIENT ID" is two words for Redis
        reply = self.link.execute((*name.split(), *args[1:]))
        options.pop("keys", None)  # for a cache of redis-py's
        callbacks: dict[str, Any] = self.response_callbacks
        shown = callbacks.get(name)
        return reply if shown is None else shown(reply, **options)
