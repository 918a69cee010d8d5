"""Delivery of packets to clients: late or lost, as the command line asks.

Whatever happens to them, a client's packets keep their order. What opens and ends a connection is late like everything
else, and never lost: without it there would be nothing to look at.
"""

from __future__ import annotations

import random
from collections import deque
from dataclasses import dataclass, field
from typing import Any, Protocol
from weakref import WeakKeyDictionary

from realtime_contracts.mock.clock import Clock

#: How the text of a Socket.IO event or ack begins; those may get lost.
_MAY_BE_LOST = ("2", "3")


class Receiver(Protocol):
    """Where a client's packets go."""

    def hand_over(self, packet: Any) -> None:
        """Send this to the client."""


@dataclass
class Faults:
    """What goes wrong on the way to the clients."""

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
class _Queue:
    """One client's packets that are late, and when the last of them is due."""

    packets: deque[Any] = field(default_factory=deque)
    last: float = 0.0


class Delivery:
    """Every packet that is on its way."""

    def __init__(self, faults: Faults, clock: Clock) -> None:
        self._faults = faults
        self._clock = clock
        self._queues: WeakKeyDictionary[Receiver, _Queue] = WeakKeyDictionary()

    def put(self, to: Receiver, packet: Any) -> None:
        """Send a packet to a client, sooner or later."""
        if self._faults.loses(packet.data):
            return
        queue, delay = self._queues.setdefault(to, _Queue()), self._faults.delay()
        if not delay and not queue.packets:
            to.hand_over(packet)
            return
        now = self._clock.now()
        queue.last = max(now + delay, queue.last)
        queue.packets.append(packet)
        # Each timer sends the first packet that waits, so that timers of one moment keep the packets' order.
        self._clock.later(queue.last - now, lambda: to.hand_over(queue.packets.popleft()))

    def seconds_left(self, to: Receiver) -> float:
        """In how many seconds everything that was put for a client is handed over."""
        queue = self._queues.get(to)
        return max(0.0, queue.last - self._clock.now()) if queue is not None and queue.packets else 0.0
