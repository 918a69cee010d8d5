"""Typing: which users are typing in which field of a room."""

from __future__ import annotations

import redis

from app.realtime.managers.accessors import of_current_app
from app.realtime.managers.connection_manager import Connection
from app.realtime.managers.planning import PlanCheck, plan_nothing
from app.realtime.store.address import NodeAddress
from app.realtime.store.moves import moves_of
from app.realtime.store.script import Script, admitted
from app.settings import Settings
from realtime_contracts.rules import limits
from realtime_contracts.rules.errors import LimitExceeded
from realtime_contracts.rules.places import place_of
from realtime_contracts.rules.presence import Trigger

#: How typing_start.lua refuses a user who types in as many fields as allowed.
_TOO_MANY_FIELDS = -2


class TypingManager:
    """Who types where. A method is one round trip and may raise NotInRoom, ConnectionLost and Unavailable."""

    #: Seconds that typing lasts after its last start. The contract's number.
    TYPING_TIMEOUT_SECONDS: float = limits.TYPING_SECONDS

    #: Fields of a room that one user may type in at a time. People have two hands; it bounds what clients may store.
    MAX_FIELDS = limits.MAX_TYPING_FIELDS

    def __init__(
        self,
        redis_client: redis.Redis,
        settings: Settings,
        address: NodeAddress,
        plan_check: PlanCheck = plan_nothing,
    ) -> None:
        self._plan_check = plan_check
        self.TYPING_TIMEOUT_SECONDS = settings.typing_timeout_seconds
        self._start = Script(redis_client, "typing_start", address)
        self._stop = Script(redis_client, "typing_stop", address)
        self._list = Script(redis_client, "typing_list", address)

    def start(self, connection: Connection, room_id: str, field: str | None) -> None:
        """Start or renew typing in `field` (None: somewhere). Announced if it is new. Raises LimitExceeded."""
        answer = self._start(
            connection.keys,
            user_id=connection.user_id,
            sid=connection.sid,
            room_id=room_id,
            field=field,
            place=place_of(field),
            typist={"user_id": connection.user_id, "user_name": connection.user_name, "field": field},
            lasts_ms=round(self.TYPING_TIMEOUT_SECONDS * 1000),
            max_fields=self.MAX_FIELDS,
            moves=moves_of(Trigger.ACTIVITY),
        )
        if admitted(answer) == _TOO_MANY_FIELDS:
            raise LimitExceeded(self.MAX_FIELDS, f"A user may type in {self.MAX_FIELDS} fields")
        self._plan_check(connection.tenant_id, self.TYPING_TIMEOUT_SECONDS)

    def stop(self, connection: Connection, room_id: str, field: str | None) -> None:
        """Stop typing in `field` (None: anywhere in the room). Announced if anything changes."""
        answer = self._stop(
            connection.keys,
            user_id=connection.user_id,
            sid=connection.sid,
            room_id=room_id,
            field=field,
            moves=moves_of(Trigger.ACTIVITY),
        )
        admitted(answer)

    def send(self, connection: Connection, room_id: str) -> None:
        """Send `typing:users` to a connection that may have missed it."""
        self._list(connection.keys, sid=connection.sid, room_id=room_id)


def get_typing_manager() -> TypingManager:
    """The current app's TypingManager."""
    return of_current_app(TypingManager)
