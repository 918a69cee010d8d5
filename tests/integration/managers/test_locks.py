"""Locks on a real Redis: one holder of overlapping places, and an end in every case."""

from __future__ import annotations

import threading
from typing import Any, cast
from uuid import uuid4

import pytest

from app.realtime.managers.connection_manager import Connection
from app.realtime.store.keys import TenantKeys
from realtime_contracts.rules.errors import InvalidPayload, LimitExceeded, Locked, NotFound, NotInRoom
from realtime_contracts.rules.times import from_rfc3339
from tests.integration.backend import ROOM, Backend, Tape, eventually, keys_of
from tests.integration.conftest import MakeBackend

#: More than these tests need.


def told(tape: Tape) -> list[list[tuple[str, str]]]:
    """The holders and places that the room was told of since the last call."""
    return [[(lock["user_id"], lock["path"]) for lock in one.payload["locks"]] for one in tape.heard("doc:lock_status")]


def add(backend: Backend, who: Connection, base: int, path: str, value: Any = 1) -> int:
    changes = [{"op": "add", "path": path, "value": value}]
    return backend.documents.edit(who, ROOM, base, changes, str(uuid4())).version


def test_a_lock_is_told_to_the_room_and_lasts_as_long_as_it_says(
    backend: Backend, tape: Tape, tenant: str, ana: Connection
) -> None:
    tape.heard()
    lock = backend.locks.lock(ana, ROOM, "/lines", 5)
    (one,) = tape.heard()
    assert (one.event, one.room, one.skip) == ("doc:lock_status", TenantKeys(tenant).room_channel(ROOM), None)
    assert one.payload == {"room_id": ROOM, "locks": [lock]}
    lasts = from_rfc3339(lock["expires_at"]) - from_rfc3339(lock["acquired_at"])
    assert lasts.total_seconds() == 5


@pytest.mark.parametrize(
    ("held", "wanted", "free"),
    [
        ("/lines", "/lines", False),
        ("/lines", "/lines/0/qty", False),
        ("/lines/0", "/lines", False),
        ("", "/notes", False),
        ("/notes", "", False),
        ("/lines", "/lines2", True),
        ("/lines/1", "/lines/10", True),
        ("/a~1b", "/a", True),
    ],
)
def test_a_lock_is_in_the_way_of_others_on_it_above_it_and_below_it(
    held: str, wanted: str, backend: Backend, tape: Tape, ana: Connection, ben: Connection, *, free: bool
) -> None:
    lock = backend.locks.lock(ana, ROOM, held)
    tape.heard()
    if free:
        backend.locks.lock(ben, ROOM, wanted)
        assert told(tape) == [sorted([("ana", held), ("ben", wanted)], key=lambda one: one[1])]
        return
    with pytest.raises(Locked) as refused:
        backend.locks.lock(ben, ROOM, wanted)
    assert refused.value.details == lock
    assert tape.names() == []
    backend.locks.lock(ana, ROOM, wanted)
    assert len(told(tape)) == 1


def test_the_holder_renews_from_any_tab(backend: Backend, tape: Tape, tenant: str, ana: Connection) -> None:
    first = backend.locks.lock(ana, ROOM, "/a", 5)
    again = backend.locks.lock(backend.enter(tenant, "ana"), ROOM, "/a", 300)
    assert again["acquired_at"] == first["acquired_at"]
    assert again["expires_at"] > first["expires_at"]
    assert told(tape) == [[("ana", "/a")]] * 2


def test_only_the_holder_gives_it_free_and_only_what_there_is(
    backend: Backend, tape: Tape, ana: Connection, ben: Connection
) -> None:
    lock = backend.locks.lock(ana, ROOM, "/a")
    backend.locks.lock(ana, ROOM, "/b")
    tape.heard()
    with pytest.raises(Locked) as refused:
        backend.locks.unlock(ben, ROOM, "/a")
    assert refused.value.details == lock
    for path in ("", "/a/b", "/c"):
        with pytest.raises(NotFound):
            backend.locks.unlock(ana, ROOM, path)
    assert tape.names() == []
    assert [left["path"] for left in backend.locks.unlock(ana, ROOM, "/a")] == ["/b"]
    assert told(tape) == [[("ana", "/b")]]
    backend.locks.lock(ben, ROOM, "/a")


