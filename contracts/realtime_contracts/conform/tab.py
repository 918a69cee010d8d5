"""One browser tab: a connection, its messages, and whether they conform to the contract.

Messages and acks are judged by the contract on arrival. Presence messages are folded into a view, and the edits of each
room into another. Errors are noted in `observed` and in the views' `complaints`, which are checked at the end of the
scenario.
"""

from __future__ import annotations

import functools
import json
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import socketio.exceptions

from realtime_contracts.conform.document_view import DocumentView
from realtime_contracts.conform.observed import Behaviour, Observed
from realtime_contracts.conform.payloads import Payload
from realtime_contracts.contract.exchanges import exchanges
from realtime_contracts.contract.registry import Direction, registry
from realtime_contracts.rules.pace import EVENTS, POSITIONS, kind_of
from realtime_contracts.rules.rates import RateLimit
from realtime_contracts.wire.journal import Entry, Journal, NotReachedError, NotSeenError, NotToldError, UnmetError
from realtime_contracts.wire.redaction import redacted, shown
from realtime_contracts.wire.timeouts import patience
from realtime_contracts.wire.transport import Client
from realtime_contracts.wire.view import PRESENCE_MESSAGES, PresenceView

Fields = Callable[[Any], bool]

#: Characters kept of a payload for the reports: enough for all but those that are refused for their size.
SHOWN = 2000

#: The prefix of the user ids of the harness's own clients. Scenarios ignore messages about them.
BARRIER = "barrier-"

#: Events sent before the first ack is awaited. Engine.IO's servers take 16 packets in one POST.
AT_ONCE = 16

#: Events a second, and twice as many at once, that a tab sends: fewer than any server has to accept. By kind of event.
RATES = {EVENTS: 80, POSITIONS: 50}

#: Stands for a missing ack: neither a success nor a failure. `instead` has what came in its place.
NO_ANSWER: dict[str, Any] = {"ok": None}


