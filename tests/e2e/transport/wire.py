"""A client of a node in bytes: TCP, HTTP/1.1, WebSocket frames, Engine.IO packets, Socket.IO packets.

Each layer adds one thing to the one below it, and lets a test send what no library would. Every wait has a
deadline; what was expected and what came instead is in the error.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import os
import select
import socket
import struct
import time
import uuid
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, Self
from urllib.parse import urlsplit

#: Seconds to wait for what should come at once.
PATIENCE = 8.0
#: Seconds between two looks at a condition.
LOOK_SECONDS = 0.02
#: Bytes of one read.
CHUNK = 1 << 18

#: How the list begins that a new connection gets.
LIST = '42["presence:list"'
#: The path of Socket.IO with the protocol's version, the transport to be added.
TARGET = "/socket.io/?EIO=4&transport="
#: What separates the packets of a polling body.
SEPARATOR = "\x1e"

TEXT, BINARY, CLOSE, PING, PONG, CONTINUATION = 1, 2, 8, 9, 10, 0
#: What RFC 6455 appends to a client's key.
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

#: Close codes of RFC 6455 that a server says.
NORMAL, GOING_AWAY, PROTOCOL_ERROR, INVALID_DATA = 1000, 1001, 1002, 1007
POLICY_VIOLATION, TOO_BIG, TRY_AGAIN_LATER = 1008, 1009, 1013


class Ended(Exception):
    """The peer has ended the TCP connection."""


class Answer(NamedTuple):
    """An HTTP response."""

    status: int
    #: Names in lower case.
    headers: dict[str, str]
    body: bytes

    @property
    def packets(self) -> list[str]:
        """The Engine.IO packets of a poll's answer."""
        assert self.status == 200, f"the poll was answered with {self.status}: {self.body!r}"
        return self.body.decode().split(SEPARATOR)

    @property
    def refusal(self) -> tuple[int, Any]:
        """The status and what the body says, as Socket.IO's refusals do: `{"code": 1, "message": …}`."""
        try:
            return self.status, json.loads(self.body)
        except ValueError:
            return self.status, self.body


class Frame(NamedTuple):
    """A WebSocket frame of the server."""

    opcode: int
    payload: bytes
    final: bool = True


class Tcp:
    """One TCP connection to a node."""

    #: All that are open; `hang_up` ends them after a test.
    opened: ClassVar[set[Self]] = set()  # type: ignore[misc]  # of this class and those below it

    def __init__(self, url: str, *, receive_buffer: int | None = None) -> None:
        parts = urlsplit(url)
        self.url = url
        self.socket = socket.socket()
        if receive_buffer is not None:  # before connecting, or the window is already announced
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(PATIENCE)
        self.socket.connect((parts.hostname, parts.port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._read = bytearray()
        self.opened.add(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def close(self) -> None:
        """End the connection, as a closed program does."""
        self.socket.close()
        self.opened.discard(self)

    def take(self, size: int, within: float = PATIENCE) -> bytes:
        """Return the next `size` bytes. Raises Ended, TimeoutError."""
        self._fill(lambda: len(self._read) >= size, within)
        taken = bytes(self._read[:size])
        del self._read[:size]
        return taken

    def take_until(self, mark: bytes, within: float = PATIENCE) -> bytes:
        """Return everything up to and with `mark`."""
        self._fill(lambda: mark in self._read, within)
        return self.take(self._read.index(mark) + len(mark))

    def is_open(self) -> bool:
        """Whether the node has not ended the connection yet. Keeps what has come."""
        try:
            self._fill(lambda: False, 0.01)
        except TimeoutError:
            return True
        except Ended:
            return False
        raise AssertionError("unreachable")

    def rest(self, within: float = PATIENCE) -> bytes:
        """Return what still comes until the node ends the connection. Fails if it does not."""
        try:
            self._fill(lambda: False, within)
        except Ended:
            return bytes(self._read)
        except TimeoutError:
            raise AssertionError(
                f"the connection is open after {within} s, and has said {bytes(self._read)!r}"
            ) from None
        raise AssertionError("unreachable")

    def _fill(self, enough: Callable[[], bool], within: float) -> None:
        deadline = time.monotonic() + within
        while not enough():
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"within {within} s there was only {bytes(self._read[:300])!r}")
            self.socket.settimeout(left)
            try:
                data = self.socket.recv(CHUNK)
            except TimeoutError:
                continue
            except ConnectionError:
                raise Ended("reset") from None
            if not data:
                raise Ended(f"after {bytes(self._read[:300])!r}")
            self._read += data


class Http(Tcp):
    """One connection of HTTP/1.1."""

    def ask(
        self, target: str, method: str = "GET", body: bytes | str | None = None, headers: Mapping[str, str] = {}
    ) -> Answer:
        """Send a request and return its answer."""
        self.begin(target, method, body, headers)
        return self.answer(head_only=method == "HEAD")

    def begin(
        self, target: str, method: str = "GET", body: bytes | str | None = None, headers: Mapping[str, str] = {}
    ) -> None:
        """Send a request."""
        data = body.encode() if isinstance(body, str) else body
        fields = {"Host": "node", **headers}
        if data is not None and "Transfer-Encoding" not in fields:
            fields.setdefault("Content-Length", str(len(data)))
        self.send(request(target, method, fields) + (data or b""))

    def answer(self, within: float = PATIENCE, *, head_only: bool = False) -> Answer:
        """Return the next answer. Raises Ended if there is none."""
        head = self.take_until(b"\r\n\r\n", within).decode("latin-1")
        status, *lines = head.rstrip().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        code = int(status.split(" ")[1])
        if code == 100:
            return self.answer(within, head_only=head_only)
        if head_only or code in (101, 204, 304):
            return Answer(code, headers, b"")
        if headers.get("transfer-encoding") == "chunked":
            return Answer(code, headers, b"".join(self._chunks()))
        if "content-length" in headers:
            return Answer(code, headers, self.take(int(headers["content-length"]), within))
        return Answer(code, headers, self.rest(within))

    def _chunks(self) -> Iterator[bytes]:
        while size := int(self.take_until(b"\r\n"), 16):
            yield self.take(size)
            self.take(2)
        self.take(2)


def request(target: str, method: str = "GET", fields: Mapping[str, str] = {}) -> bytes:
    """The head of a request."""
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items()), "", ""]
    return "\r\n".join(lines).encode("latin-1")


