"""How commands are run on the server's client, and on one of another process."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import redis
from redis import exceptions

from app.realtime.store.greeting import WrongServerError
from app.realtime.store.pipeline import Command, PipelinedRedis, succeeded
from app.realtime.store.topology.cluster import ClusterClient

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

    def one(command: Command) -> Any:
        try:
            return plain.execute_command(*command)
        except exceptions.MovedError:
            server = plain.connection_pool.connection_kwargs
            raise WrongServerError("cluster", server.get("host", "localhost"), server.get("port", 6379)) from None
        except exceptions.ReadOnlyError:
            plain.connection_pool.disconnect()  # the next connection may be to another server
            raise

    def many(commands: Sequence[Command]) -> list[Any]:
        pipe = plain.pipeline(transaction=False)
        pipe.response_callbacks = {}
        for command in commands:
            pipe.execute_command(*command)
        replies: list[Any] = pipe.execute(raise_on_error=False)
        return replies

    if isinstance(client, ClusterClient):
        return Executors(
            one, lambda commands: [_as_given(one(command)) for command in commands], partial(_one_by_one, one)
        )
    return Executors(one, lambda commands: succeeded(many(commands)), _each(many, _PER_TRIP))


def _one_by_one(one: Callable[[Command], Any], commands: Sequence[Command]) -> list[Any]:
    """Replies of a cluster's masters, where redis-py's pipelines take no scripts."""
    replies: list[Any] = []
    for command in commands:
        try:
            replies.append(_as_given(one(command)))
        except exceptions.RedisError as error:
            replies.append(error)
    return replies


def _as_given(reply: Any) -> Any:
    """A map as Redis gives it."""
    return [part for pair in reply.items() for part in pair] if isinstance(reply, dict) else reply


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
