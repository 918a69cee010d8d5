"""The room policy: which users of a tenant may join or list a room.

Point the setting `ROOM_POLICY` at a function of your own, `package.module:function`:

    def policy(request: RoomRequest) -> bool:
        return request.role == "accountant" or not request.room_id.startswith("payroll:")

It runs on every join and list, before anything changes. What is not True is answered with `forbidden`, an
exception with `internal`: a coroutine, a match or a forgotten `return` lets nobody in. It must return quickly,
because the connection's next event waits for it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Literal, cast

from app.settings import SettingsError


@dataclass(frozen=True)
class RoomRequest:
    """A user who wants to `join` a room, or to `list` its users."""

    tenant_id: str
    user_id: str
    role: str
    room_id: str
    action: Literal["join", "list"]


RoomPolicy = Callable[[RoomRequest], bool]


def allow_tenant(_request: RoomRequest) -> bool:
    """The default: every user of the tenant."""
    return True


def load_policy(path: str) -> RoomPolicy:
    """The policy at `module:function`; the default if empty. Raises SettingsError if there is none."""
    if not path:
        return allow_tenant
    module, _, name = path.partition(":")
    try:
        policy = getattr(import_module(module), name)
    except (ImportError, AttributeError, ValueError, TypeError) as error:  # TypeError: a relative module
        raise SettingsError(f"ROOM_POLICY: cannot load {path!r}: {error}") from None
    if not callable(policy):
        raise SettingsError(f"ROOM_POLICY: {path!r} is not a function")
    return cast("RoomPolicy", policy)
