"""A command for each that the server uses, by which `redis.acl_check_cmd` says whether the user may run it."""

from __future__ import annotations

import re

#: Stands for a key, and for a channel.
_KEY, _CHANNEL = "key", "channel"

_CALL = re.compile(r"redis\.p?call\('(\w+)'(?:, '(\w+)')?")

#: Commands that are given one subcommand at a time.
_WITH_SUBCOMMANDS = {"xinfo"}

#: Commands by the arguments that they take after one key. Redis looks for the keys of what it is asked about as if it
#: ran, and bears no command without all its arguments.
_AFTER_A_KEY = (
    "del exists get hgetall hkeys hlen incr llen lpop mget pexpiretime pttl scard smembers xlen zcard",
    "expire hdel hexists hget hmget incrby pexpire pexpireat rpush sadd set sismember srem zrem zscore",
    "hincrby hset lrange xrange xrevrange xtrim zadd zcount zlexcount zrange zrangebylex zrangebyscore",
    "xadd",
)
_SAMPLES: dict[str, tuple[str, ...]] = {
    name: (_KEY, *["1"] * number) for number, text in enumerate(_AFTER_A_KEY) for name in text.split()
} | {
    "asking": (),
    "client|setinfo": ("LIB-NAME", "realtime"),
    "cluster|slots": (),
    "command": (),
    "eval": ("", "1", _KEY),
    "evalsha": ("", "1", _KEY),
    "info": (),
    "publish": (_CHANNEL, ""),
    "select": ("0",),
    "spublish": (_CHANNEL, ""),
    "ssubscribe": (_CHANNEL,),
    "subscribe": (_CHANNEL,),
    "sunsubscribe": (),
    "time": (),
    "unsubscribe": (),
    "zremrangebyrank": (_KEY, "1", "1"),
    "zremrangebyscore": (_KEY, "1", "1"),
    "xinfo|stream": (_KEY,),
    "zunion": ("1", _KEY),
}


def commands_in(lua: str) -> set[str]:
    """The commands that a script calls by their names."""
    called = ((name.lower(), first.lower()) for name, first in _CALL.findall(lua))
    return {f"{name}|{first}" if name in _WITH_SUBCOMMANDS else name for name, first in called}


def sample(name: str, key: str, channel: str) -> tuple[str, ...]:
    """A command with all its arguments, on a key or a channel. `name` may have a subcommand: `client|setinfo`.

    Raises KeyError for one that is not listed here.
    """
    stand_ins = {_KEY: key, _CHANNEL: channel}
    return (*name.split("|"), *(stand_ins.get(part, part) for part in _SAMPLES[name]))
