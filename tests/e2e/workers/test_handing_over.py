"""A request that comes to another worker than its session's is answered by the session's."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator
from urllib.parse import quote

import pytest

from realtime_contracts.wire.tokens import Mint
from tests.e2e.transport.wire import (
    SEPARATOR,
    TARGET,
    event_packet,
    eventually,
    frame,
    metrics,
    new_tenant,
    readable,
    request,
    upgrade_fields,
)
from tests.e2e.workers.host import Host, connection_to, session_of, worker_of

OTHER = {1: 2, 2: 1}
UNKNOWN = (400, {"code": 1, "message": "Session ID unknown"})


def test_a_connection_serves_the_sessions_of_both_workers_in_turn(url: str, token: str, mint: Mint) -> None:
    ana, ben = session_of(url, 1, token), session_of(url, 2, mint("ben", new_tenant()))
    connection = connection_to(url, 1)
    for number in range(1, 11):
        for session in (ana, ben):
            assert connection.ask(session.target, "POST", event_packet("heartbeat", None, number)).body == b"ok"
            acks = []
            while not acks:
                acks = [packet for packet in connection.ask(session.target).packets if packet.startswith("43")]
            assert [ack[: len(f"43{number}[")] for ack in acks] == [f"43{number}["]


@pytest.mark.parametrize("owner", [1, 2])
def test_a_poll_that_waits_at_the_other_worker_gets_what_comes(url: str, token: str, owner: int) -> None:
    session = session_of(url, owner, token)
    poll = connection_to(url, OTHER[owner])
    poll.begin(session.target)
    assert not readable(poll, 0.15), poll.answer()
    session.post(event_packet("heartbeat", None, 7))
    answer = poll.answer()
    while not (acks := [packet for packet in answer.packets if packet.startswith("43")]):
        answer = poll.ask(session.target)
    assert acks[0].startswith("437[")


def chunked(body: bytes) -> bytes:
    middle = len(body) // 2
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (body[:middle], body[middle:], b""))


@pytest.mark.parametrize("coding", ["length", "chunked"])
@pytest.mark.parametrize("owner", [1, 2])
def test_a_request_in_parts_arrives_whole_and_once(url: str, token: str, owner: int, coding: str) -> None:
    """In parts that end in the first line, in a field, after the head, and in a body longer than a read's buffer."""
    session = session_of(url, owner, token)
    connection = connection_to(url, OTHER[owner])
    numbers = iter(range(1, 10_000))
    for cut in ("line", "field", "head", "body", "end"):
        acks = [next(numbers) for _ in range(30)]
        # An event that is not known is answered, however long it is.
        body = SEPARATOR.join(event_packet("unknown", "x" * 1500, number) for number in acks).encode()
        length = {"Content-Length": str(len(body))} if coding == "length" else {"Transfer-Encoding": "chunked"}
        head = request(session.target, "POST", {"Host": "node", "X-Long": "y" * 300, **length})
        data = head + (body if coding == "length" else chunked(body))
        at = {"line": 10, "field": len(head) - 200, "head": len(head), "body": len(head) + 9000, "end": len(data) - 1}
        connection.send(data[: at[cut]])
        assert not readable(connection, 0.1), connection.answer()
        connection.send(data[at[cut] :])
        assert connection.answer().body == b"ok"
        heard: list[int] = []
        while len(heard) < len(acks):
            packets = session.poll().packets
            heard += [int(found[1]) for packet in packets if (found := re.match(r"43(\d+)\[", packet))]
        assert heard == acks
        connection.close()
        connection = connection_to(url, OTHER[owner])


def test_requests_that_were_sent_together_are_answered_in_order(url: str, token: str, mint: Mint) -> None:
    """The second is in the buffer of the worker that hands the first one over, and is handed back."""
    ana, ben = session_of(url, 1, token), session_of(url, 2, mint("ben", new_tenant()))
    connection = connection_to(url, 2)
    fields = {"Host": "node", "Content-Length": "1"}
    posts = [request(session.target, "POST", fields) + b"3" for session in (ana, ben, ben, ana)]
    gets = [request(target, "GET", {"Host": "node"}) for target in (f"{TARGET}polling&sid=nobody", "/healthz")]
    connection.send(b"".join([posts[0], posts[1], gets[0], posts[2], posts[3], gets[1]]))
    assert [connection.answer().status for _ in range(6)] == [200, 200, 400, 200, 200, 200]


@pytest.mark.parametrize("owner", [1, 2])
def test_polling_becomes_a_websocket_at_the_other_worker(url: str, token: str, owner: int) -> None:
    session = session_of(url, owner, token)
    websocket = connection_to(url, OTHER[owner])
    websocket.upgrade(session.sid)
    websocket.say("2probe")
    assert websocket.text() == "3probe"
    session.poll()
    websocket.say("5")
    websocket.say(event_packet("heartbeat", None, 1))
    assert websocket.until(lambda packet: packet.startswith("431["))


