r"""Reads logs of JSON lines, and single messages.

Each line is a message, as a program logs it, or a frame as it was on the wire:

    {"direction": "client", "event": "room:join", "payload": {…}, "time": 1764000000.5, "connection": "ana", "id": 7}
    {"direction": "server", "frame": "437[{\"ok\":true}]", "connection": "ana"}

A missing payload means no argument. An ack names its event, or has the id of an event in the log. `time` is in seconds,
or RFC 3339; `connection` is any text. A single message is such an object over any number of lines, the text of a
packet, or, with `--event`, a payload.
"""

from __future__ import annotations

import re
from typing import Any

from realtime_contracts.check.judge import JSON, Judge
from realtime_contracts.check.sessions import Capture, Session
from realtime_contracts.check.source import MAX_TEXT, Empty, Source, Unreadable, reading, seconds
from realtime_contracts.contract.registry import Direction
from realtime_contracts.wire import packets
from realtime_contracts.wire.packets import Packet, Type
from realtime_contracts.wire.redaction import clipped

#: The text of one packet, matched only as far as needed to tell it from a date.
_PACKET = re.compile(r"4[0-6]|b[A-Za-z0-9+/]+=*$|0\{|[23]probe$|[0-6]$")
_SENDERS = {"client": Direction.CLIENT, "server": Direction.SERVER}


class BadLine(ValueError):
    """A line that is neither a message nor a frame; the text continues "line 7 "."""


class LogCapture(Capture):
    """One log, or one message. The judge keeps the findings."""

    def __init__(self, source: Source, judge: Judge) -> None:
        super().__init__(source, judge)
        #: Names of connections that began with a `connect` message.
        self._connected: set[str] = set()

    def read(self) -> Unreadable | None:
        """Judge all readable lines. Returns a sentence about the unreadable ones, if any."""
        bad, first = 0, ""
        try:
            with reading():
                stream = self._source.open()
                number = 0
                while line := stream.readline(MAX_TEXT):
                    number += 1
                    try:
                        self._line(line, number)
                    except BadLine as error:
                        bad += 1
                        first = first or f"line {number} {error}"
        except Unreadable as error:
            self._finish(cut=True)
            return error
        self._finish(cut=bad > 0)
        more = f"; nor can {bad - 1:,} more be read" if bad > 1 else ""
        return Unreadable(first + more) if bad else None

    def read_message(self, direction: Direction = Direction.CLIENT, event: str | None = None) -> None:
        """Judge a single message. Raises Unreadable, Empty."""
        with reading():
            content = self._source.open().read(MAX_TEXT)
            text = content.decode("utf-8").strip()
        if not text:
            raise Empty
        if len(content) == MAX_TEXT:
            raise Unreadable(f"expected a message of at most {MAX_TEXT // 1024**2} MiB, got a longer one")
        if event is not None:
            self._payload(text, direction, event)
        elif _PACKET.match(text):
            self._packets(text, direction)
        elif not text.startswith("{"):
            raise Unreadable("expected a HAR, a log of JSON lines or a message")
        else:
            try:
                self._object(_loaded(text), None)
            except BadLine as error:
                raise Unreadable(f"the message {error}") from error
        self._finish(cut=True)

    def _payload(self, text: str, direction: Direction, event: str) -> None:
        place = self._place()
        origin = self._session("").origin
        try:
            self._judge.event(origin, place, direction, clipped(event), [packets.loads(text)])
        except packets.TooDeep as error:
            self._judge.broken(origin, place, direction, str(error), JSON, clipped(event))
        except packets.NotJson as error:
            raise Unreadable("the payload is not JSON") from error

    def _packets(self, text: str, direction: Direction) -> None:
        lines = text.split("\n")
        if len(lines) > 1 and all(_PACKET.match(line) for line in lines if line):
            raise Unreadable('it holds several packets: give each as a line {"direction": …, "frame": …}')
        if direction not in _SENDERS.values():
            raise Unreadable(f"a packet comes from client or server, got --direction {direction.value}")
        for part in packets.split(text):
            self._session("").take(direction, part, self._place())

    def _line(self, line: bytes, number: int) -> None:
        if len(line) >= MAX_TEXT:
            raise BadLine("is too long for a message")
        if number == 1:
            line = line.removeprefix(b"\xef\xbb\xbf")
        if line.strip():
            self._object(_loaded(line), number)

    def _object(self, item: Any, line: int | None) -> None:
        """Return a message or a frame. Raises BadLine."""
        if not isinstance(item, dict):
            raise BadLine("is not an object")
        try:
            direction = Direction(str(item.get("direction")))
        except ValueError:
            raise BadLine(f"has no direction: expected one of {', '.join(Direction)}") from None
        name = item.get("connection", "")
        if not isinstance(name, (str, int)):
            raise BadLine("has a connection that is neither text nor a number")
        time = seconds(item.get("time"))
        frame, event, number = item.get("frame"), item.get("event"), item.get("id")
        arguments = [item["payload"]] if "payload" in item else []
        if isinstance(frame, str) and direction in _SENDERS.values():
            self._frame(str(name), direction, frame, line, time)
        elif isinstance(event, str):
            if direction is Direction.CLIENT and event == "connect":
                self._connects(str(name))
            session, place = self._session(str(name)), self._place(line=line, time=time)
            if direction is Direction.CLIENT and type(number) is int and event != "connect":
                session.packet(direction, Packet(Type.EVENT, "/", number, [event, *arguments]), place)
            else:
                self._judge.event(session.origin, place, direction, clipped(event), arguments)
        elif direction is Direction.ACK and type(number) is int and event is None:
            packet = Packet(Type.ACK, "/", number, arguments)
            self._session(str(name)).packet(Direction.SERVER, packet, self._place(line=line, time=time))
        else:
            raise BadLine("has neither an event nor a frame of client or server")

    def _frame(self, name: str, sender: Direction, frame: str, line: int | None, time: float | None) -> None:
        for part in packets.split(frame):
            if part.startswith("0{") and sender is Direction.SERVER and name in self._sessions:
                old = self._sessions[name]
                if old.opened:
                    old.finish(cut=False)
                    del self._sessions[name]
            self._session(name).take(sender, part, self._place(line=line, time=time))

    def _connects(self, name: str) -> None:
        """In a log of messages, each `connect` begins a new connection with ids of its own."""
        if name in self._connected and not self._sessions[name].opened:
            self._sessions.pop(name).finish(cut=False)
        self._connected.add(name)

    def _session(self, name: str) -> Session:
        return self._sessions.get(name) or self._begin(name)


def _loaded(text: str | bytes) -> Any:
    try:
        return packets.loads(text)
    except packets.TooDeep:
        raise BadLine("is nested too deep to be read") from None
    except packets.NotJson:
        raise BadLine("is not JSON") from None
