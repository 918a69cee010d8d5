"""The Engine.IO sessions of a process."""

from __future__ import annotations

from collections import Counter
from typing import Any

import orjson

from app.realtime.transport import limits
from app.realtime.transport.addresses import Tally
from app.realtime.transport.limits import Entrance, Timing
from app.realtime.transport.message import Message
from app.realtime.transport.reasons import FETCHABLE, Reason
from app.realtime.transport.session import Application, Session, Transport
from app.realtime.transport.siblings import Siblings
from app.realtime.transport.timers import Timers


class Engine:
    """Opens sessions, finds them, and counts how they ended."""

    def __init__(self, timing: Timing, application: Application, entrance: Entrance | None = None) -> None:
        self.timing = timing
        self.entrance = entrance or Entrance()
        self.application = application
        self.timers = Timers(min(timing.ping_interval, timing.ping_timeout))
        self.sessions: dict[str, Session] = {}
        #: Of each address twice what it may have of connections: some are between their handshake and their CONNECT.
        self._tally = Tally(2 * self.entrance.max_connections_per_address)
        #: Those that have ended just now, and have something to say to their client's next poll.
        self._unread: dict[str, Session] = {}
        #: The workers of this host; of a process alone, none.
        self.siblings = Siblings()
        #: Sessions that have ended, by the label of the reason.
        self.ended = Counter({reason.label: 0 for reason in Reason})

    def is_full(self, address: str) -> bool:
        """Whether there are as many sessions as may be, of all clients or of those of an address."""
        return len(self.sessions) >= self.entrance.max_connections or self._tally.is_full(address)

    def open(self, transport: Transport, environ: dict[str, Any], upgrades: list[str]) -> tuple[Session, Message]:
        """Open a session on a transport. Returns it and its first packet, which is sent by the caller."""
        session = Session(self, self.siblings.new_id(), transport, environ.get("REMOTE_ADDR", ""))
        self._tally.add(session.address)
        self.sessions[session.id] = session
        self.application.opened(session, environ)
        handshake = {
            "sid": session.id,
            "upgrades": upgrades,
            "pingInterval": round(self.timing.ping_interval * 1000),
            "pingTimeout": round(self.timing.ping_timeout * 1000),
            "maxPayload": self.timing.max_message_bytes,
        }
        return session, Message.of_text("0" + orjson.dumps(handshake).decode())

    def find(self, session_id: str, *, to_poll: bool) -> Session | None:
        """Find a session. `to_poll`: also one that the server has ended, if there is something left to poll."""
        session = self.sessions.get(session_id)
        if session is not None:
            session.look()
            if session.open:
                return session
        ended = self._unread.get(session_id) if to_poll else None
        return ended if ended is not None and ended.transport.unread else None

    def forget(self, session: Session, reason: Reason) -> None:
        """A session ends now."""
        del self.sessions[session.id]
        self._tally.remove(session.address)
        self.ended[reason.label] += 1
        if reason in FETCHABLE and session.transport.unread:
            self._unread[session.id] = session
            self.timers.schedule(limits.LAST_POLL_SECONDS, lambda: self._drop_unread(session.id))

    def _drop_unread(self, session_id: str) -> None:
        del self._unread[session_id]
