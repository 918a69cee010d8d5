"""Reports as JSON, whatever values a server or a capture contained."""

from __future__ import annotations

import math
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

import orjson

from realtime_contracts.wire.redaction import utf8

#: Nesting levels kept; orjson allows 254.
DEEP = 100
#: Larger integers become texts: a JavaScript reader would get another number.
MOST_INTEGER = 2**53


def document(value: Any) -> bytes:
    """A JSON document in UTF-8, indented."""
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def plain(value: Any, level: int = 0) -> Any:
    """Return dataclasses as objects, tuples as lists, and values that are not JSON as Python's text for them."""
    if value is None or isinstance(value, str | int | float | Enum):
        return _scalar(value.value if isinstance(value, Enum) else value)
    if level > DEEP:
        return "…"
    if isinstance(value, dict):
        return {utf8(str(key)): plain(part, level + 1) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [plain(part, level + 1) for part in value]
    if is_dataclass(value):
        return {field.name: plain(getattr(value, field.name), level + 1) for field in fields(value)}
    return utf8(repr(value))


def _scalar(value: str | float | None) -> Any:
    if isinstance(value, str):
        return utf8(value)
    if value is None or isinstance(value, bool):
        return value
    fits = -MOST_INTEGER < value < MOST_INTEGER if isinstance(value, int) else math.isfinite(value)
    return value if fits else repr(value)
