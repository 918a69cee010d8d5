"""How scripts are given a row of the presence table."""

from __future__ import annotations

from realtime_contracts.rules.presence import Trigger, moves


def moves_of(trigger: Trigger) -> str:
    """Return the row of a trigger as lib/presence.lua reads it: ` state=next` for each state."""
    return "".join(f" {before}={after}" for before, after in moves(trigger).items())
