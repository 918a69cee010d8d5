"""A room's document, as a front end would hold it: folded from syncs, from others' edits and from the acks of its own.

The fold is strict. On one connection the versions come in order and without a gap, the acks of its own edits
among them, and a sync stands in its place among the edits. A version that is missing, late or there twice, a
sync that is older or newer than what came before it, an edit that cannot be applied, a content that is not
what the edits have made: each is noted as a complaint, and a test that finds one has failed.
"""

from __future__ import annotations

import copy
from typing import Any

from jsonpatch import JsonPatch, JsonPatchException
from jsonpointer import JsonPointerException

Changes = list[dict[str, Any]]


class DocumentView:
    """What one connection knows of one room's document while it is in the room. `user_id` is whose connection it is."""

    def __init__(self, user_id: str | None = None) -> None:
        #: The newest version that has come; None before anything has.
        self.version: int | None = None
        #: The document in that version; None if it never came whole.
        self.content: dict[str, Any] | None = None
        self.complaints: list[str] = []
        self._user_id = user_id
        #: What this connection has sent, by edit_id.
        self._own: dict[str, Changes] = {}
        #: The version of every edit that has come, by user and edit_id.
        self._known: dict[tuple[str | None, str], int] = {}
        #: Edits up to this version are in what came whole, so their ids need not be known.
        self._whole = 0
        #: Nothing but the answer to an edit has come, which may be an old one that was sent again.
        self._behind = False

    def take_sent(self, edit_id: str, changes: Changes) -> None:
        """The connection is about to send an edit."""
        self._own[edit_id.lower()] = changes

    def take_sync(self, payload: dict[str, Any]) -> None:
        """A `doc:sync` has come."""
        version, content, changes = payload["version"], payload["content"], payload["changes"]
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
        """A `doc:edit` has come."""
        version, user_id, edit_id = payload["version"], payload["user_id"], payload["edit_id"].lower()
        if user_id == self._user_id and edit_id in self._own:
            self.complaints.append(f"edit {version} is its own, and came back to it")
        self._advance(f"edit {version}", version, (user_id, edit_id), payload["changes"])

    def take_ack(self, edit_id: str, version: int) -> None:
        """The connection's own edit is answered: a new one in its order, one that was sent again as the first time."""
        key, first = (self._user_id, edit_id.lower()), self.version is None
        again = self._known.get(key) == version or (key not in self._known and version <= self._whole)
        if first or not again:
            self._advance(f"ack {version}", version, key, self._own[edit_id.lower()])
            self._behind = first

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
                self.content = {}  # what every document is before its first edit
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
        """Whether a jump to `version` is none: what came before was the answer to an edit of long ago."""
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
    """`content` after a JSON Patch. Changes `content` itself; `changes` are left as they are."""
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
