"""One browser tab: one connection, everything that went over it, and whether that was right.

What the server sends, messages and acks alike, is judged by the contract as it comes. Presence messages are
folded into a view, and the edits of each room into another. What is wrong is collected in `faults` and in the
views' `complaints`; the scenario's end looks at them.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable
from typing import Any

import socketio.exceptions

from realtime_contracts import Direction, registry
from realtime_contracts.conformance.document_view import DocumentView
from realtime_contracts.conformance.journal import Entry, Journal, NotSeenError
from realtime_contracts.conformance.payloads import Payload
from realtime_contracts.conformance.timeouts import PATIENCE
from realtime_contracts.conformance.transport import Client
from realtime_contracts.conformance.view import PRESENCE_MESSAGES, PresenceView
from realtime_contracts.exchanges import exchanges

Fields = Callable[[Any], bool]


class Tab:
    """A connection of one user to one node. `label` names it in failures."""

    def __init__(self, label: str, url: str, transports: list[str], began: float, user_id: str | None = None) -> None:
        self.label = label
        self.url = url
        self.user_id = user_id
        self.journal = Journal(label, began)
        self.view = PresenceView()
        self.faults: list[str] = []
        self.connected = False
        #: What the server said when it refused the connection: {message, data: {code}}.
        self.refusal: Any = None
        #: Where the journal stood when the scenario's current "When" began.
        self.mark = 0
        #: The highest presence number that this tab knows of, from acks as well.
        self.known_seq = -1
        self._transports = transports
        #: Whether the server itself has refused; without it, nobody was there.
        self._reached = False
        #: The rooms that the scenario has put this tab into.
        self.rooms: set[str] = set()
        #: Whether a lock was taken here, which outlasts a lost transport.
        self.has_locked = False
        self._documents: dict[str, DocumentView] = {}
        self._left: list[DocumentView] = []
        self._filters: deque[bool] = deque()
        self._contract = registry()
        self.client = Client()
        self.client.on("connect", self._on_connect)
        self.client.on("connect_error", self._on_refusal)
        self.client.on("disconnect", self._on_disconnect)
        self.client.on("*", self._on_event)

    # Coming and going

    def open(self, auth: Any, *, query: str = "", namespace: str = "/") -> bool:
        """Connect; False if the server refuses."""
        if namespace != "/":
            self.client.on("connect_error", self._on_refusal, namespace=namespace)
        try:
            self.client.connect(
                f"{self.url}?{query}" if query else self.url,
                auth=auth,
                transports=self._transports,
                namespaces=[namespace],
                wait_timeout=PATIENCE,
            )
        except socketio.exceptions.ConnectionError as error:
            self.client.cut()
            if not self._reached:
                raise NotSeenError(f"{self.label} got no answer from {self.url}: {error}") from error
            if namespace == "/":
                self._judge(Direction.SERVER, "connect_error", self.refusal)
        return self.connected

    def goodbye(self) -> None:
        """Leave as a user does who closes the page in good order."""
        self.connected = False
        self.client.goodbye()

    def close_transport(self) -> None:
        """Close the transport in good order, but without a Socket.IO goodbye."""
        self.connected = False
        self.client.leave_transport()

    def cut(self) -> None:
        """Lose the transport."""
        self.connected = False
        self.client.cut()

    @property
    def transport(self) -> str:
        """`websocket` or `polling`, as it is now."""
        return str(self.client.transport())

    # Speaking

    def call(self, event: str, *payloads: Any) -> dict[str, Any]:
        """Send an event with these payloads and return its ack."""
        return self.ask(event, Payload(tuple(json.dumps(p) for p in payloads)))

    def ask(self, event: str, payload: Payload) -> dict[str, Any]:
        """Send an event and return its ack. Every event is answered, so none is a failure."""
        return self.answer(self.send(event, payload))

    def send(self, event: str, payload: Payload, *, ack: bool = True) -> int:
        """Send an event without waiting. Returns where to look for its ack: see `answer`."""
        start = len(self.journal)
        self._write_sent(event, payload)
        edit = self._sent_edit(payload) if event == "doc:edit" else None
        callback = self._ack_taker(event, edit) if ack else None
        if payload.binary is not None:
            self.client.emit(event, (payload.binary,), callback=callback)
            return start
        ack_id = "" if callback is None else str(self.client.expect_ack(callback))
        arguments = ",".join((json.dumps(event), *payload.texts))
        self.client.send_text(f"2{ack_id}[{arguments}]")
        return start

    def answer(self, start: int, within: float = PATIENCE) -> dict[str, Any]:
        """The first ack that came after `start`."""
        entry = self.journal.wait_for(lambda e: e.kind == "ack", "an ack", since=start, within=within)
        answer: dict[str, Any] = entry.payload
        return answer

    def send_packet(self, packet: str, *, ack_for: str | None = None) -> int:
        """Send a Socket.IO packet as it is. With `ack_for`, `{id}` in it becomes the id of an ack."""
        start = len(self.journal)
        self.journal.write("sent", "packet", packet)
        if ack_for is not None:
            packet = packet.replace("{id}", str(self.client.expect_ack(self._ack_taker(ack_for))))
        self.client.send_text(packet)
        return start

    def ask_list(self, payload: dict[str, Any] | None = None) -> dict[str, Any]:
        """Ask who is online and return the list."""
        start = len(self.journal)
        filtered = bool(payload)
        self._filters.append(filtered)
        answer = self.call("presence:list", *([] if payload is None else [payload]))
        if not answer["ok"]:
            self._filters.pop()
            raise AssertionError(f"{self.label} asked who is online and got {answer}")
        listed: dict[str, Any] = self.expect("presence:list", since=start).payload
        return listed

    # Hearing

    def expect(
        self,
        event: str,
        *,
        since: int | None = None,
        within: float = PATIENCE,
        where: Fields | None = None,
        **fields: Any,
    ) -> Entry:
        """The first `event` since the mark with these fields, waiting for it if need be."""

        def fits(entry: Entry) -> bool:
            if entry.kind != "event" or entry.name != event:
                return False
            payload = entry.payload
            if not all(isinstance(payload, dict) and payload.get(k) == v for k, v in fields.items()):
                return False
            return where is None or where(payload)

        start = self.mark if since is None else since
        return self.journal.wait_for(fits, f"{event} {fields or ''}".strip(), since=start, within=within)

    def expect_end(self, within: float = PATIENCE) -> Entry:
        """Wait until the connection has ended."""
        return self.journal.wait_for(lambda e: e.kind == "closed", "the end", since=self.mark, within=within)

    def wait_until(self, condition: Callable[[], bool], what: str, *, within: float = PATIENCE) -> None:
        """Wait until `condition` holds, which may only change by what this tab hears."""
        self.journal.wait_until(condition, what, within=within, since=self.mark)

    def document(self, room_id: str) -> DocumentView:
        """What this tab knows of a room's document since it has joined."""
        return self._documents.setdefault(room_id, DocumentView(self.user_id))

    @property
    def complaints(self) -> list[str]:
        """What the views have noted."""
        documents = [*self._left, *self._documents.values()]
        return self.view.complaints + [complaint for view in documents for complaint in view.complaints]

    # What comes, in the reading thread

    def _on_connect(self) -> None:
        self.connected = True
        self.journal.write("connected", "connect")

    def _on_refusal(self, data: Any = None) -> None:
        self.refusal = data
        self._reached = self.client.eio.sid is not None
        self.journal.write("refused", "connect_error", data)

    def _on_disconnect(self, reason: Any = None) -> None:
        self.connected = False
        self.journal.write("closed", str(reason))

    def _on_event(self, event: str, *arguments: Any) -> None:
        payload = arguments[0] if len(arguments) == 1 else list(arguments)
        if event not in self._contract.events(Direction.SERVER):
            self.faults.append(f"{self.label} got {event}, which the contract does not know: {payload!r}")
        elif self._judge(Direction.SERVER, event, payload) and isinstance(payload, dict):
            self._fold(event, payload)
        self.journal.write("event", event, payload)

    def _fold(self, event: str, payload: dict[str, Any]) -> None:
        if event == "presence:list":
            first = self.view.seq is None
            filtered = False if first or not self._filters else self._filters.popleft()
            self.view.take_list(payload, filtered=filtered)
        elif event in PRESENCE_MESSAGES:
            self.view.take_message(event, payload)
        elif event == "doc:sync":
            self.document(payload["room_id"]).take_sync(payload)
        elif event == "doc:edit":
            self.document(payload["room_id"]).take_edit(payload)
        self.known_seq = max(self.known_seq, payload.get("seq", -1))

    def _take_ack(self, event: str, answer: dict[str, Any], edit: dict[str, Any] | None) -> None:
        if answer["ok"]:
            self._fold_ack(event, answer, edit)
        elif answer["error"]["code"] not in exchanges().by_event[event].errors:
            self.faults.append(f"{self.label} got an error of {event} that the contract does not name: {answer!r}")

    def _fold_ack(self, event: str, answer: dict[str, Any], edit: dict[str, Any] | None) -> None:
        self.known_seq = max(self.known_seq, answer.get("seq", -1))
        self.has_locked = self.has_locked or event == "doc:lock"
        if edit is not None:
            self.document(edit["room_id"]).take_ack(edit["edit_id"], answer["version"])
        elif event == "room:leave" and answer["room_id"] in self._documents:
            # Whoever joins again has missed what was edited meanwhile.
            self._left.append(self._documents.pop(answer["room_id"]))

    def _ack_taker(self, event: str, edit: dict[str, Any] | None = None) -> Callable[..., None]:
        def take(*arguments: Any) -> None:
            answer = arguments[0] if len(arguments) == 1 else list(arguments)
            if event in self._contract.events(Direction.ACK):
                if self._judge(Direction.ACK, event, answer) and isinstance(answer, dict):
                    self._take_ack(event, answer, edit)
            elif isinstance(answer, dict) and answer.get("ok") is False:
                self._judge(Direction.SERVER, "error", answer.get("error"))
            else:
                self.faults.append(f"{self.label} got an ack of {event} that is no failure: {answer!r}")
            self.journal.write("ack", event, answer)

        return take

    def _judge(self, direction: Direction, event: str, payload: Any) -> bool:
        violation = self._contract.check(direction, event, payload)
        if violation is not None:
            where = f"{direction.value} {event} at {violation.path!r}: {violation.reason}"
            self.faults.append(f"{self.label} got {where}, in {payload!r}")
        return violation is None

    def _sent_edit(self, payload: Payload) -> dict[str, Any] | None:
        """The edit that is about to be sent, noted; None if it is none that could be accepted."""
        try:
            edit = json.loads(payload.texts[0])
        except (IndexError, ValueError, RecursionError):
            return None
        if self._contract.check(Direction.CLIENT, "doc:edit", edit) is not None:
            return None
        self.document(edit["room_id"]).take_sent(edit["edit_id"], edit["changes"])
        return dict(edit)

    def _write_sent(self, event: str, payload: Payload) -> None:
        shown = payload.binary if payload.binary is not None else ", ".join(text[:100] for text in payload.texts)
        self.journal.write("sent", event, shown)
