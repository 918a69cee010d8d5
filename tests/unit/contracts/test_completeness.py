"""The contract and the server name the same messages: nothing is forgotten, nothing is promised twice."""

from __future__ import annotations

from app.realtime.utils.message_types import MessageType
from realtime_contracts import PENDING, Direction, registry

#: Socket.IO's own packets, which are no message of ours: the end of a connection, and its refusal.
OF_THE_TRANSPORT = {"disconnect", "connect_error"}

WITH_SCHEMA = frozenset().union(*(registry().events(direction) for direction in Direction))


def test_every_message_type_has_a_schema_or_is_pending() -> None:
    types = {message.value for message in MessageType}
    assert types - OF_THE_TRANSPORT == (WITH_SCHEMA | PENDING) - OF_THE_TRANSPORT


def test_what_is_pending_has_no_schema_yet() -> None:
    assert WITH_SCHEMA.isdisjoint(PENDING)
