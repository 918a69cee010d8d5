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

from realtime_contracts.conform.observed import Manners, Observed
from realtime_contracts.conform.person import Person
from realtime_contracts.conform.rest import Answer, Rest
from realtime_contracts.conform.tab import HERALD, Tab
from realtime_contracts.wire.forged import Mint
from realtime_contracts.wire.journal import Entry, NotSeenError, UnmetError
from realtime_contracts.wire.timeouts import Timeouts, patience

#: Seconds for what was said to come to everybody, where no number tells that it has.
UNNUMBERED = 0.05


class World:
    """Everything that one scenario knows."""

    def __init__(
        self, nodes: list[str], transport: str, mint: Mint, timeouts: Timeouts, manners: Manners | None = None
    ) -> None:
        self.observed = Observed()
        self.manners = manners or Manners()
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
        #: The last thing that somebody did, for "the answer" and "it": who, in which tab, and the ack.
        self.actor: Person | None = None
        self.answer: dict[str, Any] = {}
        #: What "it" was in "has heard it once": event and fields.
        self.it: tuple[str, dict[str, Any]] = ("", {})
        #: Redis has lost its data: gaps are part of the story.
        self.gaps_expected = False
        #: Anything a step wants to hand to the next one.
        self.notes: dict[Any, Any] = {}
        #: The nodes, from 0, that nobody can connect to any more.
        self.dead: set[int] = set()
        self._tokens: list[str] = []
        self._round_robin = itertools.cycle(range(len(nodes)))
        self.rest = Rest(lambda: self.nodes[self._next_node()], self.observed, self.began)
        #: What the last request over REST was answered.
        self.reply: Answer | None = None
        self._numbers = itertools.count(1)

    # People and tabs

    def tenant(self, label: str) -> str:
        """The tenant that the scenario calls `label`, under an id of its own."""
        return self.tenants.setdefault(label, f"{label}-{uuid.uuid4().hex[:8]}")

    def hire(self, name: str, company: str, user_id: str | None = None) -> Person:
        """Somebody works at `company` from now on."""
        person = Person(name, user_id or name.lower(), self.tenant(company))
        self.people[user_id or name] = person
        return person

    def __getitem__(self, name: str) -> Person:
        return self.people[name]

    def token(self, person: Person, **options: Any) -> str:
        """A token for `person`, remembered so that no message may hold it."""
        token = self.mint(person.user_id, person.tenant, **{"name": person.name, **options})
        self._tokens.append(token)
        return token

    def tab(self, person: Person, node: int | None = None, transports: list[str] | None = None) -> Tab:
        """A tab of `person` that is not connected yet, on the next node or on `node` (from 1)."""
        where = self._next_node() if node is None else node - 1
        label = f"{person.name}'s tab {next(self._numbers)} (node {where + 1})"
        tab = Tab(
            label,
            self.nodes[where],
            transports or [self.transport],
            self.began,
            person.user_id,
            observed=self.observed,
            manners=self.manners,
        )
        self.tabs.append(tab)
        return tab

    def _next_node(self) -> int:
        """The next node that is alive, from 0."""
        return next(number for number in self._round_robin if number not in self.dead)

    def ask(self, person: Person, operation: str, **options: Any) -> Answer:
        """Somebody asks for an operation over REST; `options` as in `Rest.call`."""
        self.reply = self.rest.call(operation, self.token(person), **options)
        return self.reply

    def publish(self, tenant: str, operation: str, body: dict[str, Any], **options: Any) -> Answer:
        """A back end of a company publishes over REST; `options` as in `Rest.call`."""
        token = self.mint("backend", tenant, role="service")
        self._tokens.append(token)
        self.reply = self.rest.call(operation, token, body=body, **options)
        return self.reply

    def connect(self, person: Person, node: int | None = None, **options: Any) -> Tab:
        """A new tab of `person`, connected, with its list; everybody else has heard of it.

        `options` as in `token`.
        """
        tab = self.tab(person, node)
        if not tab.open({"token": self.token(person, **options)}):
            raise UnmetError(f"{tab.label} is let in", f"refused: {tab.refusal!r}")
        self.welcome(person, tab)
        self.settle(person.tenant)
        return tab

    def welcome(self, person: Person, tab: Tab) -> None:
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
        for tab in tabs:
            tab.wait_until(lambda tab=tab: (tab.view.seq or -1) >= newest, f"presence message {newest}")  # type: ignore[misc]

    def everybody(self, tenant: str, condition: Callable[[Tab], bool], what: str, within: float | None = None) -> None:
        """Wait until `condition` holds for every open tab of the tenant."""
        for tab in self.company(tenant):
            tab.wait_until(lambda tab=tab: condition(tab), what, within=within)  # type: ignore[misc]

    def set_marks(self) -> None:
        """What comes from now on is what the scenario's "When" has brought about."""
        for tab in self.tabs:
            tab.mark = len(tab.journal)

    # Rooms, for those whose Given is that somebody is in one

    def enter(self, tab: Tab, person: Person, room_id: str) -> None:
        """Put a tab into a room, and wait until all who were there know."""
        self.room = self.room or room_id
        others = self.members(person.tenant, room_id)
        known = any(room_id in t.rooms for t in person.tabs)
        marks = {id(t): len(t.journal) for t in [*others, tab]}
        entity_type, entity_id = room_id.split(":")
        answer = tab.call("room:join", {"entity_type": entity_type, "entity_id": entity_id})
        if answer["ok"] is False:
            raise UnmetError(f"{tab.label} may join {room_id}", repr(answer))
        tab.rooms.add(room_id)
        tab.expect("room:users", since=marks[id(tab)], room_id=room_id)
        for other in others:
            if not known and other not in person.tabs:
                other.expect("room:user_joined", since=marks[id(other)], user_id=person.user_id, room_id=room_id)
        self.settle(person.tenant)

    def members(self, tenant: str, room_id: str = "") -> list[Tab]:
        """The tabs of a tenant that the scenario has put into a room, without one: into the one it is about."""
        return [tab for tab in self.company(tenant) if (room_id or self.room) in tab.rooms]

    # Absence

    def barrier(self, *tenants: str) -> None:
        """Make every open tab of these tenants hear something, on the way that everything takes.

        A stranger comes and goes. Whatever was sent before has arrived when that has.
        """
        for tenant in tenants:
            herald = Person("Herald", f"{HERALD}{next(self._numbers)}", tenant)
            marks = {id(tab): len(tab.journal) for tab in self.company(tenant)}
            stranger = self.tab(herald)
            if not stranger.open({"token": self.token(herald)}):
                raise UnmetError(f"{stranger.label} is let in", f"refused: {stranger.refusal!r}")
            stranger.expect("presence:list", since=0)
            stranger.goodbye(heard=False)
            for tab in self.company(tenant):
                tab.expect("presence:user_joined", since=marks.get(id(tab), 0), user_id=herald.user_id)
            for tab in self.company(tenant):
                try:
                    tab.expect("presence:user_left", since=marks.get(id(tab), 0), user_id=herald.user_id)
                except NotSeenError as error:
                    self.observed.breach(tab.label, "presence", "order", f"a goodbye was not told: {error.expected}")

    def follow_cursor(self, tab: Tab, tenant: str) -> None:
        """A barrier behind a tab's cursor, which goes another way: moves are answered first, and written later.

        The tab moves twice in a room where only a stranger listens, who hears the second move when all that was
        to be written before it has been. Then the other barrier, for whoever might have heard.
        """
        room_id = f"{HERALD}{next(self._numbers)}:1"
        herald = Person("Herald", f"{HERALD}{next(self._numbers)}", tenant)
        stranger = self.tab(herald)
        if not stranger.open({"token": self.token(herald)}):
            raise UnmetError(f"{stranger.label} is let in", f"refused: {stranger.refusal!r}")
        entity_type, entity_id = room_id.split(":")
        for inside in (stranger, tab):
            answer = inside.call("room:join", {"entity_type": entity_type, "entity_id": entity_id})
            if answer["ok"] is False:
                raise UnmetError(f"{inside.label} may join {room_id}", repr(answer))
        for line in (1, 2):
            tab.call("cursor:move", {"room_id": room_id, "line": line, "column": 0})
            stranger.expect("cursor:move", since=0, room_id=room_id, line=line)
        tab.call("room:leave", {"room_id": room_id})
        stranger.goodbye(heard=False)
        self.barrier(tenant)

    def outlast_grace(self, tenant: str) -> None:
        """Wait until whoever lost the transport before now, and is not back, is gone.

        A stranger of every node loses it now, in the same way, and when they have left, others after them: then so
        has everybody before. One would not do. A busy node notices later than the other whom it has lost; and Engine.IO
        looks at its sessions in turn, so that who has just been looked at is found lost up to a ping timeout later.
        """
        try:
            for _ in range(2):
                self._lose_strangers(tenant)
        except NotSeenError as error:  # as long as it may take has passed, and this server lets nobody go
            self.observed.breach("the server", "presence", "order", f"a lost transport was not told: {error.expected}")

    def _lose_strangers(self, tenant: str) -> None:
        lost = []
        for node in range(len(self.nodes)):
            if node not in self.dead:
                stranger = self.hire("Stranger", "", f"{HERALD}{next(self._numbers)}")
                stranger.tenant = tenant
                lost.append((stranger, self.connect(stranger, node + 1)))
        for stranger, _ in lost:
            stranger.tabs.clear()
        marks = {id(tab): len(tab.journal) for tab in self.company(tenant)}
        for _, tab in lost:
            tab.cut()
        for tab in self.company(tenant):
            for stranger, _ in lost:
                tab.expect(
                    "presence:user_left",
                    since=marks[id(tab)],
                    user_id=stranger.user_id,
                    within=self.timeouts.gone + patience(),
                )

    def heard(self, tab: Tab, since: int | None = None) -> list[Entry]:
        """What the server has sent to a tab since the mark, but for the barriers."""
        entries = tab.journal.events(since=tab.mark if since is None else since)
        return [e for e in entries if not mentions(e.payload, HERALD)]

    # The end

    def end(self) -> list[str]:
        """Everybody goes home. Returns every breach of the contract that they have seen, each in a line."""
        self.rest.close()
        note = self.observed.breach
        said = "".join(self.rest.heard)
        if any(token.rpartition(".")[2] in said for token in self._tokens):
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
            heard = json.dumps(
                [e.payload for e in tab.journal.since() if e.kind in ("event", "ack", "refused")], default=repr
            )
            if any(token.rpartition(".")[2] in heard for token in self._tokens):
                note(tab.label, "secrecy", "secrecy", "a message has a token in it")
        return self.observed.lines()


def mentions(payload: Any, words: str) -> bool:
    """Whether any text in `payload` is `words`, or begins with it if that ends with a dash."""
    if isinstance(payload, str):
        return payload == words or (words.endswith("-") and payload.startswith(words))
    if isinstance(payload, dict):
        return any(mentions(value, words) for value in payload.values())
    return isinstance(payload, list) and any(mentions(value, words) for value in payload)
