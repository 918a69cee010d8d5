"""Engine.IO packets that are encoded once, however many connections get them."""

from __future__ import annotations

import engineio.packet

#: Sizes in bytes up to which a WebSocket frame's length takes one byte, and two more.
_SHORT, _MEDIUM = 125, 0xFFFF


def text_frame(text: str) -> bytes:
    """An unmasked WebSocket text message in one frame (RFC 6455 5.2)."""
    payload = text.encode()
    size = len(payload)
    if size <= _SHORT:
        return bytes((0x81, size)) + payload
    if size <= _MEDIUM:
        return b"\x81\x7e" + size.to_bytes(2, "big") + payload
    return b"\x81\x7f" + size.to_bytes(8, "big") + payload


class FramedText(str):
    """Text that carries its own WebSocket frame, for a message that goes to many."""

    __slots__ = ("frame",)
    frame: bytes


class Broadcast(engineio.packet.Packet):  # type: ignore[misc]  # the library is untyped
    """An Engine.IO message that is encoded once, however many connections get it."""

    def __init__(self, packet: str) -> None:
        super().__init__(engineio.packet.MESSAGE, packet)
        text = FramedText(f"{engineio.packet.MESSAGE}{packet}")
        text.frame = text_frame(text)
        # Engine.IO's own cache of what `encode` returns, for both transports.
        self.encode_cache = text
