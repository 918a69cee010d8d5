"""Typed calls on the typing scripts."""

from __future__ import annotations

from typing import Any

import orjson
import redis

from app.realtime.store.address import NodeAddress
from app.realtime.store.keys import TenantKeys
from app.realtime.store.members import Member, admitted
from app.realtime.store.presence import presence_keys
from app.realtime.store.script import Script

#: How typing_start.lua says that a user types in as many fields as allowed.
TOO_MANY_FIELDS = -2


class TypingStore:
    """Who types where, in Redis. Every method is one round trip; all may raise Unavailable."""

    def __init__(self, client: redis.Redis, address: NodeAddress) -> None:
        self._address = address
        self._start = Script(client, "typing_start")
        self._stop = Script(client, "typing_stop")
        self._list = Script(client, "typing_list")

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
            [*self._keys(keys, member, room_id), keys.rooms_due],
            [
                *self._head(keys, member),
                member.sid,
                room_id,
                keys.room_channel(room_id),
                field or "",
                place,
                orjson.dumps(typist),
                lasts_ms,
                max_fields,
                orjson.dumps(moves),
            ],
        )
        return bool(admitted(answer) != TOO_MANY_FIELDS)

    def stop(self, keys: TenantKeys, member: Member, room_id: str, field: str | None, moves: dict[str, str]) -> None:
        """The member does not type in `field` (None: nowhere in the room). Raises NotInRoom, ConnectionLost."""
        admitted(
            self._stop(
                self._keys(keys, member, room_id),
                [*self._head(keys, member), room_id, keys.room_channel(room_id), field or "", orjson.dumps(moves)],
            )
        )

    def send(self, keys: TenantKeys, sid: str, room_id: str) -> None:
        """Send `typing:users` to a connection."""
        self._list([keys.typing(room_id)], [self._address.node, sid, room_id])

    def _keys(self, keys: TenantKeys, member: Member, room_id: str) -> list[str]:
        return [
            *presence_keys(keys, member.user_id),
            keys.connection(member.sid),
            keys.connection_rooms(member.sid),
            keys.typing(room_id),
        ]

    def _head(self, keys: TenantKeys, member: Member) -> list[str]:
        return [self._address.bus, keys.tenant_channel, member.user_id]
