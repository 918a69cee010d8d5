"""What an operator asks: is the process alive, should it get clients, and what has it counted?"""

from __future__ import annotations

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue
from prometheus_client import CONTENT_TYPE_LATEST

from app.metrics import get_metrics
from app.realtime.node import get_node
from realtime_contracts.contract.operations import operations

ops = Blueprint("ops", __name__)


def _path(name: str) -> str:
    return operations()[f"{ops.name}.{name}"].path


@ops.get(_path("healthz"))
def healthz() -> ResponseReturnValue:
    """200 while the process answers."""
    return {"success": True, "status": "alive"}


@ops.get(_path("readyz"))
def readyz() -> ResponseReturnValue:
    """200 if Redis is there, the bus is heard and the node is not draining; else 503 and why."""
    node = get_node()
    node.start()
    problem = node.problem()
    if problem is None:
        return {"success": True, "status": "ready"}
    return {"success": False, "error": problem, "code": "unavailable"}, 503


@ops.get(_path("metrics"))
def metrics() -> ResponseReturnValue:
    """What this node has counted, for Prometheus."""
    return Response(get_metrics().text(), content_type=CONTENT_TYPE_LATEST)
