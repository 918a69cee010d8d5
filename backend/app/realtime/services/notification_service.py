"""Notifications: messages that need one user's attention, kept until the user deletes them or they expire.

    notifications = NotificationService.from_url(os.environ["REDIS_URL"])
    made = notifications.create("acme", "ana", type="approval", title="Invoice 42 waits", action_url="/invoices/42")
    notifications.unread_count("acme", "ana")
    notifications.mark_read("acme", "ana", made.notification.id)

A connected user hears of it at once, on every node. An offline user finds it later. When a method returns, its change
is stored. When it raises Unavailable, the change may or may not be stored: call `create` again with the same
`idempotency_key`, and it is made once. The caller names the tenant, so only trusted code may call this.
"""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from typing import Literal

import redis

from app.realtime.services.requests import Request, checked, checked_key, checked_user, tenant_keys
from app.realtime.services.service import Service
from app.realtime.store.address import NodeAddress
from app.realtime.store.notifications import NewNotification, NotificationStore
from app.realtime.utils.message_types import NotificationMessage
from realtime_contracts.rules import limits
from realtime_contracts.rules.errors import Conflict, NotFound
from realtime_contracts.rules.ids import as_text
from realtime_contracts.rules.requests import fingerprint, notification_id

#: Seconds that a notification is kept. The contract's number, and the default of NOTIFICATION_TTL_SECONDS.
NOTIFICATION_TTL_SECONDS = limits.NOTIFICATION_SECONDS

#: The form of a notification's id.
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")

Priority = Literal["low", "normal", "high", "urgent"]


@dataclass
class Notification(NotificationMessage):
    """A notification as its owner reads it. Times are RFC 3339 UTC with milliseconds."""

    is_read: bool = False
    read_at: str | None = None


@dataclass(frozen=True)
class Created:
    """A notification. `new`: this call made it, not an earlier one with the same idempotency key."""

    notification: Notification
    new: bool


@dataclass(frozen=True)
class NotificationPage:
    """A page of a user's notifications, newest first, with the number of matching ones and the unread count."""

    notifications: list[Notification]
    total: int
    unread_count: int


