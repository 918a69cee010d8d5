"""Assembles the packets of one connection into messages.

An Engine.IO session begins with polling and continues over WebSocket, and its acks answer events over both. A HAR lists
requests in the order in which they began. So an ack may precede its event, in the body of a poll that had been waiting
for long. Therefore an ack waits for its event as an event waits for its ack; only the parts of a binary message must
come in order.

If the capture has gaps, or began in the middle, an unmatched ack or part proves nothing. It is counted.
"""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass, field
from typing import Any

from realtime_contracts.check.judge import ACK, JSON, Judge, Origin
from realtime_contracts.check.result import Place
from realtime_contracts.check.source import Source
from realtime_contracts.contract.registry import Direction
from realtime_contracts.wire import packets
from realtime_contracts.wire.packets import Engine, Packet, Type
from realtime_contracts.wire.redaction import clipped

#: Acks kept while they wait for their event. Without the client's side in the capture, the number would have no limit.
MAX_WAITING = 1_000

_NO_EVENT = "an ack that answers no event of the client"
_TORN = "a binary message without all its attachments"
_STRAY = "an attachment that belongs to no message"
_RESERVED = "a name that Socket.IO keeps for events of its own"
_ASKS = "it asks for an ack, which no event of the server does"


@dataclass(slots=True)
class _Partial:
    place: Place
    packet: Packet
    attachments: list[bytes] = field(default_factory=list)


