"""The value of `--timeouts`, for `realtime conform` and `realtime mock`."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from realtime_contracts.wire.timeouts import NodeTimeouts


def parsed_timeouts(text: str, kind: type[NodeTimeouts]) -> dict[str, float]:
    """Parse `away=300,offline=60`, in seconds, by the fields of `kind`. Raises BadParameter."""
    known = [field.name for field in dataclasses.fields(kind)]
    found = {}
    for part in text.split(","):
        name, _, given = (word.strip() for word in part.partition("="))
        if name not in known:
            raise click.BadParameter(f"expected one of {', '.join(known)}, got {name!r}")
        try:
            seconds = float(given)
        except ValueError:
            seconds = 0.0
        if not 0 < seconds < float("inf"):
            raise click.BadParameter(f"{name}: expected seconds above 0, got {given!r}")
        found[name] = seconds
    return found
