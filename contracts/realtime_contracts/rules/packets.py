"""Socket.IO packets that can always be read, so that a client always gets an answer."""

from __future__ import annotations

from typing import Any

import orjson
import socketio.packet

#: The event that stands for an unreadable packet. It begins with a space; a client's event that does gets one more.
UNREADABLE = " unreadable"

#: The first character of every Engine.IO packet but a binary one, which the contract does not have.
PACKET_TYPES = frozenset("0123456")

#: Lists and objects in one packet. Parsing more takes Python's memory management over 20 ms.
MAX_BRACKETS = 15_000

#: What separates the packets of a long-polling body.
SEPARATOR = "\x1e"

#: An Engine.IO message whose Socket.IO packet is unreadable.
GARBAGE = "4!"

#: Names of python-socketio's handlers that are not for events. A client must not reach them.
_RESERVED = frozenset({"connect", "disconnect", "*"})

_BINARY = "binary messages are not accepted"


class Json:
    """orjson in the shape of the standard module, for python-socketio."""

    @staticmethod
    def dumps(value: object, **_: Any) -> str:
        """JSON text."""
        return orjson.dumps(value).decode()

    @staticmethod
    def loads(text: str | bytes) -> Any:
        """The value of JSON text. Raises ValueError, also for nesting deeper than 1,024 and over MAX_BRACKETS."""
        if len(text) > MAX_BRACKETS and _brackets(text) > MAX_BRACKETS:
            raise ValueError("too many lists and objects")
        return orjson.loads(text)


def _brackets(text: str | bytes) -> int:
    """How many lists and objects JSON text may have, brackets in its strings included."""
    return text.count("[") + text.count("{") if isinstance(text, str) else text.count(b"[") + text.count(b"{")


class Packet(socketio.packet.Packet):  # type: ignore[misc]  # the library is untyped
    """A Socket.IO packet that can always be decoded.

    Unreadable input (bad JSON, nesting too deep, no event name) becomes the event UNREADABLE with the reason as its
    payload, and keeps its ack id if it has one. Binary messages are not in the contract: they are unreadable too, and
    their attachments are not awaited.
    """

    uses_binary_events = False
    json = Json
    packet_type: int
    data: Any
    id: int | None

    def __init__(self, *args: Any, encoded_packet: object = None, **kwargs: Any) -> None:
        super().__init__(*args, encoded_packet=encoded_packet, **kwargs)
        if encoded_packet is not None and not encoded_packet:
            self._unreadable("an empty packet")

    def decode(self, encoded_packet: object) -> int:
        """Read a packet; attachments are never asked for."""
        if not isinstance(encoded_packet, str):
            return self._unreadable(_BINARY if isinstance(encoded_packet, bytes) else "not a Socket.IO packet")
        try:
            attachments = super().decode(encoded_packet)
        except (ValueError, TypeError, RecursionError):
            if encoded_packet.startswith(str(socketio.packet.CONNECT)):
                # A connection without credentials is refused, which is an answer.
                self.packet_type, self.data = socketio.packet.CONNECT, None
                return 0
            return self._unreadable("not a Socket.IO packet with JSON")
        fault = self._fault(attachments)
        if fault:
            return self._unreadable(fault)
        if self.packet_type == socketio.packet.EVENT and (self.data[0] in _RESERVED or self.data[0][:1] == " "):
            self.data[0] = f" {self.data[0]}"
        return 0

    def _fault(self, attachments: int) -> str | None:
        """Return what is wrong with a decoded packet, None if nothing is."""
        kind, data = self.packet_type, self.data
        if attachments or kind in (socketio.packet.BINARY_EVENT, socketio.packet.BINARY_ACK):
            return _BINARY
        if kind == socketio.packet.EVENT and not (isinstance(data, list) and data and isinstance(data[0], str)):
            return "an event is a JSON array that begins with its name"
        if kind == socketio.packet.ACK and not isinstance(data, list):
            return "an ack is a JSON array"
        if kind not in range(socketio.packet.CONNECT_ERROR):
            return "a client does not send packets of this type"
        return None

    def _unreadable(self, reason: str) -> int:
        if self.packet_type not in (socketio.packet.EVENT, socketio.packet.BINARY_EVENT):
            self.id = None  # The id of another ack: only an event is answered by one.
        self.packet_type = socketio.packet.EVENT
        self.namespace = None
        self.data = [UNREADABLE, reason]
        return 0


def split_body(body: bytes) -> list[str]:
    """The Engine.IO packets of a long-polling body, as text; of one that is not UTF-8, one that cannot be read."""
    try:
        return body.decode().split(SEPARATOR)
    except UnicodeDecodeError:
        return [GARBAGE]


def event_name(name: str) -> str:
    """Return an event's name as the client sent it: a `Packet` keeps reserved names with a leading space."""
    return name.removeprefix(" ")
