"""A HAR as a stream: its entries, their fields that matter here, and the messages of their WebSockets.

HAR is one JSON object for a whole browser session, often of hundreds of megabytes, and its objects have their keys
in any order: Chrome writes an entry's messages before its URL. So it is read twice: `survey` learns what each entry is;
when `walk` then brings what is in them, it is known already which of them matter.

    {"log": {"entries": [{"_webSocketMessages": [{"type", "time", "opcode", "data"}], "request": {"url"}}]}}
      1        2          3  4                   5 6                                                depth of its parts
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum, auto
from typing import IO, Any

import ijson

from realtime_contracts.check import address, clock
from realtime_contracts.check.source import NUMBERS, Source, Unreadable, reading
from realtime_contracts.wire.redaction import Redactor

#: Fields of an entry that are looked at.
FIELDS = frozenset(
    {
        ("_resourceType",),
        ("startedDateTime",),
        ("time",),
        ("request", "method"),
        ("request", "url"),
        ("request", "postData", "text"),
        ("request", "postData", "_file"),
        ("response", "status"),
        ("response", "content", "text"),
        ("response", "content", "encoding"),
        ("response", "content", "_file"),
    }
)
MESSAGES = "_webSocketMessages"
_MESSAGE_KEYS = frozenset({"type", "time", "opcode", "data"})
#: Depths of HAR's own parts; what lies deeper is never looked at, however deep it goes.
_ENTRY, _LIST, _MESSAGE, _DEEPEST = 4, 5, 6, 6
#: What a connection of Socket.IO 5 begins with, or goes on with.
_LIKE_SOCKET_IO = re.compile(r'0\{"sid"|4[0-6]|[23]probe$|[23]$')
#: Bytes that are parsed at once: the values of a block are all held at once.
_BLOCK = 1024 * 1024


class Role(Enum):
    """What an entry is to this check."""

    IGNORED = auto()
    SOCKET = auto()
    POLL = auto()
    #: A request that sends packets.
    PUSH = auto()
    OLD = auto()
    OTHER_SOCKET = auto()


@dataclass(frozen=True, slots=True)
class Entry:
    """One request, without what it carried."""

    role: Role
    #: Whether its URL is one that was asked for.
    wanted: bool = True
    base: str = ""
    sid: str | None = None
    #: Seconds since 1970 at which it began, and at which its answer was there.
    began: float | None = None
    ended: float | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """What `walk` comes by: `name` is `entry`, `end`, `messages`, `message` or `field`."""

    name: str
    #: The entry's index, and the message's within it.
    entry: int
    message: int = -1
    path: tuple[str | None, ...] = ()
    #: A field's value, or a message as a dict.
    value: Any = None


def survey(source: Source, redactor: Redactor, wanted_url: str | None) -> tuple[dict[int, Entry], Unreadable | None]:
    """Every entry by its index, and why there are no more if the file breaks off. Raises Unreadable for no HAR."""
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
    """Every entry, field of `FIELDS` and WebSocket message, in the file's order.

    Raises what ijson raises, and Unreadable at the end of what has no `log.entries`.
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
        raise Unreadable("it is JSON, but no HAR: it has no log.entries")


def _parsed(stream: IO[bytes]) -> Iterator[tuple[str, Any]]:
    """What `ijson.basic_parse` yields, in a time that grows with the length alone.

    Of a string that goes on into the next block, yajl scans again what it has already. So whenever a block has ended
    nothing, the next one is twice as long.
    """
    events = ijson.sendable_list()
    parser = ijson.basic_parse_coro(events, **NUMBERS)
    size = _BLOCK
    block = b"not yet"
    while block:
        block = stream.read(size)
        try:
            # An empty block is the end, and ends the parser.
            with suppress(StopIteration):
                parser.send(block)
        except ijson.JSONError:
            yield from events
            raise
        size = _BLOCK if events else 2 * size
        yield from events
        events.clear()


class _Position:
    """Where in a HAR the parser is."""

    def __init__(self) -> None:
        #: Whether `log.entries` has been met.
        self.found = False
        self._inside = False
        self._depth = 0
        self._keys: list[str | None] = [None] * (_DEEPEST + 1)
        self._entry = -1
        self._number = -1
        self._message: dict[str | None, Any] = {}

    def key(self, name: str) -> None:
        """The name of what comes next."""
        if self._depth <= _DEEPEST:
            self._keys[self._depth] = name

    def opened(self, *, is_list: bool) -> Step | None:
        """An object or a list begins."""
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
        """The object or list that was open ends."""
        self._depth -= 1
        if self._inside and self._depth == _LIST and self._keys[_ENTRY] == MESSAGES:
            return Step("message", self._entry, self._number, value=self._message)
        if self._inside and self._depth == _ENTRY - 1:
            return Step("end", self._entry)
        self._inside = self._inside and self._depth >= _ENTRY - 1
        return None

    def scalar(self, value: Any) -> Step | None:
        """A value without parts."""
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
        # Where the file breaks off in a connection's messages, Chrome has not come to its URL yet.
        like = first is not None and _LIKE_SOCKET_IO.match(first) is not None and not wanted_url
        return Entry(Role.SOCKET if like else Role.IGNORED)
    redactor.learn_url(url)
    at = address.parse(url)
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
    began = clock.seconds(fields.get(("startedDateTime",)))
    lasted = fields.get(("time",))
    ended = began
    if began is not None and isinstance(lasted, (int, float)) and 0 < lasted < clock.MILLISECONDS_FROM:
        ended = began + float(lasted) / 1000
    return Entry(role, wanted, at.base, at.sid, began, ended)


def _role(at: address.Address, method: str, *, socket: bool) -> Role:
    if at.version is None:
        return Role.OTHER_SOCKET if socket else Role.IGNORED
    if not socket and (at.transport != "polling" or method not in {"GET", "POST"}):
        return Role.IGNORED
    if at.version != address.ENGINE_VERSION:
        return Role.OLD
    if socket:
        return Role.SOCKET
    return Role.PUSH if method == "POST" else Role.POLL