def ask(
    url: str, target: str, method: str = "GET", body: bytes | str | None = None, headers: Mapping[str, str] = {}
) -> Answer:
    """One request on a connection of its own."""
    with Http(url) as http:
        return http.ask(target, method, body, headers)


class Polling:
    """An Engine.IO session over long-polling."""

    def __init__(self, url: str, token: str | None = None) -> None:
        self.url = url
        answer = ask(url, f"{TARGET}polling")
        assert answer.status == 200, answer
        self.handshake: dict[str, Any] = json.loads(answer.body[1:])
        self.sid: str = self.handshake["sid"]
        self.target = f"{TARGET}polling&sid={self.sid}"
        self._acks = 0
        #: Packets that were polled while another was awaited.
        self.heard: deque[str] = deque()
        if token is not None:
            self.connect(token)

    def connect(self, token: str) -> None:
        """Open the Socket.IO connection."""
        self.post(connect_packet(token))
        self.until(lambda packet: packet.startswith("40"))
        if not any(packet.startswith(LIST) for packet in self.heard):
            self.until(lambda packet: packet.startswith(LIST))

    def post(self, body: bytes | str, headers: Mapping[str, str] = {}) -> Answer:
        return ask(self.url, self.target, "POST", body, headers)

    def poll(self, headers: Mapping[str, str] = {}) -> Answer:
        return ask(self.url, self.target, "GET", None, headers)

    def begin_poll(self) -> Http:
        """Begin a poll, and return when the node has nothing for it yet: it waits."""
        http = Http(self.url)
        http.begin(self.target)
        assert not readable(http, 0.15), f"the poll did not wait: {http.answer()}"
        return http

    def until(self, fits: Callable[[str], bool], within: float = PATIENCE) -> str:
        """Poll, answering pings, until a packet fits. Keeps the others in `heard`."""
        deadline = time.monotonic() + within
        while time.monotonic() < deadline:
            found = None
            for packet in self.poll().packets:
                if found is None and fits(packet):
                    found = packet
                elif packet == "2":
                    self.post("3")
                else:
                    self.heard.append(packet)
            if found is not None:
                return found
        raise AssertionError(f"within {within} s none fits of {list(self.heard)}")

    def ask(self, event: str, data: object = None, within: float = PATIENCE) -> dict[str, Any]:
        """Emit an event and return its ack."""
        self._acks += 1
        answer = self.post(event_packet(event, data, self._acks))
        assert (answer.status, answer.body) == (200, b"ok"), answer
        begin = f"43{self._acks}["
        return ack_of(self.until(lambda packet: packet.startswith(begin), within))

    def alive(self) -> bool:
        """Whether the node knows the session. Takes nothing of what waits for it."""
        return self.post("3").status == 200

    def told_to_end(self, within: float = PATIENCE) -> None:
        """See that the next poll is refused, or ends with Engine.IO's close, and that the session ends then."""
        answer = self.poll()
        assert answer.status == 400 or answer.packets[-1] == "1", answer
        self.ended(within)

    def ended(self, within: float = PATIENCE) -> float:
        """Wait until the node does not know the session any more. Returns the seconds that this took."""
        began = time.monotonic()
        while self.alive():
            assert time.monotonic() < began + within, f"the session is open after {within} s"
            time.sleep(LOOK_SECONDS)
        return time.monotonic() - began


