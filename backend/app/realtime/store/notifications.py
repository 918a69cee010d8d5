"""Notifications in Redis: one typed call per script."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson
import redis

from app.realtime.store.address import NodeAddress
from app.realtime.store.due import Due, DueList
from app.realtime.store.keys import TenantKeys
from app.realtime.store.script import Script

#: One notification as its owner reads it: the message's fields, is_read and read_at.
Item = dict[str, Any]

#: How notification_create.lua begins its answer when it has made the notification, and when another one has its id.
_MADE, _TAKEN = 1, 3


@dataclass(frozen=True)
class NewNotification:
    """A notification to make, with the fingerprint of the request."""

    id: str
    fingerprint: str
    message: dict[str, Any]
    lasts_ms: int


class NotificationStore:
    """Notifications in Redis. Every method is one round trip; all may raise Unavailable."""

    def __init__(self, client: redis.Redis, address: NodeAddress) -> None:
        self._create = Script(client, "notification_create", address)
        self._read = Script(client, "notification_read", address)
        self._delete = Script(client, "notification_delete", address)
        self._list = Script(client, "notification_list", address)
        self._count = Script(client, "notification_count", address)
        self._expire = Script(client, "notification_expire", address)
        self._missed = Script(client, "notification_missed", address)
        self._due = DueList(client)

    def create(self, keys: TenantKeys, user_id: str, new: NewNotification, kept: int) -> tuple[Item, bool] | None:
        """Make a notification, of which a user has `kept` at most. Returns it, and whether it is new.

        None: its id belongs to another one.
        """
        answer, *item = self._create(
            keys,
            user_id=user_id,
            id=new.id,
            fingerprint=new.fingerprint,
            fields=orjson.dumps(new.message)[:-1],
            lasts_ms=new.lasts_ms,
            max_notifications=kept,
        )
        return None if answer == _TAKEN else (orjson.loads(item[0]), answer == _MADE)

    def read(self, keys: TenantKeys, user_id: str, notification_id: str) -> tuple[Item, int] | None:
        """Mark one as read. Returns it, and how many are unread now; None if there is none of that id."""
        answer = self._read(keys, user_id=user_id, notification_id=notification_id)
        return (orjson.loads(answer[2]), answer[0]) if answer else None

    def read_all(self, keys: TenantKeys, user_id: str) -> int:
        """Mark all as read. Returns how many were not."""
        return int(self._read(keys, user_id=user_id, notification_id="")[1])

    def delete(self, keys: TenantKeys, user_id: str, notification_id: str) -> int | None:
        """Delete one. Returns the unread count; None if there is none of that id."""
        answer = self._delete(keys, user_id=user_id, notification_id=notification_id)
        return None if answer is None else int(answer)

    def page(
        self, keys: TenantKeys, user_id: str, *, unread_only: bool, limit: int, offset: int
    ) -> tuple[list[Item], int, int]:
        """A page, newest first; how many there are of those asked for, and how many are unread."""
        total, unread, items = self._list(keys, user_id=user_id, unread_only=unread_only, limit=limit, offset=offset)
        return orjson.loads(items), total, unread

    def count(self, keys: TenantKeys, user_id: str, sid: str | None = None) -> int:
        """Return the unread count; also send `notification:count` to connection `sid` if given."""
        return int(self._count(keys, user_id=user_id, sid=sid))

    def tell_missed(self, keys: TenantKeys, user_id: str, after: int | None, limit: int) -> tuple[int, bool]:
        """Tell this node's connections of a user at a place what they have missed: see `bus/positions.py`.

        `limit`: of notifications. Returns the place that they have got to, and whether there is more.
        """
        upto, more = self._missed(keys, user_id=user_id, heard=after, limit=limit)
        return int(upto), bool(more)

    def due(self, keys: TenantKeys) -> Due:
        """Return the users whose notifications have expired."""
        return self._due.list(keys.notifications_due)

    def expire(self, keys: TenantKeys, user_ids: list[str]) -> None:
        """Delete the expired notifications of these users."""
        self._expire.run_all([(keys, {"user_id": user_id}) for user_id in user_ids])
