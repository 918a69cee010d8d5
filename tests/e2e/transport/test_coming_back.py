"""Whoever should come back does, by the official clients and without a line of code; whoever should not, does not.

The official clients reconnect by themselves after a lost transport, and never after Socket.IO's DISCONNECT or
CONNECT_ERROR.
"""

from __future__ import annotations

import gc
import json
import subprocess
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from typing import Any, Protocol

import pytest
import requests
import socketio
from socketio.exceptions import ConnectionError as NotConnected

from realtime_contracts.wire.tokens import Mint
from tests.e2e.cluster import FragileCluster
from tests.e2e.test_javascript import PROGRAM
from tests.e2e.transport.nodes import Door
from tests.e2e.transport.wire import (
    GOING_AWAY,
    TRY_AGAIN_LATER,
    Client,
    Polling,
    WebSocket,
    ask,
    connect_packet,
    eventually,
)
from tests.node import installed

pytestmark = pytest.mark.filterwarnings("ignore:Exception ignored in. <socket:pytest.PytestUnraisableExceptionWarning")

#: Seconds in which a client is back, from when there is a node for it.
BACK_SECONDS = 30.0
#: What a client says of an end after which it does not come back.
FINAL = ("io server disconnect", "server disconnect")


class Stays(Protocol):
    """A program that connects once and is then left alone."""

    #: What has happened to it: {"event": "connect", "ok": true}, {"event": "disconnect", "reason": …}, …
    seen: list[dict[str, Any]]

    def end(self) -> None:
        """End it."""


class JavaScript:
    """The official JavaScript client in a process of its own."""

    def __init__(self, url: str, token: str, transport: str) -> None:
        self.seen: list[dict[str, Any]] = []
        self._process = subprocess.Popen(
            ["node", "stay.mjs", transport],
            cwd=installed(PROGRAM),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"url": url, "token": token}) + "\n")
        self._process.stdin.flush()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def end(self) -> None:
        """End the program."""
        self._process.communicate(timeout=10) if not self._reader.is_alive() else self._close()

    def _close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._reader.join(10)
        self._process.wait(10)
        assert self._process.stdout is not None
        self._process.stdout.close()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.seen.append(json.loads(line))


class Python:
    """The official Python client in threads of its own."""

    def __init__(self, url: str, token: str, transport: str) -> None:
        self.seen: list[dict[str, Any]] = []
        self._http = requests.Session()
        self._client = socketio.Client(
            reconnection_delay=0.1, reconnection_delay_max=0.5, http_session=self._http, handle_sigint=False
        )
        self._client.on("connect", self._connected)
        self._client.on("disconnect", lambda reason: self.seen.append({"event": "disconnect", "reason": reason}))
        self._client.on("error", lambda error: self.seen.append({"event": "error", "code": error["code"]}))
        transports = ["polling", "websocket"] if transport == "upgrade" else [transport]
        self._client.connect(url, auth={"token": token}, transports=transports)

    def end(self) -> None:
        """End the client, also one that tries to reconnect."""
        self._client.shutdown()
        self._http.close()
        # At a reconnect the library forgets its old socket. Let it go here, not in somebody else's test.
        del self._client
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)
            gc.collect()

    def _connected(self) -> None:
        try:
            ok = self._client.call("heartbeat", timeout=5)["ok"]
        except (socketio.exceptions.TimeoutError, NotConnected):
            ok = False
        self.seen.append({"event": "connect", "ok": ok, "id": self._client.get_sid()})


KINDS: dict[str, Callable[[str, str, str], Stays]] = {"javascript": JavaScript, "python": Python}
EACH_CLIENT = pytest.mark.parametrize(
    ("kind", "transport"),
    [("javascript", "websocket"), ("javascript", "polling"), ("python", "websocket"), ("python", "polling")],
)


@pytest.fixture
def door(faults: FragileCluster) -> Iterator[Door]:
    """Yield what stands before two nodes that may be broken."""
    door = Door(faults.urls)
    yield door
    door.close()


@pytest.fixture
def stay(mint: Mint, tenant: str) -> Iterator[Callable[..., Stays]]:
    """Yield what starts a client; its end ends the client."""
    started: list[Stays] = []

    def start(kind: str, url: str, transport: str, **claims: Any) -> Stays:
        client = KINDS[kind](url, mint("ana", tenant, **claims), transport)
        started.append(client)
        return client

    yield start
    for client in started:
        client.end()


def connects(client: Stays) -> int:
    """How often it has connected, and was then answered."""
    return sum(one["event"] == "connect" and one["ok"] for one in client.seen)


def wait_connected(client: Stays, times: int = 1, within: float = BACK_SECONDS) -> float:
    return eventually(lambda: connects(client) == times, f"connected {times} times: {client.seen}", within)


@pytest.mark.fault
@EACH_CLIENT
def test_who_is_on_a_node_that_stops_is_back_on_another(
    faults: FragileCluster, door: Door, stay: Callable[..., Stays], kind: str, transport: str
) -> None:
    client = stay(kind, door.url, transport)
    wait_connected(client)
    faults.stop(1)
    wait_connected(client, 2)
    [reason] = [one["reason"] for one in client.seen if one["event"] == "disconnect"]
    assert reason not in FINAL


