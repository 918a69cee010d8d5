"""The users of a scenario, and the values that one step passes to the next, by subject.

A step sets each field before another reads it. Reading an unset field raises AttributeError, which fails the step.
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
    """A user of a company."""

    name: str
    user_id: str
    tenant: str
    tabs: list[Tab] = field(default_factory=list)
    #: The server's last refusal of this user.
    refusal: Any = None
    #: The tab of their last action.
    acting: Tab | None = None

    @property
    def tab(self) -> Tab:
        """Return the first open tab."""
        if not self.tabs:
            refused = f"refused, with {self.refusal!r}" if self.refusal is not None else "no tab is open"
            raise UnmetError(f"{self.name} is connected", refused)
        return self.tabs[0]


class Connecting:
    """Connection attempts, and transports without a connection."""

    #: The last attempt, until its refusal has been checked.
    attempt: Tab | None = None
    #: A tab whose connection the server will end.
    ended: Tab
    handshake: requests.Response
    #: A transport without a connection.
    bare: BareTransport
    namespace_refused: bool
    #: Whether the last attempt was neither accepted nor refused, so that an official client tries again.
    turned_away: bool


class Presence:
    """Presence: where users are, and the lists they asked for."""

    #: The pages that a user has moved through.
    pages: list[str]
    #: The last list requested, and the last list of each user.
    listed: dict[str, Any]
    lists: dict[str, dict[str, Any]]
    #: The list that was read in pages.
    list_pages: list[dict[str, Any]]
    #: Each tab's view of the users before an event was sent.
    before: dict[Tab, dict[str, Seen]]
    #: The number of a message that counts as lost, and the view without it.
    lost_seq: int
    view: PresenceView

    def __init__(self) -> None:
        self.lists = {}


class Cursors:
    """Cursors: the last position, the start of a series of moves, and the cursors shown."""

    place: dict[str, Any]
    began: float
    shown: list[dict[str, Any]]


@dataclass(frozen=True)
class Edit:
    """An edit as it was sent: the user, the tab and the payload."""

    editor: Person
    tab: Tab
    payload: dict[str, Any]


class Documents:
    """The edits of the scenario's document, and its content before them."""

    content: dict[str, Any]
    version: int
    first: Edit
    last: Edit


@dataclass(frozen=True)
class Flood:
    """Events that a tab has sent without waiting, from when to when, and the acks in the order sent."""

    tab: Tab
    began: float
    ended: float
    answers: list[dict[str, Any]]


class Back:
    """What back ends have published over REST: the ids in order, and the activity ids by action."""

    def __init__(self) -> None:
        #: The last answer to any request.
        self.reply: Answer | None = None
        self.notifications: list[str] = []
        self.activities: list[str] = []
        self.activity_of: dict[str, str] = {}
