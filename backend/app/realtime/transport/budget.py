"""What a WebSocket has sent in this second."""

from __future__ import annotations

from app.realtime.transport import limits


class Budget:
    """Counts frames and bytes in seconds. `strikes`: seconds with too many, less the seconds without."""

    __slots__ = ("_began", "bytes", "frames", "strikes")

    def __init__(self, now: float) -> None:
        self._began = now
        self.frames = 0
        self.bytes = 0
        self.strikes = 0

    def wait(self, now: float) -> float:
        """Seconds to wait before anything more is read, 0 if there is budget left."""
        past = now - self._began
        over = self.frames > limits.FRAMES_PER_SECOND or self.bytes > limits.BYTES_PER_SECOND
        if past < 1:
            return 1 - past if over else 0.0
        calm = int(past) - (1 if over else 0)
        self.strikes = max(0, self.strikes + (1 if over else 0) - calm)
        self._began = now
        self.frames = self.bytes = 0
        return 0.0
