"""What the URL of a request says: which application, which version of the protocol, which session.

Query strings hold tokens, and URLs passwords: of a URL only scheme, host, port and path are ever shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

#: The version of Engine.IO that Socket.IO 3 and later speak.
ENGINE_VERSION = "4"

_SOCKET_SCHEMES = {"http": "ws", "https": "wss"}


@dataclass(frozen=True, slots=True)
class Address:
    """One URL, as far as it matters here."""

    #: Without user, query and fragment; polling has the scheme of its WebSocket: `wss://app.example/socket.io/`.
    base: str = ""
    is_socket: bool = False
    #: Engine.IO's version, None if the URL is not Engine.IO's.
    version: str | None = None
    transport: str | None = None
    sid: str | None = None


def parse(url: str) -> Address:
    """The address of a URL; nothing but an empty one of what is no URL."""
    try:
        parts = urlsplit(url)
        query = parse_qs(parts.query, errors="replace", max_num_fields=1000)
    except ValueError:
        return Address()
    scheme = parts.scheme.lower()
    host = parts.netloc.rpartition("@")[2]
    return Address(
        f"{_SOCKET_SCHEMES.get(scheme, scheme)}://{host}{parts.path}",
        scheme in _SOCKET_SCHEMES.values(),
        query.get("EIO", [None])[0],
        query.get("transport", [None])[0],
        query.get("sid", [None])[0],
    )
