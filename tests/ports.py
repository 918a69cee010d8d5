"""Ports for the servers of a test run, each for one process of it."""

from __future__ import annotations

import random
import socket

#: Where servers listen: below the ports that the system gives to clients, and with it the bus of a cluster's node.
PORTS = range(10_000, 20_000)

#: A node of a cluster also takes the port this much above its own.
BUS_OFFSET = 10_000


def free_port() -> int:
    """A port that nothing uses, nor the one of a cluster's bus above it.

    It is this process's until it ends: no other process of the tests is given it, even while nothing listens there.
    """
    while True:
        port = random.choice(PORTS)
        if _is_free(port) and _is_free(port + BUS_OFFSET) and _reserve(port):
            return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _reserve(port: int) -> bool:
    """Take a port's name among all processes of the tests. Linux forgets it when this process ends."""
    with socket.socket(socket.AF_UNIX) as sign:
        try:
            sign.bind(f"\0realtime-tests-port-{port}")
        except OSError:
            return False
        sign.detach()
    return True
