"""Across an upgrade all keeps its order, both ways, also for a client that does not wait for its requests."""

from __future__ import annotations

import contextlib
import random
import threading
import time
from collections.abc import Callable

import pytest

from realtime_contracts.wire.tokens import Mint
from tests.e2e.cluster import Cluster
from tests.e2e.transport.test_upgrade import heartbeat_over, shows, websocket_of
from tests.e2e.transport.wire import (
    CLOSE,
    SEPARATOR,
    Answer,
    Client,
    Ended,
    Http,
    Polling,
    WebSocket,
    event_of,
    event_packet,
    frame,
    request,
)

#: Events of a client that upgrades meanwhile, and broadcasts that it receives.
COUNT = 500
#: Seconds for all of them.
WITHIN = 8.0
SOON = 2.0
#: Bytes that make 60 events more than is read ahead of a session.
PADDING = 9_000


@pytest.fixture
def url(hurried: Cluster) -> str:
    return hurried.urls[0]


def moved(page: object, number: int | None = None, *, padding: int = 0) -> str:
    """The packet of an event by which others see the user's page."""
    return event_packet("presence:update", {"current_page": f"/{page}"}, number) + " " * padding


def pages(packets: list[str], user: str = "ana") -> list[str]:
    """The pages that a user went to, in the order of the announcements."""
    found = (event_of(packet)[1] for packet in packets if packet.startswith('42["presence:update"'))
    return [one["current_page"].lstrip("/") for one in found if one["user_id"] == user]


def acks(packets: list[str]) -> list[int]:
    """The numbers of the acks, in the order in which they came."""
    return [int(packet[2 : packet.index("[")]) for packet in packets if packet.startswith("43")]


def begin_body(session: Polling, body: str, sent: int) -> Http:
    """Begin to post a body, of which only the first bytes are sent. Returns when the node reads it."""
    http = Http(session.url)
    data = body.encode()
    fields = {"Host": "node", "Content-Length": str(len(data)), "Expect": "100-continue"}
    http.send(request(session.target, "POST", fields))
    http.take_until(b"100 Continue\r\n\r\n")
    http.send(data[:sent])
    return http


def probed(session: Polling) -> WebSocket:
    """Open a session's WebSocket and probe it."""
    ws = websocket_of(session)
    ws.say("2probe")
    assert ws.text() == "3probe"
    return ws


def heard_until(client: WebSocket, last: str) -> list[str]:
    """The pages that a client hears of, up to this one."""
    heard: list[str] = []
    client.until(lambda packet: heard.append(packet) or last in pages([packet]), WITHIN)
    return pages(heard)


