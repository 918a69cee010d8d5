"""Eight threads do what they like with ten users of one tenant; in the end everything must add up.

Seeded, so that a failure names the dance that led to it; the scheduling is the machine's own.
"""

from __future__ import annotations

import random
import threading
import time
from collections import Counter, defaultdict
from typing import Any

import orjson
import pytest

from app.errors import ConnectionLost
from app.realtime.managers.connection_manager import Connection
from app.realtime.store.keys import TenantKeys
from app.realtime.utils.message_types import PresenceStatus
from realtime_contracts.rules.errors import LimitExceeded, NotInRoom
from realtime_contracts.rules.presence import PresenceState
from realtime_contracts.rules.times import rfc3339
from tests.integration.backend import Backend, Heard, Tape, assert_gapless, keys_of
from tests.integration.conftest import MakeBackend

THREADS = 8
USERS = [f"u{number}" for number in range(10)]
ROOMS = [f"invoice:{number}" for number in range(4)]
SECONDS = 3.0
#: Connections one thread holds at most: few, so that users come and go all the time.
HELD = 3

STEPS = ["connect", "connect", "connect", "lose", "goodbye", "goodbye", "update", "heartbeat", "idle", "join", "join"]
STEPS += ["leave", "expire", "expire", "list", "twice"]


class Dancer:
    """One thread's node, its connections, and one random step after the other."""

    def __init__(self, backend: Backend, tenant: str, seed: str) -> None:
        self.backend = backend
        self._tenant = tenant
        self._random = random.Random(seed)
        self.held: list[Connection] = []
        self.done: Counter[str] = Counter()
        self.failure: BaseException | None = None

    def dance(self, until: float) -> None:
        try:
            while time.monotonic() < until:
                self.step()
        except BaseException as error:  # noqa: BLE001 - it is raised again in the test's thread
            self.failure = error

    def step(self) -> None:
        step = self._random.choice(STEPS)
        if step == "expire":
            self.backend.presence.expire(self._tenant)
        elif step == "connect":
            if len(self.held) < HELD:
                self._connect()
        elif self.held:
            connection = self._random.choice(self.held)
            try:
                getattr(self, f"_{step}")(connection)
            except NotInRoom:
                step = "leave refused"
            except ConnectionLost:
                # Nobody deletes and nobody reaps here: a live connection is always known.
                raise AssertionError(f"{step}: Redis does not know a live connection") from None
        self.done[step] += 1

    def _connect(self) -> None:
        user_id = self._random.choice(USERS)
        try:
            self.held.append(self.backend.connect(self._tenant, user_id, f"User {user_id}"))
        except LimitExceeded:
            self.done["connect refused"] += 1

    def _lose(self, connection: Connection) -> None:
        self.held.remove(connection)
        self.backend.lose(connection)

    def _goodbye(self, connection: Connection) -> None:
        self.held.remove(connection)
        self.backend.goodbye(connection)

    def _update(self, connection: Connection) -> None:
        status = self._random.choice([None, *(PresenceStatus(s) for s in ("online", "away", "busy"))])
        self.backend.presence.update(connection, status, self._random.choice([None, "/x"]))

    def _heartbeat(self, connection: Connection) -> None:
        self.backend.presence.heartbeat(connection, active=True)

    def _idle(self, connection: Connection) -> None:
        self.backend.presence.heartbeat(connection, active=False)

    def _list(self, connection: Connection) -> None:
        self.backend.presence.send_list(connection)

    def _twice(self, connection: Connection) -> None:
        self.backend.connections.restore_connection(connection)

    def _join(self, connection: Connection) -> None:
        self.backend.join(connection, self._random.choice(ROOMS))

    def _leave(self, connection: Connection) -> None:
        self.backend.leave(connection, self._random.choice(ROOMS))


