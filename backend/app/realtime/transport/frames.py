"""WebSocket frames (RFC 6455 5)."""

from __future__ import annotations

#: Sizes in bytes up to which a frame's length takes one byte, and two more.
_SHORT, _MEDIUM = 125, 0xFFFF


def text_frame(payload: bytes) -> bytes:
    """An unmasked text message in one frame. `payload` is UTF-8."""
    size = len(payload)
    if size <= _SHORT:
        return bytes((0x81, size)) + payload
    if size <= _MEDIUM:
        return b"\x81\x7e" + size.to_bytes(2, "big") + payload
    return b"\x81\x7f" + size.to_bytes(8, "big") + payload
