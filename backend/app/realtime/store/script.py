"""Lua scripts as package data: read, put together with the libraries they use, and run.

A script's header is its signature. A line `-- uses base presence` names the files of `lib/` that
stand before it when Redis compiles it: Redis has no `require`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from hashlib import sha1
from importlib.resources import files
from typing import Any

import redis
from redis import exceptions

from app.errors import Unavailable

#: What Redis says when it cannot serve now, though the command was right.
AWAY: tuple[type[exceptions.RedisError], ...] = (
    exceptions.ConnectionError,
    exceptions.TimeoutError,
    exceptions.ClusterDownError,
    exceptions.MasterDownError,
    exceptions.OutOfMemoryError,
    exceptions.ReadOnlyError,
    exceptions.TryAgainError,
)

#: How errors begin by which Redis says the same, and for which redis-py has no class.
REFUSING = ("BUSY", "MISCONF", "NOREPLICAS")

_FOLDER = files(__package__) / "scripts"


@contextmanager
def reaching_redis() -> Iterator[None]:
    """Make `Unavailable` of whatever Redis says when it cannot serve now."""
    try:
        yield
    except AWAY as error:
        raise Unavailable from error
    except exceptions.ResponseError as error:
        if str(error).startswith(REFUSING):
            raise Unavailable from error
        raise


@cache
def source(name: str) -> str:
    """The Lua text of script `name`, its libraries first."""
    own = (_FOLDER / f"{name}.lua").read_text("utf-8")
    uses = next((line for line in own.splitlines() if line.startswith("-- uses ")), "-- uses")
    libraries = [(_FOLDER / "lib" / f"{library}.lua").read_text("utf-8") for library in uses.split()[2:]]
    return "\n".join([*libraries, own])


class Script:
    """One script on one Redis. Calling it is one round trip; Redis being away is `Unavailable`."""

    def __init__(self, client: redis.Redis, name: str) -> None:
        self.name = name
        # redis-py types its commands, but not `execute_command`.
        self._client: Any = client
        self._source = source(name)
        self._sha = sha1(self._source.encode(), usedforsecurity=False).hexdigest()

    def __call__(self, keys: Sequence[str], args: Iterable[Any] = (), *, after: Sequence[str] = ()) -> Any:
        """The script's answer. Raises Unavailable; a fault of the script itself is a ResponseError.

        `after`: a command on another slot that must come first; it travels in the same round trip.
        """
        call = (len(keys), *keys, *args)
        with reaching_redis():
            try:
                return self._run(after, "EVALSHA", self._sha, *call)
            except exceptions.NoScriptError:
                return self._run((), "EVAL", self._source, *call)

    def run_all(self, calls: Sequence[tuple[Sequence[str], Iterable[Any]]]) -> list[Any]:
        """The answers to many calls, each of keys and args, in one round trip and in their order.

        Raises as a single call does; what came before the one that failed has happened.
        """
        commands = [(len(keys), *keys, *args) for keys, args in calls]
        with reaching_redis():
            try:
                return self._pipeline([("EVALSHA", self._sha, *command) for command in commands])
            except exceptions.NoScriptError:
                # None of them has run: a script that Redis did not know for the first one came from nowhere else.
                self._client.script_load(self._source)
                return self._pipeline([("EVALSHA", self._sha, *command) for command in commands])

    def _pipeline(self, commands: Sequence[Sequence[Any]]) -> list[Any]:
        pipe = self._client.pipeline(transaction=False)
        for command in commands:
            pipe.execute_command(*command)
        answers: list[Any] = pipe.execute()
        return answers

    def _run(self, after: Sequence[str], *command: Any) -> Any:
        if not after:
            return self._client.execute_command(*command)
        return self._pipeline([after, command])[-1]


@cache
def names() -> tuple[str, ...]:
    """All scripts."""
    return tuple(sorted(entry.name.removesuffix(".lua") for entry in _FOLDER.iterdir() if entry.name.endswith(".lua")))
