"""Requests, frames and packets as no library makes them, from a seed: half right, so that they get far.

Many hold `MARK`, which may be found in no log.
"""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Sequence

from tests.e2e.transport.wire import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    PONG,
    SEPARATOR,
    TARGET,
    TEXT,
    Ended,
    Polling,
    Tcp,
    WebSocket,
    connect_packet,
    frame,
    request,
    upgrade_fields,
)

#: What no log may hold.
MARK = "mArKeD"
#: Seconds to wait for an answer: whatever is waiting for more is given up by the node later.
GLANCE = 0.3
#: The status that asks for the body.
CONTINUE = 100

METHODS = (
    "GET",
    "POST",
    "PUT",
    "DELETE",
    "HEAD",
    "OPTIONS",
    "PATCH",
    "TRACE",
    "CONNECT",
    "get",
    MARK.upper(),
    "",
    "G\0T",
)
VERSIONS = ("HTTP/1.1",) * 6 + ("HTTP/1.0", "HTTP/0.9", "HTTP/2.0", "HTTP/1.12", "HTTP/1.1 x", "http/1.1", "")
PATHS = (
    "/socket.io/",
    "/socket.io/",
    "/socket.io/",
    "/socket.io",
    "/socket.io//",
    "/socket.io/../socket.io/",
    f"/socket.io/{MARK}",
    "http://node/socket.io/",
    f"//{MARK}/socket.io/",
    "/%73ocket.io/",
    f"/{MARK}",
    "/healthz",
    "/readyz",
    "/metrics",
    "/api/v1/notifications",
    "/api/v1/presence/status",
    f"/api/v1/rooms/{MARK}/users",
    "*",
    "",
    "/" + MARK * 3000,
    "/\xff\xfe" + MARK,
    "/%",
    "/%zz%00%0d%0aX:%20y" + MARK,
    f"http://[{MARK}/",
    "http://[::1",
    "http:",
)
EIOS = ("4", "4", "4", "4", "3", "", "x" + MARK, "4&EIO=4", "%34", "4" * 5000)
TRANSPORTS = (
    "polling",
    "polling",
    "polling",
    "websocket",
    "websocket",
    "flashsocket",
    "",
    MARK,
    "polling&transport=websocket",
)
ENDINGS = (
    "",
    "",
    "",
    "&j=0",
    "&j=%00" + MARK,
    "&j=" + "9" * 500,
    "&b64=1",
    "&t=" + MARK,
    "&sid",
    "&sid=",
    "&&&==",
    "&%",
    "#" + MARK,
)
HEADERS: tuple[tuple[str, str], ...] = (
    ("Content-Length", "5"),
    ("Content-Length", "0"),
    ("Content-Length", "-1"),
    ("Content-Length", "+5"),
    ("Content-Length", "5, 5"),
    ("Content-Length", "\xb2"),
    ("Content-Length", "9" * 400),
    ("Content-Length", MARK),
    ("Content-Length", ""),
    ("Transfer-Encoding", "chunked"),
    ("Transfer-Encoding", "gzip, chunked"),
    ("Transfer-Encoding", "identity"),
    ("Transfer-Encoding", MARK),
    ("Transfer-Encoding", ""),
    ("Expect", "100-continue"),
    ("Expect", MARK),
    ("Connection", "close"),
    ("Connection", "keep-alive"),
    ("Connection", "upgrade"),
    ("Connection", MARK),
    ("Upgrade", "websocket"),
    ("Upgrade", "h2c"),
    ("Upgrade", MARK),
    ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ("Sec-WebSocket-Key", MARK),
    ("Sec-WebSocket-Key", "\xe9" * 24),
    ("Sec-WebSocket-Version", "13"),
    ("Sec-WebSocket-Version", "8"),
    ("Sec-WebSocket-Protocol", MARK),
    ("Sec-WebSocket-Protocol", "\xe9"),
    ("Sec-WebSocket-Extensions", "permessage-deflate; " + MARK),
    ("Origin", "http://" + MARK),
    ("Origin", "\xe9"),
    ("Origin", ""),
    ("Access-Control-Request-Method", MARK),
    ("Access-Control-Request-Headers", MARK + ", x"),
    ("Access-Control-Request-Headers", "\xe9\x80" + MARK),
    ("Access-Control-Request-Headers", "x\x0by"),
    ("Accept-Encoding", "gzip"),
    ("Accept-Encoding", MARK),
    ("Content-Type", "application/octet-stream"),
    ("Content-Type", "text/plain;charset=" + MARK),
    ("Content-Type", "application/x-www-form-urlencoded"),
    ("Content-Type", "multipart/form-data; boundary=" + MARK),
    ("Content-Encoding", "gzip"),
    ("Authorization", "Bearer " + MARK),
    ("Authorization", "Bearer \xe9" + MARK),
    ("Authorization", "Basic \xff"),
    ("Cookie", "io=" + MARK),
    ("User-Agent", "\xff" + MARK),
    ("User-Agent", MARK * 2000),
    ("X-Forwarded-For", MARK),
    ("X-Forwarded-Proto", MARK),
    ("Host", MARK),
    ("Host", ""),
    ("Host", "\xe9:99999"),
    ("Host", "[::1"),
    (MARK + " x", "y"),
    ("", "empty" + MARK),
    ("X\0", MARK),
    ("X-\xe9", MARK),
    ("X", "a\r\n folded" + MARK),
    ("X", "a\rb" + MARK),
    ("X", "\0" + MARK),
    ("X", MARK * 12_000),
)
PAYLOADS = (
    "{}",
    "[]",
    '["heartbeat"]',
    '["heartbeat",{}]',
    f'["{MARK}"]',
    f'["{MARK}",{{"_placeholder":true,"num":0}}]',
    '["heartbeat",{"_placeholder":true,"num":0}]',
    '["connect"]',
    '["disconnect"]',
    '["connect_error",{}]',
    f'["error","{MARK}"]',
    "[[]]",
    "[null]",
    "[1,2]",
    "[{}]",
    '{"token":"x"}',
    f'{{"token":"{MARK}"}}',
    '{"token":1}',
    '{"token":{"a":[]}}',
    f"{MARK}",
    '"',
    "[1e999]",
    "[NaN]",
    "-1",
    "[" * 3000,
    '["\\ud800"]',
    f'["room:join",{{"entity_type":"{MARK}","entity_id":"{MARK}"}}]',
    '["room:join",{"entity_type":"invoice","entity_id":"42"}]',
    f'["doc:edit",{{"room_id":"invoice:42","{MARK}":1}}]',
    "",
)
NAMESPACES = ("", "", "", "/,", "/", f"/{MARK},", f"/{MARK}", f"/?token={MARK},", f"/{MARK}?a=b,", "/,,", "/\0,", "//,")
IDS = ("", "", "1", "0", "-1", "9" * 15, "9" * 5000, "\u0663", MARK)
COUNTS = ("", "", "", "0-", "1-", "2-", "-", "9" * 200 + "-", "1-1-", "\u0661-")
RAW = (
    b"\0" * 50,
    b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03" + MARK.encode(),
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"\r\n\r\n\r\n",
    b"\n\n",
    b"GET\r\n\r\n",
    b"GET " + MARK.encode() + b"\r\n\r\n",
    b"GET / HTTP/1.1\n\n",
    b"GET / HTTP/1.1\r\nX\r\n\r\n",
    b"GET / HTTP/1.1\r\n: x\r\n\r\n",
    b"GET / HTTP/1.1\r\n x\r\n\r\n",
    MARK.encode() * 40_000,
    b"PROXY TCP4 1.1.1.1 2.2.2.2 1 2\r\nGET / HTTP/1.1\r\n\r\n",
)