class Session:
    """One connection. It takes packets and passes messages to the judge."""

    def __init__(self, judge: Judge, origin: Origin) -> None:
        self.origin = origin
        #: Set by its open packet: the capture has its start.
        self.opened = False
        #: Set if the capture is known to lack a part of it.
        self.has_gaps = False
        origin.application.connections += 1
        self._judge = judge
        self._events: defaultdict[int, deque[str]] = defaultdict(deque)
        self._acks: defaultdict[int, deque[tuple[Place, list[Any]]]] = defaultdict(deque)
        self._waiting = 0
        self._partial: dict[Direction, _Partial] = {}
        #: Errors if the capture is complete: unmatched acks and parts.
        self._unmatched: list[tuple[Place, Direction, str]] = []

    def take(self, sender: Direction, data: str | bytes, place: Place) -> None:
        """Take one Engine.IO packet: text, or the bytes of a binary frame."""
        try:
            kind, content = (Engine.MESSAGE, data) if isinstance(data, bytes) else packets.engine(data)
            if kind is Engine.OPEN:
                self._open(sender, content)
            elif kind is Engine.MESSAGE:
                self._message(sender, content, place)
        except packets.NotJson as error:
            event = clipped(error.event) if error.event else None
            self._judge.broken(self.origin, place, sender, str(error), JSON, event)
        except packets.Malformed as error:
            self._judge.broken(self.origin, place, sender, str(error))

    def finish(self, *, cut: bool) -> None:
        """End the capture; `cut` if the file breaks off before the connection's end."""
        whole = self.opened and not self.has_gaps and not cut
        for acks in self._acks.values():
            self._unmatched += [(place, Direction.ACK, _NO_EVENT) for place, _ in acks]
        for place, direction, reason in self._unmatched:
            if not whole:
                self._judge.skipped.strayed_acks += reason == _NO_EVENT
                self._judge.skipped.torn_messages += reason != _NO_EVENT
            elif direction is Direction.ACK:
                self._judge.broken(self.origin, place, Direction.ACK, reason, ACK)
            else:
                self._judge.broken(self.origin, place, direction, reason)
        self._judge.skipped.torn_messages += len(self._partial)

    def _open(self, sender: Direction, content: str | bytes) -> None:
        if sender is Direction.CLIENT:
            raise packets.Malformed("an OPEN packet from the client")
        self.opened = True
        handshake = packets.loads(content)
        if not isinstance(handshake, dict) or not isinstance(handshake.get("sid"), str):
            raise packets.Malformed("an OPEN packet without a sid")

    def _message(self, sender: Direction, content: str | bytes, place: Place) -> None:
        partial = self._partial.get(sender)
        if isinstance(content, bytes):
            if partial is None:
                self._unmatched.append((place, sender, _STRAY))
                return
            partial.attachments.append(content)
            if len(partial.attachments) == partial.packet.attachments:
                del self._partial[sender]
                self._whole(sender, partial)
            return
        if partial is not None:
            self._unmatched.append((partial.place, sender, _TORN))
            del self._partial[sender]
        packet = packets.socket(content)
        if packet.attachments:
            self._partial[sender] = _Partial(place, packet)
        else:
            self.packet(sender, packet, place)

    def _whole(self, sender: Direction, partial: _Partial) -> None:
        """Check a complete binary message; errors are reported at its first part."""
        try:
            if partial.packet.data is not packets.ABSENT:
                packets.with_attachments(partial.packet, partial.attachments)
        except packets.Malformed as error:
            self._judge.broken(self.origin, partial.place, sender, str(error))
        else:
            self.packet(sender, partial.packet, partial.place)

    def packet(self, sender: Direction, packet: Packet, place: Place) -> None:
        """Take one Socket.IO packet with its attachments in place."""
        if packet.namespace != "/":
            self._judge.skipped.other_namespaces += 1
            if packet.type is Type.CONNECT:
                self._judge.redactor.learn_auth(packet.data)
            return
        match packet.type:
            case Type.EVENT | Type.BINARY_EVENT:
                self._event(sender, packet, place)
            case Type.ACK | Type.BINARY_ACK if sender is Direction.CLIENT:
                reason = "an ack from the client: no event of the server asks for one"
                self._judge.broken(self.origin, place, sender, reason, ACK)
            case Type.ACK | Type.BINARY_ACK:
                self._ack(packet, place)
            case Type.CONNECT if sender is Direction.CLIENT:
                self._judge.connect(self.origin, place, packet.data)
            case Type.CONNECT if packet.data is packets.ABSENT or not isinstance(packet.data.get("sid"), str):
                self._judge.broken(self.origin, place, sender, "a CONNECT packet of the server without a sid")
            case Type.CONNECT_ERROR if sender is Direction.SERVER:
                self._judge.refusal(self.origin, place, packet.data)
            case Type.CONNECT_ERROR:
                self._judge.broken(self.origin, place, sender, "a CONNECT_ERROR packet from the client")

    def _event(self, sender: Direction, packet: Packet, place: Place) -> None:
        name, *arguments = packet.data
        name = clipped(name)
        if name in packets.RESERVED_EVENTS:
            self._judge.redactor.learn_auth(arguments[0] if arguments else None)
            self._judge.broken(self.origin, place, sender, _RESERVED, event=name)
            return
        self._judge.event(self.origin, place, sender, name, arguments)
        if packet.id is None:
            return
        if sender is not Direction.CLIENT:
            self._judge.broken(self.origin, place, sender, _ASKS, ACK, name)
            return
        if acks := self._acks.get(packet.id):
            at, answer = acks.popleft()
            self._waiting -= 1
            if not acks:
                del self._acks[packet.id]
            self._judge.ack(self.origin, at, name, answer)
        else:
            self._events[packet.id].append(name)

    def _ack(self, packet: Packet, place: Place) -> None:
        number = packet.id or 0
        if events := self._events.get(number):
            name = events.popleft()
            if not events:
                del self._events[number]
            self._judge.ack(self.origin, place, name, packet.data)
        elif self._waiting < MAX_WAITING:
            self._waiting += 1
            self._acks[number].append((place, packet.data))
        else:
            self._unmatched.append((place, Direction.ACK, _NO_EVENT))


class Capture:
    """One capture of any kind: its packets, numbered in file order, and its connections."""

    def __init__(self, source: Source, judge: Judge) -> None:
        #: The number of Engine.IO packets so far, and the time of the first.
        self.frames = 0
        self.began: float | None = None
        #: The number of Socket.IO 5 connections so far.
        self.session_count = 0
        self._source = source
        self._judge = judge
        #: Open connections by name.
        self._sessions: dict[str, Session] = {}

    def _begin(self, name: str, address: str = "") -> Session:
        """Begin a connection of the application at an address."""
        self.session_count += 1
        session = self._sessions[name] = Session(self._judge, Origin(self._judge.application(address), clipped(name)))
        return session

    def _place(self, *, line: int | None = None, pointer: str | None = None, time: float | None = None) -> Place:
        """Return the place of the next packet."""
        self.frames += 1
        if time is not None and (self.began is None or time < self.began):
            self.began = time
        return Place(self.frames, line, pointer, time)

    def _finish(self, *, cut: bool) -> None:
        for session in self._sessions.values():
            session.finish(cut=cut)
