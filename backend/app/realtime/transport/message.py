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
        self._encode("4" + packet, replaces)

    @classmethod
    def of_text(cls, text: str) -> Message:
        """An Engine.IO packet of another type, given whole."""
        made = cls.__new__(cls)
        made._encode(text, None)  # noqa: SLF001 - our own class
        return made

    @classmethod
    def of_frame(cls, frame: bytes, replaces: Hashable | None = None) -> Message:
        """A WebSocket frame that is no packet; only for a WebSocket."""
        made = cls.__new__(cls)
        made.text, made.frame, made.replaces = "", frame, replaces
        return made

    def _encode(self, text: str, replaces: Hashable | None) -> None:
        self.text = text
        self.frame = text_frame(text.encode())
        self.replaces = replaces
