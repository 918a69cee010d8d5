"""What a run is to do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from realtime_contracts.conform.running.minting import TokenSource
from realtime_contracts.conform.running.probe import problem_with
from realtime_contracts.conform.running.selection import Selection
from realtime_contracts.conform.running.workers import Assignment, Transport
from realtime_contracts.wire.timeouts import PATIENCE, Timeouts


@dataclass(frozen=True)
class Plan:
    """What a run is to do."""

    urls: tuple[str, ...]
    source: TokenSource
    selection: Selection
    transports: tuple[Transport, ...] = ("websocket",)
    timeouts: Timeouts = field(default_factory=Timeouts)
    patience: float = PATIENCE
    jobs: int = 4
    known: frozenset[str] = frozenset()
    options: tuple[str, ...] = ()
    #: Starts what has ended of a server that was started for the run.
    revive: Callable[[], None] = lambda: None

    @property
    def assignment(self) -> Assignment:
        """What the workers have to know of it."""
        return Assignment(self.urls, self.source, self.timeouts, self.patience)

    def problems(self) -> list[str]:
        """Why nothing can be said of the server now: the first reason."""
        found = (problem_with(url, self.source, transport) for url in self.urls for transport in self.transports)
        return [problem for problem in found if problem][:1]
