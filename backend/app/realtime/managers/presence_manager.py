"""Presence: who is online in a tenant, in which state, and where (seed 3.1).

Each change is one script. It decides, stores, takes the tenant's next `seq` and announces, so all nodes
and clients see the same order of events. `realtime_contracts.rules.presence` is the table of statuses;
this module says which trigger applies when.
"""

from __future__ import annotations

from enum import Enum
from typing import Any, Final, cast

import orjson
import redis

from app.errors import ConnectionLost
from app.realtime.managers.accessors import of_current_app
from app.realtime.managers.connection_manager import Connection
from app.realtime.managers.heartbeats import Heartbeats
from app.realtime.store.address import NodeAddress
from app.realtime.store.due import DUE_BATCH, Due
from app.realtime.store.keys import TenantKeys
from app.realtime.store.moves import moves_of
from app.realtime.store.script import Script, reaching_redis
from app.realtime.utils.message_types import PresenceData, PresenceStatus
from app.settings import Settings
from realtime_contracts.rules import limits
from realtime_contracts.rules.errors import InvalidPayload
from realtime_contracts.rules.ids import is_safe_id
from realtime_contracts.rules.presence import PresenceState, Trigger, choice, user_at
from realtime_contracts.rules.times import rfc3339_of_ms


class _Keep(Enum):
    KEEP = "keep"


#: A location field that stays as it is; None clears it.
KEEP: Final = _Keep.KEEP

Place = str | None | _Keep

#: The location fields as presence_set takes them: JSON, '' for one that stays.
Location = dict[str, str]

