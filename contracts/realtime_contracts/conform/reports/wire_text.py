"""A wire log as aligned lines of text: for the terminal, for an attachment.

0.123  Ana's tab 1 (node 1)  → presence:update {"status":"busy"}
0.131  Ana's tab 1 (node 1)  ← ack presence:update {"success":true}
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from realtime_contracts.conform.reports.plain import plain
from realtime_contracts.conform.reports.words import printable
from realtime_contracts.conform.results import Wire

#: Characters of what is said of one message; what is longer is in the JSON report.
MOST = 300

_ARROWS = {"sent": "→", "received": "←", "note": "·"}
#: Kinds that the arrow says already.
_PLAIN_KINDS = frozenset({"event", "request", "answer"})


def wire_text(wire: Sequence[Wire], most: int = MOST) -> str:
    """The lines: when, whose tab, which way, what. Each is one line, whatever a server has sent."""
    width = max((len(printable(line.who)) for line in wire), default=0)
    return "\n".join(
        f"{line.at:8.3f}  {printable(line.who):<{width}}  {_ARROWS[line.direction]} {_cut(_words(line), most)}"
        for line in wire
    )


def payload_text(payload: Any) -> str:
    """A payload as compact JSON; one that is a text, or was cut to one, as it is."""
    return payload if isinstance(payload, str) else orjson.dumps(plain(payload)).decode()


def _words(line: Wire) -> str:
    parts = [
        "" if line.kind in _PLAIN_KINDS or line.kind == line.name else line.kind,
        line.name,
        "" if line.payload is None else payload_text(line.payload),
    ]
    return printable(" ".join(filter(None, parts)))


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
