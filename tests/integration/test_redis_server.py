"""The suite's own Redis: it is real, it is new, and one that a test breaks is that test's alone."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
import redis

from tests.redis_processes import Process

if TYPE_CHECKING:
    from tests.redis_server import RedisServer


def test_redis_is_new_enough_and_runs_scripts(redis_url: str) -> None:
    with redis.Redis.from_url(redis_url, decode_responses=True) as client:
        assert int(client.info("server")["redis_version"].split(".")[0]) >= 7
        assert client.eval("return redis.call('GET', KEYS[1])", 1, "no-such-key") is None


def test_own_redis_comes_back_empty_at_the_same_url(own_redis: RedisServer, redis_url: str) -> None:
    url = own_redis.url
    assert url not in redis_url
    with redis.Redis.from_url(url) as client:
        client.set("a", "1")
    own_redis.stop()
    with redis.Redis.from_url(url) as client, pytest.raises(redis.ConnectionError):
        client.ping()
    own_redis.start()
    with redis.Redis.from_url(url) as client:
        assert own_redis.url == url
        assert client.get("a") is None


def test_paused_redis_hangs_and_goes_on(own_redis: RedisServer) -> None:
    with redis.Redis.from_url(own_redis.url, socket_timeout=0.2) as client:
        client.set("a", "1")
        own_redis.pause()
        with pytest.raises(redis.TimeoutError):
            client.get("a")
        own_redis.resume()
    with redis.Redis.from_url(own_redis.url, socket_timeout=5) as client:
        assert client.get("a") == b"1"


def test_a_server_that_answers_at_the_port_of_another_is_not_taken_for_it() -> None:
    first, second = Process('save ""'), Process('save ""')
    second.port = first.port
    first.start()
    try:
        with pytest.raises(AssertionError, match="is another server's"):
            second.start()
    finally:
        second.stop()
        first.stop()


def test_a_port_is_given_once_even_while_nothing_listens_there() -> None:
    state = random.getstate()
    first = Process()
    random.setstate(state)
    assert Process().port != first.port
