"""Activity: what happened in a company, for everybody in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from realtime_contracts.mock.clock import rfc3339
from realtime_contracts.mock.fingerprints import as_text, fingerprint
from realtime_contracts.mock.hub import Hub
from realtime_contracts.mock.refusals import Refused, invalid

#: Items that are kept of a company, and bytes of JSON that one's details may have. The contract's numbers.
MAX_ITEMS, MAX_DETAILS_BYTES = 10_000, 8 * 1024

#: Items of a page, if nobody says how many.
DEFAULT_LIMIT = 50

#: The id of an item: a time in µs.
_ID = re.compile(r"[0-9]{1,16}")


@dataclass(frozen=True)
class _Recorded:
    item: dict[str, Any]
    #: What tells it from another one under the same idempotency key.
    print: str


class Activity:
    """The activity of one company."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        #: By id, the oldest first.
        self._items: dict[int, dict[str, Any]] = {}
        self._by_key: dict[str, _Recorded] = {}

    def record(self, asked: dict[str, Any], key: str | None = None) -> tuple[dict[str, Any], bool]:
        """Record that something happened, and tell everybody. Returns the item, and whether it was recorded now.

        Raises Refused: too_large; conflict, for the idempotency key was used for something else.
        """
        said = {**asked, "entity_id": as_text(asked["entity_id"]), "details": asked.get("details")}
        if len(orjson.dumps(said["details"])) > MAX_DETAILS_BYTES:
            raise Refused("too_large", f"The details may have {MAX_DETAILS_BYTES} bytes of JSON")
        made = fingerprint(said)
        known = None if key is None else self._by_key.get(key)
        if known is not None and int(known.item["id"]) in self._items:
            if known.print != made:
                raise Refused("conflict", "This idempotency key was used for another activity")
            return known.item, False
        now = self._hub.clock.now()
        number = max(round(now * 1_000_000), max(self._items, default=0) + 1)
        item = {"id": f"{number:016d}", **said, "created_at": rfc3339(now)}
        self._items[number] = item
        if key is not None:
            self._by_key[key] = _Recorded(item, made)
        if len(self._items) > MAX_ITEMS:
            del self._items[next(iter(self._items))]
        self._hub.tell("activity", item)
        return item, True

    def feed(self, asked: dict[str, Any]) -> dict[str, Any]:
        """A page of what happened, newest first: `{items, next}`. Raises Refused (invalid_payload)."""
        for name in ("before", "since"):
            if asked.get(name) is not None and not _ID.fullmatch(asked[name]):
                raise invalid(f"/{name}", "not the id of an activity item")
        limit, offset = int(asked.get("limit", DEFAULT_LIMIT)), int(asked.get("offset", 0))
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
