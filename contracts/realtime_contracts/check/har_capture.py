"""The packets of a HAR, put into the sessions that they belong to.

Packets are numbered as they stand in the file, those of connections that were not asked for as well, so that a number
means the same whatever `--url` says.
"""

from __future__ import annotations

import base64
import binascii
from typing import IO, Any

import orjson

from realtime_contracts.check import clock
from realtime_contracts.check.har import Entry, Role, survey, walk
from realtime_contracts.check.judge import Judge, Origin
from realtime_contracts.check.result import Place
from realtime_contracts.check.sessions import Session
from realtime_contracts.check.source import MAX_TEXT, Source, Unreadable, reading
from realtime_contracts.contract.registry import Direction
from realtime_contracts.wire import packets

#: What Chrome has besides, which no one sent.
_FAILURE = "error"
#: What the types of a HAR's WebSocket messages mean.
_SENDERS = {"send": Direction.CLIENT, "receive": Direction.SERVER}
_TEXT, _BINARY = 1, 2
#: Close, ping and pong of WebSocket itself, and Chrome's -1 for no frame at all.
_CONTROL = {-1, 8, 9, 10}
#: Statuses of an answer to a poll that has packets; others redirect, or report an error.
_ANSWERS = range(200, 300)

_BODIES = {
    Role.PUSH: (("request", "postData", "text"), ("request", "postData", "_file")),
    Role.POLL: (("response", "content", "text"), ("response", "content", "_file")),
}
#: Where the messages of a WebSocket are, if they are not in the HAR itself.
_ATTACHED = ("response", "content", "_file")
_STATUS, _ENCODING = ("response", "status"), ("response", "content", "encoding")


class HarCapture:
    """One HAR. `read` takes it all in; what it came by is with the judge then."""

    def __init__(self, source: Source, judge: Judge, wanted_url: str | None = None) -> None:
        #: Engine.IO packets that have been met, and the time of the first.
        self.frames = 0
        self.began: float | None = None
        #: Connections of Socket.IO 5, wanted or not.
        self.session_count = 0
        self._source = source
        self._judge = judge
        self._wanted_url = wanted_url
        self._by_sid: dict[str, Session] = {}
        self._sessions: list[Session] = []
        self._socket: Session | None = None
        self._fields: dict[tuple[str | None, ...], Any] = {}
        self._has_messages = False

    def read(self) -> Unreadable | None:
        """Judge all messages. Returns why it breaks off, if it does; raises Unreadable for what is no HAR at all."""
        entries, broken = survey(self._source, self._judge.redactor, self._wanted_url)
        if broken and not entries:
            raise broken
        try:
            with reading():
                self._walk(entries)
        except Unreadable as error:
            broken = broken or error
        for session in self._sessions:
            session.finish(cut=broken is not None)
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
        place = self._place(pointer, clock.seconds(message.get("time")))
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
        """Take the messages of a WebSocket from a file of their own, one a line. Whether there is one."""
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
        """The packets of a polling request, or of its answer."""
        if entry.role is Role.POLL and not self._is_answer():
            return
        text, file = (self._fields.get(path) for path in _BODIES[entry.role])
        if text == "" and file is not None:
            text = None  # Playwright's word for a body that is elsewhere
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
        places = [(part, self._place(pointer, time)) for part in parts]
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
        """Whether a poll was answered with packets; one that was waiting when the capture ended was not."""
        status = self._fields.get(_STATUS)
        if status is None:
            return any(isinstance(self._fields.get(path), str) for path in _BODIES[Role.POLL])
        return status in _ANSWERS

    def _attached(self, name: Any) -> IO[bytes] | None:
        return self._source.attachments.open(name) if isinstance(name, str) else None

    def _attached_body(self, name: Any) -> str | None:
        """A body in a file of its own."""
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
        self.session_count += 1
        origin = Origin(self._judge.application(entry.base), str(self.session_count))
        session = Session(self._judge, origin)
        self._sessions.append(session)
        if sid is not None:
            self._by_sid[sid] = session
        return session

    def _place(self, pointer: str, time: float | None) -> Place:
        self.frames += 1
        if time is not None and (self.began is None or time < self.began):
            self.began = time
        return Place(self.frames, pointer=pointer, time=time)

    def _learn(self, data: str) -> None:
        """The token of a connection that is not read may still stand in one that is."""
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
    """The session that an open packet begins."""
    if not first.startswith("0"):
        return None
    try:
        opened = packets.loads(first[1:])
    except packets.NotJson:
        return None
    sid = opened.get("sid") if isinstance(opened, dict) else None
    return sid if isinstance(sid, str) else None


def _connections(entries: list[Entry]) -> int:
    """Connections that these requests belong to: each begins without sid, and goes on with one."""
    return max(len({entry.sid for entry in entries if entry.sid}), sum(not entry.sid for entry in entries))


def _decoded(text: str) -> str | None:
    try:
        return base64.b64decode(text).decode("utf-8")
    except (binascii.Error, ValueError):
        return None
