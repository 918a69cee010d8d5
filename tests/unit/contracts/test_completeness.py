"""The contract and the server name the same messages: nothing is forgotten, nothing is promised twice."""

from __future__ import annotations

from app.realtime.utils.message_types import MessageType
from realtime_contracts import SOCKET_DIRECTIONS
from realtime_contracts.contract.registry import registry

#: Socket.IO's own packets, which are no message of ours: the end of a connection, and its refusal.
OF_THE_TRANSPORT = {"disconnect", "connect_error"}


def test_every_message_type_has_a_schema_and_nothing_else_has() -> None:
    with_schema = frozenset().union(*(registry().events(direction) for direction in SOCKET_DIRECTIONS))
    assert {message.value for message in MessageType} - OF_THE_TRANSPORT == with_schema - OF_THE_TRANSPORT
