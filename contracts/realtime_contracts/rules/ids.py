"""Ids: of users and tenants, of rooms, and of the entities that rooms belong to."""

from __future__ import annotations

import re
import unicodedata

#: Blanks, which no id begins or ends with: two ids that look alike are one.
_BLANK = r" \u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"
#: What no id has: characters that end a Redis hash tag, hide in a log line, turn the order of what is read, are not
#: seen, or cannot be UTF-8. The joiners U+200C and U+200D are letters' own in some scripts.
_NEVER = r"{}\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff"

#: A user or tenant id. The contract's schema has the same, but for surrogates, which no JSON in UTF-8 has.
_SAFE_ID = re.compile(f"(?=.{{1,128}}\\Z)[^{_NEVER}{_BLANK}](?:[^{_NEVER}]*[^{_NEVER}{_BLANK}])?", re.DOTALL)

#: A room's id inside its tenant: `entity_type:entity_id`, with exactly one colon.
_ROOM_ID = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}:[A-Za-z0-9._-]{1,128}")


def is_safe_id(value: object) -> bool:
    """Whether `value` may be a tenant's or a user's id.

    1-128 characters in NFC, no braces, controls, bidi or invisible characters, and no blank at either end.
    """
    return (
        isinstance(value, str)
        and _SAFE_ID.fullmatch(value) is not None
        and (value.isascii() or unicodedata.is_normalized("NFC", value))
    )


def is_room_id(value: str) -> bool:
    """Whether `value` names a room."""
    return _ROOM_ID.fullmatch(value) is not None


def as_text(entity_id: str | float | None) -> str | None:
    """Return an entity_id as a string. JSON's 42 and 42.0 are the same integer."""
    return str(int(entity_id)) if isinstance(entity_id, int | float) else entity_id
