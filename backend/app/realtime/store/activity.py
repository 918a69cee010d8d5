"""Activity in Redis: one typed call per script."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import orjson
import redis

from app.realtime.store.address import NodeAddress
from app.realtime.store.keys import TenantKeys
from app.realtime.store.script import Script
from realtime_contracts.rules.limits import PAGE_ITEMS

#: One item, as on the wire.
Item = dict[str, Any]

#: Digits of an id: a time in µs.
ID_DIGITS = 16
_ID = re.compile(rf"[0-9]{{1,{ID_DIGITS}}}")

#: How activity_record.lua begins its answer when it has recorded the item, and when another one has its key.
_RECORDED, _TAKEN = 1, 3


def is_activity_id(value: str) -> bool:
    """Whether this has the form of an item's id."""
    return _ID.fullmatch(value) is not None


@dataclass(frozen=True)
class NewActivity:
    """An item to record, with its idempotency key and the fingerprint of the request."""

    key: str
    fingerprint: str
    item: dict[str, Any]


@dataclass(frozen=True)
class Wanted:
    """The part of the feed to return: limit, ids (exclusive), entity and user."""

    limit: int
    offset: int = 0
    before: str | None = None
    since: str | None = None
    entity_type: str | None = None
    entity_id: str | None = None
    user_id: str | None = None


class ActivityStore:
    """Activity in Redis. Every method is one round trip; all may raise Unavailable."""

    def __init__(self, client: redis.Redis, address: NodeAddress) -> None:
        self._record = Script(client, "activity_record", address)
        self._feed = Script(client, "activity_feed", address)
        self._missed = Script(client, "activity_missed", address)

    def record(self, keys: TenantKeys, new: NewActivity, kept: int, lasts_ms: int) -> tuple[Item, bool] | None:
        """Record an item; a tenant has `kept` at most, for `lasts_ms` after the last.

        Returns it, and whether it is new. None: its key belongs to another one.
        """
        item = new.item
        answer, *recorded = self._record(
            keys,
            fields=orjson.dumps(item)[1:-1],
            entity_type=item["entity_type"],
            entity=f"{item['entity_type']}:{item['entity_id']}",
            user_id=item["user_id"],
            key=new.key,
            fingerprint=new.fingerprint,
            max_items=kept,
            lasts_ms=lasts_ms,
        )
        return None if answer == _TAKEN else (orjson.loads(recorded[0]), answer == _RECORDED)

    def feed(self, keys: TenantKeys, wanted: Wanted, sid: str | None = None) -> tuple[str, str | None]:
        """A page, newest first, as a JSON array, and the id before which the next one begins (None: no next page).

        `activity:feed` is also sent to connection `sid` if given.
        """
        name, also = _index(wanted)
        items, before = self._feed(
            keys,
            sid=sid,
            limit=wanted.limit,
            offset=wanted.offset,
            before=wanted.before and wanted.before.zfill(ID_DIGITS),
            since=wanted.since and wanted.since.zfill(ID_DIGITS),
            name=name,
            also=also,
        )
        return items, before or None

    def tell_missed(self, keys: TenantKeys, after: int | None, limit: int) -> tuple[int, bool]:
        """Tell this node's connections at a place what they have missed, `limit` items at most: see `bus/positions.py`.

        Returns the place that they have got to, and whether there is more.
        """
        upto, more = self._missed(keys, heard=after, limit=limit, page_limit=PAGE_ITEMS)
        return int(upto), bool(more)


def _index(wanted: Wanted) -> tuple[str, str]:
    """Return the index to read, and the second filter, '' for none."""
    if wanted.entity_id is not None:
        return f"entity {wanted.entity_type}:{wanted.entity_id}", wanted.user_id or ""
    if wanted.user_id is not None:
        return f"user {wanted.user_id}", wanted.entity_type or ""
    return (f"type {wanted.entity_type}" if wanted.entity_type else "all"), ""
