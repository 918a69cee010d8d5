"""What went over one connection, in the order it went, and waiting for it.

The connection's reading thread writes, the test's thread reads and waits; an entry is never changed.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from realtime_contracts.wire.timeouts import patience

Kind = Literal["event", "ack", "sent", "packet", "request", "answer", "connected", "refused", "closed"]
Predicate = Callable[["Entry"], bool]

#: Characters of a payload that a failure shows.
SHOWN = 300


@dataclass(frozen=True)
class Entry:
    """One thing that happened on a connection. `at`: seconds since the scenario began."""

    at: float
    kind: Kind
    #: The event; of an ack, the event it answers; of an end, its reason.
    name: str
    payload: Any = None
    #: Of an ack: what was sent and is answered by it.
    of: Entry | None = field(default=None, repr=False, compare=False)

    def __str__(self) -> str:
        sign = {"sent": "→", "event": "←", "ack": "← ack"}.get(self.kind, f"· {self.kind}")
        text = "" if self.payload is None else f" {self.payload!r}"
        return f"{self.at:8.3f} {sign} {self.name}{text if len(text) <= SHOWN else text[:SHOWN] + '…'}"


class UnmetError(AssertionError):
    """What a scenario expected of the server, and what there was instead, both as text for a person."""

    def __init__(self, expected: str, actual: str) -> None:
        super().__init__(f"expected: {expected}\ngot: {actual}")
        self.expected = expected
        self.actual = actual


class NotToldError(UnmetError):
    """What a scenario asked for was not answered, or not so that it says anything of what the scenario is about."""


class NotSeenError(UnmetError):
    """What a scenario waited for did not come; `actual` shows what came instead."""

    #: The event that was waited for, if it was one.
    event = ""


class NotReachedError(NotSeenError):
    """Nobody has answered at all: that says nothing of a server."""


class Journal:
    """An append-only list of entries that can be waited on."""

    def __init__(self, owner: str, began: float) -> None:
        self._owner = owner
        self._began = began
        self._entries: list[Entry] = []
        self._changed = threading.Condition()

    def __len__(self) -> int:
        return len(self._entries)

    def write(self, kind: Kind, name: str, payload: Any = None, *, of: Entry | None = None) -> Entry:
        """Append an entry, with the time of now."""
        with self._changed:
            entry = Entry(time.monotonic() - self._began, kind, name, payload, of)
            self._entries.append(entry)
            self._changed.notify_all()
        return entry

    def since(self, mark: int = 0) -> Sequence[Entry]:
        """The entries from number `mark` on."""
        with self._changed:
            return tuple(self._entries[mark:])

    def events(self, name: str | None = None, since: int = 0) -> list[Entry]:
        """What the server has sent: all events, or those called `name`."""
        return [e for e in self.since(since) if e.kind == "event" and name in (None, e.name)]

    def wait_until(
        self, condition: Callable[[], bool], what: str, *, within: float | None = None, since: int = 0
    ) -> None:
        """Wait until `condition` holds; it is asked whenever something happens on the connection."""
        within = patience() if within is None else within
        deadline = time.monotonic() + within
        with self._changed:
            while not condition():
                left = deadline - time.monotonic()
                if left <= 0:
                    raise NotSeenError(f"{self._owner} gets {what} within {within:g} s", self._instead(since))
                self._changed.wait(left)

    def wait_for(self, predicate: Predicate, what: str, *, within: float | None = None, since: int = 0) -> Entry:
        """The first entry from number `since` on that fits, waiting for it while there is a connection."""
        found: list[Entry] = []

        def here_or_over() -> bool:
            found.extend(e for e in self._entries[since:] if predicate(e))
            return bool(found) or any(e.kind == "closed" for e in self._entries)

        self.wait_until(here_or_over, what, within=within, since=since)
        if not found:
            raise NotSeenError(f"{self._owner} gets {what}", f"the connection ended; {self._instead(since)}")
        return found[0]

    def _instead(self, since: int) -> str:
        came = [str(e) for e in self._entries[since:]] or ["(nothing)"]
        before = [str(e) for e in self._entries[max(0, since - 5) : since]]
        return "\n".join(["after", *(before or ["(nothing)"]), "came", *came])
