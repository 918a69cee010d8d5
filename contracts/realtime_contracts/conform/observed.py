"""What one scenario observed of a server: every breach of the contract, and all traffic.

The tabs and the REST client of a scenario report here what they sent and received. A breach does not end the scenario.
Its own sentences decide a requirement; the contract is a requirement of its own (`contract/server/presence:list`). So
one missing field does not fail every scenario in which the message occurs.

`Behaviour` remembers, per process, which answers and messages the server has ever sent. After two vain waits for a
message that never came, later waits are short: a server without documents does not cost eight seconds a sentence.
"""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from realtime_contracts.conform.results import Breach
from realtime_contracts.contract.registry import Direction, registry
from realtime_contracts.wire.timeouts import patience

#: Vain waits for a message that never came, after which later waits are short.
MISSED = 2
#: Characters of a payload in a sentence.
SHOWN = 300
#: The short wait in seconds: long enough to notice a slow server.
SHORT = 0.5


class Behaviour:
    """The messages that a server has sent so far, and the vain waits."""

    def __init__(self) -> None:
        self._seen: set[str] = set()
        self._missed: Counter[str] = Counter()

    def seen(self, what: str) -> None:
        self._seen.add(what)

    def missed(self, what: str) -> None:
        """Record a vain wait."""
        self._missed[what] += 1

    def never(self, what: str) -> bool:
        """Whether this server seems never to send it."""
        return what not in self._seen and self._missed[what] >= MISSED

    def within(self, what: str, seconds: float | None) -> float:
        """Return how long to wait for it."""
        seconds = patience() if seconds is None else seconds
        return min(seconds, SHORT) if self.never(what) else seconds


@dataclass
class Observed:
    """The observations of one scenario. Several reading threads write."""

    breaches: list[tuple[str, Breach]] = field(default_factory=list)
    #: Messages received, counted by direction and message.
    came: Counter[tuple[str, str]] = field(default_factory=Counter)
    #: Messages sent, answered or not, counted by direction and message.
    went: Counter[tuple[str, str]] = field(default_factory=Counter)
    #: Messages sent, with their answers: direction, message, payload, and the error code or None.
    sent: list[tuple[str, str, Any, str | None]] = field(default_factory=list)
    #: Error codes that arrived unasked, by the event that they name.
    errors: Counter[tuple[str, str]] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def judge(self, who: str, direction: Direction, message: str, payload: Any) -> bool:
        """Check a message against the contract; note a breach."""
        violation = registry().check(direction, message, payload)
        with self._lock:
            self.came[direction.value, message] += 1
        if violation is not None:
            self.breach(who, message, direction.value, violation.reason, path=violation.path, payload=payload)
        return violation is None

    def breach(
        self, who: str, message: str, direction: str, reason: str, *, path: str = "", payload: Any = None
    ) -> None:
        """Note a breach."""
        with self._lock:
            self.breaches.append((who, Breach(message, direction, path, reason, payload)))  # type: ignore[arg-type]

    def goes(self, direction: Direction, message: str) -> None:
        """Note a message that is being sent."""
        with self._lock:
            self.went[direction.value, message] += 1

    def answered(self, direction: Direction, message: str, payload: Any, code: str | None) -> None:
        """Note a message that was sent, and its error code."""
        with self._lock:
            self.sent.append((direction.value, message, payload, code))

    def failed(self, event: str, code: str) -> None:
        """Note the code of an `error` message or a refused connection."""
        with self._lock:
            self.errors[event, code] += 1
        if code == "internal":
            self.breach("the server", "error", "server", "an error that is a defect of the server", path="/code")

    def lines(self) -> list[str]:
        """Return the breaches, one line each."""
        return [describe(who, breach) for who, breach in self.breaches]


def describe(who: str, breach: Breach) -> str:
    """Return a breach as a sentence."""
    where = f" at {breach.path!r}" if breach.path else ""
    payload = "" if breach.payload is None else repr(breach.payload)
    what = f", in {payload[:SHOWN]}{'…' if len(payload) > SHOWN else ''}" if payload else ""
    return f"{who}: {breach.direction} {breach.message}{where}: {breach.reason}{what}"
