"""What tells one thing that is meant from another, however it is spelt: JSON's 12 and 12.0 are one number."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

#: Below this a number without a fraction is the same as an integer and as a float.
_EXACT = 2**53


def fingerprint(meant: Mapping[str, Any]) -> str:
    """A text that is the same for the same meaning."""
    return orjson.dumps(_plain(dict(meant)), option=orjson.OPT_SORT_KEYS).decode()


def as_text(entity_id: str | float | None) -> str | None:
    """An entity_id as it is answered: always a string. JSON's 42 and 42.0 are one integer."""
    return str(int(entity_id)) if isinstance(entity_id, int | float) else entity_id


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_plain(part) for part in value]
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT:
        return int(value)
    return value
