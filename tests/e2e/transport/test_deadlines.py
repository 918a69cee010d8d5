"""Whoever begins something and does not go on has so many seconds, and then holds nothing of the node.

One test for all of it, because all of it waits: everything begins at once, and each part is looked at when it is due.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from realtime_contracts.wire.tokens import Mint
from tests.e2e.cluster import Cluster
from tests.e2e.transport.nodes import CALM, started
from tests.e2e.transport.wire import (
    TARGET,
    Client,
    Http,
    Polling,
    Tcp,
    WebSocket,
    ended,
    eventually,
    request,
    sockets,
    upgrade_fields,
)

#: Seconds (the specification's limits).
NO_CONNECT, UPGRADE, HEAD, BODY, KEEP_ALIVE = 10.0, 10.0, 10.0, 10.0, 15.0
#: Seconds by which nobody is cut off too early.
EARLY = 2.0
#: Seconds by which a deadline may be missed: a timing wheel, a peer that does not answer a close, two busy cores.
LATE = 5.0
#: What may be refused before its body is there, and then ends at once.
MAY_END_EARLY = {"half a body", "a body that drips"}
#: Connections of each kind.
EACH = 5


def half_a_head(url: str) -> Tcp:
    tcp = Tcp(url)
    tcp.send(b"GET /healthz HTTP/1.1\r\nHost: node\r\nX-Slow: ")
    return tcp


def idle(url: str) -> Tcp:
    """One request, and then nothing on a connection that is kept alive."""
    http = Http(url)
    assert http.ask("/healthz").status == 200
    return http


def half_a_handshake(url: str) -> Tcp:
    tcp = Tcp(url)
    tcp.send(request(f"{TARGET}websocket", "GET", upgrade_fields())[:-2])
    return tcp


def half_a_body(url: str) -> Tcp:
    tcp = Tcp(url)
    tcp.send(request("/api/v1/presence/status", "PUT", {"Host": "node", "Content-Length": "1000"}) + b"{")
    return tcp


def half_a_body_of_a_session(url: str) -> Tcp:
    session = Polling(url)
    tcp = Tcp(url)
    tcp.send(request(session.target, "POST", {"Host": "node", "Content-Length": "1000"}) + b"4")
    return tcp


def half_a_chunk(url: str) -> Tcp:
    session = Polling(url)
    tcp = Tcp(url)
    tcp.send(request(session.target, "POST", {"Host": "node", "Transfer-Encoding": "chunked"}) + b"10\r\n4")
    return tcp


def a_body_that_drips(url: str) -> Tcp:
    """A byte now and then is no progress: the time is for the whole body."""
    http = Http(url)
    http.send(request("/api/v1/presence/status", "PUT", {"Host": "node", "Content-Length": "1000"}))

    def drip() -> None:
        try:
            while True:
                http.send(b"{")
                time.sleep(0.25)
        except OSError:
            pass  # it has been cut off

    threading.Thread(target=drip).start()
    return http


def nobody(url: str) -> Tcp:
    return WebSocket(url)


def unfinished_upgrade(url: str) -> Tcp:
    return WebSocket(url, f"{TARGET}websocket&sid={Polling(url).sid}")


def upgrade_that_waits_for_a_body(url: str) -> Tcp:
    session = Polling(url)
    ws = WebSocket(url, f"{TARGET}websocket&sid={session.sid}")
    ws.say("2probe")
    assert ws.text() == "3probe"
    post = Http(url)
    post.send(request(session.target, "POST", {"Host": "node", "Content-Length": "9", "Expect": "100-continue"}))
    post.take_until(b"100 Continue\r\n\r\n")
    ws.say("5")
    return ws


#: What is begun, and the seconds until its TCP connection must be gone.
UNFINISHED: dict[str, tuple[Callable[[str], Tcp], float]] = {
    "nothing at all": (Tcp, HEAD),
    "nothing more": (idle, KEEP_ALIVE),
    "half a head": (half_a_head, HEAD),
    "half a handshake": (half_a_handshake, HEAD),
    "half a body": (half_a_body, BODY),
    "half a body of a session": (half_a_body_of_a_session, BODY),
    "a body that drips": (a_body_that_drips, BODY),
    "half a chunk": (half_a_chunk, BODY),
    "a websocket of nobody": (nobody, NO_CONNECT),
    "a websocket that does not probe": (unfinished_upgrade, UPGRADE),
    "an upgrade that waits for a body": (upgrade_that_waits_for_a_body, UPGRADE),
}


@pytest.fixture
def own_node(redis_url: str, secret: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Yield the URL of a node of this test's own: its descriptors are counted."""
    for cluster in started(Cluster(redis_url, secret, tmp_path_factory.mktemp("deadlines"), nodes=1, **CALM)):
        yield cluster.urls[0]


def test_what_is_not_gone_on_with_is_ended(own_node: str, mint: Mint, tenant: str, subtests: pytest.Subtests) -> None:
    url = own_node
    before = sockets(url)
    began = time.monotonic()

    def due(seconds: float) -> float:
        """The seconds that are left until this deadline, and what it may be missed by."""
        return max(began + seconds + LATE - time.monotonic(), 0.1)

    begun = {kind: [begin(url) for _ in range(EACH)] for kind, (begin, _) in UNFINISHED.items()}
    silent, answering = ([Polling(url) for _ in range(EACH)] for _ in range(2))
    ana = Polling(url, mint("ana", tenant))
    black_hole = WebSocket(url, f"{TARGET}websocket&sid={ana.sid}")
    black_hole.say("2probe")
    said_goodbye = Client(url, mint("ben", tenant))
    said_goodbye.say("41")
    stays = Client(url, mint("cy", tenant))

    time.sleep(max(began + NO_CONNECT - EARLY - time.monotonic(), 0))
    for kind in begun.keys() - MAY_END_EARLY:
        with subtests.test("not cut off early", kind=kind):
            assert [tcp.is_open() for tcp in begun[kind]] == [True] * EACH

    for kind, (_, seconds) in sorted(UNFINISHED.items(), key=lambda item: item[1][1]):
        with subtests.test("ended", kind=kind):
            for tcp in begun[kind]:
                tcp.rest(due(seconds))
    with subtests.test("a session without a connection is ended"):
        # Those that say nothing are looked at once and late: a look may keep a session alive.
        for session in answering:
            session.ended(due(NO_CONNECT))
        assert [session.alive() for session in silent] == [False] * EACH
        assert ended(url, "no_connect") >= 2 * EACH
    with subtests.test("a session whose connection said goodbye is ended"):
        said_goodbye.rest(due(NO_CONNECT))
    with subtests.test("an unfinished upgrade is given up, and polling goes on"):
        black_hole.closes(due(UPGRADE))
        assert ana.ask("heartbeat")["ok"]
        again = WebSocket(url, f"{TARGET}websocket&sid={ana.sid}")
        again.say("2probe")
        assert again.text() == "3probe"
        again.close()
    with subtests.test("who has connected stays"):
        assert stays.ask("heartbeat")["ok"]
    for tcp in [*(tcp for connections in begun.values() for tcp in connections), black_hole, said_goodbye, stays]:
        tcp.close()
    with subtests.test("no descriptor is left"):
        eventually(lambda: sockets(url) <= before, "all are closed")