def test_an_edit_through_anothers_lock_changes_nothing_and_beside_it_passes(
    backend: Backend, tape: Tape, tenant: str, ana: Connection, ben: Connection
) -> None:
    add(backend, ana, 0, "", {"a": {"b": 1}, "c": 1})
    lock = backend.locks.lock(ana, ROOM, "/a/b")
    tape.heard()
    for path in ("/a/b", "/a", ""):
        with pytest.raises(Locked) as refused:
            add(backend, ben, 1, path, {})
        assert refused.value.details == lock
    assert tape.names() == []
    changes = [{"op": "test", "path": "/a/b", "value": 1}, {"op": "copy", "from": "/a/b", "path": "/d"}]
    assert backend.documents.edit(ben, ROOM, 1, changes, str(uuid4())).version == 2
    assert add(backend, ben, 2, "/c", 2) == 3
    assert add(backend, backend.enter(tenant, "ana"), 3, "/a/b", 2) == 4


@pytest.mark.parametrize(("go", "stays"), [("leave", False), ("goodbye", False), ("lose", True)])
def test_locks_end_with_the_users_last_tab_unless_its_transport_was_lost(
    go: str, backend: Backend, tape: Tape, tenant: str, ana: Connection, ben: Connection, *, stays: bool
) -> None:
    tab = backend.enter(tenant, "ana")
    backend.locks.lock(ana, ROOM, "/a")
    backend.locks.lock(ben, ROOM, "/b")
    tape.heard()
    getattr(backend, go)(ana, *([ROOM] if go == "leave" else []))
    assert told(tape) == []
    getattr(backend, go)(tab, *([ROOM] if go == "leave" else []))
    assert told(tape) == ([] if stays else [[("ben", "/b")]])
    if stays:
        back = backend.enter(tenant, "ana")
        assert add(backend, back, 0, "/a") == 1
        assert [lock["path"] for lock in backend.locks.unlock(back, ROOM, "/a")] == ["/b"]


def test_a_lock_of_an_empty_room_is_left_to_expire_and_then_nothing_is_left(
    make_backend: MakeBackend, tenant: str
) -> None:
    backend = make_backend()
    ana = backend.enter(tenant, "ana")
    backend.locks.lock(ana, ROOM, "/a", 200 / 1000)
    backend.lose(ana)
    room_keys = [key for key in keys_of(backend.redis, tenant) if key.startswith("room")]
    assert room_keys == [TenantKeys(tenant).locks(ROOM), TenantKeys(tenant).rooms_due]
    assert all(backend.redis.ttl(key) != -1 for key in room_keys)
    eventually(lambda: backend.rooms.expire(tenant) is None, "nothing is due any more")
    assert [key for key in keys_of(backend.redis, tenant) if key.startswith("room")] == []


def test_a_lock_that_has_run_out_is_none_at_once_and_its_end_is_told_of_once(
    make_backend: MakeBackend, tenant: str
) -> None:
    nodes = [make_backend(), make_backend()]
    ana, ben = nodes[0].enter(tenant, "ana"), nodes[1].enter(tenant, "ben")
    tape = Tape(nodes[0].redis)
    nodes[0].locks.lock(ana, ROOM, "/a", 100 / 1000)
    eventually(lambda: nodes[1].locks.send_status(ben, ROOM) == [], "the lock is over")
    tape.heard()
    assert add(nodes[1], ben, 0, "/a") == 1
    assert told(tape) == []
    assert [node.rooms.expire(tenant) for node in nodes] == [None, None]
    assert told(tape) == [[]]
    tape.close()


def test_the_end_of_a_lock_that_another_lock_has_told_of_is_not_told_again(
    backend: Backend, tape: Tape, tenant: str, ana: Connection, ben: Connection
) -> None:
    backend.locks.lock(ana, ROOM, "/a", 50 / 1000)
    eventually(lambda: backend.locks.send_status(ben, ROOM) == [], "the lock is over")
    tape.heard()
    backend.locks.lock(ben, ROOM, "/b")
    assert told(tape) == [[("ben", "/b")]]
    backend.rooms.expire(tenant)
    assert told(tape) == []


