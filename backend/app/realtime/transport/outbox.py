"""What waits for a client that does not read."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable

from app.realtime.transport import limits
from app.realtime.transport.message import Message


class Outbox:
    """Messages in the order of sending, bounded. Of those that replace each other only the newest waits.

    One message that is larger than the bound may wait beside the others and is not counted: a client that reads can
    have it, whatever was sent before and after.
    """

    __slots__ = ("_large", "_messages", "size")

    def __init__(self) -> None:
        #: By what they replace, or by an object of their own.
        self._messages: OrderedDict[Hashable, Message] = OrderedDict()
        #: Bytes that wait.
        self.size = 0
        #: Bytes of the message that is larger than the bound, if one waits.
        self._large = 0

    def __len__(self) -> int:
        """How many messages wait."""
        return len(self._messages)

    def add(self, message: Message) -> bool:
        """Keep a message. If there is no room, those that may be replaced go, the oldest first, this one last.

        Returns False if that is not enough.
        """
        key = message.replaces
        if key is None:
            key = object()
        else:
            self._drop(key)
        self._messages[key] = message
        size = len(message.frame)
        self.size += size
        if size > limits.WAITING_BYTES and not self._large:
            self._large = size
        if self._is_too_much():
            self._make_room()
        return not self._is_too_much()

    def take(self, max_bytes: int | None = None) -> list[Message]:
        """Remove and return the oldest messages: at least one, at most `max_bytes` of them, or all."""
        taken: list[Message] = []
        left = self.size if max_bytes is None else max_bytes
        while self._messages:
            key, message = next(iter(self._messages.items()))
            left -= len(message.frame)
            if left < 0 and taken:
                break
            self._drop(key)
            taken.append(message)
        return taken

    def _is_too_much(self) -> bool:
        return len(self._messages) > limits.WAITING_MESSAGES or self.size - self._large > limits.WAITING_BYTES

    def _make_room(self) -> None:
        replaceable = [key for key, message in self._messages.items() if message.replaces is not None]
        for key in replaceable:
            self._drop(key)
            if not self._is_too_much():
                return

    def _drop(self, key: Hashable) -> None:
        message = self._messages.pop(key, None)
        if message is not None:
            size = len(message.frame)
            self.size -= size
            if size == self._large:
                self._large = 0
