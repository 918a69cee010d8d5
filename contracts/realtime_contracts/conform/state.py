"""The people of a scenario, and what one step hands to the next, by subject.

A field without a value is set by the step that a scenario has before the one that reads it; read too early it raises
AttributeError, which fails the step.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import requests

from realtime_contracts.conform.rest import Answer
from realtime_contracts.conform.tab import Tab
from realtime_contracts.wire.journal import UnmetError
from realtime_contracts.wire.transport import BareTransport
from realtime_contracts.wire.view import PresenceView, Seen


@dataclass
class Person:
    """Somebody who works at a company."""

    name: str
    user_id: str
    tenant: str
    tabs: list[Tab] = field(default_factory=list)
    #: What the server said when it last refused them.
    refusal: Any = None
    #: The tab in which they did something last.
    acting: Tab | None = None

    @property
    def tab(self) -> Tab:
        """The first of the open tabs."""
        if not self.tabs:
            refused = f"refused, with {self.refusal!r}" if self.refusal is not None else "no tab is open"
            raise UnmetError(f"{self.name} is connected", refused)
        return self.tabs[0]


class Connecting:
    """Attempts to connect, and what is there before a connection."""

    #: The last attempt, until its refusal has been looked at.
    attempt: Tab | None = None
    #: A tab whose connection the server ends.
    ended: Tab
    handshake: requests.Response
    #: A transport on which nobody has connected.
    bare: BareTransport
    namespace_refused: bool


class Presence:
    """Who is where, and what was asked about it."""

    #: The pages that somebody has moved through.
    pages: list[str]
    #: The list that was asked for last, and the list of each who asked.
    listed: dict[str, Any]
    lists: dict[str, dict[str, Any]]
    #: What each tab knew of the users, before something was sent.
    before: dict[Tab, dict[str, Seen]]
    #: The number of a message that is said to be lost, and the view without it.
    lost_seq: int
    view: PresenceView

    def __init__(self) -> None:
        self.lists = {}


class Cursors:
    """Where a cursor was moved last, when a series of moves began, and the cursors that were shown."""

    place: dict[str, Any]
    began: float
    shown: list[dict[str, Any]]


@dataclass(frozen=True)
class Edit:
    """An edit as it was sent: who sent it in which tab, and its payload."""

    editor: Person
    tab: Tab
    payload: dict[str, Any]


class Documents:
    """The edits of the scenario's document, and what it was before them."""

    content: dict[str, Any]
    version: int
    first: Edit
    last: Edit


class Back:
    """What back ends have published over REST: the ids, the last at the end, and those of activity by their action."""

    def __init__(self) -> None:
        #: The last answer to any request.
        self.reply: Answer | None = None
        self.notifications: list[str] = []
        self.activities: list[str] = []
        self.activity_of: dict[str, str] = {}
