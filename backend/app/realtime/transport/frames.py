"""WebSocket frames (RFC 6455 5), without input or output.

Own code, because it is on the way of every event: half of the price of `websockets`, a fifth of that of `wsproto`.
"""

from __future__ import annotations

from app.realtime.transport import limits

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10

#: Stands for a fragment after which its message is not complete.
PART = (CONTINUATION, b"")

#: Close codes: a broken rule of the protocol, text that is not UTF-8, a message that is too large.
PROTOCOL_ERROR, NOT_UTF8, TOO_LARGE = 1002, 1007, 1009

#: Sizes in bytes up to which a frame's length takes one byte, and two more; and what stands there for more.
_SHORT, _MEDIUM = 125, 0xFFFF
_MEDIUM_FOLLOWS, _LONG_FOLLOWS = 126, 127
#: The largest length that the protocol knows.
_LARGEST = (1 << 63) - 1

#: Bits of the first byte: last frame of a message, reserved, opcode. And of the second: masked, length.
_FINAL, _RESERVED, _OPCODE, _MASKED, _LENGTH = 0x80, 0x70, 0x0F, 0x80, 0x7F

#: What an unmasked short frame begins with, by opcode and size.
_SHORT_HEADS = tuple(tuple(bytes((_FINAL | code, size)) for size in range(_SHORT + 1)) for code in range(PONG + 1))

_MASK_BYTES = 4
#: Bytes before the payload of a short frame from a client.
_SHORT_HEAD = 2 + _MASK_BYTES

#: Bytes that are read already and still kept, because moving what follows costs time.
_KEPT_BYTES = 64 * 1024

#: Close codes that may be sent (7.4): these, and 3000 to 4999 for libraries and applications.
_CLOSE_CODES = frozenset({1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014})
_OPEN_CODES = range(3000, 5000)


class ProtocolError(Exception):
    """The client broke the protocol. `code`: of the close frame that says so."""

    def __init__(self, code: int, what: str) -> None:
        super().__init__(what)
        self.code = code


def encode(opcode: int, payload: bytes) -> bytes:
    """An unmasked frame, which is a whole message or a control frame."""
    size = len(payload)
    if size <= _SHORT:
        return _SHORT_HEADS[opcode][size] + payload
    if size <= _MEDIUM:
        return bytes((_FINAL | opcode, _MEDIUM_FOLLOWS)) + size.to_bytes(2, "big") + payload
    return bytes((_FINAL | opcode, _LONG_FOLLOWS)) + size.to_bytes(8, "big") + payload


def text_frame(payload: bytes) -> bytes:
    """An unmasked text message in one frame. `payload` is UTF-8."""
    return encode(TEXT, payload)


def payload_of(frame: bytes) -> bytes:
    """What `encode` was given."""
    size = frame[1]
    return frame[2 if size <= _SHORT else 4 if size == _MEDIUM_FOLLOWS else 10 :]


def close_frame(code: int) -> bytes:
    """A close frame without a text; without a code if it is 0."""
    return encode(CLOSE, code.to_bytes(2, "big") if code else b"")


