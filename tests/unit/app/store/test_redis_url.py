"""What a URL of Redis says, and what it must not."""

from __future__ import annotations

from typing import Any

import pytest

from app.realtime.store import topology
from app.realtime.store.topology.url import RedisUrl
from app.settings import SettingsError, load_settings

SECRET = "x" * 32


@pytest.mark.parametrize(
    ("url", "options"),
    [
        ("redis://host:7000/3", {"host": "host", "port": 7000, "db": 3}),
        ("valkey://host", {"host": "host"}),
        ("redis://ana:s%40cret@host", {"host": "host", "username": "ana", "password": "s@cret"}),
        ("unix:///run/redis.sock?db=2", {"path": "/run/redis.sock", "db": 2}),
    ],
)
def test_a_single_server(url: str, options: dict[str, Any]) -> None:
    parsed = RedisUrl.parse(url)
    assert (parsed.kind, parsed.options | options) == ("single", parsed.options)


def test_sentinels_have_a_service_and_a_database() -> None:
    parsed = RedisUrl.parse("redis+sentinel://ana:secret@one,two:7000,[::1]:7001/main/2?sentinel_password=other")
    assert (parsed.kind, parsed.service, parsed.options["db"]) == ("sentinel", "main", 2)
    assert parsed.places == (("one", 26379), ("two", 7000), ("[::1]", 7001))
    assert (parsed.options["username"], parsed.options["password"]) == ("ana", "secret")
    assert parsed.sentinel_options == {"password": "other"}


def test_tls_goes_to_the_sentinels_too() -> None:
    parsed = RedisUrl.parse("rediss+sentinel://one/main?ssl_ca_certs=/ca.pem")
    assert parsed.tls
    assert parsed.sentinel_options == {"ssl_ca_certs": "/ca.pem"}


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("redis+sentinel://one,two", "the name of the service"),
        ("redis+sentinel://one,/main", "expected host:port"),
        ("redis://host?ssl_ca_certs=/ca.pem", "parameter"),
        ("redis://host?socket_timeout=soon", "socket_timeout"),
        ("redis://host:port", "[Pp]ort"),
    ],
)
def test_what_cannot_be_used_is_said_in_a_line(url: str, said: str) -> None:
    with pytest.raises(SettingsError, match=rf"^REDIS_URL: .*{said}.*$"):
        topology.of_settings(load_settings(jwt_secret_key=SECRET, redis_url=url))


def test_settings_say_what_the_url_does_not() -> None:
    access = {"redis_username": "ben", "redis_password": "hidden", "redis_ca_file": "/ca.pem"}

    def options(url: str) -> dict[str, Any]:
        return topology.of_settings(load_settings(jwt_secret_key=SECRET, redis_url=url, **access)).url.options

    assert options("redis://host") == {"host": "host", "username": "ben", "password": "hidden"}
    assert options("redis://ana:own@host") == {"host": "host", "username": "ana", "password": "own"}
    assert options("rediss://host")["ssl_ca_certs"] == "/ca.pem"
