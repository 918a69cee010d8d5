r"""Reads a HAR as a stream and sorts its packets by connection.

A HAR is one JSON object for a whole browser session, often hundreds of megabytes, with keys in any order: Chrome writes
an entry's messages before its URL. So it is read twice: `survey` finds out what each entry is, then `walk` yields the
contents of the entries that matter.

    {"log": {"entries": [{"_webSocketMessages": [{"type", "time", "opcode", "data"}], "request": {"url"}}]}}
      1        2          3  4                   5 6                                                depth of its parts

Packets are numbered in file order, including those of connections that were not selected, so that a number does not
depend on `--url`. Query strings hold tokens, and URLs passwords: reports show only a URL's scheme, host, port and path.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum, auto
from typing import IO, Any
from urllib.parse import parse_qs, urlsplit

import ijson
import orjson

from realtime_contracts.check.judge import Judge
from realtime_contracts.check.sessions import Capture, Session
from realtime_contracts.check.source import (
    MAX_TEXT,
    MILLISECONDS_FROM,
    NUMBERS,
    Source,
    Unreadable,
    reading,
    seconds,
)
from realtime_contracts.contract.registry import Direction
from realtime_contracts.wire import packets
from realtime_contracts.wire.redaction import Redactor

#: The fields of an entry that are read.
FIELDS = frozenset(
    {
        *(("_resourceType",), ("startedDateTime",), ("time",), ("request", "method"), ("request", "url")),
        *(("request", "postData", "text"), ("request", "postData", "_file"), ("response", "status")),
        *(("response", "content", name) for name in ("text", "encoding", "_file")),
    }
)
MESSAGES = "_webSocketMessages"
_MESSAGE_KEYS = frozenset({"type", "time", "opcode", "data"})
#: Nesting depths of HAR's own parts; anything deeper is skipped.
_ENTRY, _LIST, _MESSAGE, _DEEPEST = 4, 5, 6, 6
#: The first packet of a Socket.IO 5 connection, or a later one.
_LIKE_SOCKET_IO = re.compile(r'0\{"sid"|4[0-6]|[23]probe$|[23]$')
#: Bytes parsed at once: all values of a block are in memory at the same time.
_BLOCK = 1024 * 1024

#: The Engine.IO version of Socket.IO 3 and later.
ENGINE_VERSION = "4"
_SOCKET_SCHEMES = {"http": "ws", "https": "wss"}

#: Chrome's additional types, which nobody sent.
_FAILURE = "error"
#: Directions of the types of WebSocket messages in a HAR.
_SENDERS = {"send": Direction.CLIENT, "receive": Direction.SERVER}
_TEXT, _BINARY = 1, 2
#: Close, ping and pong of WebSocket itself, and Chrome's -1 for a message that is not a frame.
_CONTROL = {-1, 8, 9, 10}
#: Statuses of a poll's answer with packets; others redirect, or report an error.
_ANSWERS = range(200, 300)


class Role(Enum):
    """The role of an entry in this check."""

    IGNORED = auto()
    SOCKET = auto()
    POLL = auto()
    #: A request that sends packets.
    PUSH = auto()
    OLD = auto()
    OTHER_SOCKET = auto()


_BODIES = {
    Role.PUSH: (("request", "postData", "text"), ("request", "postData", "_file")),
    Role.POLL: (("response", "content", "text"), ("response", "content", "_file")),
}
#: The file of a WebSocket's messages, if they are not in the HAR itself.
_ATTACHED = ("response", "content", "_file")
_STATUS, _ENCODING = ("response", "status"), ("response", "content", "encoding")


@dataclass(frozen=True, slots=True)
class Entry:
    """One request, without its content."""

    role: Role
    #: Whether its URL was selected.
    wanted: bool = True
    base: str = ""
    sid: str | None = None
    #: Seconds since 1970 of the request's start and of its answer.
    began: float | None = None
    ended: float | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One item of `walk`: `name` is `entry`, `end`, `messages`, `message` or `field`."""

    name: str
    #: The index of the entry, and of the message in it.
    entry: int
    message: int = -1
    path: tuple[str | None, ...] = ()
    #: A field's value, or a message as a dict.
    value: Any = None


@dataclass(frozen=True, slots=True)
class Address:
    """The relevant parts of a URL."""

    #: Without user, query and fragment; polling gets the scheme of its WebSocket: `wss://app.example/socket.io/`.
    base: str = ""
    is_socket: bool = False
    #: Engine.IO's version, None for another URL.
    version: str | None = None
    transport: str | None = None
    sid: str | None = None


