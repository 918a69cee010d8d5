"""Somebody in a scenario, and the tabs that they have open."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from realtime_contracts.conform.tab import Tab
from realtime_contracts.wire.journal import UnmetError


@dataclass
class Person:
    """Somebody who works at a company."""

    name: str
    user_id: str
    tenant: str
    tabs: list[Tab] = field(default_factory=list)
    #: What the server said when it last refused them.
    refusal: Any = None
    #: The tab that left a room while the other one stayed.
    acting: Tab | None = None

    @property
    def tab(self) -> Tab:
        """The first of the open tabs."""
        if not self.tabs:
            refused = f"refused, with {self.refusal!r}" if self.refusal is not None else "no tab is open"
            raise UnmetError(f"{self.name} is connected", refused)
        return self.tabs[0]