@pytest.mark.parametrize("seed", [1, 2])
def test_random_steps_of_eight_nodes_add_up(seed: int, make_backend: MakeBackend, tape: Tape, tenant: str) -> None:
    tiny: dict[str, Any] = {
        "away_timeout_seconds": 0.02,
        "offline_timeout_seconds": 0.02,
        "max_connections_per_user": 4,
    }
    dancers = [Dancer(make_backend(**tiny), tenant, f"{seed}/{number}") for number in range(THREADS)]
    backend = dancers[0].backend
    tape.heard()
    until = time.monotonic() + SECONDS
    threads = [threading.Thread(target=dancer.dance, args=(until,)) for dancer in dancers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    failures = [dancer.failure for dancer in dancers if dancer.failure is not None]
    if failures:
        raise failures[0]
    done = sum((dancer.done for dancer in dancers), Counter())
    assert set(STEPS) <= set(done), f"a step was never taken: {done}"

    assert_stored_consistently(backend, tenant, dancers)
    for dancer in dancers:
        for connection in dancer.held:
            dancer.backend.goodbye(connection)
    for user in backend.presence.get_online_users(tenant):
        backend.presence.set_offline(user["user_id"], tenant)
    assert keys_of(backend.redis, tenant) == []

    heard = tape.heard()
    assert_lives_are_gapless(heard)
    assert_alternating(heard)
    assert_lists_fit(heard)


def assert_stored_consistently(backend: Backend, tenant: str, dancers: list[Dancer]) -> None:
    """Every structure says the same: who is online, with which connections, in which rooms."""
    redis, keys = backend.redis, TenantKeys(tenant)
    held = {connection.sid: connection for dancer in dancers for connection in dancer.held}
    members = {member.split("\0")[1]: member for member in redis.zrange(keys.names, 0, -1)}
    online = set(members)
    assert set(redis.hkeys(keys.online)) == set(members.values())
    viewed: set[str] = set()
    for user_id, member in members.items():
        kind, number = redis.hmget(keys.user(user_id), "current_entity_type", "current_entity_id")
        if kind != "null":
            viewed |= {f"{kind}\n{number}\n{member}", f"{kind}\n\n{member}"}
    assert set(redis.zrange(keys.viewing, 0, -1)) == viewed
    assert {user_id for user_id in USERS if redis.exists(keys.user(user_id))} == online
    assert {connection.user_id for connection in held.values()} <= online
    assert set(redis.zrange(keys.active, 0, -1)) <= online
    # Who is online without a connection waits for the end of the grace, and nobody else does.
    assert set(redis.zrange(keys.grace, 0, -1)) == online - {connection.user_id for connection in held.values()}
    for user_id in online:
        record = redis.hgetall(keys.user(user_id))
        assert (redis.zscore(keys.active, user_id) is not None) == (record["state"] == "online"), record
        line = orjson.loads(redis.hget(keys.online, members[user_id]))
        assert line["status"] == PresenceState(record["state"]).status
        assert line["user_name"] == record["user_name"]
        assert line["last_active_at"] == rfc3339(int(record["active_at"]) / 1000)

    assert redis.smembers(keys.connections) == set(held)
    for user_id in USERS:
        sids = {sid for sid, connection in held.items() if connection.user_id == user_id}
        assert redis.smembers(keys.user_connections(user_id)) == sids
    for dancer in dancers:
        node_sids = redis.smembers(keys.node_connections(dancer.backend.address.node_id))
        assert node_sids == {connection.sid for connection in dancer.held}
    for sid, connection in held.items():
        assert redis.smembers(keys.connection_rooms(sid)) == connection.rooms
    for room_id in ROOMS:
        joined = {user_id: orjson.loads(e)["sids"] for user_id, e in redis.hgetall(keys.room_users(room_id)).items()}
        expected: dict[str, set[str]] = defaultdict(set)
        for sid, connection in held.items():
            if room_id in connection.rooms:
                expected[connection.user_id].add(sid)
        assert {user_id: set(sids) for user_id, sids in joined.items()} == expected
        assert all(len(sids) == len(set(sids)) for sids in joined.values()), "a connection is twice in a room"
        assert redis.exists(keys.room(room_id)) == redis.exists(keys.entity_room(room_id)) == bool(joined)


def assert_lives_are_gapless(heard: list[Heard]) -> None:
    """While anybody is online the numbers follow each other. A tenant's next life begins at the clock."""
    online: set[str] = set()
    life: list[Heard] = []
    for one in heard:
        if one.event == "presence:user_joined":
            online.add(one.payload["user_id"])
        life.append(one)
        if one.event == "presence:user_left":
            online.discard(one.payload["user_id"])
            if not online:
                assert_gapless(life)
                life = []
    assert life == [] or not any(one.event.startswith("presence:user") for one in life)


def assert_alternating(heard: list[Heard]) -> None:
    """Nobody joins twice or leaves twice, neither the tenant nor a room; only who is there is updated."""
    inside: set[tuple[str, str]] = set()
    for number, one in enumerate(heard):
        kind, _, what = one.event.partition(":")
        if what not in {"user_joined", "user_left", "update"}:
            continue
        place = (one.payload["user_id"], one.payload.get("room_id", kind))
        assert (place in inside) == (what != "user_joined"), f"message {number}: {one}"
        if what == "user_joined":
            inside.add(place)
        elif what == "user_left":
            inside.remove(place)
    assert inside == set()


def assert_lists_fit(heard: list[Heard]) -> None:
    """Every list says what the messages before it add up to, and carries the number of the last."""
    users: dict[str, str] = {}
    seq = 0
    for one in heard:
        if one.event == "presence:list":
            assert {user["user_id"]: user["status"] for user in one.payload["users"]} == users
            assert one.payload["seq"] == seq
        elif one.event == "presence:user_left":
            users.pop(one.payload["user_id"])
            seq = one.payload["seq"]
        elif one.event in {"presence:user_joined", "presence:update"}:
            users[one.payload["user_id"]] = one.payload["status"]
            seq = one.payload["seq"]
