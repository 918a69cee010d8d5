"""What an orchestrator asks: is the process alive, and should it get clients."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from app.realtime.node import get_node

ops = Blueprint("ops", __name__)


@ops.get("/healthz")
def healthz() -> ResponseReturnValue:
    """200 while the process answers."""
    return {"success": True, "status": "alive"}


@ops.get("/readyz")
def readyz() -> ResponseReturnValue:
    """200 if Redis is there, the bus is heard and the node is not draining; else 503 and why."""
    node = get_node()
    node.start()
    problem = node.problem()
    if problem is None:
        return {"success": True, "status": "ready"}
    return {"success": False, "error": problem, "code": "unavailable"}, 503