class FrameReader:
    """Makes messages of what a client sends. `max_message`: bytes that one may have, in all its frames."""

    __slots__ = ("_buffer", "_fragments", "_opcode", "_size", "_start", "_wanted", "max_message")

    def __init__(self, max_message: int) -> None:
        self.max_message = max_message
        self._buffer = bytearray()
        #: Where the next frame begins, and how many bytes from there are wanted before anything can be read.
        self._start = 0
        self._wanted = 2
        #: The payloads of a message that is not complete, its type, and its bytes so far.
        self._fragments: list[bytes] | None = None
        self._opcode = 0
        self._size = 0

    def feed(self, data: bytes | memoryview) -> None:
        """Take bytes as they come from the socket."""
        self._buffer += data

    def next(self) -> tuple[int, str | bytes] | None:
        """Read a frame. Returns the opcode and payload of the message that it completes, or of a control frame.

        Text is a str. After another fragment it is PART, so that whoever reads can count it; None if bytes are missing.
        Raises ProtocolError; after that the reader is of no use.
        """
        if (text := self._short_text()) is not None:
            return TEXT, _text(text)
        while len(self._buffer) - self._start >= self._wanted:
            frame = self._frame()
            if frame is None:
                continue
            first, payload = frame
            opcode = first & _OPCODE
            if opcode >= CLOSE:
                return opcode, self._control(first, payload)
            if opcode == CONTINUATION or not first & _FINAL or self._fragments is not None:
                whole = self._joined(first, payload)
                if whole is None:
                    return PART
                opcode, payload = whole
            if opcode == TEXT:
                return opcode, _text(payload)
            return opcode, payload
        return None

    def _short_text(self) -> bytes | None:
        """Read a text message in one short frame, as nearly all are. None if that is not what comes next."""
        buffer, start = self._buffer, self._start
        there = len(buffer) - start
        if there < self._wanted or buffer[start] != _FINAL | TEXT or self._fragments is not None:
            return None
        size = buffer[start + 1] - _MASKED
        if not 0 <= size <= _SHORT or there < _SHORT_HEAD + size:
            return None
        payload = _unmasked(buffer, start + _SHORT_HEAD, size)
        if there == _SHORT_HEAD + size:
            buffer.clear()
            self._start = 0
        else:
            self._start = start + _SHORT_HEAD + size
        self._wanted = 2
        return payload

    def _frame(self) -> tuple[int, bytes] | None:
        """Read a frame's first byte and payload. If bytes are missing, note how many it takes, and return None."""
        buffer, start = self._buffer, self._start
        first, second = buffer[start], buffer[start + 1]
        head = 2
        size = second & _LENGTH
        if size > _SHORT:
            head = 4 if size == _MEDIUM_FOLLOWS else 10
            if len(buffer) - start < head:
                self._check(first, second)
                self._wanted = head
                return None
            size = int.from_bytes(buffer[start + 2 : start + head], "big")
            if size <= (_SHORT if head == 4 else _MEDIUM):  # noqa: PLR2004 - the short head
                raise ProtocolError(PROTOCOL_ERROR, "a length is longer than it has to be")
            if size > _LARGEST:
                raise ProtocolError(PROTOCOL_ERROR, "a length has its first bit set")
        self._check(first, second)
        # A control frame between fragments is none of the message, and has a bound of its own.
        if self._size + size > self.max_message and first & _OPCODE < CLOSE:
            raise ProtocolError(TOO_LARGE, "a message is too large")
        end = head + _MASK_BYTES + size
        if len(buffer) - start < end:
            self._wanted = end
            return None
        payload = _unmasked(buffer, start + head + _MASK_BYTES, size)
        self._forget(start + end)
        return first, payload

    def _forget(self, end: int) -> None:
        if end == len(self._buffer):
            self._buffer = bytearray()
            end = 0
        elif end > _KEPT_BYTES:
            del self._buffer[:end]
            end = 0
        self._start = end
        self._wanted = 2

    @staticmethod
    def _check(first: int, second: int) -> None:
        if first & _RESERVED:
            raise ProtocolError(PROTOCOL_ERROR, "a reserved bit is set")
        if not second & _MASKED:
            raise ProtocolError(PROTOCOL_ERROR, "a client's frame is not masked")
        opcode = first & _OPCODE
        if opcode >= CLOSE:
            if opcode > PONG:
                raise ProtocolError(PROTOCOL_ERROR, "an opcode is unknown")
            if not first & _FINAL or second & _LENGTH > _SHORT:
                raise ProtocolError(PROTOCOL_ERROR, "a control frame is fragmented or long")
        elif opcode > BINARY:
            raise ProtocolError(PROTOCOL_ERROR, "an opcode is unknown")

    @staticmethod
    def _control(first: int, payload: bytes) -> bytes:
        if first & _OPCODE == CLOSE and payload:
            code = int.from_bytes(payload[:2], "big")
            if len(payload) == 1 or not (code in _CLOSE_CODES or code in _OPEN_CODES):
                raise ProtocolError(PROTOCOL_ERROR, "a close code is not allowed")
            _text(payload[2:])
        return payload

    def _joined(self, first: int, payload: bytes) -> tuple[int, bytes] | None:
        """Add a fragment. Returns the type and payload of the message if it is complete."""
        opcode = first & _OPCODE
        if (self._fragments is None) == (opcode == CONTINUATION):
            raise ProtocolError(PROTOCOL_ERROR, "a message begins within another, or goes on that has not begun")
        if self._fragments is None:
            self._fragments, self._opcode = [], opcode
        self._fragments.append(payload)
        self._size += len(payload)
        if len(self._fragments) > limits.FRAGMENTS:
            raise ProtocolError(TOO_LARGE, "a message has too many fragments")
        if not first & _FINAL:
            return None
        whole = b"".join(self._fragments)
        self._fragments, self._size = None, 0
        return self._opcode, whole


def _unmasked(buffer: bytearray, at: int, size: int) -> bytes:
    """The payload of `size` bytes that begins there, after its mask."""
    key = (buffer[at - _MASK_BYTES : at] * (size // _MASK_BYTES + 1))[:size]
    masked = int.from_bytes(buffer[at : at + size], "little")
    return (masked ^ int.from_bytes(key, "little")).to_bytes(size, "little")


def _text(payload: bytes) -> str:
    try:
        return payload.decode()
    except UnicodeDecodeError:
        raise ProtocolError(NOT_UTF8, "a text is not UTF-8") from None