def test_a_body_in_flight_is_handled_before_the_websockets_messages(url: str, token: str, ben: Client) -> None:
    ana = Polling(url, token)
    ws = probed(ana)
    body = SEPARATOR.join(moved(number) for number in range(10))
    with begin_body(ana, body, len(body) // 2) as post:
        ws.send(frame("5") + b"".join(frame(moved(number)) for number in range(10, 40)))
        begin = ben.emit("heartbeat")
        heard: list[str] = []
        ben.until(lambda packet: heard.append(packet) or packet.startswith(begin))
        assert pages(heard) == [], "the WebSocket waits for the body"
        post.send(body[len(body) // 2 :].encode())
        assert post.answer().body == b"ok"
        assert heard_until(ben, "39") == [str(number) for number in range(40)]
        heartbeat_over(ws)


def test_a_body_that_is_more_than_is_read_ahead_is_handled_first_too(url: str, token: str, ben: Client) -> None:
    ana = Polling(url, token)
    ws = probed(ana)
    body = SEPARATOR.join(moved(number, padding=PADDING) for number in range(60))
    with begin_body(ana, body, len(body) - 1) as post:
        post.send(body[-1:].encode())
        ws.send(frame("5") + b"".join(frame(moved(number)) for number in range(60, 90)))
        assert post.answer().body == b"ok"
        assert heard_until(ben, "89") == [str(number) for number in range(90)]
        heartbeat_over(ws)


@pytest.mark.parametrize(
    "end",
    [lambda ws: ws.close(), lambda ws: ws.send(frame(b"\x03\xe8", CLOSE))],
    ids=["hangs up", "closes"],
)
def test_who_has_changed_over_and_is_gone_has_no_session(
    url: str, token: str, end: Callable[[WebSocket], None]
) -> None:
    ana = Polling(url, token)
    ws = probed(ana)
    with begin_body(ana, moved("never"), 5):
        ws.say("5")
        end(ws)
        ana.ended(SOON)


class Mover(threading.Thread):
    """A client with a long poll, that posts and upgrades while it sends."""

    def __init__(self, session: Polling, chance: random.Random) -> None:
        super().__init__()
        self.session = session
        self.chance = chance
        #: What was polled, and then what the WebSocket brought.
        self.packets: list[str] = []
        self.start()

    def run(self) -> None:
        """Poll until the poll is ended by the upgrade."""
        with Http(self.session.url) as http:
            while True:
                answer: Answer = http.ask(self.session.target)
                if answer.status != 200:
                    return
                self.packets += answer.packets
                if "6" in answer.packets:
                    return

    def move(self) -> None:
        """Send all events, and change over somewhere between."""
        change = self.chance.randrange(COUNT // 10, COUNT * 9 // 10)
        number = self._post_until(change)
        ws = probed(self.session)
        if self.chance.random() < 0.5:  # as official clients do
            self.join()
            ws.say("5")
        else:
            number = self._change_in_a_body(ws, number)
        while number < COUNT:
            some = min(self.chance.randrange(1, 40), COUNT - number)
            ws.send(b"".join(frame(moved(one, one)) for one in range(number, number + some)))
            number += some
        self.join()
        while not (acks(self.packets)[-1:] == [COUNT - 1] and pages(self.packets, "ben")[-1:] == [f"{COUNT - 1}"]):
            self.packets.append(ws.text(SOON))
        ws.close()

    def _post_until(self, change: int) -> int:
        number = 0
        with Http(self.session.url) as http:
            while number < change:
                some = min(self.chance.randrange(1, 40), change - number)
                body = SEPARATOR.join(moved(one, one) for one in range(number, number + some))
                assert http.ask(self.session.target, "POST", body).status == 200
                number += some
        return number

    def _change_in_a_body(self, ws: WebSocket, number: int) -> int:
        """Change over while a body is under way. Returns the number of the first event that is not sent."""
        middle = number + self.chance.randrange(1, 40)
        end = middle + self.chance.randrange(0, 10)
        body = SEPARATOR.join(moved(one, one) for one in range(number, middle))
        cut = self.chance.randrange(0, len(body) + 1)
        with begin_body(self.session, body, cut) as post:
            ws.send(frame("5") + b"".join(frame(moved(one, one)) for one in range(middle, end)))
            post.send(body[cut:].encode())
            assert post.answer().body == b"ok"
        return end


@pytest.mark.parametrize("seed", range(20))
def test_a_client_that_upgrades_in_a_burst_loses_and_doubles_nothing(
    url: str, mint: Mint, token: str, tenant: str, seed: int
) -> None:
    ben = Client(url, mint("ben", tenant))
    heard: list[str] = []
    ana = Mover(Polling(url, token), random.Random(seed))

    def listen() -> None:
        with contextlib.suppress(Ended, OSError, ValueError):
            while pages(heard[-1:]) != [f"{COUNT - 1}"]:
                heard.append(ben.text(WITHIN))

    def burst() -> None:
        for first in range(0, COUNT, 10):
            ben.send(b"".join(frame(moved(number)) for number in range(first, first + 10)))
            time.sleep(0.005)

    threads = [threading.Thread(target=work) for work in (listen, burst)]
    for thread in threads:
        thread.start()
    try:
        ana.move()
    finally:
        for thread in threads:
            thread.join()
    assert acks(ana.packets) == list(range(COUNT))
    assert pages(ana.packets, "ben") == [str(number) for number in range(COUNT)]
    assert pages(heard) == [str(number) for number in range(COUNT)]


def test_nothing_is_lost_or_doubled_when_a_burst_is_under_way(url: str, token: str, ben: Client) -> None:
    ana = Polling(url, token)
    count = 300

    def burst() -> None:
        for number in range(count):
            ben.say(event_packet("presence:update", {"current_page": f"/{number}"}))

    sender = threading.Thread(target=burst)
    sender.start()
    ana.until(lambda packet: "current_page" in packet)
    ws = websocket_of(ana)
    ws.say("2probe")
    assert ws.text() == "3probe"
    packets: list[str] = []
    while "6" not in packets:  # a client polls until its poll is ended
        packets += ana.poll().packets
    ws.say("5")
    while not any(map(shows(f"/{count - 1}"), packets)):
        packets.append(ws.text())
    sender.join()
    pages = [event_of(packet)[1]["current_page"] for packet in packets if packet.startswith('42["presence:update"')]
    # The first may have come with the poll that told of the burst.
    assert pages == [f"/{number}" for number in range(count - len(pages), count)]
    assert len(pages) >= count - 100
    ws.close()