class WebSocket(Tcp):
    """A WebSocket in frames. Opened with `transport=websocket` unless told otherwise."""

    def __init__(
        self,
        url: str,
        target: str = f"{TARGET}websocket",
        *,
        headers: Mapping[str, str] = {},
        receive_buffer: int | None = None,
        early: bytes = b"",
    ) -> None:
        """Open it. `early`: bytes sent together with the request. Raises Refused."""
        super().__init__(url, receive_buffer=receive_buffer)
        key = base64.b64encode(os.urandom(16)).decode()
        self.send(request(target, "GET", {**upgrade_fields(key), **headers}) + early)
        http = Http.answer(self)  # type: ignore[arg-type]  # of Http it needs what Tcp is
        self.headers = http.headers
        if http.status != 101:
            self.close()
            raise Refused(http)
        expected = base64.b64encode(hashlib.sha1(key.encode() + GUID).digest()).decode()
        assert http.headers["sec-websocket-accept"] == expected

    _chunks = Http._chunks
    answer = Http.answer

    def frame(self, within: float = PATIENCE) -> Frame:
        """Return the next frame. Raises Ended, TimeoutError."""
        first, second = self.take(2, within)
        assert not second & 0x80, "a server does not mask"
        size = second & 0x7F
        if size == 126:
            [size] = struct.unpack("!H", self.take(2))
        elif size == 127:
            [size] = struct.unpack("!Q", self.take(8))
        assert not first & 0x70, "no extension was agreed on"
        return Frame(first & 0x0F, self.take(size, within), bool(first & 0x80))

    def say(self, text: str) -> None:
        """Send a text message."""
        self.send(frame(text))

    def text(self, within: float = PATIENCE) -> str:
        """Return the next text message that is no ping of Engine.IO; answers pings. Raises Ended at a close frame."""
        deadline = time.monotonic() + within
        while True:
            opcode, payload, final = self.frame(max(deadline - time.monotonic(), 0.001))
            if opcode == CLOSE:
                raise Ended(f"a close frame: {payload!r}")
            assert opcode == TEXT, f"expected a text frame, got {opcode}: {payload!r}"
            assert final, "the node sends whole messages"
            if payload != b"2":
                return payload.decode()
            self.say("3")

    def until(self, fits: Callable[[str], bool], within: float = PATIENCE) -> str:
        """Read text messages until one fits. Raises Ended, AssertionError."""
        deadline, heard = time.monotonic() + within, []
        while (left := deadline - time.monotonic()) > 0:
            try:
                heard.append(self.text(left))
            except TimeoutError:
                break
            if fits(heard[-1]):
                return heard[-1]
        raise AssertionError(f"within {within} s none fits of {heard}")

    def closes(self, within: float = PATIENCE) -> int | None:
        """Read until the node closes, answer its close frame, and see the TCP connection end.

        Returns the code of the close frame; None if it has none, or there was no frame.
        """
        deadline = time.monotonic() + within
        try:
            while True:
                opcode, payload, _ = self.frame(max(deadline - time.monotonic(), 0.01))
                if opcode == CLOSE:
                    break
        except Ended:
            return None
        except TimeoutError:
            raise AssertionError(f"the WebSocket is open after {within} s") from None
        with contextlib.suppress(OSError):
            self.send(frame(payload, CLOSE))
        self.rest(max(deadline - time.monotonic(), 0.01))
        return struct.unpack("!H", payload[:2])[0] if len(payload) >= 2 else None


class Refused(Exception):
    """A WebSocket was refused by an HTTP answer."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer)
        self.answer = answer


class Client(WebSocket):
    """A Socket.IO connection over WebSocket, connected with a token."""

    def __init__(self, url: str, token: str, *, receive_buffer: int | None = None) -> None:
        super().__init__(url, receive_buffer=receive_buffer)
        self.handshake = json.loads(self.text()[1:])
        self._acks = 0
        self.say(connect_packet(token))
        self.greeting = self.until(lambda packet: packet[:2] in ("40", "44"))
        assert self.greeting.startswith("40"), self.greeting
        self.until(lambda packet: packet.startswith(LIST))

    def emit(self, event: str, data: object = None) -> str:
        """Emit an event that asks for an ack. Returns how the ack will begin."""
        self._acks += 1
        self.say(event_packet(event, data, self._acks))
        return f"43{self._acks}["

    def ask(self, event: str, data: object = None, within: float = PATIENCE) -> dict[str, Any]:
        """Emit an event and return its ack."""
        begin = self.emit(event, data)
        return ack_of(self.until(lambda packet: packet.startswith(begin), within))

    def goodbye(self) -> None:
        """End the connection by Socket.IO's DISCONNECT, then the transport."""
        self.say("41")
        self.close()


