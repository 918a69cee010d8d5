"""A worker's place, and what it tells its parent: the one thing that both know of each other.

The parent starts `python -m app.worker PLACE` with the settings in its environment. The worker writes to a pipe:
SERVING from the moment that it listens and then each BEAT_SECONDS, or FAILED and a line of text, and ends.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

#: What a worker writes to its parent.
SERVING, FAILED = b".", b"!"

#: Seconds between two signs of life.
BEAT_SECONDS = 1.0


@dataclass(frozen=True)
class Place:
    """Worker `number` of 1 to `count`: where it listens, the folder of the workers' sockets, the pipe to the parent."""

    number: int
    count: int
    host: str
    port: int
    folder: str
    pipe: int
    dev: bool

    def to_text(self) -> str:
        """Return it as an argument of a command."""
        return json.dumps(asdict(self))

    @classmethod
    def from_text(cls, text: str) -> Place:
        """Read the argument."""
        return cls(**json.loads(text))
