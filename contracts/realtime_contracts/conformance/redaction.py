"""What a report may show of what went over the wire: no tokens, no texts without end, nothing but JSON."""

from __future__ import annotations

import re
from typing import Any

#: A JSON Web Token, however it is wrapped.
_TOKEN = re.compile(r"eyJ[\w-]+\.[\w-]*\.?[\w-]*")
REDACTED = "<token>"
#: Characters of a text that are kept.
MOST_OF_A_TEXT = 300
#: Levels of a payload that are kept: what is nested deeper is there to be refused, not to be read.
DEEP = 20


def shown(value: Any, level: int = 0) -> Any:  # noqa: PLR0911 - a line for each kind of JSON
    """A value as a report may show it: JSON, without tokens, long texts cut."""
    if isinstance(value, str):
        text = redacted(value.encode("utf-8", "replace").decode())
        return text if len(text) <= MOST_OF_A_TEXT else f"{text[:MOST_OF_A_TEXT]}… ({len(text):,} characters)"
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return value if -(2**53) < value < 2**53 else repr(value)
    if level >= DEEP:
        return "…"
    if isinstance(value, dict):
        return {shown(str(key)): shown(part, level + 1) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [shown(part, level + 1) for part in value]
    return redacted(repr(value)[:MOST_OF_A_TEXT])


def redacted(text: str) -> str:
    """A text without the tokens in it."""
    return _TOKEN.sub(REDACTED, text)
