"""A token is for the door only: no part of it that could be used again is kept in Redis.

That none is in a log is checked when a cluster ends, and that none is in a message at the end of each scenario.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import redis

from realtime_contracts.conform.world import World

if TYPE_CHECKING:
    from realtime_contracts.wire.forged import Mint
    from realtime_contracts.wire.timeouts import Timeouts
    from tests.e2e.cluster import Cluster


def test_no_token_is_kept_in_redis(shared_cluster: Cluster, redis_url: str, mint: Mint, timeouts: Timeouts) -> None:
    world = World(shared_cluster.urls, "websocket", mint, timeouts)
    ana = world.hire("Ana", "acme")
    try:
        token = world.token(ana)
        tab = world.tab(ana)
        assert tab.open({"token": f"Bearer {token}"})
        world.welcome(ana, tab)
        world.enter(tab, ana, "invoice:42")
        kept = everything(redis_url, ana.tenant)
    finally:
        wrong = world.end()
    assert wrong == []
    assert any("Ana" in text for text in kept), "the dump does not see what is kept of Ana"
    assert not [text for text in kept for part in token.split(".") if part in text]


def everything(redis_url: str, tenant: str) -> list[str]:
    """Each key of a tenant with all that is in it, as text."""
    with redis.Redis.from_url(redis_url, decode_responses=True) as client:
        read = {
            "string": client.get,
            "hash": client.hgetall,
            "set": client.smembers,
            "zset": lambda key: client.zrange(key, 0, -1, withscores=True),
            "list": lambda key: client.lrange(key, 0, -1),
            "stream": client.xrange,
        }
        return [f"{key} {read[client.type(key)](key)}" for key in client.scan_iter(f"*{{{tenant}}}*")]
