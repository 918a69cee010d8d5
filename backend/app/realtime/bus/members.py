"""Which sessions of this node are in which Socket.IO rooms.

python-socketio has a two-way map for every room, and a room for every connection: several kilobytes each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from app.realtime.transport.session import Session

_NOBODY: Mapping[str, Session] = {}


class Members:
    """Connections by sid. A sid is also the room of that connection alone.

    `occupied` is called with a room that has its first member, `deserted` with one that has lost its last.
    """

    def __init__(self, occupied: Callable[[str], None], deserted: Callable[[str], None]) -> None:
        self._occupied = occupied
        self._deserted = deserted
        self.sessions: dict[str, Session] = {}
        self._rooms: dict[str, dict[str, Session]] = {}
        self._rooms_of: dict[str, tuple[str, ...]] = {}

    def add(self, sid: str, session: Session) -> None:
        """A connection that is in no room yet."""
        self.sessions[sid] = session
        self._rooms_of[sid] = ()

    def remove(self, sid: str) -> None:
        """Forget a connection; nothing if it is not known."""
        for room in self.rooms_of(sid):
            self._leave(sid, room)
        self.sessions.pop(sid, None)
        self._rooms_of.pop(sid, None)

    def enter(self, sid: str, room: str) -> None:
        """Put a connection into a room; nothing if the connection is not known, or is there."""
        rooms = self._rooms_of.get(sid)
        if rooms is not None and room not in rooms:
            self._rooms_of[sid] = (*rooms, room)
            members = self._rooms.get(room)
            if members is None:
                members = self._rooms[room] = {}
                self._occupied(room)
            members[sid] = self.sessions[sid]

    def leave(self, sid: str, room: str) -> None:
        """Take a connection out of a room; nothing if it is not there."""
        rooms = self.rooms_of(sid)
        if room in rooms:
            self._rooms_of[sid] = tuple(other for other in rooms if other != room)
            self._leave(sid, room)

    def of(self, room: str) -> Mapping[str, Session]:
        """The connections of a room: sid to session."""
        members = self._rooms.get(room)
        if members is not None:
            return members
        session = self.sessions.get(room)
        return {room: session} if session is not None else _NOBODY

    def of_any(self, rooms: Iterable[str]) -> Mapping[str, Session]:
        """The connections that are in at least one of some rooms."""
        return {sid: session for room in rooms for sid, session in self.of(room).items()}

    def rooms_of(self, sid: str) -> Iterable[str]:
        """The rooms of a connection."""
        return self._rooms_of.get(sid, ())

    def _leave(self, sid: str, room: str) -> None:
        members = self._rooms[room]
        del members[sid]
        if not members:
            del self._rooms[room]
            self._deserted(room)
