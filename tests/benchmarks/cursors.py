r"""What cursors cost, and how late they come: rooms of 15 users who each move ten times a second.

    python tests/benchmarks/cursors.py --url http://127.0.0.1:8000 --pid 4711 \
        --peer-url http://127.0.0.1:9113 --peer-pid 4712 --runs 5

Options and output as storm.py's. A move carries the number of its stamp as its line, so that each delivery's way, from
sending to receipt, is known: the median and the 99th percentile are in ms, and include this program's own delay.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import time
from contextlib import suppress
from typing import Any

from bench import arguments, benchmark, percentile
from raw import Crowd

#: Bounds of what one may ask for.
MAX_ROOMS, MAX_ROUNDS = 50, 600
#: Users of one room, and seconds between two moves of each.
ROOM_USERS, BETWEEN_MOVES = 15, 0.1
#: Seconds to wait for deliveries that have not come; then they are counted as lost.
PATIENCE = 20.0

LINE = re.compile(rb'"line":\s*(\d+)')


async def cursors(crowd: Crowd, options: argparse.Namespace) -> dict[str, Any]:
    """A run: everybody enters their room and moves. Deliveries of so many, CPU for each in µs, latencies in ms."""
    rooms, rounds = options.rooms, options.rounds
    await crowd.come_online([f"u{room}_{seat}" for room in range(rooms) for seat in range(ROOM_USERS)])
    places = [f"invoice:{number // ROOM_USERS}" for number in range(len(crowd.clients))]
    for client, place in zip(crowd.clients, places, strict=True):
        client.emit("room:join", {"entity_type": "invoice", "entity_id": place.partition(":")[2]})
    await crowd.until(lambda: crowd.counts[b"room:users"] >= len(crowd.clients))
    await crowd.quiet(0.5, 10.0)

    stamps: list[float] = []
    latencies: list[float] = []

    def time_it(event: bytes, packet: bytes) -> None:
        if event == b"cursor:move" and (line := LINE.search(packet)):
            latencies.append((time.perf_counter() - stamps[int(line[1])]) * 1e3)

    crowd.counts.clear()
    crowd.on_event = time_it
    expected = len(crowd.clients) * rounds * (ROOM_USERS - 1)
    cpu, began = crowd.server.cpu(), time.perf_counter()
    for number in range(rounds):
        await asyncio.sleep(max(0.0, began + number * BETWEEN_MOVES - time.perf_counter()))
        for client, place in zip(crowd.clients, places, strict=True):
            stamps.append(time.perf_counter())
            client.emit("cursor:move", {"room_id": place, "line": len(stamps) - 1, "column": number})
    with suppress(TimeoutError):  # what was lost is in the result
        await asyncio.wait_for(crowd.until(lambda: len(latencies) >= expected), PATIENCE)
    used = crowd.server.cpu() - cpu
    return {
        "rooms": rooms,
        "rounds": rounds,
        "delivered": len(latencies),
        "expected": expected,
        "cpu_us_per_delivery": round(used * 1e6 / max(1, len(latencies)), 2),
        "p50_ms": round(percentile(latencies, 0.5), 2),
        "p99_ms": round(percentile(latencies, 0.99), 2),
    }


if __name__ == "__main__":
    rooms, rounds = (10, 1, MAX_ROOMS, "rooms of 15 users"), (30, 1, MAX_ROUNDS, "moves of each user")
    measured = ["cpu_us_per_delivery", "p50_ms", "p99_ms", "delivered"]
    benchmark(arguments(__doc__, rooms=rooms, rounds=rounds), cursors, lambda _: measured)
