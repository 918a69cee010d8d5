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
    if _idle:
        hub.loop.run_callback(_idle.pop().switch, action)
    else:
        hub.loop.run_callback(greenlet(_work, hub).switch, [action])


def _work(first: list[Callable[[], None]]) -> None:
    hub: Any = gevent.get_hub()
    action = first.pop()  # a greenlet keeps what it was started with until its end
    while True:
        try:
            action()
        except Exception:
            # Whoever gave the action wanted no answer; the log has the traceback.
            logger.exception("action_failed")
        if len(_idle) >= _IDLE_WORKERS:
            return
        del action  # a session that has ended must not be kept by who waits
        _idle.append(getcurrent())
        action = hub.switch()
