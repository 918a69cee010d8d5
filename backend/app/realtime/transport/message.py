"""A message to clients, encoded once however many sessions get it."""

from __future__ import annotations

from collections.abc import Hashable

from app.realtime.transport.frames import text_frame


class Message:
    """One Engine.IO message, as a packet for a poll and as a WebSocket frame.

    `packet`: the Socket.IO packet, for example `2["heartbeat_ack",{}]`. `replaces`: while messages wait for a slow
    client, the newest of those with the same value is enough; None for a message that must not be lost.
    """

    __slots__ = ("frame", "replaces", "text")

    def __init__(self, packet: str, replaces: Hashable | None = None) -> None:
        self.text = "4" + packet
        self.frame = text_frame(self.text.encode())
        self.replaces = replaces
