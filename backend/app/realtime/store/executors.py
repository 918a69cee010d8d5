"""How commands are run on the server's client, and on one of another process."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import redis
from redis import exceptions

from app.realtime.store.greeting import WrongServerError
from app.realtime.store.pipeline import Command, PipelinedRedis

#: Independent commands of one round trip. There may be any number of them, but few fit in flight at once.
_PER_TRIP = 250

_Many = Callable[[Sequence[Command]], list[Any]]


class Executors(NamedTuple):
    """Replies to many are as Redis gives them: maps are lists of keys and values."""

    one: Callable[[Command], Any]
    #: Many in one round trip. Raises the first error, when all have run.
    together: _Many
    #: Any number that do not need each other, in as few round trips as fit. The error of one stands in its place.
    each: _Many


def executors(client: redis.Redis) -> Executors:
    """The ways to run commands on a client."""
    if isinstance(client, PipelinedRedis):
        link = client.link
        return Executors(link.execute, link.execute_all, _each(link.replies, max(1, link.max_in_flight // 2)))
    plain: Any = client  # redis-py types its commands, but not `execute_command`

    def many(commands: Sequence[Command], *, raises: bool = False) -> list[Any]:
        pipe = plain.pipeline(transaction=False)
        pipe.response_callbacks = {}
        for command in commands:
            pipe.execute_command(*command)
        replies: list[Any] = pipe.execute(raise_on_error=raises)
        return replies

    def one(command: Command) -> Any:
        try:
            return plain.execute_command(*command)
        except exceptions.MovedError:
            server = plain.connection_pool.connection_kwargs
            raise WrongServerError("cluster", server.get("host", "localhost"), server.get("port", 6379)) from None
        except exceptions.ReadOnlyError:
            plain.connection_pool.disconnect()  # the next connection may be to another server
            raise

    return Executors(
        one,
        lambda commands: many(commands, raises=True),
        _each(many, _PER_TRIP),
    )


def _each(many: _Many, at_most: int) -> _Many:
    per_trip = min(_PER_TRIP, at_most)

    def each(commands: Sequence[Command]) -> list[Any]:
        replies: list[Any] = []
        for start in range(0, len(commands), per_trip):
            try:
                replies += many(commands[start : start + per_trip])
            except exceptions.RedisError as error:
                return replies + [error] * (len(commands) - start)  # No more can be sent now.
        return replies

    return each
