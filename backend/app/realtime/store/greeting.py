"""What a server says of itself on a new connection: whether it is the one that REDIS_URL promises."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from redis import exceptions

#: Raises a RedisError if a new connection of redis-py is to no server that can serve.
Greet = Callable[[Any], None]

#: How the URL of such a server begins, and what the server is, by its mode.
_SCHEMES = {
    "standalone": ("redis://", "a single server"),
    "sentinel": ("redis+sentinel://", "a Sentinel"),
    "cluster": ("redis+cluster://", "a node of a Redis Cluster"),
}


class WrongServerError(exceptions.ConnectionError):
    """REDIS_URL names a server of another kind. The text is one line, and says what to write instead."""

    def __init__(self, mode: str, host: str, port: int) -> None:
        scheme, what = _SCHEMES[mode]
        instead = f"{scheme}{host}:{port}{'/SERVICE/0' if mode == 'sentinel' else ''}"
        super().__init__(f"{host}:{port} is {what}: write REDIS_URL as {instead}")


def greet(connection: Any, expected: str, *, master: bool = False) -> None:
    """Ask a new connection's server what it is. One round trip.

    Raises WrongServerError unless its mode is `expected`, and ReadOnlyError for a replica if it must be a `master`.
    """
    try:
        connection.send_command("HELLO")
        answer: list[Any] = connection.read_response()
    except exceptions.ResponseError:
        return  # the user may not ask; the first commands will tell
    said = dict(zip(map(_text, answer[::2]), map(_text, answer[1::2]), strict=False))
    mode = said.get("mode", expected)
    if mode != expected and mode in _SCHEMES:
        raise WrongServerError(mode, connection.host, connection.port)
    if master and said.get("role") in {"replica", "slave"}:
        raise exceptions.ReadOnlyError("this Redis is a replica")


def _text(value: Any) -> Any:
    return value.decode() if isinstance(value, bytes) else value
