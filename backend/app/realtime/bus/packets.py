"""Engine.IO packets that are encoded once, however many connections get them."""

from __future__ import annotations

import engineio.packet

from app.realtime.transport.frames import text_frame


class FramedText(str):
    """Text that carries its own WebSocket frame, for a message that goes to many."""

    __slots__ = ("frame",)
    frame: bytes


class Broadcast(engineio.packet.Packet):  # type: ignore[misc]  # the library is untyped
    """An Engine.IO message that is encoded once, however many connections get it."""

    def __init__(self, packet: str) -> None:
        super().__init__(engineio.packet.MESSAGE, packet)
        text = FramedText(f"{engineio.packet.MESSAGE}{packet}")
        text.frame = text_frame(text.encode())
        # Engine.IO's own cache of what `encode` returns, for both transports.
        self.encode_cache = text
