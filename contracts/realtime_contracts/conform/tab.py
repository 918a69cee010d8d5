"""One browser tab: one connection, everything that went over it, and whether that was right.

What the server sends, messages and acks alike, is judged by the contract as it comes. Presence messages are
folded into a view, and the edits of each room into another. What is wrong is noted in `observed` and in the views'
`complaints`; the scenario's end looks at them.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from realtime_contracts import Direction
from realtime_contracts.conform.connection import Connection
from realtime_contracts.conform.document_view import DocumentView
from realtime_contracts.conform.observed import Manners, Observed
from realtime_contracts.conform.payloads import Payload
from realtime_contracts.contract.exchanges import exchanges
from realtime_contracts.contract.registry import registry
from realtime_contracts.wire.journal import Entry, NotSeenError, UnmetError
from realtime_contracts.wire.view import PRESENCE_MESSAGES, PresenceView

Fields = Callable[[Any], bool]

#: Characters of a payload that are kept for the reports: any but those that are sent to be refused for their size.
SHOWN = 2000

#: How a barrier's user is called; what is about them is never what a scenario listens for.
HERALD = "herald-"

#: Events sent before the first of them is answered. Engine.IO's servers take 16 packets in one POST.
AT_ONCE = 8

#: Stands for the ack of a server that gave none: neither a success nor a failure. What came in its place is `instead`.
NO_ANSWER: dict[str, Any] = {"ok": None}


class Tab(Connection):
    """A connection of one user to one node, with all that it has heard."""

    def __init__(
        self,
        label: str,
        url: str,
        transports: list[str],
        began: float,
        user_id: str | None = None,
        *,
        observed: Observed | None = None,
        manners: Manners | None = None,
    ) -> None:
        super().__init__(label, url, transports, began, observed or Observed())
        self.user_id = user_id
        self.view = PresenceView()
        #: Where the journal stood when the scenario's current "When" began.
        self.mark = 0
        #: The highest presence number that this tab knows of, from acks as well.
        self.known_seq = -1
        #: The rooms that the scenario has put this tab into.
        self.rooms: set[str] = set()
        #: Whether a lock was taken here, which outlasts a lost transport.
        self.has_locked = False
        self._documents: dict[str, DocumentView] = {}
        self._left: list[DocumentView] = []
        self._filters: deque[bool] = deque()
        self._contract = registry()
        self._manners = manners or Manners()
        self.client.on("*", self._on_event)

    # Speaking

    def call(self, event: str, *payloads: Any) -> dict[str, Any]:
        """Send an event with these payloads and return its ack."""
        return self.ask(event, Payload(tuple(json.dumps(p) for p in payloads)))

    def ask(self, event: str, payload: Payload) -> dict[str, Any]:
        """Send an event and return its ack; NO_ANSWER, and a breach, if there is none."""
        return self._answer_or_breach(event, self.send(event, payload))

    def ask_together(self, event: str, payloads: Sequence[Any]) -> Iterator[dict[str, Any]]:
        """Send an event with each of these payloads, some before the first is answered. Yields the acks, as `ask`."""
        for start in range(0, len(payloads), AT_ONCE):
            some = payloads[start : start + AT_ONCE]
            sent = [self.send(event, Payload((json.dumps(payload),))) for payload in some]
            yield from (self._answer_or_breach(event, one) for one in sent)

    def _answer_or_breach(self, event: str, sent: Entry) -> dict[str, Any]:
        try:
            return self.answer(sent, self._manners.within(f"ack {event}", None))
        except NotSeenError as error:
            if not self.connected:
                raise
            self._manners.missed(f"ack {event}")
            known = event in self._contract.events(Direction.ACK)
            self.observed.breach(self.label, event if known else "unknown_event", "ack", f"no ack: {error.expected}")
            return NO_ANSWER

    def send(self, event: str, payload: Payload, *, ack: bool = True) -> Entry:
        """Send an event without waiting. Returns what `answer` can find its ack by."""
        sent = self._write_sent(event, payload)
        self.observed.goes(Direction.CLIENT, event)
        edit = self._sent_edit(payload) if event == "doc:edit" else None
        callback = self._ack_taker(event, sent, edit, _as_json(payload)) if ack else None
        if payload.binary is not None:
            self.client.emit(event, (payload.binary,), callback=callback)
            return sent
        ack_id = "" if callback is None else str(self.client.expect_ack(callback))
        arguments = ",".join((json.dumps(event), *payload.texts))
        self.client.send_text(f"2{ack_id}[{arguments}]")
        return sent

    def answer(self, sent: Entry, within: float | None = None) -> dict[str, Any]:
        """The ack of what was sent. One that says neither success nor failure is a breach, and noted."""
        start = self.journal.since().index(sent)
        entry = self.journal.wait_for(lambda e: e.of is sent, "an ack", since=start, within=within)
        answer: Any = entry.payload
        if isinstance(answer, dict) and isinstance(answer.get("ok"), bool):
            return answer
        return {**NO_ANSWER, "instead": answer}

    def send_packet(self, packet: str, *, ack_for: str | None = None) -> Entry:
        """Send a Socket.IO packet as it is. With `ack_for`, `{id}` in it becomes the id of an ack."""
        sent = self.journal.write("sent", "packet", packet)
        if ack_for is not None:
            packet = packet.replace("{id}", str(self.client.expect_ack(self._ack_taker(ack_for, sent))))
        self.client.send_text(packet)
        return sent

    def ask_list(self, payload: dict[str, Any] | None = None) -> dict[str, Any]:
        """Ask who is online and return the list."""
        start = len(self.journal)
        filtered = bool(payload)
        self._filters.append(filtered)
        answer = self.call("presence:list", *([] if payload is None else [payload]))
        if answer["ok"] is False:
            self._filters.pop()
            raise UnmetError(f"{self.label} is told who is online", repr(answer))
        listed: dict[str, Any] = self.expect("presence:list", since=start).payload
        # Of a server that lets nobody go, the harness's own strangers are still there.
        return {**listed, "users": [user for user in listed["users"] if not str(user["user_id"]).startswith(HERALD)]}

    # Hearing

    def expect(
        self,
        event: str,
        *,
        since: int | None = None,
        within: float | None = None,
        where: Fields | None = None,
        kind: str = "",
        **fields: Any,
    ) -> Entry:
        """The first `event` since the mark with these fields, waiting for it if need be.

        `kind` is what a server may never be seen to send although it sends the event: see `Manners`.
        """

        def fits(entry: Entry) -> bool:
            if entry.kind != "event" or entry.name != event:
                return False
            payload = entry.payload
            if not all(isinstance(payload, dict) and payload.get(k) == v for k, v in fields.items()):
                return False
            return where is None or where(payload)

        start = self.mark if since is None else since
        within = self._manners.within(kind or event, within)
        try:
            return self.journal.wait_for(fits, f"{event} {fields or ''}".strip(), since=start, within=within)
        except NotSeenError as error:
            error.event = event
            self._manners.missed(kind or event)
            raise

    def expect_end(self, within: float | None = None) -> Entry:
        """Wait until the connection has ended."""
        return self.journal.wait_for(lambda e: e.kind == "closed", "the end", since=self.mark, within=within)

    def wait_until(self, condition: Callable[[], bool], what: str, *, within: float | None = None) -> None:
        """Wait until `condition` holds, which may only change by what this tab hears."""
        self.journal.wait_until(condition, what, within=within, since=self.mark)

    def document(self, room_id: str) -> DocumentView:
        """What this tab knows of a room's document since it has joined."""
        return self._documents.setdefault(room_id, DocumentView(self.user_id))

    @property
    def document_complaints(self) -> list[str]:
        """What the views of documents have noted."""
        documents = [*self._left, *self._documents.values()]
        return [complaint for view in documents for complaint in view.complaints]

    # What comes, in the reading thread

    def _on_event(self, event: str, *arguments: Any) -> None:
        payload = arguments[0] if len(arguments) == 1 else list(arguments)
        self._manners.saw(event)
        if event == "error" and isinstance(payload, dict):
            self._manners.saw(f"error {payload.get('code')}")
        if event not in self._contract.events(Direction.SERVER):
            self.observed.breach(self.label, event, "server", "the contract does not know this event", payload=payload)
        elif isinstance(payload, dict):
            valid = self._judge(Direction.SERVER, event, payload)
            try:
                self._fold(event, payload, valid=valid)
            except (KeyError, TypeError, AttributeError):
                if valid:
                    raise
        else:
            self._judge(Direction.SERVER, event, payload)
        self.journal.write("event", event, payload)

    def _fold(self, event: str, payload: dict[str, Any], *, valid: bool) -> None:
        """Take a message into the views: of one that is wrong in places, what can be understood."""
        if event == "error" and valid:
            self.observed.failed(str(payload["event"]), payload["code"])
        elif event == "presence:list":
            first = self.view.seq is None
            filtered = False if first or not self._filters else self._filters.popleft()
            self.view.take_list(payload, filtered=filtered)
        elif event in PRESENCE_MESSAGES:
            self.view.take_message(event, payload)
        elif event == "doc:sync" and valid:
            self.document(payload["room_id"]).take_sync(payload)
        elif event == "doc:edit" and valid:
            self.document(payload["room_id"]).take_edit(payload)
        if isinstance(payload.get("seq"), int):
            self.known_seq = max(self.known_seq, payload["seq"])

    def _take_ack(self, event: str, answer: dict[str, Any], edit: dict[str, Any] | None) -> None:
        if answer["ok"]:
            self._fold_ack(event, answer, edit)
        elif answer["error"]["code"] not in exchanges().by_event[event].errors:
            self.observed.breach(self.label, event, "ack", "the contract does not name this error", payload=answer)

    def _fold_ack(self, event: str, answer: dict[str, Any], edit: dict[str, Any] | None) -> None:
        self.known_seq = max(self.known_seq, answer.get("seq", -1))
        self.has_locked = self.has_locked or event == "doc:lock"
        if edit is not None:
            self.document(edit["room_id"]).take_ack(edit["edit_id"], answer["version"])
        elif event == "room:leave" and answer["room_id"] in self._documents:
            # Whoever joins again has missed what was edited meanwhile.
            self._left.append(self._documents.pop(answer["room_id"]))

    def _ack_taker(
        self, event: str, sent: Entry, edit: dict[str, Any] | None = None, data: Any = None
    ) -> Callable[..., None]:
        def take(*arguments: Any) -> None:
            answer = arguments[0] if len(arguments) == 1 else list(arguments)
            self._manners.saw(f"ack {event}")
            if isinstance(answer, dict) and data is not None:
                error = answer.get("error")
                self.observed.answered(
                    Direction.CLIENT, event, data, error.get("code") if isinstance(error, dict) else None
                )
            if event in self._contract.events(Direction.ACK):
                if self._judge(Direction.ACK, event, answer) and isinstance(answer, dict):
                    self._take_ack(event, answer, edit)
            elif isinstance(answer, dict) and answer.get("ok") is False:
                self._judge(Direction.SERVER, "error", answer.get("error"))
            else:
                self.observed.breach(self.label, event, "ack", "an ack that is no failure", payload=answer)
            self.journal.write("ack", event, answer, of=sent)

        return take

    def _judge(self, direction: Direction, event: str, payload: Any) -> bool:
        return self.observed.judge(self.label, direction, event, payload)

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

    def _write_sent(self, event: str, payload: Payload) -> Entry:
        texts = ", ".join(text[:SHOWN] for text in payload.texts) if payload.texts else None
        return self.journal.write("sent", event, texts if payload.binary is None else payload.binary)


def _as_json(payload: Payload) -> Any:
    """What an event carries, for the coverage of the contract; None if that is not one JSON value."""
    if payload.binary is not None or len(payload.texts) > 1:
        return None
    try:
        return json.loads(payload.texts[0]) if payload.texts else {}
    except (ValueError, RecursionError):
        return None
