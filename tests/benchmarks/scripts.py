"""Measures what each script costs Redis: microseconds per call, by Redis' own count (INFO commandstats).

    PYTHONPATH=backend .venv/bin/python -m tests.benchmarks.scripts [users] [rounds]

An embedded Valkey, a subscriber to the bus, `users` online (300), ten to a room. In a round everybody does each thing
once; a figure is the least of `rounds` (5), because other
work on the machine only adds. Reading commands and writing answers is not in it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any, cast

from app.realtime.managers.connection_manager import Connection
from app.realtime.utils.message_types import PresenceStatus
from tests.integration.backend import Backend
from tests.redis_server import OPTIONS, EmbeddedRedis

TENANT, USERS_IN_A_ROOM, FIELD = "acme", 10, "/lines/3/amount"

Act = Callable[[int, Connection], Any]


def a_round(backend: Backend, users: int) -> Iterator[tuple[str, float]]:
    """Do each thing once for everybody. Yields what it is, and the µs of a script call."""
    presence, cursors, typing = backend.presence, backend.cursors, backend.typing
    online = [backend.connect(TENANT, f"user-{n}", f"Ana García {n}") for n in range(users)]

    def measured(act: Act) -> float:
        backend.redis.config_resetstat()
        for number, connection in enumerate(online):
            act(number, connection)
        found = cast("dict[str, dict[str, float]]", backend.redis.info("commandstats"))
        return found["cmdstat_evalsha"]["usec"] / found["cmdstat_evalsha"]["calls"]

    def move(number: int, connection: Connection) -> None:
        cursors.move(connection, room_of(number), number, 7)
        cursors.write()

    def second_tab(number: int, connection: Connection) -> None:
        backend.connect(TENANT, connection.user_id, connection.user_name, f"tab-{number}")

    def room_of(number: int) -> str:
        return f"invoice:{number // USERS_IN_A_ROOM}"

    yield "connect, a second tab", measured(second_tab)
    yield "disconnect, the second tab", measured(lambda n, _: backend.connections.remove_connection(f"tab-{n}"))
    yield "presence:list", measured(lambda _, c: presence.send_list(c))
    yield "presence:list, of an entity", measured(lambda _, c: presence.send_list(c, "invoice", "7"))
    yield "presence:update, a page", measured(lambda n, c: presence.update(c, None, current_page=f"/invoices/{n}"))
    yield "presence:update, busy", measured(lambda _, c: presence.update(c, PresenceStatus.BUSY))
    yield "presence:update, online", measured(lambda _, c: presence.update(c, PresenceStatus.ONLINE))
    yield "heartbeat, online", measured(lambda _, c: presence.be_active(c))
    yield "room:join", measured(lambda n, c: backend.join(c, room_of(n)))
    yield "cursor:move", measured(move)
    yield "cursor:move again", measured(move)
    yield "typing:start", measured(lambda n, c: typing.start(c, room_of(n), FIELD))
    yield "typing:start again", measured(lambda n, c: typing.start(c, room_of(n), FIELD))
    yield "typing:stop", measured(lambda n, c: typing.stop(c, room_of(n), FIELD))
    yield "room:leave", measured(lambda n, c: backend.leave(c, room_of(n)))
    for number, connection in enumerate(online):
        backend.join(connection, room_of(number))
    yield "disconnect, lost", measured(lambda _, c: backend.connections.remove_connection(c.sid))
    online = [backend.connect(TENANT, c.user_id, c.user_name) for c in online]
    yield "disconnect, goodbye", measured(lambda _, c: backend.goodbye(c))


def main(users: int = 300, rounds: int = 5) -> None:
    """Measure, and print a table."""
    server = EmbeddedRedis(OPTIONS)
    server.start()
    backend = Backend(f"{server.url}/0")
    subscriber = backend.redis.pubsub()
    subscriber.subscribe(**dict.fromkeys((backend.address.bus, backend.address.node), lambda _: None))
    reading = subscriber.run_in_thread(sleep_time=1, daemon=True)
    figures: dict[str, list[float]] = {}
    try:
        for _ in range(rounds):
            for what, microseconds in a_round(backend, users):
                figures.setdefault(what, []).append(microseconds)
    finally:
        reading.stop()
        reading.join()
        backend.close()
        server.stop()
    for what, measured in figures.items():
        sys.stdout.write(f"{what:30}{min(measured):8.1f}\n")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
