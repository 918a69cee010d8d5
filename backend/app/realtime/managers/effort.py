"""How much work one sender may ask of this process: buckets that fill at an even rate.

The rates of events count messages. What an edit costs depends on the size of its document, which others may have made
large, and on how often others come first; so edits are counted in bytes, each try anew.
"""

from __future__ import annotations

import math
from collections.abc import Hashable
from time import monotonic

from realtime_contracts.rules.errors import RateLimited

#: Senders that are remembered before those are forgotten whose buckets are full.
_SWEEP_FROM = 1000


class Effort:
    """`per_second` of something for each sender, `at_once` of it at once."""

    def __init__(self, per_second: float, at_once: float) -> None:
        self._interval = 1 / per_second
        self._slack = at_once * self._interval
        #: When a sender's bucket would be full again, in seconds of a monotonic clock. A full one is not here.
        self._due: dict[Hashable, float] = {}
        self._sweep_at = _SWEEP_FROM

    def check(self, *senders: Hashable) -> None:
        """Raise RateLimited if one of them has spent what there is."""
        now = monotonic()
        wait = max(self._due.get(sender, now) for sender in senders) - now - self._slack
        if wait >= 0:
            raise RateLimited(math.ceil((wait + self._interval) * 1000) / 1000)

    def spend(self, amount: float, *senders: Hashable) -> None:
        """Take an amount from each sender's bucket, which may be more than is left."""
        now = monotonic()
        for sender in senders:
            self._due[sender] = max(self._due.get(sender, now), now) + amount * self._interval
        if len(self._due) > self._sweep_at:
            self._due = {sender: due for sender, due in self._due.items() if due > now}
            self._sweep_at = max(_SWEEP_FROM, 2 * len(self._due))
