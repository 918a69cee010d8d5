"""Notifications: messages that need one user's attention, kept until the user deletes them or they expire."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from realtime_contracts.mock.clock import Timer
from realtime_contracts.mock.connections import Connections
from realtime_contracts.rules.errors import Conflict, NotFound
from realtime_contracts.rules.ids import as_text
from realtime_contracts.rules.limits import MAX_NOTIFICATIONS, NOTIFICATION_SECONDS
from realtime_contracts.rules.requests import fingerprint, notification_id
from realtime_contracts.rules.times import rfc3339

#: The optional fields, null if a back end does not send them.
_GIVEN = ("type", "title", "message", "priority", "source_type", "source_id", "action_url")


@dataclass
class _Notification:
    data: dict[str, Any]
    #: The fields that must be equal under the same idempotency key.
    print: str
    read_at: str | None = None
    end: Timer | None = None

    def owned(self) -> dict[str, Any]:
        """Return a notification as its owner reads it over REST."""
        return {**self.data, "is_read": self.read_at is not None, "read_at": self.read_at}


class Notifications:
    """The notifications of one tenant's users."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        #: user_id → id → the notification, in order of creation.
        self._of: dict[str, dict[str, _Notification]] = {}

    def create(self, user_id: str, asked: dict[str, Any], key: str | None = None) -> tuple[dict[str, Any], bool]:
        """Notify a user. Returns the notification as its owner reads it, and whether it is new.

        `asked` is the request, which conforms to the contract. Raises Conflict if the idempotency key was used for
        another one.
        """
        said = {"priority": "normal", **{name: value for name, value in asked.items() if value is not None}}
        said["source_id"] = as_text(said.get("source_id"))
        own = self._of.setdefault(user_id, {})
        made = fingerprint({**said, "user_id": user_id})
        number = str(uuid.uuid4()) if key is None else notification_id(self._connections.tenant_id, user_id, key)
        if number in own:
            if own[number].print != made:
                raise Conflict("This idempotency key was used for another notification")
            return own[number].owned(), False
        data = {"id": number, **{name: said.get(name) for name in _GIVEN}}
        data["created_at"] = rfc3339(self._connections.clock.now())
        own[number] = _Notification(data, made)
        if (seconds := said.get("expires_in")) is not None and seconds < NOTIFICATION_SECONDS:
            own[number].end = self._connections.clock.later(seconds, lambda: self._ended(user_id, number))
        if len(own) > MAX_NOTIFICATIONS:
            oldest = next((known for known, n in own.items() if n.read_at is not None), next(iter(own)))
            self._forget(user_id, oldest)
        self._connections.send_to_user(user_id, "notification", data)
        self.send_count(user_id)
        return own[number].owned(), True

    def page(self, user_id: str, *, unread_only: bool, limit: int, offset: int) -> dict[str, Any]:
        """Return a page of a user's notifications, newest first."""
        newest = list(reversed(self._of.get(user_id, {}).values()))
        wanted = [n for n in newest if not (unread_only and n.read_at is not None)]
        shown = [n.owned() for n in wanted[offset : offset + limit]]
        return {"notifications": shown, "total": len(wanted), "unread_count": self.count(user_id)}

    def count(self, user_id: str) -> int:
        """Return a user's unread count."""
        return sum(n.read_at is None for n in self._of.get(user_id, {}).values())

    def read(self, user_id: str, number: str) -> dict[str, Any]:
        """Mark one as read, again if need be. Returns it. Raises NotFound."""
        found = self._find(user_id, number)
        found.read_at = found.read_at or rfc3339(self._connections.clock.now())
        self.send_count(user_id)
        return found.owned()

    def read_all(self, user_id: str) -> int:
        """Mark all as read. Returns how many were unread."""
        unread = [n for n in self._of.get(user_id, {}).values() if n.read_at is None]
        for one in unread:
            one.read_at = rfc3339(self._connections.clock.now())
        self.send_count(user_id)
        return len(unread)

    def delete(self, user_id: str, number: str) -> int:
        """Delete one. Returns the unread count. Raises NotFound."""
        was_read = self._find(user_id, number).read_at is not None
        self._forget(user_id, number)
        if not was_read:
            self.send_count(user_id)
        return self.count(user_id)

    def send_count(self, user_id: str) -> None:
        """Send a user's unread count to all their connections."""
        self._connections.send_to_user(user_id, "notification:count", {"count": self.count(user_id)})

    def _find(self, user_id: str, number: str) -> _Notification:
        found = self._of.get(user_id, {}).get(number)
        if found is None:
            raise NotFound("Notification not found")
        return found

    def _forget(self, user_id: str, number: str) -> None:
        timer = self._of[user_id].pop(number).end
        if timer is not None:
            timer.cancel()

    def _ended(self, user_id: str, number: str) -> None:
        ended = self._of[user_id].pop(number)
        if ended.read_at is None:
            self.send_count(user_id)
