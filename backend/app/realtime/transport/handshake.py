"""The opening handshake of a WebSocket (RFC 6455 4.2)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from typing import Any

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_VERSION = "13"
_KEY_BYTES = 16
#: The name of a subprotocol: a token of HTTP.
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


def wants_websocket(environ: Mapping[str, Any]) -> bool:
    """Whether a request names the protocol to upgrade to."""
    return bool(environ.get("HTTP_UPGRADE", "").strip().lower() == "websocket")


def accept(environ: Mapping[str, Any]) -> bytes | None:
    """The answer that makes a request a WebSocket, None if the request is not right."""
    key = environ.get("HTTP_SEC_WEBSOCKET_KEY", "").strip()
    if not (
        environ["REQUEST_METHOD"] == "GET"
        and environ["SERVER_PROTOCOL"] == "HTTP/1.1"
        and wants_websocket(environ)
        and "upgrade" in (word.strip() for word in environ.get("HTTP_CONNECTION", "").lower().split(","))
        and environ.get("HTTP_SEC_WEBSOCKET_VERSION") == _VERSION
        and _is_key(key)
    ):
        return None
    digest = base64.b64encode(hashlib.sha1(key.encode() + _GUID, usedforsecurity=False).digest())
    return (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + digest + b"\r\n" + _protocol(environ) + b"\r\n"
    )


def _protocol(environ: Mapping[str, Any]) -> bytes:
    """The field that takes the first subprotocol offered: a browser gives up if none is taken."""
    first = environ.get("HTTP_SEC_WEBSOCKET_PROTOCOL", "").split(",")[0].strip()
    return b"Sec-WebSocket-Protocol: " + first.encode() + b"\r\n" if _TOKEN.fullmatch(first) else b""


def _is_key(key: str) -> bool:
    try:
        return len(base64.b64decode(key, validate=True)) == _KEY_BYTES
    except (binascii.Error, ValueError):
        return False
