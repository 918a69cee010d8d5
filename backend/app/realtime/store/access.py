"""What the server needs of Redis' ACL: commands, keys and channels, and the line that grants them and nothing else.

Commands of scripts are read from the scripts, keys and channels from `TenantKeys`. What Python sends is listed here;
`tests/integration/topology/test_access.py` counts that each is needed and that no other is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

import orjson
import redis

from app.errors import NoPermission
from app.realtime.store import keys as k
from app.realtime.store.samples import commands_in, sample
from app.realtime.store.script import Script, derived, names, source
from app.realtime.store.topology.url import Kind

#: A tenant and ids that nobody has, for a look at the rights to their keys.
SAMPLE = "realtime-doctor"

#: Missing rights that are named in a line.
_NAMED = 5

#: A command with a subcommand, such as `client|setinfo`, or without.
_OF_PYTHON = frozenset(
    {
        "client|setinfo",
        "del",
        "eval",
        "evalsha",
        "hget",
        "hmget",
        "sadd",
        "smembers",
        "srem",
        "time",
        "zrangebyscore",
        "zrem",
    }
)
_OF_ONE_MASTER = frozenset({"publish", "subscribe", "unsubscribe"})
_OF_A_CLUSTER = frozenset({"asking", "cluster|slots", "command", "spublish", "ssubscribe", "sunsubscribe"})

#: How redis-py says who it is. It lives with a refusal, and Redis before 7.2 does not know the command.
_POLITE = "client|setinfo"

#: What is asked of Sentinels, which have users of their own.
_OF_SENTINELS = frozenset({"client|setinfo", "sentinel|masters"})

#: Both are refused where the channel is.
_ON_A_CHANNEL = {"publish", "spublish", "subscribe", "ssubscribe"}


@dataclass(frozen=True)
class Right:
    """One permission. `name` is a command, or the pattern of keys or channels; `sample` is a command that needs it."""

    kind: Literal["command", "key", "channel"]
    name: str
    sample: tuple[str, ...]

    def __str__(self) -> str:
        """As the ACL has it."""
        return {"command": "+", "key": "~", "channel": "&"}[self.kind] + self.name


@cache
def rights(kind: Kind, database: int) -> tuple[Right, ...]:
    """Everything that nodes and back ends need on each master."""
    commands = _of_scripts() | _OF_PYTHON | (_OF_A_CLUSTER if kind == "cluster" else _OF_ONE_MASTER)
    if database:
        commands |= {"select"}
    channels = _broadest(_channels(database))
    a_channel = next(iter(channels.values()))
    found = [Right("command", name, sample(name, "*", a_channel)) for name in sorted(commands)]
    found += [
        Right("key", pattern, ("EVALSHA", "", "1", sample)) for pattern, sample in sorted(_broadest(_keys()).items())
    ]
    publish = "SPUBLISH" if kind == "cluster" else "PUBLISH"
    found += [Right("channel", pattern, (publish, sample, "")) for pattern, sample in channels.items()]
    return tuple(found)


def refused(client: redis.Redis, place: str, kind: Kind, database: int) -> list[Right]:
    """What the client's user lacks on the master of the key `place`. Raises Unavailable, NoPermission."""
    needed = [right for right in rights(kind, database) if right.name != _POLITE]
    places = orjson.loads(Script(client, "access")(nodes=place, needs=[right.sample for right in needed]))
    found = [needed[number - 1] for number in places]
    commands = [right for right in found if right.kind == "command"]
    if all(right.name in _ON_A_CHANNEL for right in commands) and len(commands) != 1:
        return [right for right in found if right.kind != "command"]
    # While a command is refused, nothing is known of the keys and channels that are asked about by it.
    return commands


def check(client: redis.Redis, place: str, kind: Kind, database: int) -> None:
    """Raise NoPermission, which names them, if the client's user lacks rights. One round trip."""
    if found := refused(client, place, kind, database):
        raise NoPermission(lacking(found))


def lacking(found: Sequence[Right]) -> str:
    """In words: the first few that are missing."""
    more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
    return f"lacks {' '.join(map(str, found[:_NAMED]))}{more}"


def lines(kind: Kind, database: int, user: str = "realtime") -> dict[str, str]:
    """`ACL SETUSER` by where it is to be run."""
    granted = " ".join(map(str, rights(kind, database)))
    where = {"single": "Redis", "sentinel": "the master and each replica", "cluster": "each node of the cluster"}[kind]
    found = {where: f"ACL SETUSER {user} reset on >PASSWORD {granted}"}
    if kind == "sentinel":
        asked = " ".join(f"+{name}" for name in sorted(_OF_SENTINELS))
        found["each Sentinel"] = f"ACL SETUSER {user} reset on >PASSWORD {asked}"
    return found


def _of_scripts() -> set[str]:
    return {name for script in names() for name in commands_in(source(script))}


def _keys() -> dict[str, str]:
    """A pattern and a sample of each key."""
    every, one = k.TenantKeys("*"), k.TenantKeys(SAMPLE)
    found = {k.NODES: k.NODES, k.node_tenants("*"): k.node_tenants(SAMPLE)}
    for name, parameter in derived().items():
        if not name.endswith("_channel") and name != "tenant_id":
            found[_built(every, name, parameter, "*")] = _built(one, name, parameter, SAMPLE)
    return found


def _channels(database: int) -> dict[str, str]:
    every, one, bus = k.TenantKeys("*"), k.TenantKeys(SAMPLE), k.bus_prefix(database)
    pairs = {
        every.tenant_channel: one.tenant_channel,
        every.room_channel("*"): one.room_channel(SAMPLE),
        every.node_channel("*"): one.node_channel(SAMPLE),
    }
    return {bus + pattern: bus + sample for pattern, sample in pairs.items()}


def _built(keys: k.TenantKeys, name: str, parameter: str, value: str) -> str:
    found = getattr(keys, name)
    return str(found(value) if parameter else found)


def _broadest(patterns: Mapping[str, str]) -> dict[str, str]:
    """Patterns without those of which another one has every name."""
    return {
        pattern: sample
        for pattern, sample in patterns.items()
        if not any(_has(other, pattern) for other in patterns if other != pattern)
    }


def _has(pattern: str, name: str) -> bool:
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), name) is not None
