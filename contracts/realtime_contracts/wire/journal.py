"""A journal of everything sent and received on one connection, in order, with waiting.

The connection's reading thread writes; the test's thread reads and waits. Entries never change.
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

#: Characters of a payload shown in a failure.
SHOWN = 300


@dataclass(frozen=True)
class Entry:
    """One entry. `at`: seconds since the scenario began."""

    at: float
    kind: Kind
    #: The event's name; for an ack, the event that it answers; for an end, its reason.
    name: str
    payload: Any = None
    #: For an ack: the payload that it answers.
    of: Entry | None = field(default=None, repr=False, compare=False)

    def __str__(self) -> str:
        sign = {"sent": "→", "event": "←", "ack": "← ack"}.get(self.kind, f"· {self.kind}")
        text = "" if self.payload is None else f" {self.payload!r}"
        return f"{self.at:8.3f} {sign} {self.name}{text if len(text) <= SHOWN else text[:SHOWN] + '…'}"


class UnmetError(AssertionError):
    """An expectation of the server that was not met: expected and actual, as text."""

    def __init__(self, expected: str, actual: str) -> None:
        super().__init__(f"expected: {expected}\ngot: {actual}")
        self.expected = expected
        self.actual = actual


class NotToldError(UnmetError):
    """The server did not answer, or its answer says nothing about the scenario's subject."""


class NotSeenError(UnmetError):
    """An expected message did not come; `actual` shows what came instead."""

    #: The event that was expected, if it was an event.
    event = ""


class NotReachedError(NotSeenError):
    """Nothing answered, so the server was not judged."""


class Journal:
    """An append-only list of entries that can be awaited."""

    def __init__(self, owner: str, began: float) -> None:
        self._owner = owner
        self._began = began
        self._entries: list[Entry] = []
        self._changed = threading.Condition()

    def __len__(self) -> int:
        return len(self._entries)

    def write(self, kind: Kind, name: str, payload: Any = None, *, of: Entry | None = None) -> Entry:
        """Append an entry with the current time."""
        with self._changed:
            entry = Entry(time.monotonic() - self._began, kind, name, payload, of)
            self._entries.append(entry)
            self._changed.notify_all()
        return entry

    def since(self, mark: int = 0) -> Sequence[Entry]:
        """Return the entries from number `mark` on."""
        with self._changed:
            return tuple(self._entries[mark:])

    def events(self, name: str | None = None, since: int = 0) -> list[Entry]:
        """Return the server's events: all, or those called `name`."""
        return [e for e in self.since(since) if e.kind == "event" and name in (None, e.name)]

    def wait_until(
        self, condition: Callable[[], bool], what: str, *, within: float | None = None, since: int = 0
    ) -> None:
        """Wait until `condition` holds. It is checked after every entry."""
        within = patience() if within is None else within
        deadline = time.monotonic() + within
        with self._changed:
            while not condition():
                left = deadline - time.monotonic()
                if left <= 0:
                    raise NotSeenError(f"{self._owner} gets {what} within {within:g} s", self._instead(since))
                self._changed.wait(left)

    def wait_for(self, predicate: Predicate, what: str, *, within: float | None = None, since: int = 0) -> Entry:
        """Return the first matching entry from number `since` on, waiting for it while the connection lasts."""
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