def parsed(url: str) -> Address:
    """Return the address of a URL; an empty one if it is not a URL."""
    try:
        parts = urlsplit(url)
        query = parse_qs(parts.query, errors="replace", max_num_fields=1000)
    except ValueError:
        return Address()
    scheme = parts.scheme.lower()
    host = parts.netloc.rpartition("@")[2]
    return Address(
        f"{_SOCKET_SCHEMES.get(scheme, scheme)}://{host}{parts.path}",
        scheme in _SOCKET_SCHEMES.values(),
        query.get("EIO", [None])[0],
        query.get("transport", [None])[0],
        query.get("sid", [None])[0],
    )


def survey(source: Source, redactor: Redactor, wanted_url: str | None) -> tuple[dict[int, Entry], Unreadable | None]:
    """Return every entry by its index, and the reason if the file breaks off. Raises Unreadable if it is not a HAR."""
    entries: dict[int, Entry] = {}
    fields: dict[tuple[str | None, ...], Any] = {}
    first = None
    current = None
    try:
        with reading():
            for step in walk(source.open()):
                if step.name == "entry":
                    fields, first, current = {}, None, step.entry
                elif step.name == "field":
                    if step.path[-1] not in {"text", "_file"}:
                        fields[step.path] = step.value
                elif step.name == "message" and first is None:
                    first = str(step.value.get("data"))[:20]
                elif step.name == "end":
                    current = None
                    entries[step.entry] = _entry(fields, first, redactor, wanted_url)
    except Unreadable as error:
        if current is not None:
            entries[current] = _entry(fields, first, redactor, wanted_url)
        return entries, error
    return entries, None


def walk(stream: IO[bytes]) -> Iterator[Step]:
    """Yield every entry, field of `FIELDS` and WebSocket message, in file order.

    Raises the errors of ijson, and Unreadable at the end of a file without `log.entries`.
    """
    at = _Position()
    step: Step | None
    for event, value in _parsed(stream):
        if event == "map_key":
            at.key(value)
            continue
        if event in {"start_map", "start_array"}:
            step = at.opened(is_list=event == "start_array")
        elif event in {"end_map", "end_array"}:
            step = at.closed()
        else:
            step = at.scalar(value)
        if step is not None:
            yield step
    if not at.found:
        raise Unreadable("expected a HAR, got JSON without log.entries")


def _parsed(stream: IO[bytes]) -> Iterator[tuple[str, Any]]:
    """Yield the events of `ijson.basic_parse` in time linear in the length.

    When a string continues into the next block, yajl scans it again from its start. So after a block without events,
    the next block is twice as long.
    """
    events = ijson.sendable_list()
    parser = ijson.basic_parse_coro(events, **NUMBERS)
    size = _BLOCK
    block = b"not yet"
    while block:
        block = stream.read(size)
        try:
            # An empty block means the end, and ends the parser.
            with suppress(StopIteration):
                parser.send(block)
        except ijson.JSONError:
            yield from events
            raise
        size = _BLOCK if events else 2 * size
        yield from events
        events.clear()


class _Position:
    """The parser's position in a HAR."""

    def __init__(self) -> None:
        #: Whether `log.entries` was found.
        self.found = False
        self._inside = False
        self._depth = 0
        self._keys: list[str | None] = [None] * (_DEEPEST + 1)
        self._entry = -1
        self._number = -1
        self._message: dict[str | None, Any] = {}

    def key(self, name: str) -> None:
        """Record the name of the next value."""
        if self._depth <= _DEEPEST:
            self._keys[self._depth] = name

    def opened(self, *, is_list: bool) -> Step | None:
        """Enter an object or a list."""
        self._depth += 1
        depth, keys = self._depth, self._keys
        if depth > _DEEPEST:
            return None
        keys[depth] = None
        if not self._inside:
            self._inside = is_list and depth == _ENTRY - 1 and keys[1:_ENTRY] == ["log", "entries", None]
            self.found = self.found or self._inside
        elif depth == _ENTRY:
            self._entry, self._number = self._entry + 1, -1
            return Step("entry", self._entry)
        elif keys[_ENTRY] == MESSAGES and depth == _LIST:
            return Step("messages", self._entry)
        elif keys[_ENTRY] == MESSAGES:
            self._number, self._message = self._number + 1, {}
        return None

    def closed(self) -> Step | None:
        """Leave an object or a list."""
        self._depth -= 1
        if self._inside and self._depth == _LIST and self._keys[_ENTRY] == MESSAGES:
            return Step("message", self._entry, self._number, value=self._message)
        if self._inside and self._depth == _ENTRY - 1:
            return Step("end", self._entry)
        self._inside = self._inside and self._depth >= _ENTRY - 1
        return None

    def scalar(self, value: Any) -> Step | None:
        """Take a scalar value."""
        depth, keys = self._depth, self._keys
        if self._inside and depth == _ENTRY - 1:
            self._entry += 1
        if not self._inside or not _ENTRY <= depth <= _DEEPEST:
            return None
        if keys[_ENTRY] != MESSAGES:
            path = tuple(keys[_ENTRY : depth + 1])
            return Step("field", self._entry, path=path, value=value) if path in FIELDS else None
        if depth == _MESSAGE and keys[depth] in _MESSAGE_KEYS:
            self._message[keys[depth]] = value
        elif depth == _LIST:
            self._number += 1
        return None


