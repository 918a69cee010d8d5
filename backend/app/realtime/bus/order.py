"""In which order a connection hears things.

Broadcasts reach a connection in the order of the bus. Two things have to wait for their turn among them:

- The first broadcasts of a connection that is not accepted yet. They are kept until its CONNECT packet is out.
- The ack of an edit: whoever has it has also heard every edit before. The script publishes `hold` to the node of the
  connection, with the ack's number. When that arrives, every earlier broadcast has been handed to the connection; later
  ones are kept until the ack is out. A `hold` that comes too late, after its ack, is for nobody.

What is kept is bounded, and of messages that replace each other the newest is kept, as for a client that does not read.
"""

from __future__ import annotations

from itertools import count

from gevent.event import Event

from app.realtime.transport.message import Message
from app.realtime.transport.outbox import Outbox

#: Longest delay of an ack in seconds. The bus takes milliseconds, unless the subscription was cut just now.
ACK_DELAY_SECONDS = 2.0


class DelayedAck:
    """An ack that waits for earlier broadcasts. Its `number` is what the script's `hold` has to name."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.heard = Event()

    def wait(self) -> None:
        """Wait until the earlier broadcasts have been handed to the connection."""
        self.heard.wait(ACK_DELAY_SECONDS)


class Order:
    """What is kept for connections of this node, by sid."""

    def __init__(self) -> None:
        #: What is kept, by sid. A connection that is not here may have everything at once.
        self.kept: dict[str, Outbox] = {}
        self._delayed: dict[str, DelayedAck] = {}
        self._numbers = count(1)

    def begin(self, sid: str) -> None:
        """A connection begins: keep what it is sent, until `release`."""
        self.kept[sid] = Outbox()

    def release(self, sid: str) -> list[Message]:
        """What was kept, for the connection to have now."""
        kept = self.kept.pop(sid, None)
        return kept.take() if kept is not None else []

    def delay_ack(self, sid: str) -> DelayedAck:
        """Delay the ack of an event whose script publishes `hold` to this node."""
        ack = self._delayed[sid] = DelayedAck(next(self._numbers))
        return ack

    def hold(self, sid: str, number: int) -> None:
        """A script's `hold` for the ack of this number has arrived."""
        ack = self._delayed.get(sid)
        if ack is not None and ack.number == number:
            self.kept.setdefault(sid, Outbox())
            ack.heard.set()

    def answered(self, sid: str) -> list[Message]:
        """An ack is out. Returns what was kept for that."""
        return self.release(sid) if self._delayed.pop(sid, None) is not None else []

    def forget(self, sid: str) -> None:
        """The connection has ended."""
        self.kept.pop(sid, None)
        self._delayed.pop(sid, None)
