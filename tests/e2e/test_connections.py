"""What no scenario sees of a connection: its token in Redis, its refusal by our server, its last bytes.

That no token is in a log is checked when a cluster ends, and that none is in a message at the end of each test.
"""

from __future__ import annotations

import json
import socket
import urllib.request
from typing import Any
from urllib.parse import urlsplit

import pytest
import redis
from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, CloseConnection, Request, TextMessage

from realtime_contracts.conform.world import World
from realtime_contracts.wire.tokens import Mint
from tests.e2e.cluster import Arena, Cluster

#: Seconds to wait for bytes.
PATIENCE = 10.0

WEBSOCKET, POLLING = (pytest.param(Arena(transport, 2), id=transport) for transport in ("websocket", "polling"))


@pytest.mark.parametrize("arena", [WEBSOCKET])
def test_no_part_of_a_token_is_kept_in_redis(world: World, redis_url: str) -> None:
    ana = world.add_person("Ana", "acme")
    token = world.token(ana)
    tab = world.tab(ana)
    assert tab.open({"token": f"Bearer {token}"})
    world.add_tab(ana, tab)
    world.enter(tab, ana, "invoice:42")
    kept = everything(redis_url, ana.tenant)
    assert any("Ana" in text for text in kept), "the dump does not see what is kept of Ana"
    assert not [text for text in kept for part in token.split(".") if part in text]


def everything(redis_url: str, tenant: str) -> list[str]:
    """Each key of a tenant with all that is in it, as text."""
    with redis.Redis.from_url(redis_url, decode_responses=True) as client:
        read = {
            "string": client.get,
            "hash": client.hgetall,
            "set": client.smembers,
            "zset": lambda key: client.zrange(key, 0, -1, withscores=True),
            "list": lambda key: client.lrange(key, 0, -1),
            "stream": client.xrange,
        }
        return [f"{key} {read[client.type(key)](key)}" for key in client.scan_iter(f"*{{{tenant}}}*")]


@pytest.mark.parametrize("arena", [WEBSOCKET, POLLING])
@pytest.mark.parametrize("wrap", [lambda token: token, lambda token: [token]], ids=["a text", "a list"])
def test_an_auth_payload_that_is_no_object_is_refused_with_a_code(world: World, wrap: Any) -> None:
    """Other servers may end the connection: Socket.IO has no place for such a payload."""
    ana = world.add_person("Ana", "acme")
    tab = world.tab(ana)
    assert not tab.open(wrap(world.token(ana)))
    assert tab.refusal == {"message": "Not authenticated", "data": {"code": "unauthenticated"}}


def polled(url: str) -> str:
    """Begin a session over long-polling, and return its sid."""
    with urllib.request.urlopen(f"{url}/socket.io/?EIO=4&transport=polling", timeout=PATIENCE) as answer:
        opened = json.loads(answer.read().decode()[1:])
    sid: str = opened["sid"]
    return sid


class RawWebSocket:
    """A WebSocket of which every byte is looked at."""

    def __init__(self, url: str, target: str) -> None:
        address = urlsplit(url)
        assert address.hostname is not None
        self.socket = socket.create_connection((address.hostname, address.port), timeout=PATIENCE)
        self.protocol = WSConnection(ConnectionType.CLIENT)
        self.send(Request(host=address.netloc, target=target))
        assert isinstance(self.next(), AcceptConnection)

    def send(self, event: Any) -> None:
        self.socket.sendall(self.protocol.send(event))

    def next(self) -> object:
        """The next event. Raises RemoteProtocolError for bytes that are no frame."""
        while True:
            for event in self.protocol.events():
                return event
            self.protocol.receive_data(self.socket.recv(4096) or None)

    def rest(self) -> bytes:
        """Everything until the server closes the socket."""
        found = b""
        while piece := self.socket.recv(4096):
            found += piece
        self.socket.close()
        return found


@pytest.mark.parametrize("begun", ["websocket", "polling"])
def test_nothing_follows_the_close_frame(begun: str, shared_cluster: Cluster, mint: Mint) -> None:
    url = shared_cluster.urls[0]
    target = "/socket.io/?EIO=4&transport=websocket"
    if begun == "polling":
        client = RawWebSocket(url, f"{target}&sid={polled(url)}")
        client.send(TextMessage("2probe"))
        assert client.next() == TextMessage("3probe")
        client.send(TextMessage("5"))
    else:
        client = RawWebSocket(url, target)
        opened = client.next()
        assert isinstance(opened, TextMessage)
        assert opened.data.startswith("0{")
    client.send(TextMessage("40" + json.dumps({"token": mint("ana", f"last-bytes-{begun}")})))
    while not (isinstance(heard := client.next(), TextMessage) and heard.data.startswith("40{")):
        assert heard == TextMessage("6"), "only what ends a poll may come before"
    client.send(CloseConnection(code=1000))
    while not isinstance(client.next(), CloseConnection):
        pass
    assert client.rest() == b""