def _entry(
    fields: dict[tuple[str | None, ...], Any], first: str | None, redactor: Redactor, wanted_url: str | None
) -> Entry:
    url = fields.get(("request", "url"))
    if not isinstance(url, str):
        # If the file breaks off in a connection's messages, Chrome has not written its URL yet.
        like = first is not None and _LIKE_SOCKET_IO.match(first) is not None and not wanted_url
        return Entry(Role.SOCKET if like else Role.IGNORED)
    redactor.learn_url(url)
    at = parsed(url)
    socket = (
        fields.get(("_resourceType",)) == "websocket"
        or at.is_socket
        or first is not None
        or (at.transport == "websocket" and str(fields.get(("request", "method"))).upper() == "GET")
    )
    role = _role(at, str(fields.get(("request", "method"))).upper(), socket=socket)
    if role is Role.IGNORED:
        return Entry(role)
    wanted = not wanted_url or wanted_url in url
    began = seconds(fields.get(("startedDateTime",)))
    lasted = fields.get(("time",))
    ended = began
    if began is not None and isinstance(lasted, (int, float)) and 0 < lasted < MILLISECONDS_FROM:
        ended = began + float(lasted) / 1000
    return Entry(role, wanted, at.base, at.sid, began, ended)


def _role(at: Address, method: str, *, socket: bool) -> Role:
    if at.version is None:
        return Role.OTHER_SOCKET if socket else Role.IGNORED
    if not socket and (at.transport != "polling" or method not in {"GET", "POST"}):
        return Role.IGNORED
    if at.version != ENGINE_VERSION:
        return Role.OLD
    if socket:
        return Role.SOCKET
    return Role.PUSH if method == "POST" else Role.POLL


