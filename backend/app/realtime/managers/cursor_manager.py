"""Cursors: users' positions in a room's document (seed 1.2, CursorPosition).

A move is noted here, acknowledged at once and written behind, because cursors move many times a second. The node's
writer calls `write`, which sends the latest position per user and room in one round trip. In Redis one script per
move stores and announces it. The rate of announcements is kept there too, because a user's tabs may be on two
nodes. A position that exceeds the rate is announced later, so the last one always arrives.

A user has one cursor in a room, with any number of tabs. It ends with the tab that moved it last.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import orjson
import redis
import structlog

from app.realtime.managers.accessors import of_current_app
from app.realtime.managers.connection_manager import Connection
from app.realtime.managers.planning import PlanCheck, plan_nothing
from app.realtime.store.address import NodeAddress
from app.realtime.store.keys import TenantKeys
from app.realtime.store.moves import moves_of
from app.realtime.store.script import Call, Script, admitted
from app.realtime.utils.message_types import CursorPosition
from app.settings import Settings
from realtime_contracts.rules import limits
from realtime_contracts.rules.colors import color_of
from realtime_contracts.rules.errors import NotInRoom, Unavailable
from realtime_contracts.rules.presence import Trigger
from realtime_contracts.rules.rates import CURSOR_RATE

logger = structlog.get_logger(__name__)


@dataclass(frozen=True)
class _Whose:
    """A user's cursor in a room."""

    tenant_id: str
    room_id: str
    user_id: str

    def call(self, **parameters: Any) -> Call:
        """One call of a script about this cursor."""
        return TenantKeys(self.tenant_id), {"room_id": self.room_id, "user_id": self.user_id, **parameters}


@dataclass(frozen=True)
class _Move:
    """An unwritten position; None for a removed cursor."""

    sid: str
    cursor: CursorPosition | None


class CursorManager:
    """The cursors that this node's connections move."""

    #: Seconds a cursor lives without a move. The contract's number.
    CURSOR_TIMEOUT_SECONDS: float = limits.CURSOR_SECONDS

    def __init__(
        self,
        redis_client: redis.Redis,
        settings: Settings,
        address: NodeAddress,
        plan_check: PlanCheck = plan_nothing,
    ) -> None:
        #: Wakes the writer that calls `write`.
        self.write_soon: Callable[[], None] = lambda: None
        #: Whether Redis is known to be away: what is noted could not be written then.
        self.is_away: Callable[[], bool] = lambda: False
        self._plan_check = plan_check
        self.CURSOR_TIMEOUT_SECONDS = settings.cursor_timeout_seconds
        self._lives_ms = round(settings.cursor_timeout_seconds * 1000)
        self._rate = {"interval_ms": CURSOR_RATE.interval_ms, "burst": CURSOR_RATE.burst}
        self._moved = Script(redis_client, "cursor_move", address)
        self._announce = Script(redis_client, "cursor_announce", address)
        self._removed = Script(redis_client, "cursor_remove", address)
        self._sync = Script(redis_client, "cursor_sync", address)
        self._pending: dict[_Whose, _Move] = {}
        #: Announcements that wait for the rate, by the monotonic time at which they may be made.
        self._waiting: dict[_Whose, float] = {}
        self._failing = False

    def move(
        self,
        connection: Connection,
        room_id: str,
        line: int,
        column: int,
        selection_start: dict[str, int] | None = None,
        selection_end: dict[str, int] | None = None,
    ) -> CursorPosition:
        """Note the position of the connection's user. No round trip.

        Raises NotInRoom, and Unavailable while the writer cannot reach Redis.
        """
        cursor = CursorPosition(
            user_id=connection.user_id,
            user_name=connection.user_name,
            color=color_of(connection.user_id),
            line=line,
            column=column,
            selection_start=selection_start,
            selection_end=selection_end,
        )
        self._note(connection, room_id, cursor)
        return cursor

    def remove(self, connection: Connection, room_id: str) -> None:
        """Note that the user's cursor is removed. As `move`."""
        self._note(connection, room_id, None)

    def _note(self, connection: Connection, room_id: str, cursor: CursorPosition | None) -> None:
        if room_id not in connection.rooms:
            raise NotInRoom
        if self._failing or self.is_away():
            raise Unavailable
        key = _Whose(connection.tenant_id, room_id, connection.user_id)
        self._pending[key] = _Move(connection.sid, cursor)
        self.write_soon()
        self._plan_check(connection.tenant_id, self.CURSOR_TIMEOUT_SECONDS)

    def forget(self, connection: Connection, room_id: str) -> None:
        """Drop the unwritten move of a connection that has left the room: it may rejoin before the writer runs."""
        key = _Whose(connection.tenant_id, room_id, connection.user_id)
        pending = self._pending.get(key)
        if pending is not None and pending.sid == connection.sid:
            del self._pending[key]

    def sync(self, connection: Connection, room_id: str) -> list[dict[str, Any]]:
        """Send `cursor:sync` to the connection, in order with the moves, and return the others' cursors.

        One round trip. Raises NotInRoom, ConnectionLost, Unavailable.
        """
        answer = self._sync(
            connection.keys,
            sid=connection.sid,
            user_id=connection.user_id,
            room_id=room_id,
            lives_ms=self._lives_ms,
        )
        return cast("list[dict[str, Any]]", orjson.loads(admitted(answer)))

    def write(self) -> float | None:
        """Write the pending moves. Returns the seconds until the next call, None if it can wait for the next move.

        One caller at a time. Raises Unavailable, and then keeps what Redis did not serve. A fault of one cursor is
        logged, and its move dropped.
        """
        taken, self._pending = self._pending, {}
        each = {"lives_ms": self._lives_ms, "moves": moves_of(Trigger.ACTIVITY), **self._rate}
        moved = {
            whose: whose.call(sid=move.sid, position=move.cursor.to_dict(), **each)
            for whose, move in taken.items()
            if move.cursor is not None
        }
        removed = {whose: whose.call() for whose, move in taken.items() if move.cursor is None}
        unserved = [*self._run(self._moved, moved), *self._run(self._removed, removed)]
        self._pending = {**{whose: taken[whose] for whose in unserved}, **self._pending}
        now = time.monotonic()
        due = {whose: whose.call(**self._rate) for whose, at in self._waiting.items() if at <= now}
        unserved += self._run(self._announce, due)
        self._failing = bool(unserved)
        if unserved:
            raise Unavailable
        return max(0.0, min(self._waiting.values()) - time.monotonic()) if self._waiting else None

    def _run(self, script: Script, calls: dict[_Whose, Call]) -> list[_Whose]:
        """Call a script about cursors, and plan the announcements that must wait. Returns whose Redis did not serve."""
        unserved = []
        for whose, wait_ms in zip(calls, script.run_each(list(calls.values())), strict=True):
            if isinstance(wait_ms, Unavailable):
                unserved.append(whose)
            elif isinstance(wait_ms, Exception):
                logger.error("cursor_not_written", exc_info=wait_ms)
                self._waiting.pop(whose, None)
            elif script is not self._removed and wait_ms > 0:
                self._waiting[whose] = time.monotonic() + wait_ms / 1000
            else:
                self._waiting.pop(whose, None)
        return unserved


def get_cursor_manager() -> CursorManager:
    """The current app's CursorManager."""
    return of_current_app(CursorManager)
