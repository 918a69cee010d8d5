"""Who does not read what is due to them: bounded, without harm to others, and cut in the end with a reason."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from realtime_contracts.wire.tokens import Mint
from tests.e2e.cluster import Cluster
from tests.e2e.transport.nodes import CALM, started
from tests.e2e.transport.wire import (
    Client,
    Ended,
    Polling,
    ended,
    event_of,
    event_packet,
    eventually,
    frame,
)

#: What a client may have waiting, and what the kernels on the way may hold beside it.
BACKLOG = 1 << 20
#: How the presence messages begin that take a number of the tenant's `seq`.
NUMBERED = ('42["presence:update"', '42["presence:user_joined"', '42["presence:user_left"')
#: The smallest receive buffer that Linux gives, in bytes.
TINY = 1024


@pytest.fixture(scope="module")
def cluster(redis_url: str, secret: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Yield a node of this module's own: its memory is measured."""
    yield from started(Cluster(redis_url, secret, tmp_path_factory.mktemp("slow"), nodes=1, **CALM))


@pytest.fixture
def url(cluster: Cluster) -> str:
    return cluster.urls[0]


class Reader(threading.Thread):
    """Reads all that is due to a client, as fast as it comes."""

    def __init__(self, client: Client) -> None:
        super().__init__()
        self.client = client
        self.packets: list[str] = []
        self.start()

    def run(self) -> None:
        """Read until the connection ends."""
        try:
            while True:
                self.packets.append(self.client.text(60))
        except (Ended, OSError, ValueError):
            pass

    def seqs(self) -> list[int]:
        """The numbers of all presence messages."""
        return [event_of(packet)[1]["seq"] for packet in list(self.packets) if packet.startswith(NUMBERED)]

    def updates(self) -> int:
        """How many presence updates have come."""
        return sum(packet.startswith(NUMBERED[0]) for packet in list(self.packets))

    def close(self) -> None:
        """Say goodbye, and wait for the last of it."""
        self.client.say("41")
        self.client.socket.shutdown(2)
        self.join()


@pytest.mark.parametrize("transport", ["websocket", "polling"])
def test_who_stops_reading_is_cut_and_the_others_notice_nothing(
    url: str, mint: Mint, tenant: str, transport: str
) -> None:
    before = ended(url, "slow_client")
    # Each may send 200 at once: 1,560 messages of 2.1 kB, which is three times the backlog.
    readers = [Reader(Client(url, mint(f"writer-{number}", tenant))) for number in range(8)]
    slow = (
        Client(url, mint("slow", tenant), receive_buffer=TINY)
        if transport == "websocket"
        else Polling(url, mint("slow", tenant))
    )
    began = time.monotonic()
    for reader in readers:
        reader.client.send(
            b"".join(
                frame(event_packet("presence:update", {"current_page": f"/{number}/{'p' * 2000}"}))
                for number in range(195)
            )
        )
    count = 195 * len(readers)
    eventually(lambda: all(reader.updates() >= count for reader in readers), "the others hear everything", 60)
    took = time.monotonic() - began
    for reader in readers:
        seqs = reader.seqs()
        assert seqs == list(range(seqs[0], seqs[0] + len(seqs))), "in order and without a gap"
    eventually(lambda: ended(url, "slow_client") == before + 1, "the slow client is cut, and counted")
    asked = time.monotonic()
    readers[0].client.emit("heartbeat")
    eventually(lambda: readers[0].packets[-1].startswith("431["), "the others are answered")
    assert time.monotonic() - asked < 1.0, f"after a burst that took {took:.1f} s"
    if isinstance(slow, Client):
        slow.rest()
    else:
        assert slow.poll().status == 400
    for reader in readers:
        reader.close()


def test_of_cursors_a_slow_reader_gets_the_latest(url: str, mint: Mint, tenant: str) -> None:
    entity = {"entity_type": "invoice", "entity_id": "42"}
    slow = Client(url, mint("slow", tenant), receive_buffer=TINY)
    assert slow.ask("room:join", entity)["ok"]
    movers = [Reader(Client(url, mint(f"mover-{number}", tenant))) for number in range(20)]
    for mover in movers:
        mover.client.emit("room:join", entity)
    moves = 150
    for line in range(moves):
        for mover in movers:
            move = {"room_id": "invoice:42", "line": line, "column": 0, "selection_start": {"line": 0, "column": 0}}
            mover.client.say(event_packet("cursor:move", {**move, "selection_end": {"line": line, "column": 0}}))
        time.sleep(1 / 40)
    last: dict[str, int] = {}
    heard = 0

    def latest(packet: str) -> bool:
        nonlocal heard
        if packet.startswith('42["cursor:move"'):
            _, move = event_of(packet)
            heard += 1
            last[move["user_id"]] = move["line"]
        return len(last) == len(movers) and set(last.values()) == {moves - 1}

    slow.until(latest)
    assert heard < moves * len(movers) / 2, "what was overtaken is dropped"
    assert slow.ask("heartbeat")["ok"]
    for mover in movers:
        mover.close()


def test_who_comes_back_after_being_cut_is_the_same_user(url: str, mint: Mint, tenant: str) -> None:
    """The cut is a lost transport: no goodbye, so the official client reconnects, and nobody sees the user leave."""
    ben = Reader(Client(url, mint("ben", tenant)))
    slow = Client(url, mint("slow", tenant), receive_buffer=TINY)
    before = ended(url, "slow_client")
    for writer in (Client(url, mint(f"writer-{number}", tenant)) for number in range(10)):
        writer.send(frame(event_packet("presence:update", {"current_page": "/" + "p" * 2000})) * 195)
        threading.Thread(target=drain, args=(writer,)).start()
    eventually(lambda: ended(url, "slow_client") > before, "the slow client is cut")
    Client(url, mint("slow", tenant)).ask("heartbeat")
    left = [event_of(packet)[1] for packet in ben.packets if packet.startswith('42["presence:user_left"')]
    assert "slow" not in [user["user_id"] for user in left]
    assert b"41" not in slow.rest()[-200:]
    ben.close()


def drain(client: Client) -> None:
    """Read and forget until the test ends."""
    try:
        while client.socket.recv(1 << 20):
            pass
    except OSError:
        pass