def upgrade_fields(key: str = "dGhlIHNhbXBsZSBub25jZQ==") -> dict[str, str]:
    """The header fields of a WebSocket handshake."""
    return {
        "Host": "node",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": key,
    }


def frame(
    payload: bytes | str, opcode: int = TEXT, *, final: bool = True, reserved: int = 0, masked: bool = True
) -> bytes:
    """A frame of a client, right or wrong. `reserved`: the three bits, as 4, 2, 1."""
    data = payload.encode() if isinstance(payload, str) else payload
    first = (0x80 if final else 0) | reserved << 4 | opcode
    return head(first, len(data), masked=masked) + (masking(data) if masked else data)


def head(first: int, size: int, *, masked: bool = True) -> bytes:
    """The bytes of a frame before its mask and payload."""
    bit = 0x80 if masked else 0
    if size < 126:
        return struct.pack("!BB", first, bit | size)
    if size < 1 << 16:
        return struct.pack("!BBH", first, bit | 126, size)
    return struct.pack("!BBQ", first, bit | 127, size)


def masking(data: bytes) -> bytes:
    """A mask, and the data under it."""
    mask = os.urandom(4)
    stream = int.from_bytes((mask * (len(data) // 4 + 1))[: len(data)], "big")
    return mask + (int.from_bytes(data, "big") ^ stream).to_bytes(len(data), "big")


def close_frame(code: int, reason: bytes = b"") -> bytes:
    """A client's close frame."""
    return frame(struct.pack("!H", code) + reason, CLOSE)


def connect_packet(token: str) -> str:
    """The packet that opens a connection."""
    return "40" + json.dumps({"token": token})


def event_packet(event: str, data: object = None, ack: int | None = None) -> str:
    """The packet of an event."""
    content = [event] if data is None else [event, data]
    return f"42{'' if ack is None else ack}" + json.dumps(content, separators=(",", ":"))


def ack_of(packet: str) -> dict[str, Any]:
    """What an ack's packet carries."""
    found: dict[str, Any] = json.loads(packet[packet.index("[") :])[0]
    return found


def event_of(packet: str) -> tuple[str, Any]:
    """Name and payload of an event's packet."""
    name, *data = json.loads(packet[2:])
    return name, data[0] if data else None


def shows(page: str) -> Callable[[str], bool]:
    """Whether a packet is a presence update with this page. JSON may write a slash in two ways."""

    def fits(packet: str) -> bool:
        return packet.startswith('42["presence:update"') and event_of(packet)[1]["current_page"] == page

    return fits


def events(packets: Iterable[str], name: str) -> list[Any]:
    """The payloads of all events of a name."""
    begin = f'42["{name}"'
    return [event_of(packet)[1] for packet in packets if packet.startswith(begin)]


def readable(tcp: Tcp, within: float) -> bool:
    """Whether something comes within these seconds."""
    return bool(tcp._read) or bool(select.select([tcp.socket], [], [], within)[0])


def eventually(look: Callable[[], bool], what: str, within: float = PATIENCE) -> float:
    """Look until it is so. Returns the seconds that it took."""
    began = time.monotonic()
    while not look():
        assert time.monotonic() < began + within, f"not within {within} s: {what}"
        time.sleep(LOOK_SECONDS)
    return time.monotonic() - began


def metrics(url: str) -> dict[str, float]:
    """Every sample of `/metrics` by its name with labels, as in `realtime_connections`."""
    lines = ask(url, "/metrics", headers={"Connection": "close"}).body.decode().splitlines()
    samples = (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    return {name: float(value) for name, value in samples}


def sockets(url: str) -> int:
    """How many TCP connections a node has accepted and not closed, whatever its clients think."""
    port, listening = f":{urlsplit(url).port:04X}", "0A"
    rows = (line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:])
    return sum(row[1].endswith(port) and row[3] != listening and row[9] != "0" for row in rows)


def ended(url: str, reason: str) -> float:
    """How many sessions a node has ended for a reason."""
    return metrics(url).get(f'realtime_sessions_ended_total{{reason="{reason}"}}', 0.0)


def hang_up() -> None:
    """End every connection that a test has left open."""
    for tcp in list(Tcp.opened):
        tcp.close()


def new_tenant() -> str:
    """A company of a test's own."""
    return f"acme-{uuid.uuid4().hex[:8]}"
