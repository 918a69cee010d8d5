"""One connection of a scenario: how it comes and goes, and the journal of it."""

from __future__ import annotations

from typing import Any

import socketio.exceptions

from realtime_contracts import Direction
from realtime_contracts.conform.observed import Observed
from realtime_contracts.wire.journal import Journal, NotReachedError, NotToldError
from realtime_contracts.wire.redaction import redacted, shown
from realtime_contracts.wire.timeouts import patience
from realtime_contracts.wire.transport import Client


class Connection:
    """A connection to one node. `label` names it in failures; `began` is when the scenario did."""

    def __init__(self, label: str, url: str, transports: list[str], began: float, observed: Observed) -> None:
        self.label = label
        self.url = url
        self.journal = Journal(label, began)
        self.observed = observed
        self.connected = False
        #: What the server said when it refused the connection: {message, data: {code}}.
        self.refusal: Any = None
        self._transports = transports
        #: Whether the server itself has refused; without it, nobody was there.
        self._reached = False
        self.client = Client()
        self.client.on("connect", self._on_connect)
        self.client.on("connect_error", self._on_refusal)
        self.client.on("disconnect", self._on_disconnect)
        self.client.unreadable = self._on_unreadable

    def open(self, auth: Any, *, query: str = "", namespace: str = "/") -> bool:
        """Connect; False if the server refuses."""
        if namespace != "/":
            self.client.on("connect_error", self._on_refusal, namespace=namespace)
        owner = self.label.partition("'")[0]
        where = [namespace] if namespace != "/" else []
        where += [f"?{redacted(query, owner)}"] if query else []
        self.journal.write("sent", " ".join(["connect", *where]), shown(auth, owner=owner))
        self.observed.goes(Direction.CLIENT, "connect")
        try:
            self.client.connect(
                f"{self.url}?{query}" if query else self.url,
                auth=auth,
                transports=self._transports,
                namespaces=[namespace],
                wait_timeout=patience(),
            )
        except socketio.exceptions.ConnectionError as error:
            self.client.cut()
            if not self._reached:
                if not self.client.opened:
                    raise NotReachedError(f"{self.label} gets an answer from {self.url}", str(error)) from error
                if auth is None or isinstance(auth, dict):
                    raise NotToldError(f"{self.label} is let in or refused", self._instead()) from error
                return False  # Socket.IO carries no other: to hang up is an answer
            if namespace == "/" and self.observed.judge(self.label, Direction.SERVER, "connect_error", self.refusal):
                self.observed.failed("connect", self.refusal["data"]["code"])
        if namespace == "/" and not query:
            code = None if self.connected else "refused"
            self.observed.answered(Direction.CLIENT, "connect", {} if auth is None else auth, code)
        return self.connected

    def _instead(self) -> str:
        """What a server did that opened a session, and neither let in nor refused."""
        ended = any(entry.kind == "closed" for entry in self.journal.since()) or not self.client.eio.sid
        return (
            "the server ended the connection without a connect_error" if ended else "no answer to Socket.IO's CONNECT"
        )

    def goodbye(self, *, heard: bool = True) -> None:
        """Leave as a user does who closes the page in good order. `heard`: and wait until the server has heard it."""
        self.connected = False
        self.journal.write("sent", "(goodbye)")
        self.client.goodbye(heard=heard)

    def close_transport(self) -> None:
        """Close the transport in good order, but without a Socket.IO goodbye."""
        self.connected = False
        self.journal.write("sent", "(transport closed)")
        self.client.leave_transport(heard=True)

    def cut(self) -> None:
        """Lose the transport."""
        self.connected = False
        self.journal.write("sent", "(transport lost)")
        self.client.cut()

    @property
    def transport(self) -> str:
        """`websocket` or `polling`, as it is now."""
        return str(self.client.transport())

    def _on_connect(self) -> None:
        self.connected = True
        self.journal.write("connected", "connect")

    def _on_refusal(self, *said: Any) -> None:
        data = said[0] if len(said) == 1 else list(said) or None
        self.refusal = data
        self._reached = self.client.eio.sid is not None
        # Where nobody was reached it is the client's own error, with the URL in it, and so the token.
        self.journal.write("refused", "connect_error", data if self._reached else shown(data))

    def _on_disconnect(self, reason: Any = None) -> None:
        self.connected = False
        self.journal.write("closed", str(reason))

    def _on_unreadable(self, packet: str | bytes, why: str) -> None:
        self.observed.breach(self.label, "packet", "server", f"no client can read it ({why})", payload=shown(packet))
