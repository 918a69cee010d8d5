"""A room: who is in it, and what goes on there. Its document and the locks of a lost user outlast its members."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from realtime_contracts.mock.clock import rfc3339
from realtime_contracts.mock.cursors import Cursors
from realtime_contracts.mock.documents import Document
from realtime_contracts.mock.hub import Connection, Hub
from realtime_contracts.mock.locks import Locks
from realtime_contracts.mock.refusals import limited
from realtime_contracts.mock.typists import Typists

#: Rooms one connection may be in. The contract's number.
MAX_ROOMS = 50


@dataclass
class Member:
    """A user in a room, with as many connections as have joined."""

    user_name: str
    joined_at: str
    sids: list[str] = field(default_factory=list)


class Room:
    """One room of a company."""

    def __init__(self, hub: Hub, room_id: str) -> None:
        self._hub = hub
        self.room_id = room_id
        self.members: dict[str, Member] = {}
        self.cursors = Cursors(hub, room_id)
        self.typists = Typists(hub, room_id)
        self.locks = Locks(hub, room_id)
        self.document = Document(hub, room_id, self.locks)

    def check_limit(self, connection: Connection) -> None:
        """Raises Refused if the connection is in as many rooms as it may be."""
        if self.room_id not in connection.rooms and len(connection.rooms) >= MAX_ROOMS:
            raise limited(MAX_ROOMS, f"A connection may be in {MAX_ROOMS} rooms")

    def join(self, connection: Connection) -> None:
        """Put a connection into the room; the others hear of it if its user was not in."""
        user = connection.user
        if self.room_id not in connection.rooms:
            connection.rooms.add(self.room_id)
            known = self.members.get(user.user_id)
            member = known or Member(user.name, rfc3339(self._hub.clock.now()))
            self.members[user.user_id] = member
            member.sids.append(connection.sid)
            if known is None:
                self._tell("room:user_joined", user.user_id, user.name, connection.sid)
        self._hub.send(connection.sid, "room:users", self.users())
        if typing := self.typists.typing():
            self._hub.send(connection.sid, "typing:users", typing)

    def leave(self, connection: Connection, *, lost: bool = False) -> None:
        """Take a connection out, with the cursor and the typing that are its own.

        With its user's last one their locks end as well, unless the transport was `lost`: those wait for them.
        """
        connection.rooms.discard(self.room_id)
        user_id, sid = connection.user.user_id, connection.sid
        self.cursors.end_of_connection(user_id, sid)
        self.typists.end(lambda typist: typist.sid == sid, skip=sid)
        member = self.members[user_id]
        member.sids.remove(sid)
        if member.sids:
            return
        if not lost:
            self.locks.end_of_user(user_id, skip=sid)
        del self.members[user_id]
        self._tell("room:user_left", user_id, member.user_name, sid)

    def users(self) -> dict[str, Any]:
        """`room:users`, by the time of coming."""
        users = [
            {"user_id": user_id, "user_name": member.user_name, "joined_at": member.joined_at}
            for user_id, member in self.members.items()
        ]
        return {"room_id": self.room_id, "users": sorted(users, key=lambda u: (u["joined_at"], u["user_id"]))}

    def _tell(self, event: str, user_id: str, user_name: str, skip: str) -> None:
        data = {"user_id": user_id, "user_name": user_name, "room_id": self.room_id}
        self._hub.tell_room(self.room_id, event, data, skip=skip)
