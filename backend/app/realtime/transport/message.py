"""A message to clients, encoded once however many sessions get it."""

from __future__ import annotations

from collections.abc import Hashable

from app.realtime.transport.frames import payload_of, text_frame


class Message:
    """One Engine.IO message, as a packet for a poll and as a WebSocket frame.

    `packet`: the Socket.IO packet, for example `2["heartbeat_ack",{}]`. `replaces`: while messages wait for a slow
    client, the newest of those with the same value is enough; None for a message that must not be lost.
    """

    __slots__ = ("frame", "replaces")

    def __init__(self, packet: str, replaces: Hashable | None = None) -> None:
        self.frame = text_frame(f"4{packet}".encode())
        self.replaces = replaces

    @classmethod
    def of_text(cls, text: str) -> Message:
        """An Engine.IO packet of another type, given whole."""
        return cls.of_frame(text_frame(text.encode()))

    @classmethod
    def of_frame(cls, frame: bytes, replaces: Hashable | None = None) -> Message:
        """A WebSocket frame, given whole."""
        made = cls.__new__(cls)
        made.frame, made.replaces = frame, replaces
        return made

    @property
    def text(self) -> str:
        """The Engine.IO packet."""
        return payload_of(self.frame).decode()
