"""Greenlets that are used again: to start one costs ten times as much as to wake one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gevent
import structlog
from greenlet import getcurrent, greenlet

logger = structlog.get_logger(__name__)

#: Workers that wait for work. Others end when they have done theirs.
_IDLE_WORKERS = 256

_idle: list[Any] = []


def run(action: Callable[[], None]) -> None:
    """Run an action in a greenlet of its own, in the next turn of the loop."""
    hub: Any = gevent.get_hub()
    worker = _idle.pop() if _idle else greenlet(_work, hub)
    hub.loop.run_callback(worker.switch, action)


def _work(action: Callable[[], None]) -> None:
    hub: Any = gevent.get_hub()
    while True:
        try:
            action()
        except Exception:
            # Whoever gave the action wanted no answer; the log has the traceback.
            logger.exception("action_failed")
        if len(_idle) >= _IDLE_WORKERS:
            return
        _idle.append(getcurrent())
        action = hub.switch()
