"""Delivers packets to clients, late or not at all, as the command line asks.

Packets of one client keep their order. Packets that open and end a connection are delayed too, but never lost: without
them nothing would work.
"""

from __future__ import annotations

import random
from collections import deque
from dataclasses import dataclass, field
from typing import Any, Protocol
from weakref import WeakKeyDictionary

from realtime_contracts.mock.clock import Clock

#: The first characters of a Socket.IO event or ack; only these may be lost.
_MAY_BE_LOST = ("2", "3")


class Receiver(Protocol):
    """Sends packets to a client."""

    def hand_over(self, packet: Any) -> None: ...


@dataclass
class Faults:
    """The faults of the delivery."""

    #: Delay of each message in seconds: minimum, maximum.
    latency: tuple[float, float] = (0.0, 0.0)
    #: Probability that a message is lost.
    drop: float = 0.0
    rng: random.Random = field(default_factory=random.Random)

    def delay(self) -> float:
        """Return the delay of the next message in seconds."""
        least, most = self.latency
        return least if least == most else self.rng.uniform(least, most)

    def loses(self, text: object) -> bool:
        """Whether to lose this Socket.IO packet."""
        return bool(
            self.drop and isinstance(text, str) and text.startswith(_MAY_BE_LOST) and self.rng.random() < self.drop
        )


@dataclass
class _Queue:
    """One client's delayed packets, and when the last of them is due."""

    packets: deque[Any] = field(default_factory=deque)
    last: float = 0.0


class Delivery:
    """All packets that are on their way."""

    def __init__(self, faults: Faults, clock: Clock) -> None:
        self._faults = faults
        self._clock = clock
        self._queues: WeakKeyDictionary[Receiver, _Queue] = WeakKeyDictionary()

    def put(self, to: Receiver, packet: Any) -> None:
        """Send a packet to a client after its delay."""
        if self._faults.loses(packet.data):
            return
        queue, delay = self._queues.setdefault(to, _Queue()), self._faults.delay()
        if not delay and not queue.packets:
            to.hand_over(packet)
            return
        now = self._clock.now()
        queue.last = max(now + delay, queue.last)
        queue.packets.append(packet)
        # Each timer sends the first waiting packet, so simultaneous timers keep the packets' order.
        self._clock.later(queue.last - now, lambda: to.hand_over(queue.packets.popleft()))

    def seconds_left(self, to: Receiver) -> float:
        """Return the seconds until all packets for a client are sent."""
        queue = self._queues.get(to)
        return max(0.0, queue.last - self._clock.now()) if queue is not None and queue.packets else 0.0
