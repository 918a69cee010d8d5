"""How managers tell their node when something of a tenant ends."""

from __future__ import annotations

from collections.abc import Callable

#: Takes a tenant's id, and the seconds after which the node checks what is due in it.
PlanCheck = Callable[[str, float], None]


def plan_nothing(_tenant_id: str, _seconds: float) -> None:
    """Stand for the node of managers that have none."""