@pytest.mark.fault
def test_a_node_that_stops_says_that_it_goes(faults: FragileCluster, mint: Mint, tenant: str) -> None:
    client = Client(faults.urls[0], mint("ana", tenant))
    faults.stop(1)
    assert client.closes() == GOING_AWAY


@pytest.mark.fault
@pytest.mark.parametrize("kind", KINDS)
def test_who_has_no_other_node_is_back_when_it_has_restarted(
    faults: FragileCluster, stay: Callable[..., Stays], kind: str
) -> None:
    client = stay(kind, faults.urls[0], "websocket")
    wait_connected(client)
    faults.stop(1)
    eventually(lambda: any(one["event"] == "disconnect" for one in client.seen), "it is noticed")
    faults.start()
    wait_connected(client, 2)


@pytest.mark.fault
@EACH_CLIENT
def test_who_comes_while_redis_is_away_is_back_with_redis(
    faults: FragileCluster, door: Door, stay: Callable[..., Stays], kind: str, transport: str
) -> None:
    client = stay(kind, door.url, transport)
    wait_connected(client)
    faults.cut_redis()
    door.cut()
    eventually(lambda: any(one["event"] == "disconnect" for one in client.seen), "the transport is lost")
    time.sleep(2.5)  # some attempts, of which none may be the last
    assert connects(client) == 1
    faults.restore_redis()
    wait_connected(client, 2)


@pytest.mark.fault
@pytest.mark.parametrize("transport", ["websocket", "polling"])
def test_who_comes_first_while_redis_is_away_is_let_in_when_it_is_back(
    faults: FragileCluster, stay: Callable[..., Stays], transport: str
) -> None:
    faults.cut_redis()
    client = stay("javascript", faults.urls[0], transport)
    eventually(lambda: len(client.seen) >= 2, "it tries more than once")
    assert {one.get("active") for one in client.seen} == {True}, client.seen
    faults.restore_redis()
    wait_connected(client)


@pytest.mark.fault
@pytest.mark.parametrize("transport", ["websocket", "polling"])
def test_a_refusal_that_passes_is_no_connect_error(
    faults: FragileCluster, mint: Mint, tenant: str, transport: str
) -> None:
    faults.cut_redis()
    url = faults.urls[0]
    eventually(lambda: ask(url, "/readyz").status == 503, "the node knows")
    if transport == "websocket":
        ws = WebSocket(url)
        ws.say(connect_packet(mint("ana", tenant)))
        ws.until(lambda packet: packet.startswith("0{"))
        assert ws.closes() == TRY_AGAIN_LATER
    else:
        answer = ask(url, "/socket.io/?EIO=4&transport=polling")
        assert answer.status == 503
        assert int(answer.headers["retry-after"]) >= 1


@pytest.mark.fault
@pytest.mark.parametrize("kind", ["websocket", "polling"])
def test_who_answers_pings_stays_while_redis_hangs(faults: FragileCluster, mint: Mint, tenant: str, kind: str) -> None:
    """Pings every second, 1.5 s to answer; Redis hangs for longer."""
    url = faults.urls[0]
    busy = (Client if kind == "websocket" else Polling)(url, mint("busy", tenant))
    faults.hang_redis()
    began = time.monotonic()
    codes = set()
    while time.monotonic() - began < 4.5:
        answer = busy.ask("presence:update", {"current_page": "/hangs"}, within=4)
        codes.add(answer.get("error", {}).get("code", "ok"))
        time.sleep(0.1)
    assert codes == {"unavailable"}
    faults.restore_redis()
    eventually(lambda: busy.ask("presence:update", {"current_page": "/back"})["ok"], "it is served again")


@pytest.mark.fault
def test_pings_go_out_while_events_wait_for_redis(faults: FragileCluster, mint: Mint, tenant: str) -> None:
    """A client that sends without waiting has many events in the queue; its pongs are not behind them."""
    url = faults.urls[0]
    busy = Client(url, mint("busy", tenant))
    faults.hang_redis()
    began = time.monotonic()
    pings = 0
    while time.monotonic() - began < 4.5:
        busy.say('42["presence:update",{"current_page":"/hangs"}]')
        try:
            opcode, payload, _ = busy.frame(0.05)
        except TimeoutError:
            continue
        assert opcode == 1, "the connection is open"
        if payload == b"2":
            pings += 1
            busy.say("3")
    assert pings >= 3
    faults.restore_redis()


@pytest.mark.parametrize("transport", ["websocket", "polling"])
def test_whose_token_has_ended_does_not_come_back(url: str, stay: Callable[..., Stays], transport: str) -> None:
    client = stay("javascript", url, transport, ttl=4.0)
    wait_connected(client)
    eventually(lambda: any(one["event"] == "disconnect" for one in client.seen), "the token has ended", 20)
    assert {"event": "error", "code": "token_expired"} in client.seen
    [end] = [one for one in client.seen if one["event"] == "disconnect"]
    assert (end["reason"], end["active"]) == ("io server disconnect", False)


def test_who_is_refused_for_good_does_not_try_again(url: str, stay: Callable[..., Stays]) -> None:
    client = stay("javascript", url, "websocket", ttl=-10.0)
    eventually(lambda: bool(client.seen), "it is refused")
    assert client.seen == [{"event": "connect_error", "code": "token_expired", "active": False}]
