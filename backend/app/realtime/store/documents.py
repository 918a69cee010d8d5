"""Documents in Redis: one typed call per script."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, cast

import orjson
import redis

from app.realtime.store.address import NodeAddress
from app.realtime.store.keys import TenantKeys
from app.realtime.store.script import Script, admitted, reaching_redis
from realtime_contracts.rules.errors import LimitExceeded, Locked


@dataclass(frozen=True)
class Member:
    """Who edits a room's document, with which connection, which waits for the ack of this number."""

    user_id: str
    user_name: str
    sid: str
    ack_number: int


@dataclass(frozen=True)
class LoggedEdit:
    """An edit in the log: the places it touched, and the message that announced it, as JSON."""

    touched: dict[str, list[str]]
    message: str


@dataclass(frozen=True)
class State:
    """A document as an edit finds it."""

    version: int
    epoch: str
    #: The version that the edit has made already; None if it is new.
    answered: int | None = None
    content: str = "{}"
    #: All edits since the one that it was made on; None if the log does not have them all, or that is of another epoch.
    missed: Sequence[LoggedEdit] | None = None


@dataclass(frozen=True)
class Commit:
    """The result of an edit, to be stored if the document still has `version` of `epoch` (None for whatever it has)."""

    edit_key: str
    version: int
    epoch: str | None
    content: bytes
    touched: dict[str, list[str]]
    message: dict[str, Any]


@dataclass(frozen=True)
class Budget:
    """What a tenant's documents may take: bytes of content and log, and how many there may be."""

    max_bytes: int
    max_documents: int


@dataclass(frozen=True)
class Committed:
    """An edit's version. `new`: it was made now, and not by an earlier message with the same edit_id."""

    version: int
    epoch: str
    new: bool


class _Answer(Enum):
    """How doc_edit.lua begins its answer."""

    COMMITTED = 1
    KNOWN = 2
    TOO_LATE = 3
    LOCKED = 4
    TOO_MANY_BYTES = 5
    TOO_MANY_DOCUMENTS = 6


class DocumentStore:
    """Documents in Redis. Every method is one round trip; all may raise Unavailable."""

    def __init__(self, client: redis.Redis, address: NodeAddress, kept_seconds: int) -> None:
        self._client = client
        self._kept_seconds = kept_seconds
        #: Whether Redis has lost data while this process ran: a document that seems new may have had another epoch.
        self.after_loss = False
        self._read = Script(client, "doc_read", address)
        self._edit = Script(client, "doc_edit", address)
        self._open = Script(client, "doc_open", address)
        self._sync = Script(client, "doc_sync", address)

    def state(
        self, keys: TenantKeys, member: Member, room_id: str, edit_key: str, base_version: int, epoch: str | None
    ) -> State:
        """The document as an edit on `base_version` of `epoch` finds it. Raises NotInRoom, ConnectionLost."""
        version, now, answered, *rest = admitted(
            self._read(
                keys,
                sid=member.sid,
                ack_number=member.ack_number,
                room_id=room_id,
                base_version=base_version,
                epoch=epoch,
                edit_key=edit_key,
                **self._here(),
            )
        )
        if answered is not None:
            return State(version, now, int(answered))
        content, complete, *entries = rest
        return State(version, now, None, content or "{}", [_logged(entry) for entry in entries] if complete else None)

    def commit(
        self, keys: TenantKeys, member: Member, room_id: str, commit: Commit, moves: str, budget: Budget
    ) -> Committed | None:
        """Store an edit and announce it. None if another edit came first, or the document has another epoch.

        Raises Locked, LimitExceeded (the tenant's budget), NotInRoom, ConnectionLost.
        """
        answer, *rest = admitted(
            self._edit(
                keys,
                user_id=member.user_id,
                sid=member.sid,
                ack_number=member.ack_number,
                room_id=room_id,
                applied_to=commit.version,
                applied_in=commit.epoch,
                **self._stored(commit),
                moves=moves,
                max_bytes=budget.max_bytes,
                max_documents=budget.max_documents,
            )
        )
        match _Answer(answer):
            case _Answer.TOO_LATE:
                return None
            case _Answer.LOCKED:
                raise Locked(orjson.loads(rest[0]))
            case _Answer.TOO_MANY_BYTES:
                raise LimitExceeded(budget.max_bytes, f"A tenant's documents may have {budget.max_bytes} bytes")
            case _Answer.TOO_MANY_DOCUMENTS:
                raise LimitExceeded(budget.max_documents, f"A tenant may have {budget.max_documents} documents")
        version, epoch = rest
        return Committed(int(version), epoch, new=_Answer(answer) is _Answer.COMMITTED)

    def open(self, keys: TenantKeys, room_id: str, commit: Commit) -> tuple[int, str]:
        """Store the first edit of a document, if it has none. Returns version and content as they are now."""
        version, content = self._open(keys, room_id=room_id, **self._stored(commit))
        return version, content

    def content(self, keys: TenantKeys, room_id: str) -> tuple[int, str]:
        """Version and content."""
        with reaching_redis():
            version, content = cast(
                "list[str | None]", self._client.hmget(keys.document(room_id), ["version", "content"])
            )
        return int(version or 0), content or "{}"

    def sync(
        self, keys: TenantKeys, member: Member, room_id: str, since: int | None = None, epoch: str | None = None
    ) -> tuple[int, str]:
        """Send `doc:sync` to the member's connection. Returns version and epoch. Raises NotInRoom, ConnectionLost."""
        version, now = admitted(
            self._sync(keys, sid=member.sid, room_id=room_id, since=since, epoch=epoch, **self._here())
        )
        return int(version), now

    def _stored(self, commit: Commit) -> dict[str, Any]:
        return {
            "content": commit.content,
            "touched": commit.touched,
            "message": commit.message,
            "edit_key": commit.edit_key,
            **self._here(),
        }

    def _here(self) -> dict[str, Any]:
        return {"kept_seconds": self._kept_seconds, "after_loss": self.after_loss}


def _logged(entry: str) -> LoggedEdit:
    touched, _, message = entry.partition("\n")
    return LoggedEdit(orjson.loads(touched), message)
