"""What one scenario has seen of a server, whatever its sentences say: every breach of the contract, and all traffic.

The tabs and the REST client of a scenario report here what they got and what they sent. A breach does not end the
scenario: what a requirement is worth is decided by its own sentences, and the contract is a requirement by itself
(`contract/server/presence:list`). So one missing field does not fail everything in which the message occurs.

`Behaviour` is what a process has learned of its server over many scenarios: which answers and messages it has sent. A
wait for what has been missed twice, and was never once seen, is short: a server without documents is not waited for
eight seconds at each of their sentences.
"""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from realtime_contracts import Direction
from realtime_contracts.conform.results import Breach
from realtime_contracts.contract.registry import registry
from realtime_contracts.wire.timeouts import patience

#: How often something has to be missed, and never seen, before it is not waited for any more.
MISSED = 2
#: Characters of a payload that a sentence has of it.
SHOWN = 300
#: Seconds to wait for it then: enough for a server that is only slow to be seen.
SHORT = 0.5


class Behaviour:
    """What a server has sent so far, and what was waited for in vain."""

    def __init__(self) -> None:
        self._seen: set[str] = set()
        self._missed: Counter[str] = Counter()

    def seen(self, what: str) -> None:
        """It has come."""
        self._seen.add(what)

    def missed(self, what: str) -> None:
        """It was waited for in vain."""
        self._missed[what] += 1

    def never(self, what: str) -> bool:
        """Whether this server seems not to know of it at all."""
        return what not in self._seen and self._missed[what] >= MISSED

    def within(self, what: str, seconds: float | None) -> float:
        """How long to wait for it."""
        seconds = patience() if seconds is None else seconds
        return min(seconds, SHORT) if self.never(what) else seconds


@dataclass
class Observed:
    """What was seen in one scenario. Several reading threads write."""

    breaches: list[tuple[str, Breach]] = field(default_factory=list)
    #: How often each message came, by direction and message.
    came: Counter[tuple[str, str]] = field(default_factory=Counter)
    #: How often each message was sent, answered or not, by direction and message.
    went: Counter[tuple[str, str]] = field(default_factory=Counter)
    #: What was sent and how it was answered: direction, message, payload, and the code of a failure or None.
    sent: list[tuple[str, str, Any, str | None]] = field(default_factory=list)
    #: Codes of failures that came without having been asked for, by the event they name.
    errors: Counter[tuple[str, str]] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def judge(self, who: str, direction: Direction, message: str, payload: Any) -> bool:
        """Whether a message is what the contract says; if not, it is noted."""
        violation = registry().check(direction, message, payload)
        with self._lock:
            self.came[direction.value, message] += 1
        if violation is not None:
            self.breach(who, message, direction.value, violation.reason, path=violation.path, payload=payload)
        return violation is None

    def breach(
        self, who: str, message: str, direction: str, reason: str, *, path: str = "", payload: Any = None
    ) -> None:
        """Note what was wrong."""
        with self._lock:
            self.breaches.append((who, Breach(message, direction, path, reason, payload)))  # type: ignore[arg-type]

    def goes(self, direction: Direction, message: str) -> None:
        """Note that something is sent."""
        with self._lock:
            self.went[direction.value, message] += 1

    def answered(self, direction: Direction, message: str, payload: Any, code: str | None) -> None:
        """Note what was sent, and the code that it was refused with."""
        with self._lock:
            self.sent.append((direction.value, message, payload, code))

    def failed(self, event: str, code: str) -> None:
        """Note a failure of an `error` message or a refused connection."""
        with self._lock:
            self.errors[event, code] += 1
        if code == "internal":
            self.breach("the server", "error", "server", "an error that is a defect of the server", path="/code")

    def lines(self) -> list[str]:
        """The breaches, each in a line."""
        return [describe(who, breach) for who, breach in self.breaches]


def describe(who: str, breach: Breach) -> str:
    """A breach as a sentence."""
    where = f" at {breach.path!r}" if breach.path else ""
    payload = "" if breach.payload is None else repr(breach.payload)
    what = f", in {payload[:SHOWN]}{'…' if len(payload) > SHOWN else ''}" if payload else ""
    return f"{who}: {breach.direction} {breach.message}{where}: {breach.reason}{what}"
