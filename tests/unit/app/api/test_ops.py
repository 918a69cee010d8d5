"""/healthz and /readyz, as far as they need no Redis."""

from __future__ import annotations

import time

import pytest
from flask import Flask

from app.realtime.bus.routes import Routes
from app.realtime.container import get_services
from app.realtime.store.verdict import AWAY


def test_a_process_that_answers_is_alive(app: Flask) -> None:
    answer = app.test_client().get("/healthz")
    assert (answer.status_code, answer.json) == (200, {"success": True, "status": "alive"})


def test_being_alive_does_not_start_the_node(app: Flask) -> None:
    app.test_client().get("/healthz")
    assert get_services(app).lifecycle.problem() == AWAY.text
    assert not app.extensions["socketio"].server.manager_initialized


def test_health_endpoints_take_only_get(app: Flask) -> None:
    client = app.test_client()
    assert client.post("/healthz").status_code == 405
    assert client.post("/readyz").status_code == 405


def test_a_draining_node_says_so(app: Flask) -> None:
    get_services(app).lifecycle.draining.set()
    assert get_services(app).lifecycle.problem() == "draining"


def test_a_node_is_not_ready_before_its_connections_are_back_in_redis(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    services = get_services(app)
    lifecycle = services.lifecycle
    monkeypatch.setattr(lifecycle.lease, "_in_touch_since", time.monotonic())
    monkeypatch.setattr(Routes, "subscribed", True)
    assert lifecycle.problem() is None
    services.tasks.soon("restore", lambda: None)
    assert lifecycle.problem() == "connections are being put right"
