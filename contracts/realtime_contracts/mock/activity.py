"""Activity: what happened in a tenant."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import orjson

from realtime_contracts.mock.connections import Connections
from realtime_contracts.rules.errors import Conflict, InvalidPayload, TooLarge
from realtime_contracts.rules.ids import as_text
from realtime_contracts.rules.limits import MAX_ACTIVITY_ITEMS, MAX_DETAILS_BYTES, PAGE_ITEMS
from realtime_contracts.rules.requests import fingerprint
from realtime_contracts.rules.times import rfc3339

#: The id of an item: a time in µs.
_ID = re.compile(r"[0-9]{1,16}")


class Activity:
    """The activity of one tenant."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        #: By id, the oldest first.
        self._items: dict[int, dict[str, Any]] = {}
        #: Idempotency key → the item recorded with it, and its fingerprint.
        self._by_key: dict[str, tuple[dict[str, Any], str]] = {}

    def record(self, asked: dict[str, Any], key: str | None = None) -> tuple[dict[str, Any], bool]:
        """Record an item and announce it. Returns the item, and whether it is new.

        Raises TooLarge, and Conflict if the idempotency key was used for something else.
        """
        said = {**asked, "entity_id": as_text(asked["entity_id"]), "details": asked.get("details")}
        if len(orjson.dumps(said["details"])) > MAX_DETAILS_BYTES:
            raise TooLarge(f"The details may have {MAX_DETAILS_BYTES} bytes of JSON")
        made = fingerprint(said)
        known, its_print = self._by_key.get(key or "", (None, ""))
        if known is not None and int(known["id"]) in self._items:
            if its_print != made:
                raise Conflict("This idempotency key was used for another activity")
            return known, False
        now = self._connections.clock.now()
        number = max(round(now * 1_000_000), max(self._items, default=0) + 1)
        item = {"id": f"{number:016d}", **said, "created_at": rfc3339(now)}
        self._items[number] = item
        if key is not None:
            self._by_key[key] = item, made
        if len(self._items) > MAX_ACTIVITY_ITEMS:
            del self._items[next(iter(self._items))]
        self._connections.send_to_all("activity", item)
        return item, True

    def feed(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Return a page of items, newest first: `{items, next}`. Raises InvalidPayload."""
        for name in ("before", "since"):
            if asked.get(name) is not None and not _ID.fullmatch(asked[name]):
                raise InvalidPayload(f"/{name}", "not the id of an activity item")
        limit, offset = int(asked.get("limit", PAGE_ITEMS)), int(asked.get("offset", 0))
        found = list(self._wanted(asked))[offset:]
        following = found[limit - 1]["id"] if len(found) > limit else None
        return {"items": found[:limit], "next": following}

    def _wanted(self, asked: dict[str, Any]) -> Iterator[dict[str, Any]]:
        fields = {name: asked.get(name) for name in ("entity_type", "user_id")}
        fields["entity_id"] = as_text(asked.get("entity_id"))
        before, since = asked.get("before"), asked.get("since")
        for number, item in reversed(self._items.items()):
            if before is not None and number >= int(before):
                continue
            if since is not None and number <= int(since):
                return
            if all(value is None or item[name] == value for name, value in fields.items()):
                yield item
