"""What the pipelined client needs of redis-py: a connection's socket, and the exception for an error reply."""

from __future__ import annotations

import ssl
from typing import Any

import gevent.socket
from redis import exceptions
from redis._parsers.base import BaseParser


def as_gevent_socket(connection: Any) -> Any:
    """The socket of an open connection of redis-py, for greenlets; the connection is not used any more.

    In a process that gevent has not patched it is wrapped, which TLS does not allow. Raises ConnectionError.
    """
    sock, connection._sock = connection._sock, None  # it would close the socket at its own end
    if isinstance(sock, gevent.socket.socket):
        sock.settimeout(None)
        return sock
    if isinstance(sock, ssl.SSLSocket):
        raise exceptions.ConnectionError("TLS needs a process that gevent has patched")
    return gevent.socket.socket(fileno=sock.detach())


def error_of(text: str) -> Exception:
    """redis-py's exception for an error reply."""
    parser: Any = BaseParser
    error: Exception = parser.parse_error(text)
    return error
