"""What options of the command can be given that no type of click's is."""

from __future__ import annotations

import math
from dataclasses import fields, replace
from typing import Any

import click

from realtime_contracts.wire.timeouts import Timeouts

#: The value of `--timeouts` for the contract's own.
CONTRACT_TIMEOUTS = "contract"


class SecondsRange(click.FloatRange):
    """As FloatRange, to which what is no number is in every range."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        seconds: float = super().convert(value, param, ctx)
        if math.isnan(seconds):
            self.fail("expected seconds", param, ctx)
        return seconds


class TimeoutsOption(click.ParamType):  # type: ignore[type-arg]  # generic in its newest versions only
    """`away=2,offline=3`, in seconds, or `contract` for the contract's own."""

    name = "timeouts"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Timeouts:
        if isinstance(value, Timeouts) or value == CONTRACT_TIMEOUTS:
            return value if isinstance(value, Timeouts) else Timeouts()
        known = [field.name for field in fields(Timeouts)]
        changed = {}
        for part in value.split(","):
            name, _, seconds = part.strip().partition("=")
            if name not in known:
                self.fail(f"{name!r} is no timeout; there are {', '.join(known)}", param, ctx)
            try:
                changed[name] = float(seconds)
            except ValueError:
                self.fail(f"{name}={seconds}: expected seconds", param, ctx)
            if not 0 < changed[name] < float("inf"):
                self.fail(f"{name}={seconds}: expected seconds above 0", param, ctx)
        return replace(Timeouts(), **changed)
