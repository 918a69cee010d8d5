"""Whether clients with tiny receive buffers get many messages of all sizes whole and in order.

    python -m tests.benchmarks.tiny_buffers --clients 50 --messages 2000

The transport alone, without Redis and handlers: a process that sends the same messages to all, and one that reads them.
Each message has 10 B to 200 kB, most of them few, and begins with its number. Clients say from time to time up to which
number they have read, so that no more is under way than what a client may have waiting. One line of JSON.
"""

from __future__ import annotations

import argparse
import json
import random
import selectors
import subprocess
import sys
import time
from typing import Any

from gevent.event import Event

from app.realtime.libraries.gevent import make_server, set_options
from app.realtime.transport.engine import Engine
from app.realtime.transport.http import Http
from app.realtime.transport.limits import Timing
from app.realtime.transport.message import Message
from app.realtime.transport.reasons import Reason
from app.realtime.transport.session import Session
from tests.e2e.transport.wire import TEXT, Ended, WebSocket

#: What the smallest message has after its number, and the largest, in bytes.
SMALLEST, LARGEST = 10, 200_000
#: The receive buffer that is asked for, in bytes. The kernel takes twice that.
RECEIVE_BUFFER = 2048
#: Messages and bytes that are under way to one client at most: half of what may wait for it.
MESSAGES, BYTES = 500, 512 * 1024
#: Seconds without anything after which a client is stuck.
STUCK_SECONDS = 30.0


class Sizes:
    """The sizes of all messages, by a seed that both sides know."""

    def __init__(self) -> None:
        self._chance = random.Random(14)

    def next(self) -> int:
        """Half of them are up to 120 bytes; one in a hundred is over 100 kB."""
        kind = self._chance.random()
        if kind < 0.5:
            return self._chance.randrange(SMALLEST, 121)
        if kind < 0.97:
            return self._chance.randrange(121, 4_000)
        return self._chance.randrange(4_000, LARGEST + 1)


def text_of(number: int, size: int) -> str:
    """A message: another letter each time, so that a piece of another one is seen."""
    return f"{number}:" + chr(97 + number % 26) * size


class Sender:
    """The server's application: it waits for all clients, and sends them `count` messages."""

    def __init__(self, clients: int) -> None:
        self._clients = clients
        #: How many messages each client says that it has read.
        self._read: dict[Session, int] = {}
        self._all_there, self._some_read, self._all_gone = Event(), Event(), Event()

    def ready(self) -> bool:
        """Whether clients may come."""
        return True

    def opened(self, session: Session, environ: dict[str, Any]) -> None:
        """Let a client in, without a CONNECT."""
        session.connected()

    def at_once(self, session: Session, text: str) -> bool:
        """Leave every message to `received`."""
        return False

    def received(self, session: Session, text: str | bytes) -> None:
        """Note what a client has read."""
        self._read[session] = int(text)
        if len(self._read) == self._clients:
            self._all_there.set()
        self._some_read.set()

    def ended(self, session: Session, reason: Reason) -> None:
        """Forget a client."""
        del self._read[session]
        if not self._read:
            self._all_gone.set()
        self._some_read.set()

    def send_all(self, count: int) -> None:
        """Send all messages, and wait until the clients have left."""
        self._all_there.wait()
        sizes, ends = Sizes(), [0]
        for number in range(count):
            size = sizes.next()
            ends.append(ends[-1] + size)
            while self._is_too_much(number, ends):
                self._some_read.clear()
                self._some_read.wait()
            message = Message(text_of(number, size))
            for session in list(self._read):
                session.send(message)
        self._all_gone.wait()

    def _is_too_much(self, number: int, ends: list[int]) -> bool:
        slowest = min(self._read.values(), default=number)
        return number - slowest > MESSAGES or ends[-1] - ends[slowest] > BYTES


def serve(clients: int, count: int) -> None:
    """Serve so many clients, say on which port, and end when they have left."""
    sender = Sender(clients)
    server = make_server(("127.0.0.1", 0), Http(Engine(Timing(300, 300, 1000), sender), None), None)
    server.init_socket()
    set_options(server.socket)
    server.start()
    sys.stdout.write(f"{server.server_port}\n")
    sys.stdout.flush()
    sender.send_all(count)


class Reader:
    """One client. Raises AssertionError if a message is not the next one, and whole."""

    def __init__(self, url: str) -> None:
        self.ws = WebSocket(url, receive_buffer=RECEIVE_BUFFER)
        assert self.ws.text().startswith("0{")
        self.ws.say("40")
        self._sizes = Sizes()
        self.number = 0
        self._said, self._bytes = 0, 0
        self._data = bytearray()
        self._wanted = 2

    def read(self) -> None:
        """Read once, and take what is whole."""
        data = self.ws.socket.recv(1 << 16)
        if not data:
            raise Ended(f"after {self.number} messages")
        self._data += data
        while len(self._data) >= self._wanted:
            head = {126: 4, 127: 10}.get(self._data[1], 2)
            size = self._data[1] if head == 2 else int.from_bytes(self._data[2:head], "big")
            if len(self._data) < head or len(self._data) < head + size:
                self._wanted = max(head, head + size)
                return
            assert self._data[0] == 0x80 | TEXT
            self._take(self._data[head : head + size].decode())
            del self._data[: head + size]
            self._wanted = 2

    def _take(self, text: str) -> None:
        expected = "4" + text_of(self.number, self._sizes.next())
        assert text == expected, f"expected message {self.number}, got {text[:40]!r} of {len(text)} characters"
        self.number += 1
        self._bytes += len(text)
        if self._bytes > BYTES // 4 or self.number - self._said > MESSAGES // 4:
            self.ws.say(f"4{self.number}")
            self._said, self._bytes = self.number, 0


def run(clients: int, count: int) -> dict[str, Any]:
    """Send so many messages to so many clients. Returns what it took."""
    options = ["--clients", str(clients), "--messages", str(count), "--serve"]
    command = [sys.executable, "-m", "tests.benchmarks.tiny_buffers", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            url = f"http://127.0.0.1:{server.stdout.readline().strip()}"
            readers = [Reader(url) for _ in range(clients)]
            began = time.monotonic()
            _read_all(readers, count)
            took = time.monotonic() - began
            for reader in readers:
                reader.ws.close()
            server.wait(STUCK_SECONDS)
        finally:
            server.kill()
    return {
        "clients": clients,
        "messages": count,
        "seconds": round(took, 1),
        "per_second": round(clients * count / took),
    }


def _read_all(readers: list[Reader], count: int) -> None:
    with selectors.DefaultSelector() as selector:
        for reader in readers:
            selector.register(reader.ws.socket, selectors.EVENT_READ, reader)
        left = len(readers)
        while left:
            ready = selector.select(STUCK_SECONDS)
            assert ready, f"stuck: {sorted(reader.number for reader in readers)}"
            for key, _ in ready:
                key.data.read()
                if key.data.number == count:
                    selector.unregister(key.fileobj)
                    left -= 1


def main() -> None:
    """Run it from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--messages", type=int, default=2000, help="that each client gets")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve(options.clients, options.messages)
    else:
        sys.stdout.write(json.dumps(run(options.clients, options.messages)) + "\n")


if __name__ == "__main__":
    main()
