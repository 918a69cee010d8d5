"""One connection for all greenlets: each gets its own reply, whatever happens to the connection or to who asked."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import gevent
import pytest
import redis
from redis import exceptions

from app.realtime.store import client
from app.realtime.store.pipeline import PipelinedRedis
from app.settings import Settings
from tests.redis_server import RedisServer

TIMEOUT = 0.5


@pytest.fixture
def connect() -> Iterator[Any]:
    made: list[PipelinedRedis] = []

    def connect(url: str, **settings: Any) -> PipelinedRedis:
        options = {"redis_timeout": TIMEOUT, **settings}
        made.append(client.commands(Settings(redis_url=url, jwt_secret_key="x" * 32, **options)))
        return made[-1]

    yield connect
    for one in made:
        one.link.close()


@pytest.fixture
def pipelined(connect: Any, redis_url: str) -> PipelinedRedis:
    return connect(redis_url)  # type: ignore[no-any-return]


def together(actions: list[Any]) -> list[Any]:
    """Do all at once, each in a greenlet of its own; returns what they return, in order."""
    greenlets = [gevent.spawn(action) for action in actions]
    gevent.joinall(greenlets, raise_error=True)
    return [greenlet.value for greenlet in greenlets]


def test_a_thousand_greenlets_get_their_own_replies_over_one_connection(pipelined: PipelinedRedis, tenant: str) -> None:
    key = f"test:{{{tenant}}}:n"
    echoes = together([lambda number=number: pipelined.link.execute(("ECHO", number)) for number in range(1000)])
    assert echoes == [str(number) for number in range(1000)]
    assert sorted(together([lambda: pipelined.incr(key)] * 1000)) == list(range(1, 1001))
    assert pipelined.link.connects == 1
    pipelined.delete(key)


def test_a_reply_of_megabytes_and_one_that_is_an_error_are_in_their_places(pipelined: PipelinedRedis) -> None:
    large = "ü" * 3_000_000
    replies = together([lambda: pipelined.link.execute(("ECHO", large)), lambda: pipelined.link.execute(("ECHO", "a"))])
    assert replies == [large, "a"]
    with pytest.raises(exceptions.ResponseError, match="unknown command"):
        pipelined.link.execute(("NONSENSE",))
    with pytest.raises(exceptions.NoScriptError):
        pipelined.link.execute_all([("ECHO", "a"), ("EVALSHA", "0" * 40, 0), ("ECHO", "b")])
    assert pipelined.link.execute_all([("ECHO", "a"), ("ECHO", "b")]) == ["a", "b"]
    assert pipelined.link.execute_all([]) == []


def test_who_was_killed_while_waiting_takes_nobody_elses_reply(pipelined: PipelinedRedis) -> None:
    asking = gevent.spawn(lambda: pipelined.link.execute(("ECHO", "for the dead")))
    gevent.sleep(0)
    asking.kill()
    assert pipelined.link.execute(("ECHO", "for me")) == "for me"


def test_redis_py_shows_replies_as_it_always_does(pipelined: PipelinedRedis, tenant: str) -> None:
    key = f"test:{{{tenant}}}:h"
    pipelined.hset(key, mapping={"a": "1"})
    assert pipelined.hgetall(key) == {"a": "1"}
    assert pipelined.delete(key) == 1


def test_a_cut_connection_is_made_anew_and_no_command_runs_twice(
    pipelined: PipelinedRedis, redis_url: str, tenant: str
) -> None:
    key = f"test:{{{tenant}}}:n"
    done = failed = 0
    with redis.Redis.from_url(redis_url) as other:
        for _ in range(50):
            number = pipelined.client_id()
            gevent.spawn_later(0.001, other.execute_command, "CLIENT", "KILL", "ID", number)
            for _ in range(20):
                try:
                    pipelined.incr(key)
                    done += 1
                except exceptions.ConnectionError:
                    failed += 1
                    gevent.sleep(0.01)
        ran = int(other.get(key) or 0)
        other.delete(key)
    assert done <= ran <= done + failed
    assert pipelined.link.connects > 5


def test_while_redis_hangs_commands_fail_in_time_and_at_once_after_the_first(
    connect: Any, own_redis: RedisServer
) -> None:
    pipelined = connect(f"{own_redis.url}/0")
    assert pipelined.ping()
    own_redis.pause()
    try:
        began = time.monotonic()
        for _ in range(20):
            with pytest.raises((exceptions.TimeoutError, exceptions.ConnectionError)):
                pipelined.ping()
        # The one in flight, one try to connect, and after a short pause perhaps another.
        assert time.monotonic() - began < 4 * TIMEOUT
    finally:
        own_redis.resume()
    while pipelined.link.away:
        gevent.sleep(0.01)
    assert pipelined.ping()


def test_a_redis_that_has_gone_and_come_back_is_used_again(connect: Any, own_redis: RedisServer) -> None:
    pipelined = connect(f"{own_redis.url}/0")
    assert pipelined.set("a", "1")
    own_redis.stop()
    with pytest.raises(exceptions.ConnectionError):
        pipelined.get("a")
    own_redis.start()
    while pipelined.link.away:
        gevent.sleep(0.01)
    assert pipelined.get("a") is None


def test_a_redis_that_has_become_a_replica_is_given_up(connect: Any, own_redis: RedisServer) -> None:
    pipelined = connect(f"{own_redis.url}/0")
    pipelined.set("a", "1")
    with redis.Redis.from_url(own_redis.url) as other:
        other.replicaof("127.0.0.1", 1)
        for _ in range(2):
            with pytest.raises(exceptions.ReadOnlyError):
                pipelined.set("a", "2")
        other.replicaof("NO", "ONE")
    assert pipelined.set("a", "3")
    assert pipelined.link.connects == 3


def test_commands_in_flight_are_bounded(connect: Any, redis_url: str) -> None:
    pipelined = connect(redis_url, redis_max_in_flight=5)

    def ask() -> str:
        try:
            return str(pipelined.link.execute(("ECHO", "a")))
        except exceptions.MaxConnectionsError:
            return "refused"

    ask()
    assert sorted(together([ask] * 9)) == ["a"] * 5 + ["refused"] * 4
    assert ask() == "a"


def test_another_thread_is_told_that_it_may_not(pipelined: PipelinedRedis) -> None:
    pipelined.ping()
    with pytest.raises(RuntimeError, match="belongs to one thread"):
        gevent.get_hub().threadpool.apply(pipelined.ping)
