"""Locks on a real Redis: what features/locks.feature does not reach."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import Any, cast
from uuid import uuid4

import pytest

from app.realtime.managers.connection_manager import Connection
from app.realtime.store.keys import TenantKeys
from realtime_contracts.rules.errors import InvalidPayload, LimitExceeded, Locked
from tests.integration.backend import ROOM, Backend, Tape, eventually, keys_of, together
from tests.integration.conftest import MakeBackend


def told(tape: Tape) -> list[list[tuple[str, str]]]:
    """The holders and places that the room was told of since the last call."""
    return [[(lock["user_id"], lock["path"]) for lock in one.payload["locks"]] for one in tape.heard("doc:lock_status")]


def add(backend: Backend, who: Connection, base: int, path: str, value: Any = 1) -> int:
    changes = [{"op": "add", "path": path, "value": value}]
    return backend.documents.edit(who, ROOM, base, changes, str(uuid4())).version


@pytest.mark.parametrize(("go", "stays"), [("goodbye", False), ("lose", True)])
def test_locks_end_with_the_users_last_connection_unless_its_transport_was_lost(
    go: str, backend: Backend, tape: Tape, tenant: str, ana: Connection, ben: Connection, *, stays: bool
) -> None:
    tab = backend.enter(tenant, "ana")
    backend.locks.lock(ana, ROOM, "/a")
    backend.locks.lock(ben, ROOM, "/b")
    tape.heard()
    getattr(backend, go)(ana)
    assert told(tape) == []
    getattr(backend, go)(tab)
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
    make_backend: MakeBackend, tape: Tape, tenant: str
) -> None:
    nodes = [make_backend(), make_backend()]
    ana, ben = nodes[0].enter(tenant, "ana"), nodes[1].enter(tenant, "ben")
    nodes[0].locks.lock(ana, ROOM, "/a", 100 / 1000)
    eventually(lambda: nodes[1].locks.send_status(ben, ROOM) == [], "the lock is over")
    tape.heard()
    assert add(nodes[1], ben, 0, "/a") == 1
    assert told(tape) == []
    assert [node.rooms.expire(tenant) for node in nodes] == [None, None]
    assert told(tape) == [[]]


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
    pubsub.subscribe(backend.address.bus + TenantKeys(tenant).node_channel(backend.address.node_id))
    backend.locks.lock(ana, ROOM, "/a", 5)
    backend.enter(tenant, "ben")

    def due() -> bool:
        message = pubsub.get_message(ignore_subscribe_messages=True)
        if message:
            heard.append(message["data"])
        return any(f'"due":["room:{{{tenant}}}:{ROOM}",' in data.replace("\\/", "/") for data in heard)

    eventually(due, "the message that lets Ben's connection in says when to look")
    pubsub.close()


def test_a_room_has_100_locks_and_a_path_has_16_parts_at_most(backend: Backend, tenant: str, ana: Connection) -> None:
    for user_id in ("cy", "dee", "eve", "fay", "gus"):
        other = backend.enter(tenant, user_id)
        for number in range(backend.locks.MAX_LOCKS):
            backend.locks.lock(other, ROOM, f"/{user_id}{number}")
    with pytest.raises(LimitExceeded, match="A room may have 100 locks"):
        backend.locks.lock(ana, ROOM, "/more")
    with pytest.raises(InvalidPayload):
        backend.locks.lock(ana, ROOM, "/x" * 17)


def test_a_thousand_places_are_looked_up_among_a_hundred_locks(backend: Backend, tenant: str, ana: Connection) -> None:
    """Compared pair by pair they would keep Redis from everybody else for seconds."""
    for user_id in ("ben", "cy", "dee", "eve", "fay"):
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
    got = []

    def want(number: int) -> None:
        with suppress(Locked):
            got.append(nodes[number].locks.lock(people[number], ROOM, paths[number]))

    together(*(partial(want, number) for number in range(len(nodes))))
    assert len(got) == 1
