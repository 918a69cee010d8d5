"""Activity: a tenant's feed of what its users did.

    activity = ActivityService.from_url(os.environ["REDIS_URL"])
    activity.record("acme", "ana", "Ana", "approved", "invoice", "42", "Invoice 2026-042", {"total": 120})
    activity.feed("acme", entity_type="invoice", entity_id="42").items

Connected users of the tenant hear of an item at once, on every node. Others ask for the items since they left. When
`record` returns, the item is stored. When it raises Unavailable, the item may or may not be stored: call again with
the same `idempotency_key`, and it is stored once. The caller names the tenant, so only trusted code may call this.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

import orjson
import redis

from app.realtime.services.requests import Request, checked, checked_key, tenant_keys
from app.realtime.services.service import Service
from app.realtime.store.activity import ActivityStore, NewActivity, Wanted, is_activity_id
from app.realtime.store.address import NodeAddress
from app.realtime.utils.message_types import ActivityItem
from realtime_contracts.contract.registry import Direction
from realtime_contracts.rules import limits
from realtime_contracts.rules.errors import Conflict, InvalidPayload, TooLarge
from realtime_contracts.rules.ids import as_text
from realtime_contracts.rules.requests import fingerprint

#: Seconds for which a tenant's activity is kept after the last of it: a business year, and time to close it. The
#: default of ACTIVITY_TTL_SECONDS.
ACTIVITY_TTL_SECONDS = 400 * 86_400


@dataclass(frozen=True)
class Recorded:
    """An item. `new`: this call recorded it, not an earlier one with the same idempotency key."""

    activity: ActivityItem
    new: bool


@dataclass(frozen=True)
class ActivityPage:
    """A page of the feed, newest first; `next` is the `before` of the following page, None after the last."""

    items: list[ActivityItem]
    next: str | None


class ActivityService(Service):
    """The activity of all tenants. A method is one round trip and may raise InvalidPayload and Unavailable."""

    #: Items that are kept of a tenant: the last ones.
    MAX_ITEMS = limits.MAX_ACTIVITY_ITEMS

    #: Bytes of JSON that an item's details may have: with all items, what a tenant may take of Redis.
    MAX_DETAILS_BYTES = limits.MAX_DETAILS_BYTES

    def __init__(
        self,
        redis_client: redis.Redis,
        activity_ttl_seconds: float = ACTIVITY_TTL_SECONDS,
        address: NodeAddress | None = None,
    ) -> None:
        """`activity_ttl_seconds` as the servers have it; the rest as in Service."""
        super().__init__(redis_client, address)
        self._ttl_ms = round(activity_ttl_seconds * 1000)
        self._store = ActivityStore(redis_client, self._address)

    def record(
        self,
        tenant_id: str,
        user_id: str,
        user_name: str,
        action: str,
        entity_type: str,
        entity_id: str | int,
        entity_name: str,
        details: dict[str, Any] | None = None,
        *,
        idempotency_key: str | None = None,
    ) -> Recorded:
        """Record that a user did something to an entity; all connected users of the tenant receive `activity`.

        `details`: any JSON, up to MAX_DETAILS_BYTES. `idempotency_key`: a name of the caller's for this item, unique in
        the tenant; the same again records nothing and returns what there is, while that is kept. Raises TooLarge, and
        Conflict if the key was used for another item.
        """
        asked = checked(
            "activity:record",
            user_id=user_id,
            user_name=user_name,
            action=action,
            entity_type=entity_type,
            entity_id=entity_id,
            entity_name=entity_name,
            details=details,
        )
        return self.record_requested(tenant_id, asked, checked_key(idempotency_key))

    def record_requested(self, tenant_id: str, request: Request, idempotency_key: str | None) -> Recorded:
        """`record` with a request that conforms to the contract, as REST checks it."""
        keys, details = tenant_keys(tenant_id), request.get("details")
        if details is not None and len(_as_json(details)) > self.MAX_DETAILS_BYTES:
            raise TooLarge(f"The details may have {self.MAX_DETAILS_BYTES} bytes of JSON")
        item = {**request, "entity_id": as_text(request["entity_id"]), "details": details}
        # Always use a key: the Redis client may repeat a command whose answer was lost.
        new = NewActivity(idempotency_key or str(uuid.uuid4()), fingerprint(item), item)
        recorded = self._store.record(keys, new, self.MAX_ITEMS, self._ttl_ms)
        if recorded is None:
            raise Conflict("This idempotency key was used for another activity")
        return Recorded(ActivityItem(**recorded[0]), recorded[1])

    def tell_missed(self, tenant_id: str, after: int | None, limit: int) -> tuple[int, bool]:
        """Tell the tenant's connections of this node what they have missed: see `ActivityStore.tell_missed`."""
        return self._store.tell_missed(tenant_keys(tenant_id), after, limit)

    def feed(
        self,
        tenant_id: str,
        *,
        limit: int = limits.PAGE_ITEMS,
        before: str | None = None,
        since: str | None = None,
        offset: int = 0,
        entity_type: str | None = None,
        entity_id: str | int | None = None,
        user_id: str | None = None,
    ) -> ActivityPage:
        """Return the activity, newest first: `limit` items (1-100), older than `before` and newer than `since`.

        Both are ids, exclusive, and need not be stored any more. `offset` skips the first items (0-10,000). `entity_id`
        needs `entity_type`.
        """
        asked = checked(
            "activity:list",
            limit=limit,
            before=before,
            since=since,
            offset=offset,
            entity_type=entity_type,
            user_id=user_id,
        )
        return self.feed_requested(tenant_id, asked, entity_type, entity_id)

    def feed_requested(
        self,
        tenant_id: str,
        request: Request,
        entity_type: str | None = None,
        entity_id: str | int | None = None,
    ) -> ActivityPage:
        """`feed` with a request that conforms to the contract; the entity, if any, is checked here."""
        if entity_id is not None:
            if entity_type is None:
                raise InvalidPayload("/entity_id", "expected the id of an entity beside its type")
            request = request | checked("activity:feed", Direction.CLIENT, entity_type=entity_type, entity_id=entity_id)
        items, following = self._store.feed(tenant_keys(tenant_id), _wanted(request))
        return ActivityPage([ActivityItem(**item) for item in orjson.loads(items)], following)

    def send_feed(self, tenant_id: str, sid: str, request: Request) -> str | None:
        """Send `activity:feed` to one connection, in order with all other messages; `request` is its payload.

        Returns the `before` of the following page.
        """
        return self._store.feed(tenant_keys(tenant_id), _wanted(request), sid)[1]


def _wanted(request: Request) -> Wanted:
    for name in ("before", "since"):
        if name in request and not is_activity_id(request[name]):
            raise InvalidPayload(f"/{name}", "not the id of an activity item")
    asked = {"limit": limits.PAGE_ITEMS, "offset": 0, **request}
    return Wanted(
        limit=int(asked["limit"]),
        offset=int(asked["offset"]),
        entity_type=asked.get("entity_type"),
        entity_id=as_text(asked.get("entity_id")),
        **{name: asked[name] for name in ("before", "since", "user_id") if name in asked},
    )


def _as_json(details: dict[str, Any]) -> bytes:
    """Return details as JSON. Raises InvalidPayload for values that JSON cannot express."""
    try:
        return orjson.dumps(details)
    except TypeError as error:
        raise InvalidPayload("/details", f"expected JSON: {error}") from None