class Fuzzer:
    """Makes inputs by a seed, and sends them to a node. `tokens`: of users who may connect."""

    def __init__(self, url: str, seed: int, tokens: Sequence[str]) -> None:
        self.url = url
        self._chance = random.Random(seed)
        self._tokens = tokens
        #: Of each answer, the status; 0 where the node has ended the connection without one.
        self.statuses: list[int] = []
        #: What the last step has sent.
        self.sent: list[bytes] = []
        #: Connections that were not given up.
        self.open: list[Tcp] = []

    def step(self) -> None:
        """Do one thing. What it was is in `sent`."""
        self.sent.clear()
        kind = self._chance.choice((self._http, self._http, self._polling, self._websocket, self._upgrade, self._raw))
        try:
            kind()
        except (Ended, OSError):  # also in the middle of sending: the node has had enough
            self.statuses.append(0)

    def packet(self) -> str:
        """An Engine.IO packet, in most cases with a Socket.IO packet in it."""
        pick = self._chance.choice
        kind = pick("0123456789ab") if self._chance.random() < 0.2 else "4"
        if self._chance.random() < 0.05:
            return pick(("", MARK, "\0", "\U0001f600", "b" + MARK, "bAAAA", "4", "2probe", "3probe", "5", "6"))
        inner = pick("0123456789x") if self._chance.random() < 0.4 else pick("0222223556")
        return f"{kind}{inner}{pick(COUNTS)}{pick(NAMESPACES)}{pick(IDS)}{pick(PAYLOADS)}"

    def _target(self, sid: str = "") -> str:
        pick = self._chance.choice
        return f"{pick(PATHS)}?EIO={pick(EIOS)}&transport={pick(TRANSPORTS)}{sid}{pick(ENDINGS)}"

    def _head(self, method: str, target: str, version: str) -> bytes:
        fields = [("Host", "node")] if self._chance.random() < 0.8 else []
        fields += self._chance.sample(HEADERS, self._chance.randrange(0, 5))
        if self._chance.random() < 0.3:
            fields += [(name, value) for name, value in upgrade_fields().items() if self._chance.random() < 0.9]
        self._chance.shuffle(fields)
        lines = [f"{method} {target} {version}".rstrip(), *(f"{name}: {value}" for name, value in fields), "", ""]
        return "\r\n".join(lines).encode("latin-1", "replace")

    def _body(self) -> bytes:
        pick = self._chance.choice
        packets = SEPARATOR.join(self.packet() for _ in range(self._chance.randrange(0, 5))).encode()
        return pick(
            (
                b"",
                packets,
                b"%x\r\n%b\r\n0\r\n\r\n" % (len(packets), packets),
                b"%x;%b\r\n%b\r\n0\r\n%b: x\r\n\r\n" % (len(packets), MARK.encode(), packets, MARK.encode()),
                b"-5\r\nhello\r\n0\r\n\r\n",
                b"0x5\r\nhello\r\n0\r\n\r\n",
                MARK.encode() + b"\r\n",
                b"5\nhello\n0\n\n",
                b"d=" + base64.b64encode(packets),
                b"d=%34%" + MARK.encode(),
                b"\xff\xfe" + packets,
                json.dumps({"status": MARK}).encode(),
                b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
            )
        )

    def _http(self) -> None:
        data = self._head(self._chance.choice(METHODS[:6] + METHODS), self._target(), self._chance.choice(VERSIONS))
        data += self._body()
        if self._chance.random() < 0.1:
            data = data[: self._chance.randrange(len(data))]
        self._ask(data)

    def _raw(self) -> None:
        self._ask(self._chance.choice(RAW))

    def _polling(self) -> None:
        session = self._session()
        for _ in range(self._chance.randrange(1, 5)):
            body = self._body()
            fields = {"Host": "node", **dict(self._chance.sample(HEADERS, self._chance.randrange(0, 2)))}
            if self._chance.random() < 0.9:
                fields["Content-Length"] = str(len(body))
            method = self._chance.choice(("POST", "POST", "POST", "GET", *METHODS[:-2]))
            self._ask(request(session.target + self._chance.choice(ENDINGS), method, fields) + body)

    def _session(self) -> Polling:
        session = Polling(self.url)
        if self._chance.random() < 0.6:
            session.post(connect_packet(self._chance.choice(self._tokens)))
        return session

    def _upgrade(self) -> None:
        session = self._session()
        ws = WebSocket(self.url, f"{TARGET}websocket&sid={session.sid}")
        first = [frame("2probe"), frame("2probe") + frame("5"), frame("5"), frame(self.packet())]
        self._frames(ws, self._chance.choice(first))

    def _websocket(self) -> None:
        first = frame(connect_packet(self._chance.choice(self._tokens))) if self._chance.random() < 0.7 else b""
        self._frames(WebSocket(self.url), first)

    def _frames(self, ws: WebSocket, first: bytes) -> None:
        data = first + b"".join(self._frame() for _ in range(self._chance.randrange(1, 12)))
        self._send(ws, data)
        ws.is_open()

    def _frame(self) -> bytes:
        if self._chance.random() < 0.8:
            return frame(self.packet())
        opcode = self._chance.choice((TEXT, BINARY, CONTINUATION, PING, PONG, CLOSE, 3, 11))
        payload = self._chance.choice((b"", b"\x03\xe8" + MARK.encode(), self.packet().encode()[:100], b"\xff"))
        final, masked = self._chance.random() < 0.8, self._chance.random() < 0.95
        return frame(payload, opcode, final=final, reserved=self._chance.choice((0, 0, 0, 0, 4)), masked=masked)

    def _send(self, tcp: Tcp, data: bytes) -> None:
        self.open.append(tcp)
        self.sent.append(data)
        tcp.send(data)

    def _ask(self, data: bytes) -> None:
        """Send this, and take the status of the first answer, if there is one soon."""
        tcp = Tcp(self.url)
        self._send(tcp, data)
        try:
            status = _status(tcp)
            while status == CONTINUE:
                tcp.take_until(b"\r\n", GLANCE)
                status = _status(tcp)
        except TimeoutError:
            return
        self.statuses.append(status)


def _status(tcp: Tcp) -> int:
    return int(tcp.take_until(b"\r\n", GLANCE).split(b" ")[1])
