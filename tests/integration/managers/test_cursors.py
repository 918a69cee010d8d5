"""Cursors on a real Redis: written behind, announced at their rate, gone with their tab."""

from __future__ import annotations

from typing import Any

import pytest

from app.realtime.managers.connection_manager import Connection
from app.realtime.store.keys import TenantKeys
from realtime_contracts.rules.errors import NotInRoom, Unavailable
from realtime_contracts.rules.rates import CURSOR_RATE
from tests.integration.backend import ROOM, Backend, Tape, eventually
from tests.integration.conftest import MakeBackend
from tests.redis_server import RedisServer


def moved(tape: Tape) -> list[int]:
    """The lines of the moves that were announced since the last call."""
    return [one.payload["line"] for one in tape.heard("cursor:move")]


def write_out(backend: Backend) -> None:
    """Write until nothing waits any more."""
    eventually(lambda: backend.cursors.write() is None, "everything is written")


def test_a_move_is_written_behind_and_told_to_the_room_but_not_to_the_users_own_tabs(
    backend: Backend, tape: Tape, tenant: str, ana: Connection
) -> None:
    tape.heard()
    backend.cursors.move(ana, ROOM, 4, 17, {"line": 4, "column": 17}, {"line": 5, "column": 0})
    assert tape.names() == []
    assert backend.cursors.write() is None
    (told,) = tape.heard()
    assert (told.event, told.room) == ("cursor:move", TenantKeys(tenant).room_channel(ROOM))
    assert told.skip_room == TenantKeys(tenant).user_channel("ana")
    assert told.payload["selection_end"] == {"line": 5, "column": 0}


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


def test_the_rate_is_one_for_a_users_tabs_on_all_nodes(make_backend: MakeBackend, tenant: str) -> None:
    nodes = [make_backend(), make_backend()]
    tabs = [node.enter(tenant, "ana") for node in nodes]
    tape = Tape(nodes[0].redis)
    for line in range(CURSOR_RATE.burst * 2):
        for node, tab in zip(nodes, tabs, strict=True):
            node.cursors.move(tab, ROOM, line, 0)
            node.cursors.write()
    assert len(moved(tape)) <= CURSOR_RATE.burst + 2
    for node in nodes:
        write_out(node)
    assert moved(tape)[-1:] == [CURSOR_RATE.burst * 2 - 1]
    tape.close()


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


def test_whoever_asks_gets_the_others_cursors_in_order_with_the_moves(
    backend: Backend, tape: Tape, tenant: str, ana: Connection, ben: Connection
) -> None:
    cy = backend.enter(tenant, "cy")
    for connection, line in ((cy, 3), (ben, 2), (ana, 1)):
        backend.cursors.move(connection, ROOM, line, 0)
    backend.cursors.write()
    tape.heard()
    cursors = backend.cursors.sync(ana, ROOM)
    (sent,) = tape.heard()
    assert (sent.event, sent.room, sent.payload) == ("cursor:sync", ana.sid, {"room_id": ROOM, "cursors": cursors})
    assert [(cursor["user_id"], cursor["line"]) for cursor in cursors] == [("ben", 2), ("cy", 3)]


def leaves(backend: Backend, connection: Connection) -> None:
    backend.leave(connection, ROOM)


def says_goodbye(backend: Backend, connection: Connection) -> None:
    backend.goodbye(connection)


def is_lost(backend: Backend, connection: Connection) -> None:
    backend.lose(connection)


@pytest.mark.parametrize("go", [leaves, says_goodbye, is_lost])
def test_a_cursor_goes_with_the_tab_that_moved_it_last(
    go: Any, backend: Backend, tape: Tape, tenant: str, ana: Connection, ben: Connection
) -> None:
    tab = backend.enter(tenant, "ana")
    backend.cursors.move(ana, ROOM, 1, 0)
    backend.cursors.write()
    backend.cursors.move(tab, ROOM, 2, 0)
    backend.cursors.write()
    tape.heard()
    go(backend, ana)
    assert tape.names() == []
    go(backend, tab)
    assert tape.names()[:1] == ["cursor:remove"]
    assert backend.cursors.sync(ben, ROOM) == []


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

    def fail(*_: Any) -> None:
        raise Unavailable

    with monkeypatch.context() as patched:
        patched.setattr(backend.cursors, "_announce_waiting", fail)
        with pytest.raises(Unavailable):
            backend.cursors.write()
    assert tape.names() == ["cursor:move", "cursor:remove"]
    write_out(backend)
    assert tape.names() == []


def test_only_members_have_cursors(backend: Backend, tenant: str, ana: Connection) -> None:
    stranger = backend.connect(tenant, "ben")
    for speak in (
        lambda: backend.cursors.move(stranger, ROOM, 1, 0),
        lambda: backend.cursors.remove(stranger, ROOM),
        lambda: backend.cursors.sync(stranger, ROOM),
        lambda: backend.cursors.move(ana, "invoice:43", 1, 0),
    ):
        with pytest.raises(NotInRoom):
            speak()


def test_a_cursor_that_does_not_move_is_gone_after_its_time_and_is_told_of_once(
    make_backend: MakeBackend, tenant: str
) -> None:
    backend = make_backend(cursor_timeout_seconds=0.2)
    ana, ben = backend.enter(tenant, "ana"), backend.enter(tenant, "ben")
    tape = Tape(backend.redis)
    backend.cursors.move(ana, ROOM, 1, 0)
    backend.cursors.write()
    assert moved(tape) == [1]
    next_in = backend.rooms.expire(tenant)
    assert next_in is not None
    assert 0 < next_in <= 0.2
    eventually(lambda: backend.rooms.expire(tenant) is None, "nothing is due any more")
    assert [one.payload for one in tape.heard()] == [{"room_id": ROOM, "user_id": "ana"}]
    assert backend.cursors.sync(ben, ROOM) == []
    tape.close()


def test_a_cursor_wakes_who_is_away_by_the_server(backend: Backend, tape: Tape, tenant: str, ana: Connection) -> None:
    backend.presence.set_away("ana", tenant)
    tape.heard()
    backend.cursors.move(ana, ROOM, 1, 0)
    backend.cursors.write()
    assert tape.names() == ["presence:update", "cursor:move"]


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
