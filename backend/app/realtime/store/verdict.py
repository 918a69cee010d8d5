"""Why Redis does not serve, and what to do: in the same words in `/readyz`, the log and `realtime doctor`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from redis import exceptions
from redis.sentinel import MasterNotFoundError

from app.errors import NoPermission, RedisRefused
from app.realtime.store.greeting import WrongServerError
from realtime_contracts.rules.errors import Unavailable

Cause = Literal[
    "away",
    "busy",
    "certificate",
    "cluster",
    "disk",
    "full",
    "loading",
    "no_permission",
    "password",
    "read_only",
    "refused",
    "replicas",
    "service",
    "time_out",
    "wrong_server",
]


@dataclass(frozen=True)
class Verdict:
    """A cause, and one line for the operator: what is wrong, and what to do."""

    cause: Cause
    text: str


AWAY = Verdict("away", "redis is away: start it, or correct REDIS_URL")

FULL = Verdict("full", "redis is full: raise its maxmemory, or give it a machine with more memory")

READ_ONLY = Verdict(
    "read_only", "redis is a read-only replica: write the master's address into REDIS_URL, or promote it"
)

TIME_OUT = Verdict("time_out", "redis does not answer in time: see what it does, or raise REDIS_TIMEOUT")

#: By redis-py's exception; the first that fits.
_BY_KIND: tuple[tuple[type[Exception], Verdict], ...] = (
    (
        exceptions.AuthenticationError,
        Verdict("password", "redis refuses user or password: correct REDIS_USERNAME and REDIS_PASSWORD, or REDIS_URL"),
    ),
    (
        exceptions.OutOfMemoryError,
        FULL,
    ),
    (
        exceptions.ReadOnlyError,
        READ_ONLY,
    ),
    (
        MasterNotFoundError,
        Verdict(
            "service", "no Sentinel names a master for the service in REDIS_URL: correct its name, or start the master"
        ),
    ),
    (
        exceptions.ClusterDownError,
        Verdict("cluster", "the cluster is down: start the missing masters, or give their slots to others"),
    ),
    (
        exceptions.MasterDownError,
        Verdict("read_only", "redis is a replica that has lost its master: start the master, or promote the replica"),
    ),
    (exceptions.BusyLoadingError, Verdict("loading", "redis is loading its data: wait until it has")),
    (
        exceptions.TimeoutError,
        TIME_OUT,
    ),
)

_SENTINELS_AWAY = Verdict("away", "no Sentinel answers: start them, or correct REDIS_URL")
_SENTINELS_REFUSE = Verdict(
    "password", "the Sentinels refuse user or password: correct sentinel_username and sentinel_password in REDIS_URL"
)

_CERTIFICATE = Verdict(
    "certificate",
    "redis or this process does not trust the other's certificate: correct REDIS_CA_FILE, REDIS_CERT_FILE and "
    "REDIS_KEY_FILE",
)
_REFUSED = Verdict("refused", "redis refuses a command of the server: use Redis 7 or later, or Valkey")

#: By the beginning of what Redis says, where redis-py has no class.
_BY_WORD = {
    "BUSY": Verdict("busy", "redis runs a script that does not end: end it with SCRIPT KILL"),
    "MISCONF": Verdict("disk", "redis cannot write to its disk and takes no data: make room there, and see its log"),
    "NOREPLICAS": Verdict(
        "replicas", "redis has too few replicas to take data: start them, or lower min-replicas-to-write"
    ),
}

#: TLS has failed, in the words of OpenSSL within redis-py's.
_TLS = re.compile(r"\[SSL|certificate", re.IGNORECASE)

#: What the user may not, in the words of Redis.
_FORBIDDEN = re.compile(
    r"the '([\w|-]+)' (?:command|subcommand)|access (?:a|one of the) (key|channel)s?|database", re.IGNORECASE
)


def verdict(error: BaseException | None) -> Verdict:
    """What an error of ours, or of redis-py's, says of Redis. None: that it is away."""
    if isinstance(error, (Unavailable, RedisRefused)) and error.__cause__ is not None:
        error = error.__cause__
    said = str(error)
    return _by_its_words(error, said) or next((found for kind, found in _BY_KIND if isinstance(error, kind)), AWAY)


def _by_its_words(error: BaseException | None, said: str) -> Verdict | None:
    found: Verdict | None = None
    if isinstance(error, WrongServerError):
        found = Verdict("wrong_server", said)
    elif isinstance(error, MasterNotFoundError) and " : " in said:  # what redis-py says of Sentinels that fail
        found = _SENTINELS_REFUSE if "Authentication" in said else _SENTINELS_AWAY
    elif is_forbidden(error):
        found = Verdict("no_permission", f"the Redis user {_lacking(said)}: run the line of `realtime doctor --acl`")
    elif type(error) is exceptions.ConnectionError and _TLS.search(said):
        found = _CERTIFICATE
    elif type(error) is exceptions.ResponseError:
        # Not its words, which may be a client's.
        found = _BY_WORD.get(said.split(" ", 1)[0], _REFUSED)
    return found


def is_forbidden(error: object) -> bool:
    """Whether Redis has refused for want of a permission, to a command or within a script."""
    if isinstance(error, (exceptions.NoPermissionError, NoPermission)):
        return True
    return isinstance(error, exceptions.ResponseError) and str(error).startswith("ACL failure in script")


def _lacking(said: str) -> str:
    """What the user lacks. Redis names a command, but no key and no channel."""
    if said.startswith("lacks "):
        return said
    found = _FORBIDDEN.search(said)
    if found is None:
        return "lacks a permission"
    if found[1]:
        return f"may not use the command {found[1].lower()}"
    return f"may not use a {found[2].lower()} of the server" if found[2] else "may not use the database"
