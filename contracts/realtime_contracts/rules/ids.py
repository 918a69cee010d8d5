"""Ids: of users and tenants, of rooms, and of the entities that rooms belong to."""

from __future__ import annotations

import re

#: A user or tenant id, without characters that end a Redis hash tag, hide in a log line or cannot be UTF-8.
_SAFE_ID = re.compile(r"[^{}\x00-\x1f\x7f-\x9f\ud800-\udfff]{1,128}")

#: A room's id inside its tenant: `entity_type:entity_id`, with exactly one colon.
_ROOM_ID = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}:[A-Za-z0-9._-]{1,128}")


def is_safe_id(value: object) -> bool:
    """Whether `value` may be a tenant's or a user's id: 1-128 characters, no braces or controls."""
    return isinstance(value, str) and _SAFE_ID.fullmatch(value) is not None


def is_room_id(value: str) -> bool:
    """Whether `value` names a room."""
    return _ROOM_ID.fullmatch(value) is not None


def as_text(entity_id: str | float | None) -> str | None:
    """Return an entity_id as a string. JSON's 42 and 42.0 are the same integer."""
    return str(int(entity_id)) if isinstance(entity_id, int | float) else entity_id
