"""Notifications: what needs one user's attention, until they delete it or its time is over."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from realtime_contracts.mock.clock import Timer, rfc3339
from realtime_contracts.mock.fingerprints import as_text, fingerprint
from realtime_contracts.mock.hub import Hub
from realtime_contracts.mock.refusals import Refused

#: Notifications a user may have. With more, the oldest that was read goes first, then the oldest of all.
MAX_OF_USER = 1000

#: Seconds that one is kept.
KEPT_SECONDS = 30 * 86_400

#: The fields that a back end says, or that are null.
_SAID = ("type", "title", "message", "priority", "source_type", "source_id", "action_url")


@dataclass
class _Notification:
    data: dict[str, Any]
    #: What tells it from another one under the same idempotency key.
    print: str
    read_at: str | None = None
    end: Timer | None = None

    def owned(self) -> dict[str, Any]:
        """As its owner reads it over REST."""
        return {**self.data, "is_read": self.read_at is not None, "read_at": self.read_at}


class Notifications:
    """The notifications of one company's users."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        #: user_id → id → the notification, by when it was made.
        self._of: dict[str, dict[str, _Notification]] = {}

    def create(self, user_id: str, asked: dict[str, Any], key: str | None = None) -> tuple[dict[str, Any], bool]:
        """Notify a user. Returns the notification as its owner reads it, and whether it was made now.

        `asked` is what the contract's request holds. Raises Refused (conflict): the idempotency key was used for
        another one.
        """
        said = {"priority": "normal", **{name: value for name, value in asked.items() if value is not None}}
        said["source_id"] = as_text(said.get("source_id"))
        own = self._of.setdefault(user_id, {})
        made = fingerprint({**said, "user_id": user_id})
        number = str(uuid.uuid4() if key is None else _derived(self._hub.tenant_id, user_id, key))
        if number in own:
            if own[number].print != made:
                raise Refused("conflict", "This idempotency key was used for another notification")
            return own[number].owned(), False
        data = {"id": number, **{name: said.get(name) for name in _SAID}}
        data["created_at"] = rfc3339(self._hub.clock.now())
        own[number] = _Notification(data, made)
        if (seconds := said.get("expires_in")) is not None and seconds < KEPT_SECONDS:
            own[number].end = self._hub.clock.later(seconds, lambda: self._ended(user_id, number))
        if len(own) > MAX_OF_USER:
            oldest = next((known for known, n in own.items() if n.read_at is not None), next(iter(own)))
            self._forget(user_id, oldest)
        self._hub.tell_user(user_id, "notification", data)
        self.tell_count(user_id)
        return own[number].owned(), True

    def page(self, user_id: str, *, unread_only: bool, limit: int, offset: int) -> dict[str, Any]:
        """Some of a user's notifications, newest first."""
        newest = list(reversed(self._of.get(user_id, {}).values()))
        wanted = [n for n in newest if not (unread_only and n.read_at is not None)]
        shown = [n.owned() for n in wanted[offset : offset + limit]]
        return {"notifications": shown, "total": len(wanted), "unread_count": self.count(user_id)}

    def count(self, user_id: str) -> int:
        """How many a user has not read."""
        return sum(n.read_at is None for n in self._of.get(user_id, {}).values())

    def read(self, user_id: str, number: str) -> dict[str, Any]:
        """A user has read one, which they may have before. Returns it. Raises Refused (not_found)."""
        found = self._find(user_id, number)
        found.read_at = found.read_at or rfc3339(self._hub.clock.now())
        self.tell_count(user_id)
        return found.owned()

    def read_all(self, user_id: str) -> int:
        """A user has read all. Returns how many they had not."""
        unread = [n for n in self._of.get(user_id, {}).values() if n.read_at is None]
        for one in unread:
            one.read_at = rfc3339(self._hub.clock.now())
        self.tell_count(user_id)
        return len(unread)

    def delete(self, user_id: str, number: str) -> int:
        """Forget one. Returns how many are unread. Raises Refused (not_found)."""
        if self._find(user_id, number).read_at is None:
            self._forget(user_id, number)
            self.tell_count(user_id)
        else:
            self._forget(user_id, number)
        return self.count(user_id)

    def tell_count(self, user_id: str) -> None:
        """Tell a user in all tabs how many there are to read."""
        self._hub.tell_user(user_id, "notification:count", {"count": self.count(user_id)})

    def _find(self, user_id: str, number: str) -> _Notification:
        found = self._of.get(user_id, {}).get(number)
        if found is None:
            raise Refused("not_found", "Notification not found")
        return found

    def _forget(self, user_id: str, number: str) -> None:
        timer = self._of[user_id].pop(number).end
        if timer is not None:
            timer.cancel()

    def _ended(self, user_id: str, number: str) -> None:
        ended = self._of[user_id].pop(number)
        if ended.read_at is None:
            self.tell_count(user_id)


def _derived(*names: str) -> uuid.UUID:
    """The id that a notification of this name always has. A NUL is in none of the names."""
    return uuid.uuid5(uuid.NAMESPACE_OID, "\0".join(names))
