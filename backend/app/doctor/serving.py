"""Does what a server does, on each master: writes and reads its keys, publishes and hears on its channels."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from typing import Any

import redis

from app.doctor.finding import Finding
from app.errors import RedisRefused, Unavailable
from app.realtime.store import access
from app.realtime.store.address import NodeAddress
from app.realtime.store.keys import TenantKeys
from app.realtime.store.script import names, reaching_redis, source
from app.realtime.store.topology import Topology
from app.realtime.store.verdict import verdict

#: Tenants among whom one is found for each master.
_TENANTS = 500

#: Milliseconds until Redis forgets what a check has written, if it cannot be removed.
_FORGOTTEN_MS = 10_000

SLOTS = 16_384

_Check = Callable[[Topology, redis.Redis, TenantKeys], str]


def as_the_server_does(reached: Topology, connection: redis.Redis) -> Iterator[Finding]:
    """The findings of each check, with the worst of all masters."""
    try:
        with reaching_redis():
            tenants = _tenants(reached)
    except (Unavailable, RedisRefused) as error:
        yield Finding("keys", "bad", verdict(error).text)
        return
    checks: dict[str, _Check] = {"permissions": _permissions, "keys": _keys, "pub/sub": _channels, "scripts": _scripts}
    for what, check in checks.items():
        found = Finding(what, "good", "")
        for keys in tenants:
            try:
                with reaching_redis():
                    found = Finding(what, "good", check(reached, connection, keys))
            except (Unavailable, RedisRefused) as error:
                found = Finding(what, "bad", verdict(error).text)
                break
        yield found


def slots(connection: redis.Redis) -> Finding:
    """Whether every slot of a cluster is served."""
    shards: Any = connection.execute_command("CLUSTER SLOTS")  # type: ignore[no-untyped-call]
    served = sum(last - first + 1 for first, last in shards)
    if served < SLOTS:
        return Finding(
            "cluster",
            "bad",
            f"nobody serves {SLOTS - served} of {SLOTS} slots: start the missing masters, or give the slots to others "
            "by `redis-cli --cluster fix`",
        )
    return Finding("cluster", "good", "every slot is served")


def _tenants(reached: Topology) -> list[TenantKeys]:
    """A tenant for each master."""
    found: dict[Hashable, TenantKeys] = {}
    for number in range(_TENANTS if reached.sharded else 1):
        keys = TenantKeys(f"{access.SAMPLE}-{number}")
        found.setdefault(reached.shard_of(keys.tenant_id), keys)
    return list(found.values())


def _permissions(reached: Topology, connection: redis.Redis, keys: TenantKeys) -> str:
    access.check(connection, keys.seq, reached.url.kind, reached.database)
    return "the user may do all that the server does"


def _keys(_reached: Topology, connection: redis.Redis, keys: TenantKeys) -> str:
    connection.set(keys.seq, "1", px=_FORGOTTEN_MS)
    connection.get(keys.seq)
    connection.delete(keys.seq)
    return "are written and read"


def _channels(reached: Topology, connection: redis.Redis, keys: TenantKeys) -> str:
    address = NodeAddress(reached.database, sharded=reached.sharded)
    channel = address.bus + keys.tenant_channel
    pool = reached.pool_for(keys.tenant_id)
    listener = pool.connection_class(**pool.connection_kwargs)
    try:
        listener.connect()
        listener.send_command("SSUBSCRIBE" if reached.sharded else "SUBSCRIBE", channel)
        listener.read_response()
        connection.execute_command(address.publish, channel, "hello")  # type: ignore[no-untyped-call]
        listener.read_response()
    finally:
        listener.disconnect()
    return "a published message arrives"


def _scripts(_reached: Topology, connection: redis.Redis, keys: TenantKeys) -> str:
    for name in names():
        # Compiled, and left before anything is done.
        connection.eval(f"if #KEYS == 1 then return 1 end\n{source(name)}", 1, keys.seq)
    return f"Redis compiles all {len(names())}"
