"""Documents for other back ends: open one with content, read one.

    documents = DocumentService.from_url(os.environ["REDIS_URL"])
    documents.open("acme", "invoice:42", {"number": "2026-042", "lines": []})
    documents.read("acme", "invoice:42").content

The caller names the tenant, so only trusted code may call this. Users who are in the room receive the opening as an
edit.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass

import orjson
import redis

from app.realtime.services.requests import tenant_keys
from app.realtime.services.service import Service
from app.realtime.store.documents import Commit, DocumentStore
from app.realtime.store.keys import TenantKeys
from realtime_contracts.rules import edits
from realtime_contracts.rules.edits import Document, Touched
from realtime_contracts.rules.errors import InvalidPayload
from realtime_contracts.rules.ids import is_room_id

#: Seconds that a document is kept after its last edit or opening. The default of DOCUMENT_TTL_SECONDS.
DOCUMENT_TTL_SECONDS = 30 * 86_400


@dataclass(frozen=True)
class DocumentSnapshot:
    """A room's document at the time it was read."""

    room_id: str
    version: int
    content: Document


class DocumentService(Service):
    """The documents of all tenants. Every method is one round trip and may raise Unavailable and InvalidPayload."""

    def __init__(self, redis_client: redis.Redis, document_ttl_seconds: int = DOCUMENT_TTL_SECONDS) -> None:
        """`document_ttl_seconds` as the servers have it; the rest as in Service."""
        super().__init__(redis_client)
        self._store = DocumentStore(redis_client, self._address, document_ttl_seconds)

    def open(
        self, tenant_id: str, room_id: str, content: Document, *, user_id: str = "system", user_name: str = "System"
    ) -> DocumentSnapshot:
        """Give a document its first content, as version 1; one that has content keeps it.

        Returns the document as it is now. Raises TooLarge.
        """
        keys = _keys(tenant_id, room_id)
        if not isinstance(content, dict):
            raise InvalidPayload("/content", "the document must be an object")
        edits.check_value(content, "/content")
        changes = [{"op": "replace", "path": "", "value": content}]
        edit_id = str(uuid.uuid4())
        message = edits.announcement(room_id, 1, (user_id, user_name), changes, edit_id)
        touched = Touched(frozenset(), frozenset({""})).as_json()
        commit = Commit(f"{user_id}\0{edit_id}", 0, None, edits.dump(content), touched, message)
        return _snapshot(room_id, self._store.open(keys, room_id, commit))

    def read(self, tenant_id: str, room_id: str) -> DocumentSnapshot:
        """Return a room's document; one that was never edited is `{}` at version 0."""
        return _snapshot(room_id, self._store.content(_keys(tenant_id, room_id), room_id))


def _keys(tenant_id: str, room_id: str) -> TenantKeys:
    keys = tenant_keys(tenant_id)
    if not is_room_id(room_id):
        raise InvalidPayload("/room_id", "expected entity_type:entity_id")
    return keys


def _snapshot(room_id: str, found: tuple[int, str]) -> DocumentSnapshot:
    version, content = found
    return DocumentSnapshot(room_id, version, orjson.loads(content))
