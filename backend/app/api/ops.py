"""The operator's endpoints: liveness, readiness and metrics."""

from __future__ import annotations

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue
from prometheus_client import CONTENT_TYPE_LATEST

from app.realtime.container import get_services
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
    """200 if Redis answers, the bus works and no worker is draining; otherwise 503 and the reason."""
    services = get_services()
    services.lifecycle.start()
    problem = services.workers.problem()
    if problem is None:
        return {"success": True, "status": "ready"}
    return {"success": False, "error": problem, "code": "unavailable"}, 503


@ops.get(_path("metrics"))
def metrics() -> ResponseReturnValue:
    """Return the metrics of all workers for Prometheus."""
    return Response(get_services().workers.metrics(), content_type=CONTENT_TYPE_LATEST)