_NO_CHANGE: Location = {"current_page": "", "current_entity_type": "", "current_entity_id": ""}


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
        self.heartbeats = Heartbeats(redis_client, address, settings.away_timeout_seconds)
        self._set = Script(redis_client, "presence_set", address)
        self._list = Script(redis_client, "presence_list", address)
        self._list_limit = settings.presence_list_limit
        self._online = Script(redis_client, "presence_online", address)
        self._offline = Script(redis_client, "presence_offline", address)
        self._due = Script(redis_client, "presence_due", address)
        self._expire = Script(redis_client, "presence_expire", address)

    # Called for a connection.

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
        presence = self._by_connection(connection, choice(status), location, always=True)[0]
        return cast("dict[str, Any]", orjson.loads(presence))

    def heartbeat(self, connection: Connection, *, active: bool) -> str:
        """Note that the user is active, or only that the connection is alive. Returns Redis' time.

        Mostly without a round trip: see `heartbeats`.
        """
        now_ms = self.heartbeats.clock.now()
        if active and not self.heartbeats.note(connection, now_ms):
            now_ms = self.be_active(connection)
        return rfc3339_of_ms(now_ms)

    def be_active(self, connection: Connection) -> int:
        """Tell Redis that the user is active. Returns Redis' time in ms."""
        with self.heartbeats.asking(connection):
            now_ms = self._by_connection(connection, Trigger.ACTIVITY, _NO_CHANGE, always=False)[1]
        return self.heartbeats.clock.told(now_ms)

    def send_list(
        self,
        connection: Connection,
        entity_type: str | None = None,
        entity_id: str | None = None,
        after: str | None = None,
        limit: int | None = None,
    ) -> None:
        """Send a page of `presence:list` to the connection, in order with all other presence messages.

        `after`: the `next` of the page before; `limit`: users at most, and never more than PRESENCE_LIST_LIMIT.
        Raises InvalidPayload for an `after` that no page had.
        """
        if after is not None:
            user_at(after)
        sent = self._list(
            connection.keys,
            user_id=connection.user_id,
            sid=connection.sid,
            entity_type=_filter(entity_type),
            entity_id=_filter(entity_id),
            place=after or "",
            limit=self._list_limit if limit is None else min(limit, self._list_limit),
        )
        if sent is None:
            raise ConnectionLost

    def _by_connection(
        self, connection: Connection, trigger: Trigger, location: Location, *, always: bool
    ) -> tuple[str, int]:
        changed = self._set(
            connection.keys,
            user_id=connection.user_id,
            sid=connection.sid,
            moves=moves_of(trigger),
            is_active=True,
            always=always,
            **location,
        )
        if changed is None:
            raise ConnectionLost
        return changed[0], changed[1]

    # Called by REST and the node, without a connection.

    def choose_status(self, user_id: str, tenant_id: str, status: PresenceStatus) -> PresenceData | None:
        """Set the status that a user has chosen; always announced. None if they are offline."""
        return self._by_server(user_id, tenant_id, choice(status), always=True)

    def set_offline(self, user_id: str, tenant_id: str) -> PresenceData | None:
        """Take a user offline. Returns their last presence with status offline, None if they were."""
        presence = self.get_presence(user_id, tenant_id)
        if presence is None or not self._offline(TenantKeys(tenant_id), user_id=user_id):
            return None
        presence.status = PresenceStatus.OFFLINE
        return presence

    def get_presence(self, user_id: str, tenant_id: str) -> PresenceData | None:
        """A user's presence, None if offline. Raises InvalidPayload if that cannot be a user's id."""
        if not is_safe_id(user_id):
            raise InvalidPayload("/user_id", "not the id of a user")
        with reaching_redis():
            record = cast("dict[str, str]", self.redis.hgetall(TenantKeys(tenant_id).user(user_id)))
        if not record:
            return None
        return PresenceData(
            user_id=user_id,
            status=PresenceStatus(PresenceState(record["state"]).status),
            last_active_at=rfc3339_of_ms(int(record["active_at"])),
            current_page=orjson.loads(record["current_page"]),
            current_entity_type=orjson.loads(record["current_entity_type"]),
            current_entity_id=orjson.loads(record["current_entity_id"]),
            device_type=record["device_type"],
        )

    def get_online_users(
        self, tenant_id: str, entity_type: str | None = None, entity_id: str | None = None
    ) -> list[dict[str, Any]]:
        """The online users of a tenant as `presence:list` shows them.

        A round trip for each PRESENCE_LIST_LIMIT of them. Whoever is renamed meanwhile is there once, or not at all.
        """
        users: dict[str, dict[str, Any]] = {}
        after: str | None = ""
        while after is not None:
            page = orjson.loads(
                self._list(
                    TenantKeys(tenant_id),
                    user_id="",
                    sid="",
                    entity_type=_filter(entity_type),
                    entity_id=_filter(entity_id),
                    place=after,
                    limit=self._list_limit,
                )
            )
            users |= {user["user_id"]: user for user in page["users"]}
            after = page["next"]
        return list(users.values())

    def expire(self, tenant_id: str) -> tuple[list[str], float | None]:
        """Handle a tenant's due deadlines. Returns who became away, and the seconds until the next check.

        None: no deadline is left. Safe on any number of nodes at once: each user's step is one script, and only the
        first finds it due.
        """
        keys, away_ms = TenantKeys(tenant_id), round(self.AWAY_TIMEOUT_SECONDS * 1000)
        idle: dict[str, Any] = {"away_ms": away_ms, "moves": moves_of(Trigger.IDLE)}
        away: list[str] = []
        while True:
            due = Due.read(self._due(keys, away_ms=away_ms, batch=DUE_BATCH))
            done = [(user_id, self._expire(keys, user_id=user_id, **idle)) for user_id in due.members]
            away += [user_id for user_id, what in done if what == "away"]
            if not any(what for _, what in done):
                return away, due.next_in

    def _by_server(
        self, user_id: str, tenant_id: str, trigger: Trigger, location: Location | None = None, *, always: bool = False
    ) -> PresenceData | None:
        changed = self._set(
            TenantKeys(tenant_id),
            user_id=user_id,
            sid="",
            moves=moves_of(trigger),
            is_active=trigger is not Trigger.IDLE,
            always=always,
            **(location or _NO_CHANGE),
        )
        return self.get_presence(user_id, tenant_id) if changed else None

    # Only the seed asks for what follows (3.1); nothing in the server calls it.

    def set_online(
        self,
        user_id: str,
        tenant_id: str,
        user_name: str,
        device_type: str = "desktop",
        current_page: str | None = None,
    ) -> PresenceData | None:
        """Set a user online. One who has no connection is so for OFFLINE_TIMEOUT_SECONDS."""
        self._online(
            TenantKeys(tenant_id),
            user_id=user_id,
            user_name=user_name,
            device_type=device_type,
            current_page=_filter(current_page),
            grace_ms=round(self.OFFLINE_TIMEOUT_SECONDS * 1000),
            moves=moves_of(Trigger.CHOOSE_ONLINE),
        )
        return self.get_presence(user_id, tenant_id)

    def set_away(self, user_id: str, tenant_id: str) -> PresenceData | None:
        """Set a user away: only one who is online, never a busy one."""
        return self._by_server(user_id, tenant_id, Trigger.IDLE)

    def set_busy(self, user_id: str, tenant_id: str) -> PresenceData | None:
        """Set a user busy (Do Not Disturb). None if they are offline."""
        return self._by_server(user_id, tenant_id, Trigger.CHOOSE_BUSY)

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

    def get_users_viewing_entity(self, tenant_id: str, entity_type: str, entity_id: str) -> list[dict[str, Any]]:
        """The users who are viewing one entity. One round trip."""
        return self.get_online_users(tenant_id, entity_type, entity_id)

    def check_inactive_users(self, tenant_id: str) -> list[str]:
        """Set users away who were inactive for AWAY_TIMEOUT_SECONDS; returns them. `expire` does so in time."""
        return self.expire(tenant_id)[0]


def _location(page: Place, entity_type: Place, entity_id: Place) -> Location:
    fields = {"current_page": page, "current_entity_type": entity_type, "current_entity_id": entity_id}
    return {name: "" if isinstance(value, _Keep) else _json(value) for name, value in fields.items()}


def _filter(value: str | None) -> str:
    """Return JSON, '' for anything."""
    return "" if value is None else _json(value)


def _json(value: str | None) -> str:
    return orjson.dumps(value).decode()


def get_presence_manager() -> PresenceManager:
    """The current app's PresenceManager (seed 3.1)."""
    return of_current_app(PresenceManager)
