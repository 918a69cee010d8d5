"""A client in bytes that keeps the document of its room, and what all of its tenant have been told."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from uuid import uuid4

from realtime_contracts.wire import tokens
from tests.e2e.transport.wire import TEXT, Client, Frame, event_packet
from tests.integration.backend import SECRET

ROOM_ID = "invoice:42"
ENTITY = {"entity_type": "invoice", "entity_id": "42"}

#: Seconds between two edits of one client: fewer than the 100 a second that it may make.
PACE_SECONDS = 0.015

#: Seconds between two tries of an edit that could not be made.
PAUSE_SECONDS = 0.05


@dataclass
class Edit:
    """An edit: adds the member `key` to the document."""

    key: str
    edit_id: str
    epoch: str | None = None
    acked_at: float | None = None

    @property
    def changes(self) -> list[dict[str, Any]]:
        """What it does."""
        return [{"op": "add", "path": f"/{self.key}", "value": 1}]


@dataclass
class Tenant:
    """What all members of a tenant have been told."""

    name: str
    #: The edit of each epoch and version, whoever has heard of it.
    told: dict[tuple[str, int], str] = field(default_factory=dict)
    acked: list[Edit] = field(default_factory=list)
    members: list[Member] = field(default_factory=list)

    def note(self, epoch: str, version: int, edit_id: str) -> None:
        """One was told of an edit. A version is never another's."""
        before = self.told.setdefault((epoch, version), edit_id)
        assert before == edit_id, f"{self.name}: {version} of {epoch} is both {before} and {edit_id}"


class Member:
    """A client that keeps the document of its room, as the protocol says. Its socket is read by the crowd."""

    def __init__(self, url: str, tenant: Tenant, number: int) -> None:
        self.tenant = tenant
        self.user_id = f"user-{number}"
        self.wire = Client(url, tokens.mint(SECRET, self.user_id, tenant.name))
        assert self.wire.ask("room:join", ENTITY)["ok"]
        self.version, self.epoch = 0, ""
        self.keys: set[str] = set()
        self.in_room: list[str] = []
        self.online: list[str] = []
        self.edit: Edit | None = None
        self._edit_due = self._edit_sent = 0.0
        self._numbers = count(1000)
        self._asked: dict[int, str] = {}
        self.synced_at = self._syncing_since = 0.0

    @property
    def holds(self) -> tuple[str, int, set[str]]:
        """The document, as this client has it."""
        return self.epoch, self.version, self.keys

    def ask(self, event: str, payload: dict[str, Any]) -> None:
        """Send an event that is answered."""
        number = next(self._numbers)
        self._asked[number] = event
        self.wire.say(event_packet(event, payload, number))

    def sync(self) -> None:
        """Ask for the whole document, unless it is under way."""
        if self._syncing_since < time.monotonic() - 2 or self.synced_at > self._syncing_since:
            self._syncing_since = time.monotonic()
            self.ask("doc:sync", {"room_id": ROOM_ID})

    def go_on(self, key: str | None) -> bool:
        """Send the edit that is due: one that adds `key`, or the last one again. Says whether it was that of `key`."""
        if time.monotonic() < self._edit_due or self.synced_at == 0:
            return False
        new = self.edit is None
        if self.edit is None:
            if key is None:
                return False
            self.edit = Edit(key, str(uuid4()))
        self._edit_sent = time.monotonic()
        self._edit_due = self._edit_sent + 5  # an answer comes before
        base = {"base_version": self.version, "epoch": self.epoch}
        edit = {"edit_id": self.edit.edit_id, "changes": self.edit.changes}
        self.ask("doc:edit", {"room_id": ROOM_ID, **base, **edit})
        return new

    def take(self, frame: Frame) -> None:
        """Take what the node has sent."""
        assert frame.opcode == TEXT, f"{self.user_id} of {self.tenant.name}: {frame}"
        packet = frame.payload.decode()
        if packet == "2":
            self.wire.say("3")
        elif packet.startswith("43"):
            number, _, rest = packet[2:].partition("[")
            self._answered(self._asked.pop(int(number)), json.loads(f"[{rest}")[0])
        elif packet.startswith("42"):
            event, payload = json.loads(packet[2:])
            if event == "doc:edit":
                self._heard(payload)
            elif event == "doc:sync":
                self._synced(payload)
            elif event == "room:users":
                self.in_room = sorted(user["user_id"] for user in payload["users"])
            elif event == "presence:list":
                self.online = sorted(user["user_id"] for user in payload["users"])
        else:
            raise AssertionError(f"{self.user_id} of {self.tenant.name} was told {packet}")

    def _heard(self, edit: dict[str, Any]) -> None:
        self.tenant.note(edit["epoch"], edit["version"], edit["edit_id"])
        if (edit["epoch"], edit["version"]) == (self.epoch, self.version + 1):
            self._apply(edit)
        elif edit["epoch"] != self.epoch or edit["version"] > self.version:
            self.sync()

    def _apply(self, edit: dict[str, Any]) -> None:
        self.version = edit["version"]
        self.keys.update(change["path"][1:] for change in edit["changes"])

    def _synced(self, document: dict[str, Any]) -> None:
        if document["content"] is not None:
            self.epoch, self.version, self.keys = document["epoch"], document["version"], set(document["content"])
        elif document["epoch"] == self.epoch:
            for edit in document["changes"]:
                if edit["version"] == self.version + 1:
                    self._apply(edit)
        self.synced_at = time.monotonic()

    def _answered(self, event: str, answer: dict[str, Any]) -> None:
        if event == "doc:edit":
            self._edited(answer)
        elif event == "doc:sync" and not answer["ok"]:
            self._syncing_since = 0.0  # whoever needs it asks again
        elif event == "room:users" and answer["ok"]:
            self.in_room = sorted(user["user_id"] for user in answer["users"])

    def _edited(self, answer: dict[str, Any]) -> None:
        edit = self.edit
        assert edit is not None
        if answer["ok"]:
            edit.acked_at, edit.epoch = time.monotonic(), answer["epoch"]
            self.tenant.acked.append(edit)
            self.tenant.note(answer["epoch"], answer["version"], edit.edit_id)
            self.edit, self._edit_due = None, self._edit_sent + PACE_SECONDS
            self._heard({**answer, "edit_id": edit.edit_id, "changes": edit.changes})
            return
        error = answer["error"]
        assert error["code"] in {"unavailable", "version_conflict"}, answer
        self._edit_due = time.monotonic() + PAUSE_SECONDS
        if error["code"] == "version_conflict":
            self.edit = None  # it is of a history that is over: a person would look at it
            self.sync()


def frames(read: bytearray) -> Iterator[Frame]:
    """Take the whole frames of a server from what was read."""
    while len(read) >= 2:
        size, start = read[1], 2
        if size >= 126:
            start = 4 if size == 126 else 10
            if len(read) < start:
                return
            size = int.from_bytes(read[2:start])
        if len(read) < start + size:
            return
        frame = Frame(read[0] & 0x0F, bytes(read[start : start + size]))
        del read[: start + size]
        yield frame
