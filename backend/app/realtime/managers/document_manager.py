"""Documents: one JSON object per room, which all members may edit at once.

An edit names the version it was made on. The manager applies it to the current document if no edit since then
overlaps with it. A script then commits and announces it, unless another edit came first (the manager tries
again) or another user's lock covers the place.

A document has an epoch: the name of the history that its versions count. The scripts begin another one when the
document is not what was told of it last (decision 31).
"""

from __future__ import annotations

import orjson
import redis

from app.realtime.managers.accessors import of_current_app
from app.realtime.managers.connection_manager import Connection
from app.realtime.managers.effort import Effort
from app.realtime.store.address import NodeAddress
from app.realtime.store.documents import Budget, Commit, Committed, DocumentStore, Member, State
from app.realtime.store.moves import moves_of
from app.settings import Settings
from realtime_contracts.rules import edits
from realtime_contracts.rules.edits import Changes
from realtime_contracts.rules.errors import VersionConflict
from realtime_contracts.rules.presence import Trigger

#: A part of a message: the last one of a burst is begun while more than this is left, and the next one is not.
_PART = 0.5

#: How many users' work one tenant may ask of a process at a time.
TENANT_EFFORT = 4


class DocumentManager:
    """The documents of all rooms. Every method may raise NotInRoom, ConnectionLost and Unavailable."""

    #: Tries of one edit while others come first, each two round trips. With 12 busy editors 2 or 3 are enough, but a
    #: node with little processor time has lost 8 races in a row.
    EDIT_ATTEMPTS = 64

    def __init__(self, redis_client: redis.Redis, settings: Settings, address: NodeAddress) -> None:
        self._store = DocumentStore(redis_client, address, settings.document_ttl_seconds)
        self._budget = Budget(settings.max_document_bytes_per_tenant, settings.max_documents_per_tenant)
        rate, at_once = settings.edit_bytes_per_second, settings.edit_burst_bytes
        self._of_user = Effort(rate, at_once)
        self._of_tenant = Effort(rate * TENANT_EFFORT, at_once * TENANT_EFFORT)
        self._syncs = Effort(settings.doc_sync_rate_limit, settings.doc_sync_burst - _PART)

    def edit(
        self,
        connection: Connection,
        room_id: str,
        base_version: int,
        changes: Changes,
        edit_id: str,
        epoch: str | None = None,
    ) -> Committed:
        """Apply a JSON Patch that was made on `base_version` of `epoch` and announce it.

        Two round trips, two more a lost race. Raises VersionConflict, Locked, InvalidPayload (it does not fit the
        document), TooLarge, RateLimited (too many bytes of documents a second), LimitExceeded (of the tenant).
        """
        keys, member = connection.keys, _member(connection)
        edit_key = f"{member.user_id}\0{edit_id.lower()}"
        tenant_id, user = connection.tenant_id, (connection.tenant_id, connection.user_id)
        for _ in range(self.EDIT_ATTEMPTS):
            self._of_user.check(user)
            self._of_tenant.check(tenant_id)
            state = self._store.state(keys, member, room_id, edit_key, base_version, epoch)
            if state.answered is not None:
                return Committed(state.answered, state.epoch, new=False)
            size = len(state.content)
            self._of_user.spend(size, user)
            self._of_tenant.spend(size, tenant_id)
            content, touched = _merged(state, changes)
            if len(content) > size:
                self._of_user.spend(len(content) - size, user)
                self._of_tenant.spend(len(content) - size, tenant_id)
            author = (member.user_id, member.user_name)
            message = edits.announcement(room_id, state.version + 1, author, changes, edit_id)
            commit = Commit(edit_key, state.version, state.epoch, content, touched, message)
            committed = self._store.commit(keys, member, room_id, commit, moves_of(Trigger.ACTIVITY), self._budget)
            if committed is not None:
                return committed
        raise _conflict(self._store.state(keys, member, room_id, edit_key, base_version, epoch))

    def sync(
        self, connection: Connection, room_id: str, since_version: int | None = None, epoch: str | None = None
    ) -> tuple[int, str]:
        """Send `doc:sync` to the connection, in order with the edits. Returns version and epoch. One round trip.

        The edits since `since_version` of `epoch` if the log has them all, else the whole document. Raises RateLimited.
        """
        self._syncs.check(connection.sid)
        self._syncs.spend(1, connection.sid)
        return self._store.sync(connection.keys, _member(connection), room_id, since_version, epoch)

    def note_loss(self) -> None:
        """Redis has lost data: a document that seems new from now on may have had another epoch."""
        self._store.after_loss = True


def _member(connection: Connection) -> Member:
    return Member(connection.user_id, connection.user_name, connection.sid, connection.ack_number)


def _merged(state: State, changes: Changes) -> tuple[bytes, dict[str, list[str]]]:
    """Return the content after an edit, and the places it touches. Raises VersionConflict, InvalidPayload, TooLarge."""
    if state.missed is None:
        raise _conflict(state)
    try:
        content, touched = edits.merged(state.content, changes, [edit.touched for edit in state.missed])
    except edits.Unmergeable:
        raise _conflict(state) from None
    return content, touched.as_json()


def _conflict(state: State) -> VersionConflict:
    missed = None if state.missed is None else [orjson.loads(edit.message) for edit in state.missed]
    return VersionConflict(state.version, state.epoch, missed)


def get_document_manager() -> DocumentManager:
    """The current app's DocumentManager."""
    return of_current_app(DocumentManager)
