"""How a WebSocket ends on the wire: with its close frame, and nothing after it."""

from __future__ import annotations

import json
import socket
import urllib.request
from urllib.parse import urlsplit

import pytest
from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, CloseConnection, Request, TextMessage

from realtime_contracts.wire.forged import Mint
from tests.e2e.cluster import Cluster

#: Seconds to wait for bytes.
PATIENCE = 10.0


def polled(url: str) -> str:
    """Begin a session over long-polling, and return its sid."""
    with urllib.request.urlopen(f"{url}/socket.io/?EIO=4&transport=polling", timeout=PATIENCE) as answer:
        opened = json.loads(answer.read().decode()[1:])
    sid: str = opened["sid"]
    return sid


class Wire:
    """A WebSocket of which every byte is looked at."""

    def __init__(self, url: str, target: str) -> None:
        address = urlsplit(url)
        assert address.hostname is not None
        self.socket = socket.create_connection((address.hostname, address.port), timeout=PATIENCE)
        self.protocol = WSConnection(ConnectionType.CLIENT)
        self.socket.sendall(self.protocol.send(Request(host=address.netloc, target=target)))
        assert isinstance(self.next(), AcceptConnection)

    def say(self, text: str) -> None:
        self.socket.sendall(self.protocol.send(TextMessage(text)))

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
        wire = Wire(url, f"{target}&sid={polled(url)}")
        wire.say("2probe")
        assert wire.next() == TextMessage("3probe")
        wire.say("5")
    else:
        wire = Wire(url, target)
        opened = wire.next()
        assert isinstance(opened, TextMessage)
        assert opened.data.startswith("0{")
    wire.say("40" + json.dumps({"token": mint("ana", f"last-bytes-{begun}")}))
    while not (isinstance(heard := wire.next(), TextMessage) and heard.data.startswith("40{")):
        assert heard == TextMessage("6"), "what ends a poll is all that may come before"
    wire.socket.sendall(wire.protocol.send(CloseConnection(code=1000)))
    seen = wire.next()
    while not isinstance(seen, CloseConnection):
        seen = wire.next()
    assert wire.rest() == b""
