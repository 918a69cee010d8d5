"""A timing wheel: many timers that are mostly cancelled, at the price of one."""

from __future__ import annotations

from collections.abc import Callable, Iterator

Action = Callable[[], None]


class Entry:
    """An action that waits. `action` is None once it has run or was cancelled."""

    __slots__ = ("action", "slot")

    def __init__(self, action: Action, slot: int) -> None:
        self.action: Action | None = action
        self.slot = slot


class Wheel:
    """Actions in slots of `tick` seconds by `clock` (seconds, never backwards). Never early, at most a tick late."""

    def __init__(self, clock: Callable[[], float], tick: float) -> None:
        self._clock = clock
        self._tick = tick
        self._slots: dict[int, set[Entry]] = {}
        #: The slot up to which everything has run.
        self._done = int(clock() / tick)

    def __len__(self) -> int:
        """How many slots have actions; 0 if none waits."""
        return len(self._slots)

    def schedule(self, seconds: float, action: Action) -> Entry:
        """Run an action in `seconds`. Returns what `cancel` takes."""
        if not self._slots:
            self._done = int(self._clock() / self._tick)
        slot = max(int((self._clock() + seconds) / self._tick), self._done) + 1
        entry = Entry(action, slot)
        self._slots.setdefault(slot, set()).add(entry)
        return entry

    def cancel(self, entry: Entry) -> None:
        """Forget an action; nothing if it has run."""
        entry.action = None
        waiting = self._slots.get(entry.slot)
        if waiting is not None:
            waiting.discard(entry)
            if not waiting:
                del self._slots[entry.slot]

    def advance(self) -> Iterator[Action]:
        """Remove and return what is due. Actions may schedule and cancel others meanwhile."""
        now = int(self._clock() / self._tick)
        while self._done < now and self._slots:
            self._done += 1
            for entry in self._slots.pop(self._done, ()):
                if entry.action is not None:
                    action, entry.action = entry.action, None
                    yield action
        self._done = now
