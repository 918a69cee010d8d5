"""One scenario's world: its companies and people, their tabs, and what they must not hear.

Tenants are made anew for every scenario, so that scenarios share a server and nothing else.
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
from realtime_contracts.conform.state import Back, Connecting, Cursors, Documents, Person, Presence
from realtime_contracts.conform.tab import BARRIER, Tab
from realtime_contracts.wire.journal import Entry, NotSeenError, UnmetError
from realtime_contracts.wire.timeouts import Timeouts, patience
from realtime_contracts.wire.tokens import Mint

#: Seconds for what was sent to come to everybody, where no number says that it has.
UNNUMBERED = 0.05


class World:
    """Everything that one scenario knows."""

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
        #: The room that the scenario is about: the first that somebody was put into.
        self.room = ""
        #: The last thing that somebody did, for "the answer": who, which event, and its ack.
        self.actor: Person | None = None
        self.event = ""
        self.answer: dict[str, Any] = {}
        #: The last error that somebody got.
        self.error: dict[str, Any] = {}
        #: What "it" was in "has heard it once": event and fields.
        self.it: tuple[str, dict[str, Any]] = ("", {})
        #: What was wrong with the answers to what the contract calls wrong.
        self.wrong: list[str] = []
        self.connecting = Connecting()
        self.presence = Presence()
        self.cursors = Cursors()
        self.documents = Documents()
        #: The lock that a Given has taken.
        self.lock: dict[str, Any] = {}
        self.back = Back()
        #: Redis has lost its data: gaps are part of the scenario.
        self.gaps_expected = False
        #: The nodes, from 0, that nobody can connect to any more.
        self.dead: set[int] = set()
        self._tokens: list[str] = []
        self._round_robin = itertools.cycle(range(len(nodes)))
        self.rest = Rest(lambda: self.nodes[self._next_node()], self.observed, self.began)
        self._numbers = itertools.count(1)

    # People and tabs

    def tenant(self, label: str) -> str:
        """The tenant that the scenario calls `label`, under an id of its own."""
        return self.tenants.setdefault(label, f"{label}-{uuid.uuid4().hex[:8]}")

    @property
    def home(self) -> str:
        """The tenant that the scenario is about: the first company's."""
        return self.tenant(next(iter(self.tenants)))

    def add_person(self, name: str, company: str, user_id: str | None = None) -> Person:
        """Somebody works at `company` from now on."""
        person = Person(name, user_id or name.lower(), self.tenant(company))
        self.people[user_id or name] = person
        return person

    def __getitem__(self, name: str) -> Person:
        return self.people[name]

    def tab_of(self, words: str) -> tuple[Person, Tab]:
        """Who does something, and in which tab: `Ana`, or `the second tab of Ana`."""
        of, _, name = words.rpartition(" ")
        person = self[name]
        return person, person.tabs[1] if of else person.tab

    def token(self, person: Person, **options: Any) -> str:
        """A token for `person`, remembered so that no message may hold it."""
        return self._remembered(self.mint(person.user_id, person.tenant, **{"name": person.name, **options}))

    def _remembered(self, token: str) -> str:
        self._tokens.append(token)
        return token

    def tab(self, person: Person, node: int | None = None, transports: list[str] | None = None) -> Tab:
        """A tab of `person` that is not connected yet, on the next node or on `node` (from 1)."""
        where = self._next_node() if node is None else node - 1
        label = f"{person.name}'s tab {next(self._numbers)} (node {where + 1})"
        transports = transports or [self.transport]
        url, about = self.nodes[where], (self.observed, self.behaviour)
        self.tabs.append(Tab(label, url, transports, self.began, person.user_id, *about))
        return self.tabs[-1]

    def _next_node(self) -> int:
        """The next node that is alive, from 0."""
        return next(number for number in self._round_robin if number not in self.dead)

    def open(self, person: Person, tab: Tab, **options: Any) -> Tab:
        """Connect a tab, which must be let in. `options` as in `token`."""
        if not tab.open({"token": self.token(person, **options)}):
            raise UnmetError(f"{tab.label} is let in", f"refused: {tab.refusal!r}")
        return tab

    def connect(self, person: Person, node: int | None = None, **options: Any) -> Tab:
        """A new tab of `person`, connected, with its list; everybody else has heard of it. `options` as in `token`."""
        tab = self.open(person, self.tab(person, node), **options)
        self.add_tab(person, tab)
        self.settle(person.tenant)
        return tab

    def add_tab(self, person: Person, tab: Tab) -> None:
        """Count `tab` among the open tabs of `person` once its list is there."""
        person.tabs.append(tab)
        tab.expect("presence:list", since=0)

    def company(self, tenant: str) -> Iterator[Tab]:
        """The open tabs of a tenant."""
        for person in self.people.values():
            if person.tenant == tenant:
                yield from (tab for tab in person.tabs if tab.connected)

    def settle(self, tenant: str) -> None:
        """Wait until every tab of the tenant has seen what any of them knows of."""
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
        """What comes from now on is what the scenario's "When" has brought about."""
        for tab in self.tabs:
            tab.mark = len(tab.journal)

    # REST

    def ask(self, person: Person, operation: str, **options: Any) -> Answer:
        """Somebody asks for an operation over REST; `options` as in `Rest.call`."""
        self.back.reply = self.rest.call(operation, self.token(person), **options)
        return self.back.reply

    def publish(self, tenant: str, operation: str, body: dict[str, Any], **options: Any) -> Answer:
        """A back end of a company publishes over REST; `options` as in `Rest.call`."""
        token = self._remembered(self.mint("backend", tenant, role="service"))
        self.back.reply = self.rest.call(operation, token, body=body, **options)
        return self.back.reply

    # Rooms, for those whose Given is that somebody is in one

    def enter(self, tab: Tab, person: Person, room_id: str) -> None:
        """Put a tab into a room, and wait until all who were there know."""
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
        """The tabs of a tenant that the scenario has put into a room, without one: into the one it is about."""
        return [tab for tab in self.company(tenant) if (room_id or self.room) in tab.rooms]

    # Absence

    def barrier(self, *tenants: str) -> None:
        """Make every open tab of these tenants hear something, on the way that everything takes.

        A client of the harness comes and goes. Whatever was sent before has arrived when that has.
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
        """A barrier behind a tab's cursor, which goes another way: moves are answered first, and written later.

        The tab moves twice in a room where only a client of the harness listens, which hears the second move when all
        that was to be written before it has been. Then the other barrier, for whoever might have heard.
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
        """A client that only the harness knows of, connected: its user's id, and its tab."""
        person = Person("Barrier", f"{BARRIER}{next(self._numbers)}", tenant)
        return person.user_id, self.open(person, self.tab(person))

    def add_barrier_person(self, tenant: str) -> Person:
        """Somebody whom only the harness knows of, and whom the tenant's tabs wait for as for anybody."""
        person = self.add_person("Barrier", "", f"{BARRIER}{next(self._numbers)}")
        person.tenant = tenant
        return person

    def outlast_grace(self, tenant: str) -> None:
        """Wait until whoever lost the transport before now, and is not back, is gone.

        A client of every node loses it now, in the same way, and when they have left, others after them: then so
        has everybody before. One would not do. A busy node notices later than the other whom it has lost; and Engine.IO
        looks at its sessions in turn, so that who has just been looked at is found lost up to a ping timeout later.
        """
        try:
            for _ in range(2):
                self._lose_clients(tenant)
        except NotSeenError as error:  # as long as it may take has passed, and this server lets nobody go
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
        """What the server has sent to a tab since the mark, but for the barriers: all events, or those of a name."""
        entries = tab.journal.events(name, since=tab.mark if since is None else since)
        return [e for e in entries if not mentions(e.payload, BARRIER)]

    # The end

    def end(self) -> list[str]:
        """Everybody leaves. Returns every breach of the contract that they have seen, each in a line."""
        self.rest.close()
        note = self.observed.breach
        if self._has_token("".join(self.rest.heard)):
            note("REST", "secrecy", "secrecy", "an answer has a token in it")
        holders = {tab.user_id for tab in self.tabs if tab.has_locked}
        for tab in self.tabs:
            if tab.connected and tab.user_id in holders:
                tab.goodbye(heard=False)  # a lost transport would leave the locks to the next scenarios
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
    """Whether any text in `payload` is `words`, or begins with it if that ends with a dash."""
    if isinstance(payload, str):
        return payload == words or (words.endswith("-") and payload.startswith(words))
    if isinstance(payload, dict):
        return any(mentions(value, words) for value in payload.values())
    return isinstance(payload, list) and any(mentions(value, words) for value in payload)
