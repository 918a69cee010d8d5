"""A connection's end ends everything: descriptors, memory, Redis' keys return to what they were."""

from __future__ import annotations

import os
import socket
import struct
import time
from collections.abc import Callable, Iterator
from itertools import cycle, islice
from pathlib import Path

import pytest
import redis

from realtime_contracts.wire.tokens import Mint
from tests.e2e.cluster import TIMEOUTS, Cluster
from tests.e2e.transport.nodes import started
from tests.e2e.transport.wire import (
    Client,
    Polling,
    Tcp,
    WebSocket,
    close_frame,
    connect_packet,
    ended,
    eventually,
    frame,
    metrics,
    sockets,
)

#: Connections that come and go. Many more: `CONNECTIONS=20000 pytest --timeout=0 -k thousands tests/e2e/transport`.
CONNECTIONS = int(os.environ.get("CONNECTIONS", "480"))
#: Those that are there at the same time.
AT_ONCE = 50
#: Megabytes that memory may have grown after all are gone: what was kept of each was 3 to 70 kB.
GROWTH = 4.0


@pytest.fixture(scope="module")
def cluster(redis_url: str, secret: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Yield a node of this module's own, which notices soon who is silent."""
    settings = {"PING_INTERVAL": "2", "PING_TIMEOUT": "2"}
    yield from started(Cluster(redis_url, secret, tmp_path_factory.mktemp("ends"), nodes=1, **settings))


@pytest.fixture
def url(cluster: Cluster) -> str:
    return cluster.urls[0]


def resident(cluster: Cluster) -> float:
    """The node's memory, in megabytes."""
    process = cluster.nodes[0].process
    assert process is not None
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS"))) / 1024


def says_goodbye(url: str, token: str) -> None:
    Client(url, token).goodbye()


def closes(url: str, token: str) -> None:
    client = Client(url, token)
    client.send(close_frame(1000))
    client.closes()
    client.close()


def hangs_up(url: str, token: str) -> None:
    Client(url, token).close()


def resets(url: str, token: str) -> None:
    client = Client(url, token)
    client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


def leaves_a_room(url: str, token: str) -> None:
    client = Client(url, token)
    client.say('42["room:join",{"entity_type":"invoice","entity_id":"42"}]')
    client.say('42["cursor:move",{"room_id":"invoice:42","line":1,"column":1}]')
    client.say('42["typing:start",{"room_id":"invoice:42"}]')
    client.goodbye()


def never_connects(url: str, _token: str) -> None:
    WebSocket(url).close()


def is_refused(url: str, _token: str) -> None:
    ws = WebSocket(url)
    ws.say('40{"token":"garbage"}')
    ws.closes()


def says_nonsense(url: str, token: str) -> None:
    client = Client(url, token)
    client.send(frame("", 15))
    client.closes()
    client.close()


def polls(url: str, token: str) -> None:
    session = Polling(url, token)
    session.post("41")
    session.post("1")


def gives_a_poll_up(url: str, token: str) -> None:
    session = Polling(url, token)
    with Tcp(url) as tcp:
        tcp.send(f"GET {session.target} HTTP/1.1\r\nHost: node\r\n\r\n".encode())


def is_forgotten(url: str, token: str) -> None:
    """A session over polling that never says another word."""
    session = Polling(url)
    session.post(connect_packet(token))


def upgrades(url: str, token: str) -> None:
    session = Polling(url, token)
    with WebSocket(url, f"/socket.io/?EIO=4&transport=websocket&sid={session.sid}") as ws:
        ws.say("2probe")
        ws.text()
        ws.say("5")


WAYS: tuple[Callable[[str, str], None], ...] = (
    says_goodbye,
    closes,
    hangs_up,
    resets,
    leaves_a_room,
    never_connects,
    is_refused,
    says_nonsense,
    polls,
    gives_a_poll_up,
    is_forgotten,
    upgrades,
)


def test_thousands_come_and_go_and_nothing_is_left_of_them(
    cluster: Cluster, url: str, redis_url: str, mint: Mint, tenant: str
) -> None:
    def come_and_go(count: int) -> None:
        for number, way in enumerate(islice(cycle(WAYS), count)):
            way(url, mint(f"user-{number % AT_ONCE}", tenant))

    def gone() -> bool:
        now = metrics(url)
        return now["realtime_connections"] == 0 and sockets(url) <= before

    before = sockets(url)
    come_and_go(len(WAYS) * 15)
    eventually(gone, "the first are gone", 20)
    descriptors = metrics(url)["process_open_fds"]
    memory = resident(cluster)
    come_and_go(CONNECTIONS)
    eventually(gone, "all are gone", 20)
    assert metrics(url)["process_open_fds"] <= descriptors
    assert resident(cluster) - memory < GROWTH
    with redis.Redis.from_url(redis_url, decode_responses=True) as client:
        eventually(
            lambda: list(client.scan_iter(f"*{{{tenant}}}*", count=1000)) == [],
            "no key of the tenant is left",
            TIMEOUTS.offline + 10,
        )


@pytest.mark.parametrize(
    ("way", "reason"),
    [
        (says_goodbye, "transport_close"),
        (closes, "transport_close"),
        (hangs_up, "transport_close"),
        (says_nonsense, "transport_error"),
        (polls, "transport_close"),
        (gives_a_poll_up, "transport_close"),
        (is_forgotten, "ping_timeout"),
        (is_refused, "refused"),
    ],
)
def test_every_end_is_counted_with_its_reason(
    url: str, mint: Mint, tenant: str, way: Callable[[str, str], None], reason: str
) -> None:
    before = ended(url, reason)
    way(url, mint("ana", tenant))
    eventually(lambda: ended(url, reason) == before + 1, f"{reason} is counted", 10)


def test_a_token_at_its_end_ends_the_connection_for_good(url: str, mint: Mint, tenant: str) -> None:
    ana = Client(url, mint("ana", tenant, ttl=1.5))
    packets = []
    ana.until(lambda packet: packets.append(packet) or packet == "41", 20)
    assert any('"token_expired"' in packet for packet in packets)
    ana.rest(11)


def test_the_last_word_reaches_a_client_that_reads_late(url: str, mint: Mint, tenant: str) -> None:
    """What was sent before a final end is read before it, also by who has much to read."""
    ana = Client(url, mint("ana", tenant, ttl=1.5), receive_buffer=1024)
    page = "/" + "p" * 2000
    for number in range(100):
        ana.say(f'42{number}["presence:update",{{"current_page":"{page}"}}]')
    time.sleep(2)
    packets: list[str] = []
    ana.until(lambda packet: packets.append(packet) or packet == "41", 5)
    assert '"token_expired"' in packets[-2]
