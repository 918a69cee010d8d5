"""Measures what each script costs Redis: microseconds of its processor per call, reading and answering included.

    PYTHONPATH=backend .venv/bin/python -m tests.benchmarks.scripts [users] [rounds]

An embedded Valkey, `users` online (300), ten to a room. In a round everybody does each thing at once, over the server's
one connection. A figure is the least of `rounds` (5), because other work on the machine only adds.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any, cast

import gevent

from app.realtime.container import Services, make_services
from app.realtime.managers.connection_manager import Connection
from app.realtime.utils.message_types import PresenceStatus
from app.settings import Settings
from tests.redis_server import OPTIONS, EmbeddedRedis

TENANT, USERS_IN_A_ROOM, FIELD = "acme", 10, "/lines/3/amount"

Act = Callable[[int, Connection], Any]


def a_round(services: Services, users: int) -> Iterator[tuple[str, float]]:
    """Do each thing once for everybody. Yields what it is, and the µs for each user."""
    presence, rooms, cursors, typing = services.presence, services.rooms, services.cursors, services.typing
    connections = services.connections

    def connect(user: int, sid: str) -> Connection:
        data = {"user_id": f"user-{user}", "user_name": f"Ana García {user}", "tenant_id": TENANT}
        return connections.add_connection(sid, data, browser="Firefox")

    def room_of(number: int) -> str:
        return f"invoice:{number // USERS_IN_A_ROOM}"

    def at_once(act: Act) -> None:
        tasks = [gevent.spawn(act, number, connection) for number, connection in enumerate(online)]
        gevent.joinall(tasks, raise_error=True)

    def measured(act: Act) -> float:
        began = cpu()
        at_once(act)
        return (cpu() - began) * 1e6 / users

    def cpu() -> float:
        used = cast("dict[str, float]", services.commands.info("cpu"))
        return used["used_cpu_user_main_thread"] + used["used_cpu_sys_main_thread"]

    def move(number: int, connection: Connection) -> None:
        cursors.move(connection, room_of(number), number, 7)
        if number == users - 1:
            cursors.write()

    def end(*, goodbye: bool) -> Act:
        return lambda _, connection: connections.remove_connection(connection.sid, goodbye=goodbye)

    online = [connect(number, f"sid{number:017}") for number in range(users)]
    yield "connect, a second tab", measured(lambda n, _: connect(n, f"tab-{n}"))
    yield "disconnect, the second tab", measured(lambda n, _: connections.remove_connection(f"tab-{n}"))
    yield "presence:list", measured(lambda _, c: presence.send_list(c))
    yield "presence:list, of an entity", measured(lambda _, c: presence.send_list(c, "invoice", "7"))
    yield "presence:update, a page", measured(lambda n, c: presence.update(c, None, current_page=f"/invoices/{n}"))
    yield "presence:update, busy", measured(lambda _, c: presence.update(c, PresenceStatus.BUSY))
    yield "presence:update, online", measured(lambda _, c: presence.update(c, PresenceStatus.ONLINE))
    yield "heartbeat, the first", measured(lambda _, c: presence.be_active(c))
    at_once(lambda _, c: presence.heartbeat(c, active=True))
    yield "heartbeat, written behind", measured(lambda n, _: n or presence.heartbeats.write())
    yield "room:join", measured(lambda n, c: rooms.join(c, room_of(n)))
    yield "cursor:move", measured(move)
    yield "cursor:move again", measured(move)
    yield "typing:start", measured(lambda n, c: typing.start(c, room_of(n), FIELD))
    yield "typing:start again", measured(lambda n, c: typing.start(c, room_of(n), FIELD))
    yield "typing:stop", measured(lambda n, c: typing.stop(c, room_of(n), FIELD))
    yield "room:leave", measured(lambda n, c: rooms.leave(c, room_of(n)))
    at_once(lambda n, c: rooms.join(c, room_of(n)))
    yield "disconnect, lost", measured(end(goodbye=False))
    online = [connect(number, f"sid{number:017}") for number in range(users)]
    yield "disconnect, goodbye", measured(end(goodbye=True))


def main(users: int = 300, rounds: int = 5) -> None:
    """Measure, and print a table."""
    server = EmbeddedRedis(OPTIONS)
    server.start()
    services = make_services(Settings(redis_url=f"{server.url}/0", jwt_secret_key="x" * 32))
    figures: dict[str, list[float]] = {}
    try:
        list(a_round(services, 1))  # Redis has the scripts from here on
        for _ in range(rounds):
            for what, microseconds in a_round(services, users):
                figures.setdefault(what, []).append(microseconds)
    finally:
        services.commands.close()
        server.stop()
    for what, measured in figures.items():
        sys.stdout.write(f"{what:32}{min(measured):8.1f}\n")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
