"""In which order a connection hears things.

Broadcasts reach a connection in the order of the bus. Two things have to wait for their turn among them:

- The first broadcasts of a connection that is not accepted yet. They are kept until its CONNECT packet is out.
- The ack of an edit: whoever has it has also heard every edit before. The script publishes `hold` to the node of the
  connection. When that arrives, every earlier broadcast has been handed to the connection; later ones are kept until
  the ack is out.

What is kept is bounded, and of messages that replace each other the newest is kept, as for a client that does not read.
"""

from __future__ import annotations

from gevent.event import Event

from app.realtime.transport.message import Message
from app.realtime.transport.outbox import Outbox

#: Longest delay of an ack in seconds. The bus takes milliseconds, unless the subscription was cut just now.
ACK_DELAY_SECONDS = 2.0


class DelayedAck:
    """An ack that waits for earlier broadcasts."""

    def __init__(self, heard: Event) -> None:
        self._heard = heard

    def wait(self) -> None:
        """Wait until the earlier broadcasts have been handed to the connection."""
        self._heard.wait(ACK_DELAY_SECONDS)


class Order:
    """What is kept for connections of this node, by sid."""

    def __init__(self) -> None:
        #: What is kept, by sid. A connection that is not here may have everything at once.
        self.kept: dict[str, Outbox] = {}
        self._delayed: dict[str, Event] = {}

    def begin(self, sid: str) -> None:
        """A connection begins: keep what it is sent, until `release`."""
        self.kept[sid] = Outbox()

    def release(self, sid: str) -> list[Message]:
        """What was kept, for the connection to have now."""
        kept = self.kept.pop(sid, None)
        return kept.take() if kept is not None else []

    def delay_ack(self, sid: str) -> DelayedAck:
        """Delay the ack of an event whose script publishes `hold` to this node."""
        heard = self._delayed[sid] = Event()
        return DelayedAck(heard)

    def hold(self, sid: str) -> None:
        """A script's `hold` has arrived."""
        heard = self._delayed.get(sid)
        if heard is not None:
            self.kept.setdefault(sid, Outbox())
            heard.set()

    def answered(self, sid: str) -> list[Message]:
        """An ack is out. Returns what was kept for that."""
        return self.release(sid) if self._delayed.pop(sid, None) is not None else []

    def forget(self, sid: str) -> None:
        """The connection has ended."""
        self.kept.pop(sid, None)
        self._delayed.pop(sid, None)
