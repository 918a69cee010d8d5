"""Lets the limits of events know when this process stood still: what clients sent meanwhile was not too fast."""

from __future__ import annotations

import time

from app.realtime.cluster.tasks import Tasks
from realtime_contracts.rules.pace import STANDSTILL_SECONDS, Standstills


def watch(tasks: Tasks, standstills: Standstills) -> None:
    """Tick from now on."""
    standstills.tick(time.monotonic())
    tasks.at(STANDSTILL_SECONDS, lambda: watch(tasks, standstills))
