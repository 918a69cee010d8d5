"""What is counted, and that no label holds what a client chose."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from prometheus_client.parser import text_string_to_metric_families

from app import create_app
from app.realtime.cluster.lifecycle import Lifecycle
from app.realtime.container import get_services
from app.realtime.libraries.socketio import Event
from app.settings import Settings
from tests.unit.app.api.support import Api

#: The labels of a sample, in alphabetical order of their names.
Labels = tuple[tuple[str, str], ...]


def samples(app: Flask) -> dict[tuple[str, Labels], float]:
    """Every sample of an app, without the times at which counting began."""
    answer = app.test_client().get("/metrics")
    assert answer.status_code == 200
    assert answer.content_type.startswith("text/plain; version=")
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
        if not sample.name.endswith("_created")
    }


def value(app: Flask, name: str, **labels: str) -> float:
    return samples(app).get((f"realtime_{name}", tuple(sorted(labels.items()))), 0)


def send(app: Flask, event: str, *args: Any) -> list[str]:
    """Handle an event as the server does, of a connection that there is not. Returns the packets that it is sent."""
    packets: list[str] = []
    session = SimpleNamespace(send=lambda *messages: packets.extend(message.text for message in messages))
    app.extensions["socketio"].server.find_answer(event)(Event(session, "sid", event, list(args), "1", flat=False))
    return packets


def test_an_event_is_counted_by_its_name_and_its_outcome(app: Flask) -> None:
    for _ in range(2):
        error, ack = send(app, "heartbeat")
        assert error.startswith('42["error",{')
        assert ack.startswith('431[{"ok":false,"error":{')
    assert value(app, "events_total", event="heartbeat", code="unauthenticated") == 2
    assert value(app, "event_seconds_count", event="heartbeat") == 2
    assert value(app, "event_seconds_bucket", event="heartbeat", le="+Inf") == 2
    assert 0 < value(app, "event_seconds_sum", event="heartbeat") < 1


def test_an_event_that_went_well_is_ok(app: Flask) -> None:
    watch = get_services(app).metrics.event("room:join")
    watch("ok", 0.002)
    watch("ok", 0.2)
    watch("forbidden", 0.0025)
    watch("ok", 3.0)
    assert value(app, "events_total", event="room:join", code="ok") == 3
    assert value(app, "events_total", event="room:join", code="forbidden") == 1
    assert value(app, "event_seconds_bucket", event="room:join", le="0.001") == 0
    assert value(app, "event_seconds_bucket", event="room:join", le="0.0025") == 2
    assert value(app, "event_seconds_bucket", event="room:join", le="2.5") == 3
    assert value(app, "event_seconds_bucket", event="room:join", le="+Inf") == 4
    assert value(app, "event_seconds_count", event="room:join") == 4


@pytest.mark.parametrize("event", ["nonsense", "s3cret" * 100, "unknown", "presence:liszt", " connect"])
def test_an_event_that_the_server_does_not_know_is_unknown(app: Flask, event: str) -> None:
    send(app, event)
    assert value(app, "events_total", event="unknown", code="unknown_event") == 1
    assert {dict(labels).get("event") for _, labels in samples(app)} <= {
        None,
        *app.extensions["socketio"].server.answers,
        "unknown",
    }


def test_what_cannot_be_read_is_unknown_too(app: Flask) -> None:
    send(app, " unreadable", "not JSON")
    assert value(app, "events_total", event="unknown", code="invalid_payload") == 1


def test_a_request_is_counted_by_its_operation_and_its_status(api: Api) -> None:
    api.ask("GET", "presence")
    api.ask("HEAD", "presence")
    api.bare("GET", "presence")
    api.ask("PUT", "presence/status", json={})
    assert value(api.app, "http_requests_total", operation="presence.list", status="200") == 2
    assert value(api.app, "http_requests_total", operation="presence.list", status="401") == 1
    assert value(api.app, "http_requests_total", operation="presence.status", status="422") == 1


def test_asking_for_the_metrics_is_counted_like_the_rest(app: Flask) -> None:
    samples(app)
    assert value(app, "http_requests_total", operation="ops.metrics", status="200") == 1


def test_a_request_that_no_operation_answers_is_unknown(api: Api) -> None:
    token = api.token()
    api.bare("GET", "s3cret")
    api.bare("GET", f"/s3cret?token={token}")
    api.bare("S3CRET", "presence")
    assert value(api.app, "http_requests_total", operation="unknown", status="404") == 2
    assert value(api.app, "http_requests_total", operation="unknown", status="405") == 1
    text = api.bare("GET", "/metrics").text.lower()
    assert "s3cret" not in text
    assert token.lower() not in text


def test_a_browsers_question_before_a_request_is_not_one(api: Api) -> None:
    api.bare("OPTIONS", "presence")
    assert not [labels for name, labels in samples(api.app) if name == "realtime_http_requests_total"]


def test_the_node_is_asked_how_it_is(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    services = get_services(app)
    assert value(app, "ready") == 0
    assert value(app, "connections") == 0
    monkeypatch.setattr(Lifecycle, "problem", lambda _: None)
    monkeypatch.setattr(services.connections, "get_connection_count", lambda: 7)
    services.bus.delivery.delivered = 12
    assert value(app, "ready") == 1
    assert value(app, "connections") == 7
    assert value(app, "bus_messages_total") == 12


def test_being_watched_does_not_start_the_node(app: Flask) -> None:
    app.test_client().get("/metrics")
    assert not app.extensions["socketio"].server.manager_initialized


def test_two_apps_share_nothing(app: Flask, secret: str) -> None:
    other = create_app(Settings(jwt_secret_key=secret))
    send(app, "heartbeat")
    assert value(app, "events_total", event="heartbeat", code="unauthenticated") == 1
    assert value(other, "events_total", event="heartbeat", code="unauthenticated") == 0
    assert ("process_cpu_seconds_total", ()) in samples(other)
