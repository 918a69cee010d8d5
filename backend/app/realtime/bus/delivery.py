"""From messages of the bus to the sessions of this process.

- A message may make its receiver enter a Socket.IO room first (`enter`): membership changes at the same point of the
  stream as the state does.
- All messages that one read of the bus has brought go to a session in one write. Sessions that get the same share one
  buffer. So a delivery costs little more than its `send`.
- A message may say when something in its room ends (`due`); the nodes that deliver it check it then.
- Delivery never waits for a client, and a fault of one message does not stop the others. It gives way to everything
  else after each `_TURN`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

import gevent
import structlog

from app.realtime.bus.members import Members
from app.realtime.bus.message import Head, listed, read
from app.realtime.bus.order import Order
from app.realtime.bus.positions import Positions
from app.realtime.store.keys import tenant_of
from app.realtime.transport.message import Message
from app.realtime.transport.reasons import Reason
from app.realtime.transport.session import Session

logger = structlog.get_logger(__name__)

#: The Socket.IO packet type EVENT.
EVENT = "2"

#: Deliveries, and messages for nobody here, after which the rest of the process has its turn: 1 to 8 milliseconds.
_TURN = 4000


class Delivery:
    """Delivers to the members of this node. `on_due` and `on_unsteady`: see `BusManager`; `on_probe`: see `Routes`."""

    def __init__(
        self,
        members: Members,
        order: Order,
        positions: Positions,
        on_due: Callable[[str, float], None],
        on_unsteady: Callable[[str, str], None],
        on_probe: Callable[[str], None],
    ) -> None:
        self._members = members
        self._order = order
        self._positions = positions
        self._on_due = on_due
        self._on_unsteady = on_unsteady
        self._on_probe = on_probe
        self._outgoing = Outgoing()
        self._done_in_turn = 0
        #: Called with the line of a message that tokens are revoked.
        self.on_revoked: Callable[[Head], None] = lambda _head: None
        #: Number of messages that were delivered to connections of this node, and of those that were for none.
        self.delivered = self.unwanted = 0

    def deliver(self, batch: Sequence[bytes]) -> None:
        """Deliver messages of the bus. Sessions get theirs in one write, or in one a turn."""
        for data in batch:
            try:
                head, packet = read(data)
                if "do" in head:
                    self._do(head, packet)
                else:
                    self._address_to(head, packet)
            except Exception:
                # One bad message must not stop the listener; the log has the traceback.
                logger.exception("bus_message_failed")
            self._done_in_turn += 1
            if self._done_in_turn >= _TURN:
                self._done_in_turn = 0
                self._outgoing.send()
                gevent.sleep(0)
        self._outgoing.send()

    def _do(self, head: Head, packets: str) -> None:
        match head["do"]:
            case "hold":
                self._order.hold(head["sid"], head["number"])
            case "leave":
                self._members.leave(head["sid"], head["room"])
            case "revoked":
                self.on_revoked(head)
            case "probe":
                self._on_probe(head["of"])
            case "missed":
                self._catch_up(head, packets)

    def _catch_up(self, head: Head, packets: str) -> None:
        """Deliver what connections have missed while the bus was not heard: see `Positions`."""
        room = head["room"]
        sids = self._positions.missed(room, head["after"], head["upto"], more=head["more"])
        present = self._members.of(room)
        members = {sid: present[sid] for sid in sids if sid in present}
        for packet in filter(None, packets.split("\n")):
            self.delivered += 1
            self._done_in_turn += len(members)
            message = Message(EVENT + packet)
            self._outgoing.add(message, self._may_have_now(message, members, ()))

    def _address_to(self, head: Head, packet: str) -> None:
        room = head["room"]
        if entered := head.get("enter"):
            for one in entered:
                self._members.enter(room, one)
            if places := head.get("from"):
                self._positions.entered(room, entered, places)
        if unsteady := head.get("unsteady"):
            self._on_unsteady(tenant_of(room), unsteady)
        members = self._members.of(room) if isinstance(room, str) else self._members.of_any(room)
        if not members:
            self.unwanted += 1
            return
        self.delivered += 1
        self._done_in_turn += len(members)
        message = Message(EVENT + packet, head.get("replaces"))
        place = head.get("at")
        skipped = self._skipped(head) if place is None else self._positions.heard(room, place)
        self._outgoing.add(message, self._may_have_now(message, members, skipped))
        if due := head.get("due"):
            self._on_due(tenant_of(due[0]), due[1] / 1000)

    def _skipped(self, head: Head) -> Collection[str]:
        skip, room = head.get("skip"), head.get("skip_room")
        if skip is None and room is None:
            return ()
        return {*listed(skip or ()), *(self._members.of(room) if room is not None else ())}

    def _may_have_now(
        self, message: Message, members: Mapping[str, Session], skipped: Collection[str]
    ) -> Iterable[Session]:
        """The sessions that may have a message at once. For the others it is kept."""
        kept = self._order.kept
        if not skipped and not kept:
            return members.values()
        now = []
        for sid, session in members.items():
            if sid in skipped:
                continue
            if sid not in kept:
                now.append(session)
            elif not kept[sid].add(message):
                self._order.forget(sid)
                session.end(Reason.SLOW_CLIENT)
        return now


class Outgoing:
    """What there is for each session, in the order of the bus."""

    def __init__(self) -> None:
        self._messages: dict[Session, list[Message]] = {}

    def add(self, message: Message, sessions: Iterable[Session]) -> None:
        """A message for these sessions, after what there is for them already."""
        messages = self._messages
        for session in sessions:
            waiting = messages.get(session)
            if waiting is None:
                messages[session] = [message]
            else:
                waiting.append(message)

    def send(self) -> None:
        """Send everything, and be empty again."""
        messages, self._messages = self._messages, {}
        joined: dict[tuple[int, ...], bytes] = {}
        for session, of_session in messages.items():
            if len(of_session) == 1:
                frames = of_session[0].frame
            else:
                key = tuple(map(id, of_session))
                known = joined.get(key)
                if known is not None:
                    frames = known
                else:
                    frames = joined[key] = b"".join([message.frame for message in of_session])
            try:
                session.send_joined(of_session, frames)
            except Exception:
                # It would miss messages from here on. Its client comes back and is told the state.
                logger.exception("delivery_failed")
                session.end(Reason.UNAVAILABLE)