@pytest.mark.parametrize("owner", [1, 2])
def test_what_came_with_the_upgrade_is_not_lost(url: str, token: str, owner: int) -> None:
    session = session_of(url, owner, token)
    websocket = connection_to(url, OTHER[owner])
    head = request(f"{TARGET}websocket&sid={session.sid}", "GET", upgrade_fields())
    websocket.send(head + frame("2probe"))
    assert websocket.answer().status == 101
    assert websocket.text() == "3probe"


@pytest.mark.parametrize(
    "suffix", ["2", "", "0", "3", "01", "1x", "-1", "99999999999999999999", "\u00b2", "../1", "1/1"]
)
@pytest.mark.parametrize("through", [1, 2])
def test_an_id_with_another_workers_number_is_unknown(url: str, through: int, suffix: str) -> None:
    session = session_of(url, 1)
    connection = connection_to(url, through)
    forged = f"{TARGET}polling&sid={quote(session.sid[:-1] + suffix)}"
    assert connection.ask(forged).refusal == UNKNOWN
    assert connection.ask(forged, "POST", "3").refusal == UNKNOWN
    assert session.alive()


def test_ids_differ_in_more_than_their_worker(url: str) -> None:
    sids = [session_of(url, worker).sid for worker in (1, 2) for _ in range(5)]
    assert len({sid[:20] for sid in sids}) == len(sids)
    assert {worker_of(sid) for sid in sids} == {1, 2}


@pytest.fixture
def standing_still(host: Host) -> Iterator[Host]:
    """Yield the workers, of which the second stands still once it was told to; it goes on after the test."""
    yield host
    host.signal(2, signal.SIGCONT)
    host.wait_ready()


def test_what_waits_for_a_worker_that_stands_still_is_bounded_and_nothing_is_lost(standing_still: Host) -> None:
    host = standing_still
    sessions = [session_of(host.url, 2) for _ in range(30)]
    doors = [connection_to(host.url, 1) for _ in sessions]
    door, mine = connection_to(host.url, 1), session_of(host.url, 1)
    host.signal(2, signal.SIGSTOP)
    for session, waiting in zip(sessions, doors, strict=True):
        waiting.begin(session.target, "POST", "3")
    assert door.ask(mine.target, "POST", "3").status == 200
    ready = door.ask("/readyz")
    assert (ready.status, b"worker 2 does not answer" in ready.body) == (503, True)
    eventually(lambda: any(readable(waiting, 0) for waiting in doors), "one that waits too long is refused")
    host.signal(2, signal.SIGCONT)
    answers = [waiting.answer() for waiting in doors]
    assert {answer.status for answer in answers} == {200, 503}
    assert all(answer.headers["retry-after"] == "1" for answer in answers if answer.status == 503)
    assert all(session.alive() for session in sessions)


def test_metrics_are_of_both_workers(url: str, token: str, mint: Mint) -> None:
    assert session_of(url, 1, token).ask("heartbeat")["ok"]
    assert session_of(url, 2, mint("ben", new_tenant())).ask("heartbeat")["ok"]
    for worker in (1, 2):
        text = connection_to(url, worker).ask("/metrics").body.decode()
        assert text.count("# TYPE realtime_connections gauge") == 1
        found = metrics(url)
        for number in (1, 2):
            assert found[f'realtime_connections{{worker="{number}"}}'] >= 1
            assert found[f'realtime_ready{{worker="{number}"}}'] == 1
            assert found[f'realtime_worker_up{{worker="{number}"}}'] == 1
            assert found[f'realtime_events_total{{worker="{number}",code="ok",event="heartbeat"}}'] >= 1
            assert found[f'process_resident_memory_bytes{{worker="{number}"}}'] > 0


def test_every_worker_is_alive_and_ready(url: str) -> None:
    for worker in (1, 2):
        door = connection_to(url, worker)
        assert [door.ask(path).status for path in ("/healthz", "/readyz")] == [200, 200]


def test_a_head_that_is_too_large_to_hand_over_is_not_served(url: str) -> None:
    session = session_of(url, 1)
    fields = {"Host": "node", **{f"X-{number}": "y" * 6000 for number in range(20)}}
    connection = connection_to(url, 2)
    connection.send(request(session.target, "GET", fields))
    assert connection.answer().status == 431
    assert session.alive()


def test_a_page_of_another_origin_may_ask_any_worker(url: str) -> None:
    session = session_of(url, 1)
    answer = connection_to(url, 2).ask(session.target, "POST", "3", {"Origin": "http://pages"})
    assert answer.headers["access-control-allow-origin"] == "*"
