"""A room's document as a front end would hold it: folded from syncs, other users' edits and its own acks.

The fold is strict. On one connection, versions come in order without gaps, including the acks of its own edits; a sync
has its place among the edits. Each violation is noted as a complaint: a version that is missing, late or repeated; a
sync that is older or newer than the message before it; an edit that does not apply; a content that the edits do not
produce; another epoch that does not begin with the whole document. A test with a complaint fails.
"""

from __future__ import annotations

import copy
from typing import Any

from jsonpatch import JsonPatch, JsonPatchException
from jsonpointer import JsonPointerException

Changes = list[dict[str, Any]]


class DocumentView:
    """One connection's view of one room's document while it is in the room. `user_id` is the connection's user."""

    def __init__(self, user_id: str | None = None) -> None:
        #: The newest version received; None before the first.
        self.version: int | None = None
        #: The epoch of that version; None before the first.
        self.epoch: str | None = None
        #: The epoch that ended with that one.
        self.epoch_before: str | None = None
        #: The document at that version; None if it was never received whole.
        self.content: dict[str, Any] | None = None
        self.complaints: list[str] = []
        self._user_id = user_id
        #: Edits that this connection sent, by edit_id.
        self._own: dict[str, Changes] = {}
        #: The version of every edit received, by user and edit_id.
        self._known: dict[tuple[str | None, str], int] = {}
        #: Edits up to this version are included in a whole document, so their ids may be unknown.
        self._whole = 0
        #: Only the ack of an edit has arrived so far. It may answer an old edit that was sent again.
        self._behind = False

    def take_sent(self, edit_id: str, changes: Changes) -> None:
        """Note an edit that is about to be sent."""
        self._own[edit_id.lower()] = changes

    def take_sync(self, payload: dict[str, Any]) -> None:
        """Take in a `doc:sync`."""
        version, content, changes = payload["version"], payload["content"], payload["changes"]
        if payload["epoch"] != self.epoch:
            self._begin_epoch(f"sync {version}", payload["epoch"], whole=content is not None)
        if self.version is not None and version != self.version and not self._catches_up(version):
            age = "older" if version < self.version else "newer, over a gap,"
            self.complaints.append(f"sync {version} is {age} than {self.version}, which came before it")
        if content is None:
            self._take_missed(version, changes)
        else:
            if changes:
                self.complaints.append(f"sync {version} is whole, and has changes too: {changes}")
            if self.version == version and self.content is not None and not same(content, self.content):
                self.complaints.append(f"sync {version} says {content}, the edits up to it said {self.content}")
            self.content = copy.deepcopy(content)
            self._whole = version
        self.version, self._behind = version, False

    def take_edit(self, payload: dict[str, Any]) -> None:
        """Take in a `doc:edit`."""
        version, user_id, edit_id = payload["version"], payload["user_id"], payload["edit_id"].lower()
        if payload["epoch"] != self.epoch:
            self._begin_epoch(f"edit {version}", payload["epoch"])
        if user_id == self._user_id and edit_id in self._own:
            self.complaints.append(f"edit {version} is its own, and came back to it")
        self._advance(f"edit {version}", version, (user_id, edit_id), payload["changes"])

    def take_ack(self, edit_id: str, version: int, epoch: str) -> None:
        """Take in the ack of an own edit: a new one in order; a repeated one as the first time."""
        if epoch != self.epoch:
            self._begin_epoch(f"ack {version}", epoch)
        key, first = (self._user_id, edit_id.lower()), self.version is None
        again = self._known.get(key) == version or (key not in self._known and version <= self._whole)
        if first or not again:
            self._advance(f"ack {version}", version, key, self._own[edit_id.lower()])
            self._behind = first

    def _begin_epoch(self, what: str, epoch: str, *, whole: bool = False) -> None:
        """Forget what is known of another epoch. It ends with a sync that has the whole document."""
        if self.epoch is not None:
            if not whole:
                self.complaints.append(f"{what} is of another epoch, and no whole document of it came before")
            self.version = self.content = None
            self._known.clear()
            self._whole, self._behind = 0, False
        self.epoch, self.epoch_before = epoch, self.epoch

    def _take_missed(self, version: int, changes: list[dict[str, Any]]) -> None:
        since = version - len(changes)
        versions = [edit["version"] for edit in changes]
        if versions != list(range(since + 1, version + 1)):
            self.complaints.append(f"sync {version} has the versions {versions}")
            self.content = None
        if self.version is not None and self.version < since:
            self.content = None
        for edit in changes:
            if self.version is not None and edit["version"] > self.version:
                self._apply(f"edit {edit['version']} in sync {version}", edit["changes"])
            self._known[edit["user_id"], edit["edit_id"].lower()] = edit["version"]
        self._whole = max(self._whole, since)

    def _advance(self, what: str, version: int, key: tuple[str | None, str], changes: Changes) -> None:
        if self._known.setdefault(key, version) != version:
            self.complaints.append(f"{what} was version {self._known[key]} before")
        if self.version is None or self._catches_up(version):
            if version == 1:
                self.content = {}  # Every document is empty before its first edit.
            elif version != (self.version or 0) + 1:
                self.content = None
            self._whole = version - 1
        elif version != self.version + 1:
            self.complaints.append(f"{what} came after {self.version}{': a gap' if version > self.version else ''}")
            if version <= self.version:
                return
            self.content = None
        self.version, self._behind = version, False
        self._apply(what, changes)

    def _catches_up(self, version: int) -> bool:
        """Whether a jump to `version` is valid: the message before it acked a very old edit."""
        return self._behind and self.version is not None and self.version < version

    def _apply(self, what: str, changes: Changes) -> None:
        if self.content is None:
            return
        try:
            self.content = patched(self.content, changes)
        except (JsonPatchException, JsonPointerException) as error:
            self.complaints.append(f"{what} cannot be applied: {error}")
            self.content = None


def patched(content: dict[str, Any], changes: Changes) -> dict[str, Any]:
    """Return `content` after a JSON Patch. Changes `content` itself, not `changes`."""
    result: dict[str, Any] = JsonPatch(copy.deepcopy(changes)).apply(content, in_place=True)
    return result


def same(one: Any, other: Any) -> bool:
    """Whether two JSON values are equal: `true` is not 1, 1.0 is."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(value, other[key]) for key, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)