def test_who_joins_makes_the_node_look_in_time(backend: Backend, tenant: str, ana: Connection) -> None:
    """A node that was not there when a lock was taken learns of its end from the join."""
    heard: list[Any] = []
    pubsub = backend.redis.pubsub()
    pubsub.subscribe(backend.address.node)
    backend.locks.lock(ana, ROOM, "/a", 5)
    backend.enter(tenant, "ben")

    def due() -> bool:
        message = pubsub.get_message(ignore_subscribe_messages=True)
        if message:
            heard.append(message["data"])
        return any(f'"due":["room:{{{tenant}}}:{ROOM}",' in data.replace("\\/", "/") for data in heard)

    eventually(due, "the message that lets Ben's connection in says when to look")
    pubsub.close()


def test_only_members_lock_and_only_so_much(backend: Backend, tape: Tape, tenant: str, ana: Connection) -> None:
    stranger = backend.connect(tenant, "ben")
    tape.heard()
    for speak in (backend.locks.lock, backend.locks.unlock, backend.locks.send_status):
        with pytest.raises(NotInRoom):
            speak(stranger, ROOM)
    assert tape.names() == []
    for number in range(backend.locks.MAX_LOCKS):
        backend.locks.lock(ana, ROOM, f"/{number}")
    with pytest.raises(LimitExceeded, match="A user may hold 100 locks"):
        backend.locks.lock(ana, ROOM, "/more")
    backend.locks.lock(ana, ROOM, "/0")
    for user_id in ("cy", "dee"):
        other = backend.enter(tenant, user_id)
        for number in range(backend.locks.MAX_LOCKS):
            backend.locks.lock(other, ROOM, f"/{user_id}{number}")
    with pytest.raises(LimitExceeded, match="A room may have 300 locks"):
        backend.locks.lock(backend.enter(tenant, "eve"), ROOM, "/more")
    with pytest.raises(InvalidPayload):
        backend.locks.lock(ana, ROOM, "/x" * 101)


def test_a_thousand_places_are_looked_up_among_hundreds_of_locks(
    backend: Backend, tenant: str, ana: Connection
) -> None:
    """Compared pair by pair they would keep Redis from everybody else for seconds."""
    for user_id in ("ben", "cy", "dee"):
        other = backend.enter(tenant, user_id)
        for number in range(backend.locks.MAX_LOCKS):
            backend.locks.lock(other, ROOM, f"/{'x' * 900}/{user_id}{number}")
    backend.redis.config_resetstat()
    changes = [{"op": "add", "path": f"/{'y' * 1000}{number}", "value": 1} for number in range(1000)]
    assert backend.documents.edit(ana, ROOM, 0, changes, str(uuid4())).version == 1
    spent = cast("dict[str, dict[str, float]]", backend.redis.info("commandstats"))["cmdstat_evalsha"]
    assert spent["usec"] < 1_000_000
    with pytest.raises(Locked):
        backend.documents.edit(
            ana, ROOM, 1, [*changes, {"op": "add", "path": f"/{'x' * 900}", "value": 1}], str(uuid4())
        )


def test_of_many_who_want_overlapping_places_at_once_one_gets_it(make_backend: MakeBackend, tenant: str) -> None:
    nodes = [make_backend() for _ in range(6)]
    people = [node.enter(tenant, f"u{number}") for number, node in enumerate(nodes)]
    paths = ["", "/a", "/a/b", "/a/b/c", "/a/b", "/a"]
    start, got = threading.Barrier(len(nodes)), []

    def want(number: int) -> None:
        start.wait()
        try:
            got.append(nodes[number].locks.lock(people[number], ROOM, paths[number]))
        except Locked:
            return

    threads = [threading.Thread(target=want, args=(number,)) for number in range(len(nodes))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 1


def test_a_lock_is_no_activity(backend: Backend, tape: Tape, tenant: str, ana: Connection) -> None:
    backend.presence.set_away("ana", tenant)
    tape.heard()
    backend.locks.lock(ana, ROOM)
    backend.locks.unlock(ana, ROOM)
    assert set(tape.names()) == {"doc:lock_status"}