class NotificationService(Service):
    """The notifications of all tenants. A method is one round trip and may raise InvalidPayload and Unavailable."""

    #: Notifications a user may have. With more, the oldest that was read goes first, then the oldest of all.
    MAX_NOTIFICATIONS = limits.MAX_NOTIFICATIONS

    def __init__(
        self,
        redis_client: redis.Redis,
        notification_ttl_seconds: float = NOTIFICATION_TTL_SECONDS,
        address: NodeAddress | None = None,
    ) -> None:
        """`notification_ttl_seconds` as the servers have it; the rest as in Service."""
        super().__init__(redis_client, address)
        self._ttl_seconds = notification_ttl_seconds
        self._store = NotificationStore(redis_client, self._address)

    def create(
        self,
        tenant_id: str,
        user_id: str,
        *,
        type: str,  # noqa: A002 - the contract's name
        title: str,
        message: str | None = None,
        priority: Priority = "normal",
        source_type: str | None = None,
        source_id: str | int | None = None,
        action_url: str | None = None,
        expires_in: int | None = None,
        idempotency_key: str | None = None,
    ) -> Created:
        """Notify a user, who hears `notification` and `notification:count` on every connection.

        `action_url`: a path from `/`, or https. `expires_in`: seconds until it goes by itself, if earlier than all do.
        `idempotency_key`: a name of the caller's for this one, unique in the tenant and for the user; the same again
        makes nothing and returns what there is, while that is kept. Raises Conflict if it was used for another one.
        """
        asked = checked(
            "notifications:create",
            user_id=user_id,
            type=type,
            title=title,
            message=message,
            priority=priority,
            source_type=source_type,
            source_id=source_id,
            action_url=action_url,
            expires_in=expires_in,
        )
        return self.create_requested(tenant_id, asked, checked_key(idempotency_key))

    def create_requested(self, tenant_id: str, request: Request, idempotency_key: str | None) -> Created:
        """`create` with a request that conforms to the contract, as REST checks it."""
        keys, user_id, expires_in = tenant_keys(tenant_id), request["user_id"], request.get("expires_in")
        number = str(uuid.uuid4()) if idempotency_key is None else notification_id(tenant_id, user_id, idempotency_key)
        body = NotificationMessage(
            id=number,
            type=request["type"],
            title=request["title"],
            message=request.get("message"),
            priority=request.get("priority", "normal"),
            source_type=request.get("source_type"),
            source_id=as_text(request.get("source_id")),
            action_url=request.get("action_url"),
        ).to_dict()
        del body["created_at"]  # Redis knows
        lasts = min(expires_in or self._ttl_seconds, self._ttl_seconds)
        new = NewNotification(number, fingerprint({**body, "expires_in": expires_in}), body, round(lasts * 1000))
        made = self._store.create(keys, user_id, new, self.MAX_NOTIFICATIONS)
        if made is None:
            raise Conflict("This idempotency key was used for another notification")
        return Created(Notification(**made[0]), made[1])

    def list(
        self,
        tenant_id: str,
        user_id: str,
        *,
        unread_only: bool = False,
        limit: int = limits.PAGE_ITEMS,
        offset: int = 0,
    ) -> NotificationPage:
        """Return a user's notifications, newest first: `limit` of them (1-100), after the first `offset` (0-1,000)."""
        asked = checked("notifications:list", unread_only=unread_only, limit=limit, offset=offset)
        return self.list_requested(tenant_id, checked_user(user_id), asked)

    def list_requested(self, tenant_id: str, user_id: str, request: Request) -> NotificationPage:
        """`list` with a request that conforms to the contract."""
        items, total, unread = self._store.page(
            tenant_keys(tenant_id),
            user_id,
            unread_only=request.get("unread_only", False),
            limit=int(request.get("limit", limits.PAGE_ITEMS)),
            offset=int(request.get("offset", 0)),
        )
        return NotificationPage([Notification(**item) for item in items], total, unread)

    def unread_count(self, tenant_id: str, user_id: str) -> int:
        """The user's unread count."""
        return self._store.count(tenant_keys(tenant_id), checked_user(user_id))

    def send_count(self, tenant_id: str, user_id: str, sid: str) -> int:
        """Send `notification:count` to one connection of the user, in order with all other messages; returns it."""
        return self._store.count(tenant_keys(tenant_id), user_id, sid)

    def tell_missed(self, tenant_id: str, user_id: str, after: int | None, limit: int) -> tuple[int, bool]:
        """Tell the user's connections of this node what they have missed: see `NotificationStore.tell_missed`."""
        return self._store.tell_missed(tenant_keys(tenant_id), user_id, after, limit)

    def mark_read(self, tenant_id: str, user_id: str, notification_id: str) -> tuple[Notification, int]:
        """Mark one as read, again if need be. Returns it and the unread count. Raises NotFound."""
        keys, user_id = tenant_keys(tenant_id), checked_user(user_id)
        found = self._store.read(keys, user_id, _known(notification_id))
        if found is None:
            raise NotFound("Notification not found")
        return Notification(**found[0]), found[1]

    def mark_all_read(self, tenant_id: str, user_id: str) -> int:
        """Mark all as read. Returns how many were unread."""
        return self._store.read_all(tenant_keys(tenant_id), checked_user(user_id))

    def delete(self, tenant_id: str, user_id: str, notification_id: str) -> int:
        """Delete one. Returns the unread count. Raises NotFound."""
        keys, user_id = tenant_keys(tenant_id), checked_user(user_id)
        unread = self._store.delete(keys, user_id, _known(notification_id))
        if unread is None:
            raise NotFound("Notification not found")
        return unread

    def expire(self, tenant_id: str) -> float | None:
        """Delete a tenant's expired notifications.

        Returns the seconds until the next check, None if nothing waits. Safe on any number of nodes at once. Without
        it, they are deleted at the next request for their user.
        """
        keys = tenant_keys(tenant_id)
        while True:
            due = self._store.due(keys)
            if not due.members:
                return due.next_in
            self._store.expire(keys, due.members)


def _known(notification_id: object) -> str:
    """Return the id if it has a valid form; the script reads an empty id as all. Raises NotFound."""
    if isinstance(notification_id, str) and _ID.fullmatch(notification_id):
        return notification_id
    raise NotFound("Notification not found")
