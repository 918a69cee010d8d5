"""Clients that can take next to nothing at once get everything."""

from __future__ import annotations

from tests.benchmarks.tiny_buffers import run

#: Of the 100,000 for 50 clients that `python -m tests.benchmarks.tiny_buffers` sends.
EACH = 300


def test_fifty_clients_with_tiny_buffers_get_messages_of_all_sizes_whole_and_in_order() -> None:
    assert run(clients=50, count=EACH)["messages"] == EACH
