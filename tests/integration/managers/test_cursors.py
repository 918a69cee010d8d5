"""Cursors on a real Redis: how moves are gathered and written; features/cursors.feature proves the rest."""

from __future__ import annotations

import pytest

from app.realtime.managers.connection_manager import Connection
from realtime_contracts.rules.errors import Unavailable
from realtime_contracts.rules.rates import CURSOR_RATE
from tests.integration.backend import ROOM, Backend, Tape, eventually
from tests.redis_server import RedisServer


def moved(tape: Tape) -> list[int]:
    """The lines of the moves that were announced since the last call."""
    return [one.payload["line"] for one in tape.heard("cursor:move")]


def write_out(backend: Backend) -> None:
    """Write until nothing waits any more."""
    eventually(lambda: backend.cursors.write() is None, "everything is written")


def test_only_the_last_of_the_positions_that_have_gathered_is_written(
    backend: Backend, tape: Tape, ana: Connection, ben: Connection
) -> None:
    tape.heard()
    for line in range(10):
        backend.cursors.move(ana, ROOM, line, 0)
        backend.cursors.move(ben, ROOM, 100 + line, 0)
    backend.cursors.write()
    assert moved(tape) == [9, 109]


def test_a_burst_is_told_at_once_and_then_at_the_rate_and_the_last_position_arrives_in_any_case(
    backend: Backend, tape: Tape, ana: Connection
) -> None:
    for line in range(CURSOR_RATE.burst + 20):
        backend.cursors.move(ana, ROOM, line, 0)
        wait = backend.cursors.write()
    assert wait is not None
    assert 0 < wait <= CURSOR_RATE.interval_ms / 1000
    told = moved(tape)
    assert told[: CURSOR_RATE.burst] == list(range(CURSOR_RATE.burst))
    write_out(backend)
    assert (told + moved(tape))[-1] == CURSOR_RATE.burst + 19


def test_a_room_whose_data_is_broken_keeps_no_other_move_from_being_written(
    backend: Backend, tape: Tape, ana: Connection, ben: Connection
) -> None:
    broken = ("a:1", "z:1")
    for room in broken:
        backend.join(ana, room)
        backend.cursors.move(ana, room, 1, 0)
    backend.cursors.move(ben, ROOM, 2, 0)
    for room in broken:
        backend.redis.set(ana.keys.cursors(room), "no hash")
    assert backend.cursors.write() is None
    assert moved(tape) == [2]
    backend.redis.delete(*map(ana.keys.cursors, broken))
    backend.cursors.move(ana, "a:1", 3, 0)
    backend.cursors.write()
    assert moved(tape) == [3]


def test_a_minute_of_moves_is_never_more_than_thirty_a_second() -> None:
    """The rate by arithmetic: what GCRA lets through in any second, and one more that had to wait."""
    assert CURSOR_RATE.burst + (1000 // CURSOR_RATE.interval_ms) + 1 <= 30


def test_a_cursor_is_removed_after_the_move_before_it_and_only_if_there_is_one(
    backend: Backend, tape: Tape, ana: Connection
) -> None:
    tape.heard()
    backend.cursors.remove(ana, ROOM)
    backend.cursors.write()
    assert tape.names() == []
    backend.cursors.move(ana, ROOM, 1, 1)
    backend.cursors.write()
    backend.cursors.move(ana, ROOM, 2, 2)
    backend.cursors.remove(ana, ROOM)
    backend.cursors.write()
    write_out(backend)
    assert tape.names() == ["cursor:move", "cursor:remove"]


def test_a_move_that_is_still_on_its_way_when_its_tab_leaves_is_dropped(
    backend: Backend, tape: Tape, ana: Connection, ben: Connection
) -> None:
    backend.cursors.move(ana, ROOM, 1, 0)
    backend.leave(ana, ROOM)
    tape.heard()
    backend.cursors.write()
    assert tape.names() == []
    assert backend.cursors.sync(ben, ROOM) == []


def test_a_move_from_before_a_leave_does_not_come_back_with_its_tab(
    backend: Backend, tape: Tape, ana: Connection, ben: Connection
) -> None:
    backend.cursors.move(ana, ROOM, 1, 0)
    backend.leave(ana, ROOM)
    backend.cursors.forget(ana, ROOM)
    backend.join(ana, ROOM)
    tape.heard()
    backend.cursors.write()
    assert tape.names() == []
    backend.cursors.move(ana, ROOM, 2, 0)
    backend.cursors.forget(ben, ROOM)
    backend.cursors.write()
    assert moved(tape) == [2]


def test_only_what_is_not_written_is_written_again(
    backend: Backend, tape: Tape, ana: Connection, ben: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    for connection in (ana, ben):
        backend.cursors.move(connection, ROOM, 1, 0)
    backend.cursors.write()
    tape.heard()
    backend.cursors.move(ana, ROOM, 2, 0)
    backend.cursors.remove(ben, ROOM)

    with monkeypatch.context() as patched:
        patched.setattr(backend.cursors._removed, "run_each", lambda calls: [Unavailable() for _ in calls])
        with pytest.raises(Unavailable):
            backend.cursors.write()
    assert tape.names() == ["cursor:move"]
    write_out(backend)
    assert tape.names() == ["cursor:remove"]


def test_while_redis_is_away_moves_are_kept_and_then_refused_and_written_when_it_is_back(
    own_redis: RedisServer, tenant: str
) -> None:
    backend = Backend(own_redis.url, redis_timeout=0.2)
    ana = backend.enter(tenant, "ana")
    own_redis.pause()
    try:
        backend.cursors.move(ana, ROOM, 7, 0)
        with pytest.raises(Unavailable):
            backend.cursors.write()
        with pytest.raises(Unavailable):
            backend.cursors.move(ana, ROOM, 8, 0)
    finally:
        own_redis.resume()
    write_out(backend)
    ben = backend.enter(tenant, "ben")
    assert [cursor["line"] for cursor in backend.cursors.sync(ben, ROOM)] == [7]
    backend.cursors.move(ana, ROOM, 9, 0)
    backend.close()


def test_a_script_that_redis_does_not_know_is_loaded_for_a_whole_batch(own_redis: RedisServer, tenant: str) -> None:
    backend = Backend(own_redis.url)
    members = [backend.enter(tenant, f"u{number}") for number in range(3)]
    for connection in members:
        backend.cursors.move(connection, ROOM, 1, 0)
    backend.cursors.write()
    assert len(backend.cursors.sync(members[0], ROOM)) == 2
    backend.close()