class Tab:
    """A connection of one user to one node. `label` is its name in failures; `began` is the scenario's start."""

    def __init__(
        self,
        label: str,
        url: str,
        transports: list[str],
        began: float,
        user_id: str | None = None,
        observed: Observed | None = None,
        behaviour: Behaviour | None = None,
    ) -> None:
        self.label = label
        self.url = url
        self.user_id = user_id
        self.journal = Journal(label, began)
        self.observed = observed or Observed()
        self.connected = False
        #: The server's refusal of the connection: {message, data: {code}}.
        self.refusal: Any = None
        self.view = PresenceView()
        #: The length of the journal when the current "When" began.
        self.mark = 0
        #: The highest presence number that this tab knows, acks included.
        self.known_seq = -1
        #: The rooms that the scenario has put this tab into.
        self.rooms: set[str] = set()
        #: Whether this tab took a lock, which outlasts a lost transport.
        self.has_locked = False
        self._transports = transports
        #: Whether the server itself refused; otherwise nothing answered.
        self._reached = False
        self._documents: dict[str, DocumentView] = {}
        self._left: list[DocumentView] = []
        self._filters: deque[bool] = deque()
        self._contract = registry()
        self._limits = {kind: RateLimit(rate) for kind, rate in RATES.items()}
        self._behaviour = behaviour or Behaviour()
        self.client = Client()
        self.client.on("connect", self._on_connect)
        self.client.on("connect_error", self._on_refusal)
        self.client.on("disconnect", self._on_disconnect)
        self.client.on("*", self._on_event)
        self.client.unreadable = self._on_unreadable

    # Connecting and disconnecting

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
                return False  # Socket.IO has no other answer here: closing the transport counts as one.
            if namespace == "/" and self.observed.judge(self.label, Direction.SERVER, "connect_error", self.refusal):
                self.observed.failed("connect", self.refusal["data"]["code"])
        if namespace == "/" and not query:
            code = None if self.connected else "refused"
            self.observed.answered(Direction.CLIENT, "connect", {} if auth is None else auth, code)
        return self.connected

    def _instead(self) -> str:
        """Describe a server that opened a session but neither accepted nor refused the connection."""
        ended = any(entry.kind == "closed" for entry in self.journal.since()) or not self.client.eio.sid
        return (
            "the server ended the connection without a connect_error" if ended else "no answer to Socket.IO's CONNECT"
        )

    def goodbye(self, *, heard: bool = True) -> None:
        """Disconnect as a page that closes in good order. `heard`: wait until the server has received it."""
        self.connected = False
        self.journal.write("sent", "(goodbye)")
        self.client.goodbye(heard=heard)

    def close_transport(self) -> None:
        """Close the transport in good order, without a Socket.IO goodbye."""
        self.connected = False
        self.journal.write("sent", "(transport closed)")
        self.client.leave_transport(heard=True)

    def cut(self) -> None:
        self.connected = False
        self.journal.write("sent", "(transport lost)")
        self.client.cut()

    @property
    def transport(self) -> str:
        """Return the current transport, `websocket` or `polling`."""
        return str(self.client.transport())

    # Sending

    def call(self, event: str, *payloads: Any) -> dict[str, Any]:
        """Send an event with these payloads and return its ack."""
        return self.ask(event, Payload(tuple(json.dumps(p) for p in payloads)))

    def ask(self, event: str, payload: Payload) -> dict[str, Any]:
        """Send an event and return its ack; NO_ANSWER, and a breach, if there is none."""
        return self._answer_or_breach(event, self.send(event, payload))

    def ask_together(self, event: str, payloads: Sequence[Any]) -> Iterator[dict[str, Any]]:
        """Send an event once per payload, several before the first ack. Yields the acks, as `ask` returns them."""
        for start in range(0, len(payloads), AT_ONCE):
            some = payloads[start : start + AT_ONCE]
            sent = [self.send(event, Payload((json.dumps(payload),))) for payload in some]
            yield from (self._answer_or_breach(event, one) for one in sent)

    def _answer_or_breach(self, event: str, sent: Entry) -> dict[str, Any]:
        try:
            return self.answer(sent, self._behaviour.within(f"ack {event}", None))
        except NotSeenError as error:
            if not self.connected:
                raise
            self._behaviour.missed(f"ack {event}")
            known = event in self._contract.events(Direction.ACK)
            self.observed.breach(self.label, event if known else "unknown_event", "ack", f"no ack: {error.expected}")
            return NO_ANSWER

    def send(self, event: str, payload: Payload, *, ack: bool = True) -> Entry:
        """Send an event without waiting for its ack, but first as long as too many were sent lately.

        Returns the handle for `answer`.
        """
        limit = self._limits[kind_of(event)]
        while seconds := limit.take(""):
            time.sleep(seconds)
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
        """Return the ack of a sent event. An ack that is neither success nor failure is noted as a breach."""
        start = self.journal.since().index(sent)
        entry = self.journal.wait_for(lambda e: e.of is sent, "an ack", since=start, within=within)
        answer: Any = entry.payload
        if isinstance(answer, dict) and isinstance(answer.get("ok"), bool):
            return answer
        return {**NO_ANSWER, "instead": answer}

    def flood(self, event: str, payloads: Sequence[str], *, ack: bool = True) -> list[Any]:
        """Send an event once for each payload, as fast as can be. Returns the acks in the order sent, if asked for.

        The journal has one line for all; of the acks, the contract judges one that says ok, and one that does not.
        """
        acks: dict[int, Any] = {}
        judged: set[Any] = set()
        mark = len(self.journal)
        self.journal.write("sent", event, f"{len(payloads)} times")

        def take(number: int, *said: Any) -> None:
            answer = acks[number] = said[0] if len(said) == 1 else list(said)
            said_ok = answer.get("ok") if isinstance(answer, dict) else None
            if said_ok not in judged:
                judged.add(said_ok)
                self._judge(Direction.ACK, event, answer)
            if len(acks) == len(payloads):
                self.journal.write("ack", event, f"{len(acks)} of them")

        for number, payload in enumerate(payloads):
            ack_id = self.client.expect_ack(functools.partial(take, number)) if ack else ""
            self.client.send_text(f"2{ack_id}[{json.dumps(event)},{payload}]")
            if (number + 1) % AT_ONCE == 0 and self.transport == "polling":
                self.client.flush()
        if ack:
            self.journal.wait_until(lambda: len(acks) == len(payloads), f"{len(payloads)} acks of {event}", since=mark)
        return [acks[number] for number in sorted(acks)]

    def send_packet(self, packet: str, *, ack_for: str | None = None) -> Entry:
        """Send a raw Socket.IO packet. With `ack_for`, `{id}` in it becomes the id of an ack."""
        sent = self.journal.write("sent", "packet", packet)
        if ack_for is not None:
            packet = packet.replace("{id}", str(self.client.expect_ack(self._ack_taker(ack_for, sent))))
        self.client.send_text(packet)
        return sent

    def ask_list(self, payload: dict[str, Any] | None = None) -> dict[str, Any]:
        """Request `presence:list` and return it, without the harness's own clients.

        They are still listed by a server that takes no users offline.
        """
        listed = self.ask_page(payload)
        return {**listed, "users": [user for user in listed["users"] if not str(user["user_id"]).startswith(BARRIER)]}

    def ask_page(self, payload: dict[str, Any] | None = None) -> dict[str, Any]:
        """Request `presence:list` and return it as it came."""
        start = len(self.journal)
        filtered = bool(payload)
        self._filters.append(filtered)
        answer = self.call("presence:list", *([] if payload is None else [payload]))
        if answer["ok"] is False:
            self._filters.pop()
            raise UnmetError(f"{self.label} is told who is online", repr(answer))
        listed: dict[str, Any] = self.expect("presence:list", since=start).payload
        return listed

    # Waiting for messages

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
        """Return the first `event` since the mark with these fields, waiting for it if necessary.

        `kind`: a variant of the event that a server may never send although it sends the event; see `Behaviour`.
        """

        def fits(entry: Entry) -> bool:
            if entry.kind != "event" or entry.name != event:
                return False
            payload = entry.payload
            if not all(isinstance(payload, dict) and payload.get(k) == v for k, v in fields.items()):
                return False
            return where is None or where(payload)

        start = self.mark if since is None else since
        within = self._behaviour.within(kind or event, within)
        try:
            return self.journal.wait_for(fits, f"{event} {fields or ''}".strip(), since=start, within=within)
        except NotSeenError as error:
            error.event = event
            self._behaviour.missed(kind or event)
            raise

    def expect_end(self, within: float | None = None) -> Entry:
        return self.journal.wait_for(lambda e: e.kind == "closed", "the end", since=self.mark, within=within)

    def wait_until(self, condition: Callable[[], bool], what: str, *, within: float | None = None) -> None:
        """Wait until `condition` holds. Only messages to this tab may change it."""
        self.journal.wait_until(condition, what, within=within, since=self.mark)

    def document(self, room_id: str) -> DocumentView:
        """Return this tab's view of a room's document since it joined."""
        return self._documents.setdefault(room_id, DocumentView(self.user_id))

    @property
    def document_complaints(self) -> list[str]:
        """Return the complaints of the document views."""
        documents = [*self._left, *self._documents.values()]
        return [complaint for view in documents for complaint in view.complaints]

    # Receiving, in the reading thread

    def _on_connect(self) -> None:
        self.connected = True
        self.journal.write("connected", "connect")

    def _on_refusal(self, *said: Any) -> None:
        data = said[0] if len(said) == 1 else list(said) or None
        self.refusal = data
        self._reached = self.client.eio.sid is not None
        # If nothing answered, this is the client's own error, whose URL contains the token.
        self.journal.write("refused", "connect_error", data if self._reached else shown(data))

    def _on_disconnect(self, reason: Any = None) -> None:
        self.connected = False
        self.journal.write("closed", str(reason))

    def _on_unreadable(self, packet: str | bytes, why: str) -> None:
        self.observed.breach(self.label, "packet", "server", f"no client can read it ({why})", payload=shown(packet))

    def _on_event(self, event: str, *arguments: Any) -> None:
        payload = arguments[0] if len(arguments) == 1 else list(arguments)
        self._behaviour.seen(event)
        if event == "error" and isinstance(payload, dict):
            self._behaviour.seen(f"error {payload.get('code')}")
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
        """Fold a message into the views; of an invalid one, the readable part."""
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
            self.document(edit["room_id"]).take_ack(edit["edit_id"], answer["version"], answer["epoch"])
        elif event == "room:leave" and answer["room_id"] in self._documents:
            # A tab that joins again has missed the edits in between.
            self._left.append(self._documents.pop(answer["room_id"]))

    def _ack_taker(
        self, event: str, sent: Entry, edit: dict[str, Any] | None = None, data: Any = None
    ) -> Callable[..., None]:
        def take(*arguments: Any) -> None:
            answer = arguments[0] if len(arguments) == 1 else list(arguments)
            self._behaviour.seen(f"ack {event}")
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
        """Note an edit that is about to be sent. Returns None if it could not be accepted."""
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
    """Return an event's payload for the coverage; None if it is not a single JSON value."""
    if payload.binary is not None or len(payload.texts) > 1:
        return None
    try:
        return json.loads(payload.texts[0]) if payload.texts else {}
    except (ValueError, RecursionError):
        return None
