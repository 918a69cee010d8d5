"""What the doctor looks at on each master, by what that says of itself."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import redis

from app.doctor.finding import Finding
from app.errors import RedisRefused
from app.realtime.store.script import reaching_redis
from app.realtime.store.verdict import FULL, READ_ONLY

#: The oldest Redis whose scripts may read the time before they write, and that has ZRANGE BYSCORE.
MIN_REDIS_VERSION = 7

#: Seconds between the clocks above which timestamps confuse people; nothing else depends on them.
CLOCK_SKEW_SECONDS = 2.0

#: How full a Redis may be before that is said.
NEARLY_FULL = 0.9

Check = Callable[[redis.Redis], Finding]


def _server(connection: redis.Redis) -> Finding:
    info: dict[str, Any] = connection.info("server")
    if "valkey_version" in info:
        return Finding("version", "good", f"Valkey {info['valkey_version']}")
    version = str(info["redis_version"])
    if int(version.split(".", maxsplit=1)[0]) < MIN_REDIS_VERSION:
        return Finding(
            "version", "bad", f"Redis {version} is too old. Use Redis {MIN_REDIS_VERSION} or later, or Valkey"
        )
    return Finding("version", "good", f"Redis {version}")


def _clock(connection: redis.Redis) -> Finding:
    seconds, micros = connection.time()
    skew = time.time() - (seconds + micros / 1e6)
    if abs(skew) > CLOCK_SKEW_SECONDS:
        return Finding(
            "clock",
            "warn",
            f"this machine is {abs(skew):.1f} s {'ahead of' if skew > 0 else 'behind'} Redis. This clock decides when "
            "tokens expire, that of Redis the times clients see. Synchronise both clocks",
        )
    return Finding("clock", "good", f"within {abs(skew):.2f} s of Redis")


def _memory(connection: redis.Redis) -> Finding:
    info: dict[str, Any] = connection.info("memory")
    used, limit = int(info["used_memory"]), int(info.get("maxmemory") or 0)
    if not limit:
        return Finding("memory", "good", f"{_mega(used)} are used, without a limit")
    said = f"{_mega(used)} of {_mega(limit)} are used"
    if used >= limit:
        return Finding("memory", "bad", f"{said}: {FULL.text}")
    if used >= limit * NEARLY_FULL:
        return Finding("memory", "warn", f"{said}. Raise maxmemory before it is full: then nothing can be written")
    return Finding("memory", "good", said)


def _mega(size: int) -> str:
    return f"{size / 1e6:.1f} MB"


def _eviction(connection: redis.Redis) -> Finding:
    policy = connection.info("memory").get("maxmemory_policy", "noeviction")
    if policy != "noeviction":
        return Finding(
            "eviction",
            "warn",
            f"maxmemory-policy is {policy}: Redis may drop users who are online when it is full. Set noeviction",
        )
    return Finding("eviction", "good", "Redis never drops keys for lack of memory")


def _role(connection: redis.Redis) -> Finding:
    info: dict[str, Any] = connection.info("replication")
    if info["role"] != "master":
        return Finding("replicas", "bad", READ_ONLY.text)
    replicas = [said for name, said in info.items() if name.startswith("slave") and isinstance(said, dict)]
    late = [said for said in replicas if said.get("state") != "online"]
    if late:
        return Finding("replicas", "warn", f"{len(late)} of {len(replicas)} do not follow. See their logs")
    if not replicas:
        return Finding("replicas", "good", "none: if this machine is lost, its data is. Add one if that matters")
    return Finding("replicas", "good", f"{len(replicas)} follow")


#: What a machine failure loses, by `appendfsync`.
_APPENDED = {
    "always": Finding("persistence", "good", "what was acknowledged is on disk"),
    "everysec": Finding(
        "persistence",
        "good",
        "on disk within a second: a power failure loses up to one; `appendfsync always` loses nothing acknowledged",
    ),
    "no": Finding(
        "persistence",
        "warn",
        "on disk when the system likes (appendfsync is no): a power failure loses up to half a minute. "
        "Set `everysec` or `always`",
    ),
}


def _persistence(connection: redis.Redis) -> Finding:
    try:
        with reaching_redis():
            found = connection.config_get("append*") | connection.config_get("save")
    except RedisRefused:
        if connection.info("persistence").get("aof_enabled"):
            return Finding(
                "persistence", "good", "written to disk; its configuration is hidden, so it is not known how soon"
            )
        return Finding(
            "persistence", "warn", "nothing is appended on disk, and the configuration is hidden. Set appendonly"
        )
    if found.get("appendonly") == "yes":
        return _APPENDED.get(str(found.get("appendfsync")), _APPENDED["everysec"])
    if found.get("save"):
        return Finding(
            "persistence",
            "warn",
            "a snapshot from time to time: a crash loses documents, notifications and activity since. Set appendonly",
        )
    return Finding(
        "persistence",
        "warn",
        "nothing is written to disk: a restart loses documents, notifications and activity. Set appendonly",
    )


#: In the order in which they are shown.
OF_A_MASTER: tuple[tuple[str, Check], ...] = (
    ("version", _server),
    ("clock", _clock),
    ("memory", _memory),
    ("eviction", _eviction),
    ("persistence", _persistence),
    ("replicas", _role),
)
