"""The URL of Redis: which topology, where its servers are, and how to connect to them.

    redis://[[user]:password@]host[:port][/database]        rediss:// with TLS; valkey:// and valkeys:// are the same
    unix://[[user]:password@]/path[?db=database]
    redis+sentinel://[[user]:password@]host[:port],…/service[/database]       rediss+sentinel:// with TLS
    redis+cluster://[[user]:password@]host[:port],…                          rediss+cluster:// with TLS

Parameters after `?` are redis-py's, such as `ssl_ca_certs`, `ssl_certfile` and `ssl_keyfile`. Sentinels that ask for a
password get `sentinel_username` and `sentinel_password`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from redis.connection import SSLConnection, parse_url

Kind = Literal["single", "sentinel", "cluster"]

#: A host and a port.
Place = tuple[str, int]

_PORTS = {"sentinel": 26379, "cluster": 6379}

#: Scheme, topology, user and password, hosts, path, parameters.
_SEVERAL = re.compile(
    r"(?P<scheme>\w+)\+(?P<kind>sentinel|cluster)://(?:(?P<user>[^/]*)@)?(?P<hosts>[^/?]*)(?P<path>/[^?]*)?(?P<rest>\?.*)?"
)
_HOST = re.compile(r"(\[[0-9a-fA-F:.]+\]|[^:\[\]]+)(?::(\d+))?")
#: A service, and the database's number.
_SERVICE = re.compile(r"/([^/]+)(?:/(\d+))?/?")


@dataclass(frozen=True)
class RedisUrl:
    """What a URL says. `options` are what redis-py's pools are made with: host, port, db, username and so on.

    `places` and `service` are those of Sentinels, or of nodes of a cluster.
    """

    kind: Kind
    options: dict[str, Any]
    places: tuple[Place, ...] = ()
    service: str = ""
    #: How Sentinels are connected to.
    sentinel_options: dict[str, Any] | None = None

    @classmethod
    def parse(cls, url: str, access: Mapping[str, Any] | None = None) -> RedisUrl:
        """Read a URL. `access`: options for what it does not say, such as a password. Raises ValueError.

        `access` that begins with `ssl_` is for TLS only.
        """
        match = _SEVERAL.fullmatch(url)
        if match is None:
            return cls("single", _options(url, access))
        kind: Kind = "sentinel" if match["kind"] == "sentinel" else "cluster"
        places = tuple(_place(host, _PORTS[kind]) for host in match["hosts"].split(","))
        path, service, database = match["path"] or "", "", "0"
        if kind == "sentinel":
            named = _SERVICE.fullmatch(path)
            if named is None:
                raise ValueError("expected redis+sentinel://host,host/service/database, with the name of the service")
            service, database = named[1], named[2] or "0"
        elif path not in {"", "/", "/0"}:
            raise ValueError("a Redis Cluster has no numbered databases; expected redis+cluster://host,host")
        user = f"{match['user']}@" if match["user"] is not None else ""
        host, port = places[0]
        options = _options(f"{match['scheme']}://{user}{host}:{port}/{database}{match['rest'] or ''}", access)
        own = {name: options.pop(f"sentinel_{name}", None) for name in ("username", "password")}
        secure = {name: value for name, value in options.items() if name.startswith("ssl_")}
        for_sentinels = {**secure, **{name: value for name, value in own.items() if value is not None}}
        return cls(kind, options, places, service, for_sentinels)

    @property
    def tls(self) -> bool:
        """Whether connections are encrypted."""
        return self.options.get("connection_class") is SSLConnection


def _options(url: str, access: Mapping[str, Any] | None) -> dict[str, Any]:
    known = re.sub(r"^valkey(s?)://", r"redis\1://", url)
    found: dict[str, Any] = parse_url(known)  # type: ignore[no-untyped-call]  # redis-py does not type it
    tls = found.get("connection_class") is SSLConnection
    return {name: value for name, value in (access or {}).items() if tls or not name.startswith("ssl_")} | found


def _place(text: str, port: int) -> Place:
    match = _HOST.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"expected host:port, separated by commas, got {text!r}")
    return match[1], int(match[2] or port)
