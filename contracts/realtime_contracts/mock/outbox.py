"""What is on its way to a client: late, or lost, as somebody wants to see it.

Whatever happens to them, a connection's messages keep their order. What opens and ends a connection is late like all
else, and never lost: without it there would be nothing to look at.
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol
from weakref import WeakKeyDictionary

#: How the text of a Socket.IO event or ack begins; those may get lost.
_MAY_BE_LOST = ("2", "3")


class Mailbox(Protocol):
    """Where a client's messages go."""

    def hand_over(self, packet: Any) -> None:
        """Send this to the client."""


@dataclass
class Faults:
    """What is wrong with the way to the clients."""

    #: Seconds that each message is late: at least, at most.
    latency: tuple[float, float] = (0.0, 0.0)
    #: How probable it is that a message is lost.
    drop: float = 0.0
    rng: random.Random = field(default_factory=random.Random)

    def delay(self) -> float:
        """Seconds that the next message is late."""
        least, most = self.latency
        return least if least == most else self.rng.uniform(least, most)

    def loses(self, text: object) -> bool:
        """Whether this message, a Socket.IO packet, is lost."""
        return bool(
            self.drop and isinstance(text, str) and text.startswith(_MAY_BE_LOST) and self.rng.random() < self.drop
        )


@dataclass
class _Line:
    """One client's messages that are late, each with the time at which it is handed over."""

    waiting: deque[tuple[float, Any]] = field(default_factory=deque)
    last: float = 0.0


class Outbox:
    """All that is on its way. `time` and `at` are the event loop's, or a test's."""

    def __init__(
        self,
        faults: Faults,
        time: Callable[[], float] | None = None,
        at: Callable[[float, Callable[[], None]], object] | None = None,
    ) -> None:
        self._faults = faults
        self._time = time or (lambda: asyncio.get_running_loop().time())
        self._at = at or (lambda when, call: asyncio.get_running_loop().call_at(when, call))
        self._lines: WeakKeyDictionary[Mailbox, _Line] = WeakKeyDictionary()

    def put(self, mailbox: Mailbox, packet: Any) -> None:
        """Send a packet to a client, sooner or later."""
        if self._faults.loses(packet.data):
            return
        line = self._lines.setdefault(mailbox, _Line())
        delay = self._faults.delay()
        if not delay and not line.waiting:
            mailbox.hand_over(packet)
            return
        line.last = max(self._time() + delay, line.last)
        line.waiting.append((line.last, packet))
        if len(line.waiting) == 1:
            self._wait(mailbox, line)

    def seconds_left(self, mailbox: Mailbox) -> float:
        """In how many seconds all that was put for a client is handed over."""
        line = self._lines.get(mailbox)
        return max(0.0, line.last - self._time()) if line is not None and line.waiting else 0.0

    def _wait(self, mailbox: Mailbox, line: _Line) -> None:
        self._at(line.waiting[0][0], lambda: self._hand_over(mailbox, line))

    def _hand_over(self, mailbox: Mailbox, line: _Line) -> None:
        now = self._time()
        while line.waiting and line.waiting[0][0] <= now:
            mailbox.hand_over(line.waiting.popleft()[1])
        if line.waiting:
            self._wait(mailbox, line)
