"""Parses packets of Engine.IO 4 and Socket.IO 5: pure functions from text to values.

    a polling body          4…<RS>4…<RS>b<base64>     many Engine.IO packets, separated by U+001E
    an Engine.IO packet     4…                        its type (0 open … 6 noop), then its data
    a Socket.IO packet      2/admin,7["event",{…}]    type, attachments, namespace, ack id, JSON

No input raises anything but `Malformed`, whose message says what is wrong without quoting the input.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final
from urllib.parse import unquote_plus

import orjson

#: The separator of packets in a polling body.
SEPARATOR = "\x1e"
#: Digits of an attachment count. python-socketio and the JavaScript parser take no more.
MAX_ATTACHMENTS = 9_999
#: Events that Socket.IO creates itself. The JavaScript parser closes a connection that sends one.
RESERVED_EVENTS = frozenset(
    {"connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"}
)
#: Stands for missing JSON; an explicit null is None.
ABSENT: Final = object()

_PACKET = re.compile(
    r"(?P<type>[0-6])(?:(?<=[56])(?P<attachments>[0-9]{1,4})-)?(?:(?P<namespace>/[^,]*)(?:,|$))?(?P<id>[0-9]{0,15})"
)
#: JSONP's answer to a poll: a call of the waiting script.
_JSONP = re.compile(r'___eio\[[0-9]+\]\((".*")\);?\s*', re.DOTALL)
_EVENT = re.compile(r'\["([^"\\]{1,120})"')
#: Integers of 19 digits and more, which orjson would read as floats. The contract distinguishes them.
_LARGE = re.compile(r"[0-9]{19}")


class Malformed(ValueError):
    """Not a packet of the protocol; the message says why."""


class Engine(IntEnum):
    """Types of Engine.IO packets."""

    OPEN = 0
    CLOSE = 1
    PING = 2
    PONG = 3
    MESSAGE = 4
    UPGRADE = 5
    NOOP = 6


class Type(IntEnum):
    """Types of Socket.IO packets."""

    CONNECT = 0
    DISCONNECT = 1
    EVENT = 2
    ACK = 3
    CONNECT_ERROR = 4
    BINARY_EVENT = 5
    BINARY_ACK = 6


@dataclass(frozen=True, slots=True)
class Packet:
    """A Socket.IO packet. In a binary one, placeholders stand for the attachments."""

    type: Type
    namespace: str
    id: int | None
    #: Its JSON, or ABSENT.
    data: Any
    attachments: int = 0


class NotJson(Malformed):
    """A well-formed packet whose payload is not JSON."""

    #: The event's name, if it could be read.
    event: str | None = None


class TooDeep(NotJson):
    """JSON nested deeper than any reader accepts."""


def split(body: str) -> list[str]:
    """Return the Engine.IO packets of a polling body."""
    return body.split(SEPARATOR)


def unwrapped(body: str) -> str:
    """Remove JSONP's wrapping from a polling body: a call in an answer, a form field in a request."""
    if body.startswith("d="):
        return unquote_plus(body[2:])
    match = _JSONP.fullmatch(body) if body.startswith("___eio[") else None
    try:
        return str(loads(match[1])) if match else body
    except NotJson:
        return body


def engine(text: str) -> tuple[Engine, str | bytes]:
    """Return type and data of an Engine.IO text packet. Raises Malformed."""
    if text.startswith("b"):
        return Engine.MESSAGE, attachment(text[1:])
    if not text:
        raise Malformed("an empty packet")
    if text[0] not in "0123456":
        raise Malformed("not a packet of Engine.IO 4: its type is no digit from 0 to 6")
    return Engine(int(text[0])), text[1:]


def attachment(text: str) -> bytes:
    """Return the bytes of a base64 binary packet. Raises Malformed."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Malformed("a binary packet that is not base64") from None


def socket(text: str) -> Packet:
    """Parse the Socket.IO packet of an Engine.IO message. Raises Malformed, NotJson.

    In another namespace than `/`, only the number of attachments and the auth of a CONNECT are read.
    """
    match = _PACKET.match(text)
    if match is None:
        raise Malformed("not a packet of Socket.IO 5: its type is no digit from 0 to 6")
    kind = Type(int(match["type"]))
    if kind >= Type.BINARY_EVENT and match["attachments"] is None:
        raise Malformed("a binary packet that does not say how many attachments it has")
    namespace = (match["namespace"] or "/").partition("?")[0]
    number = int(match["id"]) if match["id"] else None
    attachments = int(match["attachments"] or 0)
    if namespace != "/" and kind is not Type.CONNECT:
        return Packet(kind, namespace, number, ABSENT, attachments)
    rest = text[match.end() :]
    try:
        packet = Packet(kind, namespace, number, loads(rest) if rest else ABSENT, attachments)
    except NotJson as error:
        name = _EVENT.match(rest)
        error.event = name[1] if name else None
        raise
    if flaw := _flaw(packet):
        raise Malformed(flaw)
    return packet


def loads(text: str | bytes) -> Any:
    """Parse JSON as leniently as Python does. The contract then refuses NaN, large integers and lone surrogates.

    Raises NotJson, TooDeep.
    """
    try:
        if isinstance(text, bytes) or not _LARGE.search(text):
            return orjson.loads(text)
    except orjson.JSONDecodeError:
        pass
    try:
        return json.loads(text)
    except RecursionError:
        raise TooDeep("nested too deep to be read") from None
    except ValueError:
        raise NotJson("what it carries is not JSON") from None


def with_attachments(packet: Packet, attachments: list[bytes]) -> Packet:
    """Return a binary packet with its attachments in place of the placeholders. Raises Malformed.

    Changes the packet's own data, so that a large message is not copied.
    """
    todo: list[Any] = [packet.data]
    while todo:
        holder = todo.pop()
        items = holder.items() if isinstance(holder, dict) else enumerate(holder)
        for key, item in list(items):
            if isinstance(item, dict) and item.get("_placeholder") is True:
                number = item.get("num")
                if type(number) is not int or not 0 <= number < len(attachments):
                    raise Malformed("a placeholder for an attachment that did not come")
                holder[key] = attachments[number]
            elif isinstance(item, (dict, list)):
                todo.append(item)
    return packet


def _flaw(packet: Packet) -> str | None:
    """Return what is invalid in a packet of its type."""
    data = packet.data
    match packet.type:
        case Type.CONNECT:
            fine = data is ABSENT or isinstance(data, dict)
            return None if fine else "a CONNECT packet whose auth is not an object"
        case Type.CONNECT_ERROR:
            return None if isinstance(data, (dict, str)) else "a CONNECT_ERROR packet that says nothing"
        case Type.EVENT | Type.BINARY_EVENT:
            fine = isinstance(data, list) and bool(data) and isinstance(data[0], str)
            return None if fine else "an EVENT packet that is not an array beginning with the event's name"
        case Type.ACK | Type.BINARY_ACK:
            if packet.id is None:
                return "an ACK packet without the id of what it answers"
            return None if isinstance(data, list) else "an ACK packet that is not an array"
        case _:
            return None if data is ABSENT else "a DISCONNECT packet that carries something"
