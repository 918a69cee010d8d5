"""Typed calls on the typing scripts."""

from __future__ import annotations

from typing import Any

import redis

from app.realtime.store.address import NodeAddress
from app.realtime.store.keys import TenantKeys
from app.realtime.store.members import Member, admitted
from app.realtime.store.script import Script

#: How typing_start.lua says that a user types in as many fields as allowed.
TOO_MANY_FIELDS = -2


class TypingStore:
    """Who types where, in Redis. Every method is one round trip; all may raise Unavailable."""

    def __init__(self, client: redis.Redis, address: NodeAddress) -> None:
        self._start = Script(client, "typing_start", address)
        self._stop = Script(client, "typing_stop", address)
        self._list = Script(client, "typing_list", address)

    def start(
        self,
        keys: TenantKeys,
        member: Member,
        room_id: str,
        field: str | None,
        place: str,
        lasts_ms: int,
        max_fields: int,
        moves: dict[str, str],
    ) -> bool:
        """The member types in `field`, which is at `place` (a JSON Pointer) of the document, for `lasts_ms`.

        False if they do so in `max_fields` others already. Raises NotInRoom, ConnectionLost.
        """
        typist: dict[str, Any] = {"user_id": member.user_id, "user_name": member.user_name, "field": field}
        answer = self._start(
            keys,
            user_id=member.user_id,
            sid=member.sid,
            room_id=room_id,
            field=field,
            place=place,
            typist=typist,
            lasts_ms=lasts_ms,
            max_fields=max_fields,
            moves=moves,
        )
        return bool(admitted(answer) != TOO_MANY_FIELDS)

    def stop(self, keys: TenantKeys, member: Member, room_id: str, field: str | None, moves: dict[str, str]) -> None:
        """The member does not type in `field` (None: nowhere in the room). Raises NotInRoom, ConnectionLost."""
        admitted(self._stop(keys, user_id=member.user_id, sid=member.sid, room_id=room_id, field=field, moves=moves))

    def send(self, keys: TenantKeys, sid: str, room_id: str) -> None:
        """Send `typing:users` to a connection."""
        self._list(keys, sid=sid, room_id=room_id)
