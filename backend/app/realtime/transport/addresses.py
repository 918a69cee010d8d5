"""Whose request it is: the peer's address, or the client's behind proxies that are trusted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

Network = IPv4Network | IPv6Network

#: Bits of an IPv6 address that name one customer: the rest is theirs to choose.
_SITE_BITS = 64


def networks(text: str) -> tuple[Network, ...]:
    """Read networks and addresses that are separated by commas. Raises ValueError."""
    return tuple(ip_network(part.strip()) for part in text.split(",")) if text.strip() else ()


def source(address: str) -> str:
    """What an address counts as: itself, and an IPv6 address as its network of 64 bits."""
    if ":" not in address:
        return address
    known = _read(address)
    if isinstance(known, IPv6Address):
        return str(ip_network((known, _SITE_BITS), strict=False))
    return address if known is None else str(known)


def _read(text: str) -> IPv4Address | IPv6Address | None:
    """Read an address; one of IPv4 in the clothes of IPv6 is one of IPv4."""
    try:
        address = ip_address(text.strip())
    except ValueError:
        return None
    return (isinstance(address, IPv6Address) and address.ipv4_mapped) or address


class Proxies:
    """The proxies that are trusted to say whom they speak for."""

    def __init__(self, trusted: Sequence[Network]) -> None:
        self._trusted = trusted

    def trusts(self, address: str) -> bool:
        """Whether an address is a trusted proxy's."""
        known = _read(address) if self._trusted else None
        return known is not None and any(known in network for network in self._trusted)

    def client(self, peer: str, forwarded_for: str) -> str:
        """The client's address. `forwarded_for`: the field `X-Forwarded-For`, to which each proxy appends its peer.

        The last one that no trusted proxy has is the client: what is before it, the client may have written itself.
        """
        address = peer
        for said in reversed(forwarded_for.split(",")):
            if not self.trusts(address):
                break
            known = _read(said)
            if known is None:
                break
            address = str(known)
        return address


class BehindProxies:
    """A WSGI application that is told the client's address, scheme and host by trusted proxies, and by nobody else."""

    def __init__(self, application: Any, proxies: Proxies) -> None:
        self._application = application
        self._proxies = proxies

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        """Answer a request."""
        peer = environ.get("REMOTE_ADDR", "")
        if self._proxies.trusts(peer):
            environ["REMOTE_ADDR"] = self._proxies.client(peer, environ.get("HTTP_X_FORWARDED_FOR", ""))
            scheme = _last(environ, "HTTP_X_FORWARDED_PROTO")
            if scheme in ("http", "https"):
                environ["wsgi.url_scheme"] = scheme
            if host := _last(environ, "HTTP_X_FORWARDED_HOST"):
                environ["HTTP_HOST"] = host
        return self._application(environ, start_response)


def _last(environ: dict[str, Any], field: str) -> str:
    return str(environ.get(field, "")).rpartition(",")[2].strip()


class Tally:
    """Counts what each address has."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._counts: Counter[str] = Counter()

    def is_full(self, address: str) -> bool:
        """Whether an address has all that it may have."""
        return self._counts[source(address)] >= self._most

    def add(self, address: str) -> None:
        """An address has one more."""
        self._counts[source(address)] += 1

    def remove(self, address: str) -> None:
        """An address has one less."""
        key = source(address)
        self._counts[key] -= 1
        if self._counts[key] <= 0:
            del self._counts[key]
