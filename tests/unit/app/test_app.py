"""The one place where the parts meet: what the settings say arrives where it is used, and nothing runs yet."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from flask import Flask, request

from app import create_app
from app.realtime.container import Services, get_services
from app.realtime.server import init_socketio
from app.realtime.store.verdict import AWAY
from app.realtime.transport.limits import Timing
from app.settings import Settings, SettingsError
from realtime_contracts.rules.packets import Json, Packet


def made(**settings: Any) -> Flask:
    return create_app(Settings(jwt_secret_key="x" * 32, **settings))


def test_an_app_begins_nothing_by_itself() -> None:
    before = set(threading.enumerate())
    app = made()
    assert set(threading.enumerate()) == before
    assert get_services(app).lifecycle.problem() == AWAY.text


def test_without_settings_the_environment_is_read() -> None:
    with pytest.raises(SettingsError, match=r"^JWT_SECRET_KEY: "):
        create_app()


def test_each_app_has_services_of_its_own(app: Flask) -> None:
    assert isinstance(get_services(app), Services)
    assert get_services(made()) is not get_services(app)
    with app.app_context():
        assert get_services() is get_services(app)


def test_the_settings_arrive_at_engine_io() -> None:
    app = made(ping_interval=3, ping_timeout=4, max_message_bytes=5000, cors_origins="https://a.example")
    engine = app.extensions["socketio"].server.eio
    assert engine.engine.timing == Timing(ping_interval=3, ping_timeout=4, max_message_bytes=5000)
    assert engine.http.origins == ["https://a.example"]
    assert engine.async_mode == "gevent"


def test_one_clients_events_are_handled_in_order_and_in_our_packets(app: Flask) -> None:
    server = app.extensions["socketio"].server
    assert server.async_handlers is False
    assert server.packet_class is Packet
    assert server.packet_class.json is Json
    assert server.manager is get_services(app).bus


def test_what_a_session_sent_before_its_end_is_dropped(app: Flask) -> None:
    server = app.extensions["socketio"].server
    for packet in ("0", '0{"token": "x"}', '2["heartbeat"]', '51-["heartbeat"]', "1", "garbage"):
        server._handle_eio_message("ended", packet)
    assert not server.manager.is_connected("ended", "/")


def test_an_app_without_services_cannot_have_a_socket() -> None:
    with pytest.raises(KeyError, match="realtime"):
        init_socketio(Flask("bare"))


@pytest.mark.parametrize(
    ("trusted", "seen"),
    [
        ("", "10.0.0.1"),
        ("192.0.2.0/24", "10.0.0.1"),
        ("10.0.0.0/8", "203.0.113.9"),
        ("10.0.0.1, 203.0.113.9", "198.51.100.7"),
        ("0.0.0.0/0", "192.0.2.1"),
    ],
)
def test_those_proxies_are_believed_that_the_settings_name(trusted: str, seen: str) -> None:
    app = made(trusted_proxies=trusted)

    @app.get("/address")
    def address() -> str:
        return str(request.remote_addr)

    headers = {"X-Forwarded-For": "192.0.2.1, 198.51.100.7, 203.0.113.9"}
    answer = app.test_client().get("/address", headers=headers, environ_base={"REMOTE_ADDR": "10.0.0.1"})
    assert answer.text == seen
