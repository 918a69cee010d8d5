"""Which announcements each connection has heard: the ground of what it is told after a gap of the bus.

Notifications and activity are events: a state that is sent anew does not contain them. Their messages have a place,
`at`, in the order of what Redis keeps: an item's id, or the time when a notification was made. `Positions` knows the
last place that was heard in each Socket.IO room, and which connections are behind: those that were there when the bus
was lost.

A connection that is behind gets no live announcement. A script reads what it has missed, and publishes that to the node
as `missed`. Every live announcement before `missed` on the bus is in it, and none after it. So the connection hears
each once and in order, also those that are made meanwhile. Until it has come it stays behind: a recovery that is cut
itself begins again from where it got to.

A connection that enters tells by `from` where the room is, and is not behind.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

#: A place in the order of a Socket.IO room's announcements, 0 before the first. None: it begins where the room is.
Place = int | None


class Positions:
    """Places by Socket.IO room, of the rooms whose announcements have one: tenants and users."""

    def __init__(self) -> None:
        self._last: dict[str, Place] = {}
        #: Room → sid → the last place that was heard, of connections that are behind.
        self._behind: dict[str, dict[str, Place]] = {}

    def heard(self, room: str, place: int) -> Collection[str]:
        """An announcement has come. Returns the sids that are behind, and do not get it now."""
        self._last[room] = place
        return self._behind.get(room, ())

    def entered(self, sid: str, rooms: Sequence[str], places: Sequence[int]) -> None:
        """The message that puts a connection into rooms has come, with the rooms' places: it hears all from now on."""
        for room, place in zip(rooms, places, strict=True):
            self._last[room] = place
            self._caught_up(room, (sid,))

    def begin(self, sid: str, room: str) -> None:
        """A connection is put into a room whose place is not known: it begins with the next `missed`."""
        self._behind.setdefault(room, {})[sid] = None

    def lose(self, room: str, sids: Iterable[str]) -> None:
        """The bus is lost: these connections are behind from now on, unless they are already."""
        last, behind = self._last.get(room), self._behind.setdefault(room, {})
        for sid in sids:
            behind.setdefault(sid, last)

    def groups(self, room: str) -> set[Place]:
        """The places of those that are behind in a room."""
        return set(self._behind.get(room, {}).values())

    def rooms_behind(self) -> list[str]:
        """The rooms with connections that are behind."""
        return list(self._behind)

    def missed(self, room: str, after: Place, upto: int, *, more: bool) -> list[str]:
        """What was missed `after` a place has come, `upto` another. Returns the sids that have missed it.

        They have caught up unless there is `more`.
        """
        behind = self._behind.get(room, {})
        sids = [sid for sid, place in behind.items() if place == after]
        if more:
            behind.update(dict.fromkeys(sids, upto))
        else:
            self._last[room] = upto
            self._caught_up(room, sids)
        return sids

    def keep(self, room: str, members: Mapping[str, object]) -> None:
        """Forget those that are behind and have left a room."""
        self._caught_up(room, [sid for sid in self._behind.get(room, ()) if sid not in members])

    def forget(self, room: str) -> None:
        """Nobody is in the room any more."""
        self._last.pop(room, None)
        self._behind.pop(room, None)

    def _caught_up(self, room: str, sids: Iterable[str]) -> None:
        behind = self._behind.get(room)
        if behind is not None:
            for sid in sids:
                behind.pop(sid, None)
            if not behind:
                del self._behind[room]
