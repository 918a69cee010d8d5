"""A room's document: its versions, the edits that made them, and which of an older version's edits can be merged."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Any

import orjson

from realtime_contracts.mock.hub import Connection, Hub
from realtime_contracts.mock.locks import Locks
from realtime_contracts.mock.places import Places, Touched
from realtime_contracts.mock.refusals import Refused

try:
    from realtime_contracts.mock import patches
except ModuleNotFoundError:  # jsonpatch is in the extra
    patches = None  # type: ignore[assignment]

#: Edits that are kept for who has missed some. The contract's number.
KEPT_EDITS = 500

#: Bytes that a document may have, as compact JSON. The contract's number.
MAX_BYTES = 1024 * 1024


@dataclass(frozen=True)
class _Edit:
    touched: Touched
    message: dict[str, Any]
    #: Whose edit of which id: the same again is answered as the first time.
    key: tuple[str, str]


class Document:
    """The document of one room."""

    def __init__(self, hub: Hub, room_id: str, locks: Locks) -> None:
        self._hub = hub
        self._room_id = room_id
        self._locks = locks
        self.version = 0
        self._content = b"{}"
        self._log: deque[_Edit] = deque(maxlen=KEPT_EDITS)

    def edit(self, connection: Connection, data: dict[str, Any]) -> tuple[int, set[str] | None]:
        """Make an edit and tell the others. Returns its version, and what it wrote: None if it was made before.

        Raises Refused: version_conflict, locked, invalid_payload, too_large, and unavailable without jsonpatch.
        """
        if patches is None:
            raise Refused("unavailable", "Documents of this mock server need jsonpatch")
        user, changes = connection.user, data["changes"]
        key = (user.user_id, data["edit_id"].lower())
        for made in self._log:
            if made.key == key:
                return made.message["version"], None
        touched, content = self._merge(int(data["base_version"]), changes)
        self._locks.check(user.user_id, touched.writes)
        self.version += 1
        self._content = content
        message = {
            "room_id": self._room_id,
            "version": self.version,
            "user_id": user.user_id,
            "user_name": user.name,
            "changes": changes,
            "edit_id": data["edit_id"],
        }
        self._log.append(_Edit(touched, message, key))
        self._hub.tell_room(self._room_id, "doc:edit", message, skip=connection.sid)
        return self.version, set(touched.writes)

    def sync(self, since: int | None) -> dict[str, Any]:
        """`doc:sync`: the edits after the version `since` if they are all kept, else the whole."""
        missed = None if since is None else self._since(since)
        return {
            "room_id": self._room_id,
            "version": self.version,
            "content": orjson.loads(self._content) if missed is None else None,
            "changes": [] if missed is None else [edit.message for edit in missed],
            "locks": self._locks.shown(),
        }

    def _merge(self, base: int, changes: list[dict[str, Any]]) -> tuple[Touched, bytes]:
        missed = self._since(base)
        if missed is None:
            raise self._conflict(None)
        since = [edit.touched for edit in missed]
        try:
            content, touched = patches.apply(orjson.loads(self._content), changes)
        except Refused as refused:
            # On its own base it may have fitted: what it names says so, as far as it can be known here.
            if refused.code == "invalid_payload" and conflict(patches.named(changes), since):
                raise self._conflict(missed) from None
            raise
        if conflict(touched, since):
            raise self._conflict(missed)
        dumped = orjson.dumps(content)
        if len(dumped) > MAX_BYTES:
            raise Refused("too_large")
        return touched, dumped

    def _since(self, version: int) -> list[_Edit] | None:
        """The edits after a version, None if they are not all kept, or the version is yet to come."""
        missed = self.version - version
        if missed < 0 or missed > len(self._log):
            return None
        return list(self._log)[len(self._log) - missed :]

    def _conflict(self, missed: list[_Edit] | None) -> Refused:
        changes = None if missed is None else [edit.message for edit in missed]
        return Refused("version_conflict", details={"version": self.version, "changes": changes})


def conflict(edit: Touched, since: list[Touched]) -> bool:
    """Whether an edit cannot be merged with those that were made since its base.

    Two edits can both stand, in either order, if nothing that one writes overlaps with what the other touches.
    """
    written = Places(place for other in since for place in other.writes)
    read = Places(place for other in since for place in other.reads)
    return any(written.overlap(place) for place in edit.reads | edit.writes) or any(
        read.overlap(place) for place in edit.writes
    )