class HarCapture(Capture):
    """One HAR. The judge keeps the findings."""

    def __init__(self, source: Source, judge: Judge, wanted_url: str | None = None) -> None:
        super().__init__(source, judge)
        self._wanted_url = wanted_url
        self._by_sid: dict[str, Session] = {}
        self._socket: Session | None = None
        self._fields: dict[tuple[str | None, ...], Any] = {}
        self._has_messages = False

    def read(self) -> Unreadable | None:
        """Judge all messages. Returns the reason if the file breaks off; raises Unreadable if it is not a HAR."""
        entries, broken = survey(self._source, self._judge.redactor, self._wanted_url)
        if broken and not entries:
            raise broken
        try:
            with reading():
                self._walk(entries)
        except Unreadable as error:
            broken = broken or error
        self._finish(cut=broken is not None)
        self._count_unread(list(entries.values()))
        return broken

    def _walk(self, entries: dict[int, Entry]) -> None:
        for step in walk(self._source.open()):
            entry = entries[step.entry]
            if step.name == "entry":
                self._fields, self._has_messages = {}, False
                self._socket = self._session(entry) if entry.role is Role.SOCKET and entry.wanted else None
            elif entry.role is Role.IGNORED:
                continue
            elif step.name == "message":
                self._message(step.value, entry, f"/log/entries/{step.entry}/_webSocketMessages/{step.message}")
            elif step.name == "messages":
                self._has_messages = True
            elif step.name == "field" and (entry.role in _BODIES or entry.role is Role.SOCKET):
                self._fields[step.path] = step.value
            elif step.name == "end":
                self._end(entry, step.entry)

    def _message(self, message: dict[str, Any], entry: Entry, pointer: str) -> None:
        sender, opcode, data = _SENDERS.get(str(message.get("type"))), message.get("opcode", _TEXT), message.get("data")
        if entry.role is Role.OTHER_SOCKET or entry.role is Role.OLD:
            return
        if sender is None or opcode not in {_TEXT, _BINARY} or not isinstance(data, str):
            if self._socket is not None and message.get("type") != _FAILURE and opcode not in _CONTROL:
                self._judge.skipped.missing_messages += 1
                self._socket.has_gaps = True
            return
        place = self._place(pointer=pointer, time=seconds(message.get("time")))
        if self._socket is None:
            self._learn(data)
            return
        try:
            self._socket.take(sender, data if opcode == _TEXT else packets.attachment(data), place)
        except packets.Malformed as error:
            self._judge.broken(self._socket.origin, place, sender, str(error))

    def _end(self, entry: Entry, number: int) -> None:
        if entry.role is Role.SOCKET and not self._has_messages and not self._attached_messages(entry, number):
            if self._socket is not None:
                self._judge.skipped.missing_sockets += 1
                self._socket.has_gaps = True
        elif entry.role in _BODIES:
            self._body(entry, number)

    def _attached_messages(self, entry: Entry, number: int) -> bool:
        """Read a WebSocket's messages from a file of their own, one a line. Returns whether there is one."""
        file = self._attached(self._fields.get(_ATTACHED))
        if file is None:
            return False
        pointer = f"/log/entries/{number}/response/content/_file"
        with file:
            for line in iter(lambda: file.readline(MAX_TEXT), b""):
                try:
                    message = orjson.loads(line)
                except orjson.JSONDecodeError as error:
                    raise Unreadable("the messages of a WebSocket, in a file of their own, are cut short") from error
                if isinstance(message, dict):
                    self._message(message, entry, pointer)
        return True

    def _body(self, entry: Entry, number: int) -> None:
        """Read the packets of a polling request, or of its answer."""
        if entry.role is Role.POLL and not self._is_answer():
            return
        text, file = (self._fields.get(path) for path in _BODIES[entry.role])
        if text == "" and file is not None:
            text = None  # Playwright's marker for a body in another file
        named = "request/postData" if entry.role is Role.PUSH else "response/content"
        pointer = f"/log/entries/{number}/{named}/{'text' if text is not None else '_file'}"
        body = text if isinstance(text, str) else self._attached_body(file)
        if (
            body is not None
            and entry.role is Role.POLL
            and text is not None
            and self._fields.get(_ENCODING) == "base64"
        ):
            body = _decoded(body)
        parts = packets.split(packets.unwrapped(body)) if body else []
        time = entry.began if entry.role is Role.PUSH else entry.ended
        places = [(part, self._place(pointer=pointer, time=time)) for part in parts]
        if not entry.wanted:
            for part in parts:
                self._learn(part)
            return
        session = self._session(entry, parts[0] if parts else "")
        if body is None:
            self._judge.skipped.missing_bodies += 1
            session.has_gaps = True
        sender = Direction.CLIENT if entry.role is Role.PUSH else Direction.SERVER
        for part, place in places:
            session.take(sender, part, place)

    def _is_answer(self) -> bool:
        """Whether a poll was answered with packets; one still open at the end of the capture was not."""
        status = self._fields.get(_STATUS)
        if status is None:
            return any(isinstance(self._fields.get(path), str) for path in _BODIES[Role.POLL])
        return status in _ANSWERS

    def _attached(self, name: Any) -> IO[bytes] | None:
        return self._source.attachments(name) if isinstance(name, str) else None

    def _attached_body(self, name: Any) -> str | None:
        """Return a body from a file of its own."""
        file = self._attached(name)
        if file is None:
            return None
        with file:
            body = file.read(MAX_TEXT + 1)
        try:
            return body.decode("utf-8") if len(body) <= MAX_TEXT else None
        except UnicodeDecodeError:
            return None

    def _session(self, entry: Entry, first: str = "") -> Session:
        sid = entry.sid or _sid(first)
        if sid is not None and sid in self._by_sid:
            return self._by_sid[sid]
        session = self._begin(str(self.session_count + 1), entry.base)
        if sid is not None:
            self._by_sid[sid] = session
        return session

    def _learn(self, data: str) -> None:
        """Learn the token of a skipped connection: it may occur in another one."""
        if data.startswith("40"):
            try:
                self._judge.redactor.learn_auth(packets.socket(data[1:]).data)
            except packets.Malformed:
                return

    def _count_unread(self, entries: list[Entry]) -> None:
        wanted = [entry for entry in entries if entry.wanted]
        skipped = self._judge.skipped
        skipped.old_connections = _connections([entry for entry in wanted if entry.role is Role.OLD])
        skipped.other_sockets = sum(entry.role is Role.OTHER_SOCKET for entry in wanted)
        skipped.other_urls = _connections([entry for entry in entries if not entry.wanted])


def _sid(first: str) -> str | None:
    """Return the sid in an open packet."""
    if not first.startswith("0"):
        return None
    try:
        opened = packets.loads(first[1:])
    except packets.NotJson:
        return None
    sid = opened.get("sid") if isinstance(opened, dict) else None
    return sid if isinstance(sid, str) else None


def _connections(entries: list[Entry]) -> int:
    """Group requests into connections: a connection begins without a sid, and continues with one."""
    return max(len({entry.sid for entry in entries if entry.sid}), sum(not entry.sid for entry in entries))


def _decoded(text: str) -> str | None:
    try:
        return base64.b64decode(text).decode("utf-8")
    except (binascii.Error, ValueError):
        return None
