"""Presence: who is online in a tenant, in which state, and where (seed 3.1).

Every change is one script, which decides, stores, takes the tenant's next `seq` and announces; so
all nodes and all clients see one order of events. The rules of the states are in
`realtime_contracts.rules.presence`; this module says when they apply.
"""

from __future__ import annotations

from enum import Enum
from typing import Any, Final, cast

import redis
from flask import current_app

from app.errors import ConnectionLost, InvalidPayload
from app.realtime.managers.connection_manager import Connection
from app.realtime.store.address import NodeAddress
from app.realtime.store.keys import TenantKeys
from app.realtime.store.presence import PresenceStore
from app.realtime.utils.message_types import PresenceData, PresenceStatus
from app.settings import Settings
from realtime_contracts.rules import limits
from realtime_contracts.rules.ids import is_safe_id
from realtime_contracts.rules.presence import Trigger, choice, moves


class _Keep(Enum):
    KEEP = "keep"


#: A location field that stays as it is; None clears it.
KEEP: Final = _Keep.KEEP

Place = str | None | _Keep


class PresenceManager:
    """The presence of users. Every method may raise Unavailable."""

    #: Seconds without activity after which an online user becomes away. The seed's number.
    AWAY_TIMEOUT_SECONDS: float = limits.AWAY_SECONDS

    #: Seconds a lost transport keeps its user online. The seed's number; a page reload takes under 5.
    OFFLINE_TIMEOUT_SECONDS: float = limits.OFFLINE_SECONDS

    def __init__(self, redis_client: redis.Redis, settings: Settings, address: NodeAddress) -> None:
        self.redis = redis_client
        self.AWAY_TIMEOUT_SECONDS = settings.away_timeout_seconds
        self.OFFLINE_TIMEOUT_SECONDS = settings.offline_timeout_seconds
        self._store = PresenceStore(redis_client, address)

    # What a connection does.

    def update(
        self,
        connection: Connection,
        status: PresenceStatus | None,
        current_page: Place = KEEP,
        current_entity_type: Place = KEEP,
        current_entity_id: Place = KEEP,
    ) -> dict[str, Any]:
        """Set the user's status (None: by the table) and location; always announced.

        Returns the presence as it now is, as `presence:update` shows it.
        """
        location = _location(current_page, current_entity_type, current_entity_id)
        return self._by_connection(connection, choice(status), location, always=True)[0]

    def heartbeat(self, connection: Connection, *, active: bool) -> str:
        """Note that the user is there (`active`), or only that the connection is. Returns Redis' time."""
        return self._by_connection(connection, Trigger.ACTIVITY if active else Trigger.NONE, {})[1]

    def send_list(
        self, connection: Connection, entity_type: str | None = None, entity_id: str | None = None
    ) -> dict[str, Any]:
        """Send `presence:list` to the connection, in order with all other presence messages."""
        listed = self._store.list(
            connection.keys,
            user_id=connection.user_id,
            sid=connection.sid,
            entity_type=entity_type,
            entity_id=entity_id,
        )
        if listed is None:
            raise ConnectionLost
        return listed

    def _by_connection(
        self, connection: Connection, trigger: Trigger, location: dict[str, str | None], *, always: bool = False
    ) -> tuple[dict[str, Any], str]:
        changed = self._store.set(
            connection.keys,
            connection.user_id,
            moves(trigger),
            location,
            sid=connection.sid,
            activity=trigger is not Trigger.NONE,
            always=always,
        )
        if changed is None:
            raise ConnectionLost
        return changed

    # What a back end does, without a connection (seed 3.1).

    def set_online(
        self,
        user_id: str,
        tenant_id: str,
        user_name: str,
        device_type: str = "desktop",
        current_page: str | None = None,
    ) -> PresenceData | None:
        """Set a user online. One who has no connection is so for OFFLINE_TIMEOUT_SECONDS."""
        self._store.online(
            TenantKeys(tenant_id),
            user_id,
            user_name=user_name,
            device_type=device_type,
            page=current_page,
            grace_ms=round(self.OFFLINE_TIMEOUT_SECONDS * 1000),
            moves=moves(Trigger.CHOOSE_ONLINE),
        )
        return self.get_presence(user_id, tenant_id)

    def set_away(self, user_id: str, tenant_id: str) -> PresenceData | None:
        """The server sets a user away: only one who is online, never a busy one (seed 3.1)."""
        return self._by_server(user_id, tenant_id, Trigger.IDLE)

    def set_busy(self, user_id: str, tenant_id: str) -> PresenceData | None:
        """Set a user busy (Do Not Disturb). None if they are offline."""
        return self._by_server(user_id, tenant_id, Trigger.CHOOSE_BUSY)

    def set_offline(self, user_id: str, tenant_id: str) -> PresenceData | None:
        """Take a user offline. Returns their last presence with status offline, None if they were."""
        presence = self.get_presence(user_id, tenant_id)
        if presence is None or not self._store.offline(TenantKeys(tenant_id), user_id):
            return None
        presence.status = PresenceStatus.OFFLINE
        return presence

    def choose_status(self, user_id: str, tenant_id: str, status: PresenceStatus) -> PresenceData | None:
        """Set the status that a user has chosen, from wherever they did; always announced. None if they are offline."""
        return self._by_server(user_id, tenant_id, choice(status), always=True)

    def update_activity(
        self,
        user_id: str,
        tenant_id: str,
        current_page: Place = KEEP,
        current_entity_type: Place = KEEP,
        current_entity_id: Place = KEEP,
    ) -> PresenceData | None:
        """Note a user's activity and location. None if they are offline."""
        location = _location(current_page, current_entity_type, current_entity_id)
        return self._by_server(user_id, tenant_id, Trigger.ACTIVITY, location)

    def _by_server(
        self,
        user_id: str,
        tenant_id: str,
        trigger: Trigger,
        location: dict[str, str | None] | None = None,
        *,
        always: bool = False,
    ) -> PresenceData | None:
        changed = self._store.set(
            TenantKeys(tenant_id),
            user_id,
            moves(trigger),
            location or {},
            sid=None,
            activity=trigger is not Trigger.IDLE,
            always=always,
        )
        return self.get_presence(user_id, tenant_id) if changed else None

    # What is so.

    def get_presence(self, user_id: str, tenant_id: str) -> PresenceData | None:
        """A user's presence, None if offline. Raises InvalidPayload if that cannot be a user's id."""
        if not is_safe_id(user_id):
            raise InvalidPayload("/user_id", "not the id of a user")
        record = self._store.get(TenantKeys(tenant_id), user_id)
        if not record:
            return None
        return PresenceData(
            user_id=user_id,
            status=PresenceStatus(record["status"]),
            last_active_at=record["last_active_at"],
            current_page=record.get("current_page"),
            current_entity_type=record.get("current_entity_type"),
            current_entity_id=record.get("current_entity_id"),
            device_type=record.get("device_type"),
        )

    def get_online_users(self, tenant_id: str) -> list[dict[str, Any]]:
        """All online users of a tenant as `presence:list` shows them. One round trip, however many."""
        return self._users(tenant_id)

    def get_users_viewing_entity(self, tenant_id: str, entity_type: str, entity_id: str) -> list[dict[str, Any]]:
        """The users who are viewing one entity. One round trip."""
        return self._users(tenant_id, entity_type, entity_id)

    def _users(
        self, tenant_id: str, entity_type: str | None = None, entity_id: str | None = None
    ) -> list[dict[str, Any]]:
        listed = self._store.list(TenantKeys(tenant_id), entity_type=entity_type, entity_id=entity_id)
        return listed["users"] if listed else []

    # What time does.

    def check_inactive_users(self, tenant_id: str) -> list[str]:
        """Set away who was inactive for AWAY_TIMEOUT_SECONDS; returns them (seed 3.1).

        Also takes offline whose grace time is over: both are `expire`.
        """
        return self.expire(tenant_id)[0]

    def expire(self, tenant_id: str) -> tuple[list[str], float | None]:
        """Do what is due in a tenant. Returns who became away, and in how many seconds to look again.

        None: nobody waits for anything. Safe on any number of nodes at once: each user's step is one
        script, and only the first finds it due.
        """
        keys = TenantKeys(tenant_id)
        away_ms = round(self.AWAY_TIMEOUT_SECONDS * 1000)
        away: list[str] = []
        while True:
            due = self._store.due(keys, away_ms)
            done = [
                (user_id, self._store.expire(keys, user_id, away_ms, moves(Trigger.IDLE))) for user_id in due.user_ids
            ]
            away += [user_id for user_id, what in done if what == "away"]
            if not any(what for _, what in done):
                return away, due.next_in


def _location(page: Place, entity_type: Place, entity_id: Place) -> dict[str, str | None]:
    fields = {"current_page": page, "current_entity_type": entity_type, "current_entity_id": entity_id}
    return {name: value for name, value in fields.items() if not isinstance(value, _Keep)}


def get_presence_manager() -> PresenceManager:
    """The current app's PresenceManager (seed 3.1)."""
    return cast("PresenceManager", current_app.extensions["realtime"].presence)
