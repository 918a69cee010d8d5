"""The commands of a node on a Redis Cluster: a pipeline to each master, chosen by the slot of a command's key.

A redirection is followed: MOVED for good, ASK for this command. TRYAGAIN and CLUSTERDOWN are tried again until the
time-out. A command whose connection was lost may have run, so it fails; the map is asked for anew, and the next command
goes to whoever is the master then.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import gevent
from redis import exceptions

from app.realtime.store.greeting import WrongServerError
from app.realtime.store.pipeline import Command, Pipeline, forgets_after_fork, succeeded
from app.realtime.store.topology.routes import Routes, slot_of_key
from app.realtime.store.topology.url import Place
from app.realtime.store.verdict import verdict

#: Makes the pipeline to a master. Calls its second argument when the connection is lost or cannot be made.
Connect = Callable[[Place, Callable[[], None]], Pipeline]

#: Seconds between two tries of a command while its slot is on its way, or is nobody's.
_PAUSE_SECONDS = 0.02

#: Replies of a cluster after which a command has not run, and may run elsewhere or later.
_NOT_HERE = (exceptions.AskError, exceptions.TryAgainError, exceptions.ClusterDownError)

#: Commands that have no key; any master takes them.
_WITHOUT_KEY = frozenset({"CLIENT", "CONFIG", "ECHO", "INFO", "PING", "PUBLISH", "SCRIPT", "TIME", "WAIT"})


def slot_of(command: Command) -> int:
    """The slot of a command's first key; all its keys are of one slot."""
    name = command[0]
    if name in {"EVALSHA", "EVAL"}:
        key = command[3]
    elif len(command) > 1 and name not in _WITHOUT_KEY:
        key = command[1]
    else:
        return 0
    return slot_of_key(key)


class Routed:
    """Satisfies `Commands`. `max_in_flight` bounds the commands that wait for one master."""

    def __init__(self, routes: Routes, connect: Connect, timeout: float, max_in_flight: int) -> None:
        self._routes = routes
        self._connect = connect
        self._timeout = timeout
        self.max_in_flight = max_in_flight
        self._pipelines: dict[Place, Pipeline] = {}
        #: The pipelines of slots, as the map is now.
        self._serving: dict[int, Pipeline] = {}
        self._connects_before = 0
        routes.watchers.append(self._remap)
        forgets_after_fork(self)

    def __len__(self) -> int:
        """How many commands are in flight."""
        return sum(map(len, self._pipelines.values()))

    @property
    def connects(self) -> int:
        """How often a connection was made."""
        return self._connects_before + sum(pipeline.connects for pipeline in self._pipelines.values())

    @property
    def problem(self) -> str | None:
        """Why no master can be reached, in a line for the operator. One that is away is a problem of its tenants."""
        if self._routes.failure is not None:
            return verdict(self._routes.failure).text
        problems = [pipeline.problem for pipeline in self._pipelines.values()]
        return problems[0] if problems and all(problems) else None

    @property
    def wrong_server(self) -> str | None:
        """What is wrong with REDIS_URL, if its servers are of no cluster."""
        failure = self._routes.failure
        return str(failure) if isinstance(failure, WrongServerError) else None

    def execute(self, command: Command) -> Any:
        """The reply to a command. Raises as `Pipeline.execute` does."""
        slot = slot_of(command)
        try:
            return (self._serving.get(slot) or self._find(slot)).execute(command)
        except _NOT_HERE as error:
            return self._follow(slot, command, error)

    def execute_all(self, commands: Sequence[Command]) -> list[Any]:
        """The replies to commands that run in their order: one round trip if one slot has them all, else one each.

        Raises the first error.
        """
        if len({slot_of(command) for command in commands}) == 1:
            return succeeded(self.replies(commands))
        return [self.execute(command) for command in commands]

    def replies(self, commands: Sequence[Command]) -> list[Any]:
        """The replies to independent commands, one round trip to each master. An error stands in its place."""
        replies: list[Any] = [None] * len(commands)
        groups: dict[Pipeline, list[int]] = {}
        for place, command in enumerate(commands):
            try:
                slot = slot_of(command)
                groups.setdefault(self._serving.get(slot) or self._find(slot), []).append(place)
            except exceptions.RedisError as error:
                replies[place] = error

        def ask(pipeline: Pipeline, places: list[int]) -> None:
            try:
                answers = pipeline.replies([commands[place] for place in places])
            except exceptions.RedisError as error:
                answers = [error] * len(places)
            for place, answer in zip(places, answers, strict=True):
                replies[place] = self._followed(commands[place], answer)

        gevent.joinall([gevent.spawn(ask, pipeline, places) for pipeline, places in groups.items()], raise_error=True)
        return replies

    def close(self) -> None:
        """Give all connections up; the next command makes others."""
        for pipeline in self._pipelines.values():
            pipeline.close()

    def forget(self) -> None:
        """Know nothing: this process is the child of the one that connected."""
        self._routes.forget()

    def _find(self, slot: int) -> Pipeline:
        found = self._serving[slot] = self._pipeline(self._routes.master_of(slot))
        return found

    def _pipeline(self, place: Place) -> Pipeline:
        found = self._pipelines.get(place)
        if found is None:
            found = self._pipelines[place] = self._connect(place, self._routes.ask_soon)
        return found

    def _followed(self, command: Command, answer: Any) -> Any:
        """An answer, or the one at the end of its redirections, or the error that it ended with."""
        if not isinstance(answer, _NOT_HERE):
            return answer
        try:
            return self._follow(slot_of(command), command, answer)
        except exceptions.RedisError as error:
            return error

    def _follow(self, slot: int, command: Command, error: Exception) -> Any:
        """The reply to a command that was redirected or must wait. Raises the last error at the time-out."""
        deadline = time.monotonic() + self._timeout
        while True:
            try:
                return self._once_more(slot, command, error)
            except _NOT_HERE as next_error:
                error = next_error
                if time.monotonic() >= deadline:
                    raise
            gevent.sleep(_PAUSE_SECONDS)

    def _once_more(self, slot: int, command: Command, error: Exception) -> Any:
        if isinstance(error, exceptions.MovedError):
            self._routes.moved(slot, self._place(slot, error))
        elif isinstance(error, exceptions.AskError):
            # Both are written together, so nothing comes between them.
            return succeeded(self._pipeline(self._place(slot, error)).replies([("ASKING",), command]))[-1]
        elif isinstance(error, exceptions.ClusterDownError):
            self._routes.ask_soon()
            gevent.sleep(_PAUSE_SECONDS)
        return (self._serving.get(slot) or self._find(slot)).execute(command)

    def _place(self, slot: int, error: exceptions.AskError) -> Place:
        """Where a redirection leads. Without a host it is the one that has answered."""
        host = str(error.host) or self._routes.master_of(slot)[0]
        return host, int(error.port)

    def _remap(self) -> None:
        self._serving.clear()
        masters = self._routes.masters()
        for place in [place for place in self._pipelines if place not in masters]:
            pipeline = self._pipelines.pop(place)
            self._connects_before += pipeline.connects
            gevent.spawn(_retire, pipeline)


def _retire(pipeline: Pipeline) -> None:
    """Close a pipeline that serves no slot, when what is in flight there has its answers."""
    while len(pipeline):
        gevent.sleep(_PAUSE_SECONDS)
    pipeline.close()
