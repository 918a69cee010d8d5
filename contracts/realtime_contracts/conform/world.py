"""The state of one scenario: its tenants, users and tabs, and the barriers that prove absence.

Every scenario creates its own tenants, so scenarios that share a server do not affect each other.
"""

from __future__ import annotations

import itertools
import json
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

from realtime_contracts.conform.observed import Behaviour, Observed
from realtime_contracts.conform.payloads import entity
from realtime_contracts.conform.rest import Answer, Rest
from realtime_contracts.conform.state import Back, Connecting, Cursors, Documents, Flood, Person, Presence
from realtime_contracts.conform.tab import BARRIER, Tab
from realtime_contracts.wire.journal import Entry, NotSeenError, UnmetError
from realtime_contracts.wire.timeouts import Timeouts, patience
from realtime_contracts.wire.tokens import Mint

#: Seconds to wait until all tabs have received a message, where no sequence number confirms it.
UNNUMBERED = 0.05


class World:
    """The state of one scenario."""

    def __init__(
        self, nodes: list[str], transport: str, mint: Mint, timeouts: Timeouts, behaviour: Behaviour | None = None
    ) -> None:
        self.observed = Observed()
        self.behaviour = behaviour or Behaviour()
        self.nodes = nodes
        self.transport = transport
        self.mint = mint
        self.timeouts = timeouts
        self.began = time.monotonic()
        self.people: dict[str, Person] = {}
        self.tenants: dict[str, str] = {}
        self.tabs: list[Tab] = []
        #: The scenario's main room: the first that a tab was put into.
        self.room = ""
        #: The last action, for "the answer": who, which event, and its ack.
        self.actor: Person | None = None
        self.event = ""
        self.answer: dict[str, Any] = {}
        #: The last error that a tab received.
        self.error: dict[str, Any] = {}
        #: The event and fields that "it" stands for in "has heard it once".
        self.it: tuple[str, dict[str, Any]] = ("", {})
        #: Wrong answers to the contract's invalid examples.
        self.wrong: list[str] = []
        self.connecting = Connecting()
        self.presence = Presence()
        self.cursors = Cursors()
        self.documents = Documents()
        #: The lock that a Given has taken.
        self.lock: dict[str, Any] = {}
        self.back = Back()
        self.floods: list[Flood] = []
        #: The answer to the last newer token.
        self.refreshed: dict[str, Any] = {}
        #: Redis has lost its data, so gaps are expected.
        self.gaps_expected = False
        #: Indexes, from 0, of the nodes that accept no more connections.
        self.dead: set[int] = set()
        self._tokens: list[str] = []
        self._round_robin = itertools.cycle(range(len(nodes)))
        self.rest = Rest(lambda: self.nodes[self._next_node()], self.observed, self.began)
        self._numbers = itertools.count(1)

    # People and tabs

    def tenant(self, label: str) -> str:
        """Return the tenant that the scenario calls `label`. Its id is unique to the scenario."""
        return self.tenants.setdefault(label, f"{label}-{uuid.uuid4().hex[:8]}")

    @property
    def home(self) -> str:
        """The scenario's main tenant: the first company's."""
        return self.tenant(next(iter(self.tenants)))

    def add_person(self, name: str, company: str, user_id: str | None = None) -> Person:
        """Register a user of `company`."""
        person = Person(name, user_id or name.lower(), self.tenant(company))
        self.people[user_id or name] = person
        return person

    def __getitem__(self, name: str) -> Person:
        return self.people[name]

    def tab_of(self, words: str) -> tuple[Person, Tab]:
        """Return the user and the tab that words name: `Ana`, or `the second tab of Ana`."""
        of, _, name = words.rpartition(" ")
        person = self[name]
        return person, person.tabs[1] if of else person.tab

    def token(self, person: Person, **options: Any) -> str:
        """Return a token for `person`. It is remembered, because no message may contain it."""
        return self._remembered(self.mint(person.user_id, person.tenant, **{"name": person.name, **options}))

    def _remembered(self, token: str) -> str:
        self._tokens.append(token)
        return token

    def tab(self, person: Person, node: int | None = None, transports: list[str] | None = None) -> Tab:
        """Create a tab of `person` without connecting it, on the next node or on `node` (from 1)."""
        where = self._next_node() if node is None else node - 1
        label = f"{person.name}'s tab {next(self._numbers)} (node {where + 1})"
        transports = transports or [self.transport]
        url, about = self.nodes[where], (self.observed, self.behaviour)
        self.tabs.append(Tab(label, url, transports, self.began, person.user_id, *about))
        return self.tabs[-1]

    def _next_node(self) -> int:
        """Return the index of the next node that is alive."""
        return next(number for number in self._round_robin if number not in self.dead)

    def open(self, person: Person, tab: Tab, **options: Any) -> Tab:
        """Connect a tab; the server must accept it. `options` as in `token`."""
        if not tab.open({"token": self.token(person, **options)}):
            raise UnmetError(f"{tab.label} is let in", f"refused: {tab.refusal!r}")
        return tab

    def connect(self, person: Person, node: int | None = None, **options: Any) -> Tab:
        """Connect a new tab of `person`; wait for its list, and until all others know. `options` as in `token`."""
        tab = self.open(person, self.tab(person, node), **options)
        self.add_tab(person, tab)
        self.settle(person.tenant)
        return tab

    def add_tab(self, person: Person, tab: Tab) -> None:
        """Add `tab` to the open tabs of `person` once its list has arrived."""
        person.tabs.append(tab)
        tab.expect("presence:list", since=0)

    def company(self, tenant: str) -> Iterator[Tab]:
        """Return the open tabs of a tenant."""
        for person in self.people.values():
            if person.tenant == tenant:
                yield from (tab for tab in person.tabs if tab.connected)

    def settle(self, tenant: str) -> None:
        """Wait until every tab of the tenant has caught up with the newest presence number that any of them knows."""
        tabs = list(self.company(tenant))
        newest = max((tab.known_seq for tab in tabs), default=-1)
        if newest < 0 and tabs:
            time.sleep(UNNUMBERED)
        self.everybody(tenant, lambda tab: (tab.view.seq or -1) >= newest, f"presence message {newest}")

    def everybody(self, tenant: str, condition: Callable[[Tab], bool], what: str, within: float | None = None) -> None:
        """Wait until `condition` holds for every open tab of the tenant."""
        for tab in self.company(tenant):
            tab.wait_until(lambda tab=tab: condition(tab), what, within=within)  # type: ignore[misc]

    def set_marks(self) -> None:
        """Mark every journal: later entries are effects of the scenario's "When"."""
        for tab in self.tabs:
            tab.mark = len(tab.journal)

    # REST

    def ask(self, person: Person, operation: str, **options: Any) -> Answer:
        """Call a REST operation as a user; `options` as in `Rest.call`."""
        self.back.reply = self.rest.call(operation, self.token(person), **options)
        return self.back.reply

    def publish(self, tenant: str, operation: str, body: dict[str, Any], **options: Any) -> Answer:
        """Call a REST operation as the company's back end; `options` as in `Rest.call`."""
        token = self._remembered(self.mint("backend", tenant, role="service"))
        self.back.reply = self.rest.call(operation, token, body=body, **options)
        return self.back.reply

    # Rooms, for scenarios that begin with users in a room

    def enter(self, tab: Tab, person: Person, room_id: str) -> None:
        """Put a tab into a room, and wait until all users of the room know."""
        self.room = self.room or room_id
        others = self.members(person.tenant, room_id)
        known = any(room_id in t.rooms for t in person.tabs)
        marks = {t: len(t.journal) for t in [*others, tab]}
        _join(tab, room_id)
        tab.rooms.add(room_id)
        tab.expect("room:users", since=marks[tab], room_id=room_id)
        for other in others:
            if not known and other not in person.tabs:
                other.expect("room:user_joined", since=marks[other], user_id=person.user_id, room_id=room_id)
        self.settle(person.tenant)

    def members(self, tenant: str, room_id: str = "") -> list[Tab]:
        """Return the tabs of a tenant that the scenario has put into a room; by default its main room."""
        return [tab for tab in self.company(tenant) if (room_id or self.room) in tab.rooms]

    # Absence

    def barrier(self, *tenants: str) -> None:
        """Prove that all earlier broadcasts have arrived at the open tabs of these tenants.

        A client of the harness connects and leaves. Presence is broadcast in order, so earlier messages arrive before
        its own.
        """
        for tenant in tenants:
            marks = {tab: len(tab.journal) for tab in self.company(tenant)}
            user_id, client = self._barrier_client(tenant)
            client.expect("presence:list", since=0)
            client.goodbye(heard=False)
            for tab in self.company(tenant):
                tab.expect("presence:user_joined", since=marks.get(tab, 0), user_id=user_id)
            for tab in self.company(tenant):
                try:
                    tab.expect("presence:user_left", since=marks.get(tab, 0), user_id=user_id)
                except NotSeenError as error:
                    self.observed.breach(tab.label, "presence", "order", f"a goodbye was not told: {error.expected}")

    def cursor_barrier(self, tab: Tab, tenant: str) -> None:
        """A barrier for a tab's cursor messages. A move is acked before its broadcast is written.

        The tab moves twice in a room where only a client of the harness listens. When that client receives the second
        move, all earlier cursor messages are written. The ordinary barrier follows.
        """
        room_id = f"{BARRIER}{next(self._numbers)}:1"
        _, client = self._barrier_client(tenant)
        for inside in (client, tab):
            _join(inside, room_id)
        for line in (1, 2):
            tab.call("cursor:move", {"room_id": room_id, "line": line, "column": 0})
            client.expect("cursor:move", since=0, room_id=room_id, line=line)
        tab.call("room:leave", {"room_id": room_id})
        client.goodbye(heard=False)
        self.barrier(tenant)

    def _barrier_client(self, tenant: str) -> tuple[str, Tab]:
        """Connect a client that only the harness knows. Returns its user's id and its tab."""
        person = Person("Barrier", f"{BARRIER}{next(self._numbers)}", tenant)
        return person.user_id, self.open(person, self.tab(person))

    def add_barrier_person(self, tenant: str) -> Person:
        """Add a user of the harness. The tenant's tabs wait for messages about it as for any other user."""
        person = self.add_person("Barrier", "", f"{BARRIER}{next(self._numbers)}")
        person.tenant = tenant
        return person

    def outlast_grace(self, tenant: str) -> None:
        """Wait until every user who lost the transport earlier, and has not come back, is offline.

        One harness client on each node loses its transport too. When these are offline, a second group does the same.
        One round is not enough: a busy node may notice a loss later than the other node, and Engine.IO checks its
        sessions in turn, so a session that was just checked is found lost up to a ping timeout later.
        """
        try:
            for _ in range(2):
                self._lose_clients(tenant)
        except NotSeenError as error:  # The longest time has passed: this server does not take users offline.
            self.observed.breach("the server", "presence", "order", f"a lost transport was not told: {error.expected}")

    def _lose_clients(self, tenant: str) -> None:
        alive = [node for node in range(len(self.nodes)) if node not in self.dead]
        lost = [self.add_barrier_person(tenant) for _ in alive]
        tabs = [self.connect(person, node + 1) for person, node in zip(lost, alive, strict=True)]
        for person in lost:
            person.tabs.clear()
        marks = {tab: len(tab.journal) for tab in self.company(tenant)}
        for tab in tabs:
            tab.cut()
        within = self.timeouts.gone + patience()
        for tab in self.company(tenant):
            for person in lost:
                tab.expect("presence:user_left", since=marks[tab], user_id=person.user_id, within=within)

    def heard(self, tab: Tab, since: int | None = None, name: str | None = None) -> list[Entry]:
        """Return what a tab received since the mark, without the barriers; all events, or those called `name`."""
        entries = tab.journal.events(name, since=tab.mark if since is None else since)
        return [e for e in entries if not mentions(e.payload, BARRIER)]

    # The end

    def end(self) -> list[str]:
        """Disconnect everybody. Returns every breach of the contract, one line each."""
        self.rest.close()
        note = self.observed.breach
        if self._has_token("".join(self.rest.heard)):
            note("REST", "secrecy", "secrecy", "an answer has a token in it")
        holders = {tab.user_id for tab in self.tabs if tab.has_locked}
        for tab in self.tabs:
            if tab.connected and tab.user_id in holders:
                tab.goodbye(heard=False)  # After a lost transport the locks would stay for the next scenarios.
            tab.client.cut()
            if not self.gaps_expected:
                for complaint in tab.view.complaints:
                    note(tab.label, "presence", "order", complaint)
                for complaint in tab.document_complaints:
                    note(tab.label, "documents", "order", complaint)
            heard = [e.payload for e in tab.journal.since() if e.kind in ("event", "ack", "refused")]
            if self._has_token(json.dumps(heard, default=repr)):
                note(tab.label, "secrecy", "secrecy", "a message has a token in it")
        return self.observed.lines()

    def _has_token(self, text: str) -> bool:
        return any(token.rpartition(".")[2] in text for token in self._tokens)


def _join(tab: Tab, room_id: str) -> None:
    answer = tab.call("room:join", entity(room_id))
    if answer["ok"] is False:
        raise UnmetError(f"{tab.label} may join {room_id}", repr(answer))


def mentions(payload: Any, words: str) -> bool:
    """Whether a text in `payload` equals `words`; if `words` ends with a dash, whether one starts with it."""
    if isinstance(payload, str):
        return payload == words or (words.endswith("-") and payload.startswith(words))
    if isinstance(payload, dict):
        return any(mentions(value, words) for value in payload.values())
    return isinstance(payload, list) and any(mentions(value, words) for value in payload)
