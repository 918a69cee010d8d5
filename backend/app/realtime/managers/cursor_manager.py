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

from app.realtime.managers.accessors import of_current_app
from app.realtime.managers.connection_manager import Connection
from app.realtime.managers.planning import PlanCheck, plan_nothing
from app.realtime.store.address import NodeAddress
from app.realtime.store.keys import TenantKeys
from app.realtime.store.moves import moves_of
from app.realtime.store.script import Script, admitted
from app.realtime.utils.message_types import CursorPosition
from app.settings import Settings
from realtime_contracts.rules import limits
from realtime_contracts.rules.colors import color_of
from realtime_contracts.rules.errors import NotInRoom, Unavailable
from realtime_contracts.rules.presence import Trigger
from realtime_contracts.rules.rates import CURSOR_RATE


@dataclass(frozen=True)
class _Whose:
    """A user's cursor in a room."""

    tenant_id: str
    room_id: str
    user_id: str

    def call(self, **parameters: Any) -> tuple[TenantKeys, dict[str, Any]]:
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
        if self._failing:
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

        One caller at a time. Raises Unavailable, and then keeps what is not written.
        """
        taken, self._pending = self._pending, {}
        moved = {key: move for key, move in taken.items() if move.cursor is not None}
        removed = {key: move for key, move in taken.items() if move.cursor is None}
        try:
            self._write_moves(moved)
            moved = {}
            self._write_removals(list(removed))
            removed = {}
            self._announce_waiting()
        except Unavailable:
            self._failing = True
            self._pending = {**moved, **removed, **self._pending}
            raise
        self._failing = False
        return max(0.0, min(self._waiting.values()) - time.monotonic()) if self._waiting else None

    def _write_moves(self, pending: dict[_Whose, _Move]) -> None:
        if pending:
            each = {"lives_ms": self._lives_ms, "moves": moves_of(Trigger.ACTIVITY), **self._rate}
            calls = [
                whose.call(sid=move.sid, position=cast("CursorPosition", move.cursor).to_dict(), **each)
                for whose, move in pending.items()
            ]
            self._wait(list(pending), self._moved.run_all(calls))

    def _write_removals(self, removed: list[_Whose]) -> None:
        if removed:
            self._removed.run_all([whose.call() for whose in removed])
            self._wait(removed, [0] * len(removed))

    def _announce_waiting(self) -> None:
        now = time.monotonic()
        if due := [key for key, at in self._waiting.items() if at <= now]:
            self._wait(due, self._announce.run_all([whose.call(**self._rate) for whose in due]))

    def _wait(self, cursors: list[_Whose], waits_ms: list[int]) -> None:
        """Plan the delayed announcements of `cursors`; drop those already made."""
        for key, wait_ms in zip(cursors, waits_ms, strict=True):
            if wait_ms > 0:
                self._waiting[key] = time.monotonic() + wait_ms / 1000
            else:
                self._waiting.pop(key, None)


def get_cursor_manager() -> CursorManager:
    """The current app's CursorManager."""
    return of_current_app(CursorManager)
